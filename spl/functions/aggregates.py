"""The statistical functions of `stats` and its kin.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/statistical-and-charting-functions/
An `Accumulator` takes the values of one group; two accumulators of the same function merge.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import ClassVar, Self

from spl.errors import SplSyntaxError, did_you_mean
from spl.functions.distinct_texts import DistinctTexts
from spl.values import Number, Value, number_text, to_number, to_value

_LIST_LIMIT = 100
_number = lru_cache(maxsize=1_000)(to_number)  # the same times come to many groups
_PERCENTILE = re.compile(r"(exactperc|upperperc|perc|p)(\d{1,3}(?:\.\d+)?)")


class Accumulator(ABC):
    """The state of one function over one group of rows."""

    __slots__ = ()

    ordered: ClassVar[bool] = False
    """The result depends on the order of the rows."""
    needs_time: ClassVar[bool] = False
    """It looks at `_time`."""
    idempotent: ClassVar[bool] = False
    """The same values once more change nothing."""

    @abstractmethod
    def add(self, values: Sequence[str], time: float | None) -> None:
        """Take the values of the field in one row (at least one) and the row's `_time`."""

    @abstractmethod
    def merge(self, other: Self) -> None:
        """Take what `other` saw, as if its rows came after one's own."""

    @abstractmethod
    def result(self) -> Value | None:
        """Return the function's value; None for null."""


class Count(Accumulator):
    """`count`: how many values; of no field, how many rows."""

    __slots__ = ("total",)

    def __init__(self) -> None:
        self.total = 0

    def add(self, values: Sequence[str], time: float | None) -> None:
        self.total += len(values)

    def merge(self, other: Self) -> None:
        self.total += other.total

    def result(self) -> Value:
        return str(self.total)


class DistinctCount(Accumulator):
    """`dc`, `estdc`: how many different values, compared as text."""

    __slots__ = ("seen",)

    idempotent = True

    def __init__(self) -> None:
        self.seen = DistinctTexts()

    def add(self, values: Sequence[str], time: float | None) -> None:
        self.seen.update(values)

    def merge(self, other: Self) -> None:
        self.seen.merge(other.seen)

    def result(self) -> Value | None:
        return str(len(self.seen))


class EstimatedError(DistinctCount):
    """`estdc_error`: the error of `estdc`, which is exact here."""

    __slots__ = ()

    def result(self) -> Value:
        return "0"


class Values(DistinctCount):
    """`values`: the different values in lexicographic order."""

    __slots__ = ()

    def result(self) -> Value | None:
        return to_value(self.seen.in_order())


class List(Accumulator):
    """`list`: the first 100 values in the order of the rows."""

    __slots__ = ("members",)

    ordered = True

    def __init__(self) -> None:
        self.members: list[str] = []

    def add(self, values: Sequence[str], time: float | None) -> None:
        if len(self.members) < _LIST_LIMIT:
            self.members = [*self.members, *values][:_LIST_LIMIT]

    def merge(self, other: Self) -> None:
        self.add(other.members, None)

    def result(self) -> Value | None:
        return to_value(self.members)


class Extreme(Accumulator):
    """`min`, `max`: numbers come before texts (aggregate-functions, max: mixed items)."""

    __slots__ = ("key", "spelling")

    idempotent = True

    def __init__(self) -> None:
        self.key: tuple[int, Number | str] | None = None
        self.spelling: str | None = None

    def add(self, values: Sequence[str], time: float | None) -> None:
        for value in values:
            number = _number(value)
            key = (1, value) if number is None else (0, number)
            if self.key is None or self._is_better(key, self.key):
                self.key, self.spelling = key, value

    @abstractmethod
    def _is_better(
        self, one: tuple[int, Number | str], other: tuple[int, Number | str]
    ) -> bool: ...

    def merge(self, other: Self) -> None:
        if other.spelling is not None:
            self.add((other.spelling,), None)

    def result(self) -> Value | None:
        return self.spelling


class Min(Extreme):
    """`min`."""

    __slots__ = ()

    def _is_better(self, one: tuple[int, Number | str], other: tuple[int, Number | str]) -> bool:
        return one < other


class Max(Extreme):
    """`max`."""

    __slots__ = ()

    def _is_better(self, one: tuple[int, Number | str], other: tuple[int, Number | str]) -> bool:
        return one > other


class Moments(Accumulator):
    """Sums of the numbers among the values; other values do not count."""

    __slots__ = ("count", "deviations", "mean", "sum")

    def __init__(self) -> None:
        self.count = 0
        self.sum: Number = 0
        self.mean = 0.0
        self.deviations = 0.0

    def add(self, values: Sequence[str], time: float | None) -> None:
        for value in values:
            number = to_number(value)
            if number is not None:
                self._add(number)

    def _add(self, number: Number) -> None:
        self.count += 1
        self.sum += number
        delta = number - self.mean
        self.mean += delta / self.count
        self.deviations += delta * (number - self.mean)

    def merge(self, other: Self) -> None:
        count = self.count + other.count
        if count:
            delta = other.mean - self.mean
            self.mean += delta * other.count / count
            self.deviations += other.deviations + delta * delta * self.count * other.count / count
        self.count = count
        self.sum += other.sum

    def variance(self, freedom: int) -> float | None:
        """Return the variance of the population (freedom 0) or the sample (1)."""
        if not self.count:
            return None
        return 0.0 if self.count == freedom else self.deviations / (self.count - freedom)


class Sum(Moments):
    """`sum`."""

    __slots__ = ()

    def result(self) -> Value | None:
        return number_text(self.sum) if self.count else None


class Average(Moments):
    """`avg`, `mean`."""

    __slots__ = ()

    def result(self) -> Value | None:
        return number_text(self.sum / self.count) if self.count else None


class SumOfSquares(Moments):
    """`sumsq`."""

    __slots__ = ("squares",)

    def __init__(self) -> None:
        super().__init__()
        self.squares: Number = 0

    def _add(self, number: Number) -> None:
        self.count += 1
        self.squares += number * number

    def merge(self, other: Self) -> None:
        self.count += other.count
        self.squares += other.squares

    def result(self) -> Value | None:
        return number_text(self.squares) if self.count else None


class Variance(Moments):
    """`var`: of the sample."""

    __slots__ = ()

    freedom: ClassVar[int] = 1

    def result(self) -> Value | None:
        variance = self.variance(self.freedom)
        return None if variance is None else number_text(variance)


class PopulationVariance(Variance):
    """`varp`."""

    __slots__ = ()

    freedom = 0


class Deviation(Variance):
    """`stdev`: of the sample."""

    __slots__ = ()

    def result(self) -> Value | None:
        variance = self.variance(self.freedom)
        return None if variance is None else number_text(math.sqrt(variance))


class PopulationDeviation(Deviation):
    """`stdevp`."""

    __slots__ = ()

    freedom = 0


class Range(Accumulator):
    """`range`: the largest number less the smallest."""

    __slots__ = ("least", "most")

    def __init__(self) -> None:
        self.least: Number | None = None
        self.most: Number | None = None

    def add(self, values: Sequence[str], time: float | None) -> None:
        for value in values:
            number = to_number(value)
            if number is not None:
                self._include(number)

    def _include(self, number: Number) -> None:
        self.least = number if self.least is None else min(self.least, number)
        self.most = number if self.most is None else max(self.most, number)

    def merge(self, other: Self) -> None:
        if other.least is not None and other.most is not None:
            self._include(other.least)
            self._include(other.most)

    def result(self) -> Value | None:
        if self.least is None or self.most is None:
            return None
        return number_text(self.most - self.least)


class Mode(Accumulator):
    """`mode`: the most frequent value, the first seen of equals."""

    __slots__ = ("counts",)

    ordered = True

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, values: Sequence[str], time: float | None) -> None:
        self.counts.update(values)

    def merge(self, other: Self) -> None:
        self.counts.update(other.counts)

    def result(self) -> Value | None:
        return self.counts.most_common(1)[0][0] if self.counts else None


class Percentile(Accumulator):
    """`perc<N>`, `p<N>`, `exactperc<N>`: exact, interpolated between two neighbours."""

    __slots__ = ("numbers", "percent")

    def __init__(self, percent: float) -> None:
        self.percent = percent
        self.numbers: list[Number] = []

    def add(self, values: Sequence[str], time: float | None) -> None:
        self.numbers.extend(n for n in map(to_number, values) if n is not None)

    def merge(self, other: Self) -> None:
        self.numbers.extend(other.numbers)

    def result(self) -> Value | None:
        if not self.numbers:
            return None
        ordered = sorted(self.numbers)
        place = (len(ordered) - 1) * self.percent / 100
        low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
        return number_text(low + (high - low) * (place - math.floor(place)))


class UpperPercentile(Percentile):
    """`upperperc<N>`: an upper bound of the percentile, which is exact here."""

    __slots__ = ()


class Median(Percentile):
    """`median`: the middle value; of an even number the higher of the two in the middle."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(50)

    def result(self) -> Value | None:
        ordered = sorted(self.numbers)
        return number_text(ordered[len(ordered) // 2]) if ordered else None


class First(Accumulator):
    """`first`: the value in the row seen first."""

    __slots__ = ("value",)

    ordered = True

    def __init__(self) -> None:
        self.value: Value | None = None

    def add(self, values: Sequence[str], time: float | None) -> None:
        if self.value is None:
            self.value = to_value(values)

    def merge(self, other: Self) -> None:
        self.value = other.value if self.value is None else self.value

    def result(self) -> Value | None:
        return self.value


class Last(First):
    """`last`: the value in the row seen last."""

    __slots__ = ()

    def add(self, values: Sequence[str], time: float | None) -> None:
        self.value = to_value(values)

    def merge(self, other: Self) -> None:
        self.value = self.value if other.value is None else other.value


class Chronological(Accumulator):
    """The values of the earliest or latest row by `_time`; the first seen of equals."""

    __slots__ = ("time", "value")

    needs_time = True
    direction: ClassVar[int] = 1

    def __init__(self) -> None:
        self.time: float | None = None
        self.value: Value | None = None

    def add(self, values: Sequence[str], time: float | None) -> None:
        if time is not None and self._is_better(time):
            self.time, self.value = time, to_value(values)

    def _is_better(self, time: float) -> bool:
        return self.time is None or (time - self.time) * self.direction < 0

    def merge(self, other: Self) -> None:
        if other.time is not None and self._is_better(other.time):
            self.time, self.value = other.time, other.value

    def result(self) -> Value | None:
        return self.value


class Earliest(Chronological):
    """`earliest`."""

    __slots__ = ()


class Latest(Chronological):
    """`latest`."""

    __slots__ = ()

    direction = -1


class EarliestTime(Earliest):
    """`earliest_time`: when the earliest value was seen, in epoch seconds."""

    __slots__ = ()

    def result(self) -> Value | None:
        return None if self.time is None else number_text(self.time)


class LatestTime(Latest):
    """`latest_time`."""

    __slots__ = ()

    def result(self) -> Value | None:
        return None if self.time is None else number_text(self.time)


class Rate(Accumulator):
    """`rate`: (latest - earliest value) / (latest - earliest time), per second."""

    __slots__ = ("earliest", "latest")

    needs_time = True

    def __init__(self) -> None:
        self.earliest = Earliest()
        self.latest = Latest()

    def add(self, values: Sequence[str], time: float | None) -> None:
        self.earliest.add(values, time)
        self.latest.add(values, time)

    def merge(self, other: Self) -> None:
        self.earliest.merge(other.earliest)
        self.latest.merge(other.latest)

    def result(self) -> Value | None:
        one, other = self.earliest, self.latest
        if one.time is None or other.time is None or one.time == other.time:
            return None
        first, last = _single_number(one.value), _single_number(other.value)
        if first is None or last is None:
            return None
        return number_text((last - first) / (other.time - one.time))


_FUNCTIONS: dict[str, Callable[[], Accumulator]] = {
    "count": Count,
    "c": Count,
    "dc": DistinctCount,
    "distinct_count": DistinctCount,
    "estdc": DistinctCount,
    "estdc_error": EstimatedError,
    "values": Values,
    "list": List,
    "min": Min,
    "max": Max,
    "avg": Average,
    "mean": Average,
    "sum": Sum,
    "sumsq": SumOfSquares,
    "stdev": Deviation,
    "stdevp": PopulationDeviation,
    "var": Variance,
    "varp": PopulationVariance,
    "median": Median,
    "mode": Mode,
    "range": Range,
    "first": First,
    "last": Last,
    "earliest": Earliest,
    "latest": Latest,
    "earliest_time": EarliestTime,
    "latest_time": LatestTime,
    "rate": Rate,
}


def aggregate_names() -> list[str]:
    """Return the names of the statistical functions, without the percentiles."""
    return list(_FUNCTIONS)


def find_aggregate(name: str) -> Callable[[], Accumulator]:
    """Return what makes accumulators of the statistical function `name`.

    Raises SplSyntaxError where there is none.
    """
    lower = name.lower()
    if lower in _FUNCTIONS:
        return _FUNCTIONS[lower]
    if (found := _PERCENTILE.fullmatch(lower)) and float(found[2]) <= 100:
        percent = float(found[2])
        kind = UpperPercentile if found[1] == "upperperc" else Percentile
        return lambda: kind(percent)
    message = f"unknown statistical function '{name}'"
    raise SplSyntaxError(message + did_you_mean(lower, [*_FUNCTIONS, "perc95", "p95"]))


def _single_number(value: Value | None) -> Number | None:
    return to_number(value) if isinstance(value, str) else None
