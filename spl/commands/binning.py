"""The bin options of `bin`, `chart` and `timechart`, and what they make of a value."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from spl.commands.arguments import Convert, integer, options_text
from spl.commands.sort import natural_key
from spl.errors import SplError, UnsupportedSplError
from spl.fields import TimeSlot, time_text
from spl.functions.registry import Environment
from spl.relative_time import resolve
from spl.time_span import TimeSpan, fitting_span
from spl.values import Number, Row, number_text, to_number, values_of

_LOG = re.compile(r"(\d+\.?\d*|\.\d+)?log(\d+\.?\d*|\.\d+)?")
_FORMS = "a span such as 10, 5m, 1d or 2log10"
_DIGITS = 9
_MAX_BINS = 50_000
_TIME = "_time"


@dataclass(frozen=True)
class NumberSpan:
    """Ranges of one length, from multiples of it."""

    length: Number

    def __str__(self) -> str:
        return number_text(self.length)

    def index(self, number: Number) -> int:
        """Return the position of the range that `number` is in; range 0 starts at 0."""
        return math.floor(round(number / self.length, _DIGITS))

    def label(self, index: int) -> str:
        """Return the range as text, `10-20`."""
        return f"{_text(index * self.length)}-{_text((index + 1) * self.length)}"


@dataclass(frozen=True)
class LogSpan:
    """Ranges that grow by the factor `base`, from `coefficient` on."""

    coefficient: Number
    base: Number

    def __str__(self) -> str:
        return f"{number_text(self.coefficient)}log{number_text(self.base)}"

    def index(self, number: Number) -> int | None:
        """Return the position of the range that `number` is in; None for 0 and less."""
        if number <= 0:
            return None
        return math.floor(round(math.log(number / self.coefficient, self.base), _DIGITS))

    def label(self, index: int) -> str:
        """Return the range as text, `10-100`."""
        try:
            ends = [self.coefficient * self.base**place for place in (index, index + 1)]
        except OverflowError:
            ends = [self.coefficient * float(self.base) ** index, math.inf]
        return "-".join(map(_text, ends))


Span = TimeSpan | NumberSpan | LogSpan


def parse_span(text: str) -> Span:
    """Convert the value of `span=`; raise ValueError."""
    if found := _LOG.fullmatch(text.lower()):
        coefficient, base = (to_number(part) if part else None for part in found.groups())
        span = LogSpan(1 if coefficient is None else coefficient, 10 if base is None else base)
        if span.base <= 1 or not 1 <= span.coefficient < span.base:
            raise ValueError("a log span whose base is above 1 and coefficient 1 up to the base")
        return span
    number = to_number(text)
    if number is not None:
        if not 0 < number < math.inf:
            raise ValueError("a span above 0")
        return NumberSpan(number)
    try:
        return TimeSpan.parse(text)
    except ValueError as error:
        raise ValueError(str(error) if text[:1].isdigit() else _FORMS) from None


def number(text: str) -> Number:
    """Convert the value of an option that is a number; raise ValueError."""
    value = to_number(text)
    if value is None:
        raise ValueError("a number")
    return value


BIN_OPTIONS: Mapping[str, Convert] = {
    "bins": integer,
    "minspan": parse_span,
    "span": parse_span,
    "start": number,
    "end": number,
    "aligntime": str,
}


@dataclass(frozen=True)
class BinOptions:
    """The bin options; what is not given is None."""

    bins: int | None = None
    minspan: Span | None = None
    span: Span | None = None
    start: Number | None = None
    end: Number | None = None
    aligntime: str | None = None

    def __str__(self) -> str:
        return " ".join(options_text({name: getattr(self, name) for name in BIN_OPTIONS}))


class Binner:
    """Cuts the values of one field into bins.

    With a span each value by itself; else `fit` looks at all rows first and takes the smallest
    round span that gives at most `bins` bins. Round are 1, 2 and 5 times a power of ten (not
    documented), for `_time` the spans of timechart. Unless `automatic`, nothing is cut where no
    option says so.
    """

    def __init__(
        self,
        field: str,
        options: BinOptions,
        environment: Environment,
        bins: int,
        *,
        automatic: bool = True,
    ) -> None:
        self.is_time = field == _TIME
        self._field = field
        self._options = options
        self._timezone = environment.timezone
        self._bins = options.bins or bins
        self._automatic = automatic or options != BinOptions()
        self._align = _resolved(options.aligntime, environment)
        self.span = options.span
        self._places: dict[str, Number] = {}
        if self.is_time and isinstance(self.span, LogSpan):
            raise UnsupportedSplError(f"span={self.span} does not cut _time")
        if self.is_time and isinstance(self.span, NumberSpan):
            self.span = _seconds_span(self.span)

    @property
    def waits(self) -> bool:
        """All rows must be there before a value can be cut: see `fit`."""
        return self.span is None and self._automatic

    def fit(self, rows: Iterable[Row], extent: Sequence[Number] = ()) -> None:
        """Choose the span for the values in `rows` and for `extent`, where none was given."""
        if not self.waits:
            return
        texts = (text for row in rows for text in values_of(row.get(self._field)))
        numbers = [n for n in map(to_number, texts) if n is not None and math.isfinite(n)]
        ends = [end for end in (self._options.start, self._options.end) if end is not None]
        ends += extent
        if numbers or extent:
            self.span = self._fitting(min([*numbers, *ends]), max([*numbers, *ends]))

    def _fitting(self, low: Number, high: Number) -> Span:
        least = self._options.minspan
        if self.is_time:
            shortest = least.seconds if isinstance(least, TimeSpan) else 0
            if isinstance(least, NumberSpan):
                shortest = float(least.length)
            return fitting_span(low, high, self._bins, self._timezone, shortest)
        length: Number = least.length if isinstance(least, NumberSpan) else 0
        if isinstance(least, TimeSpan):
            length = least.seconds
        rough = max((high - low) / self._bins, length)
        power = math.floor(math.log10(rough)) if rough > 0 else 0
        for exponent in range(power, power + 3):
            for digit in (1, 2, 5):
                span = NumberSpan(digit * 10**exponent if exponent >= 0 else digit / 10**-exponent)
                count = span.index(high) - span.index(low) + 1
                if span.length >= length and count <= self._bins:
                    return span
        return NumberSpan(10 ** (power + 3))

    def bin(self, text: str) -> str:
        """Return the bin of a value: the beginning for `_time`, else a range; or the value itself
        where it is no number."""
        value = to_number(text)
        if value is None or self.span is None or not math.isfinite(value):
            return text
        try:
            place = self._place(value)
            if place is None:
                return text
            label = self._label(place)
        except (ValueError, OverflowError, OSError):
            return text
        self._places[label] = place
        return label

    def time_slot(self) -> TimeSlot | None:
        """Return what is known of a bin of `_time` without the time; None where it is nothing."""
        span = self.span
        if not self.is_time or not isinstance(span, TimeSpan) or not span.fixed:
            return None
        if span.seconds != int(span.seconds) or self._align != int(self._align):
            return None
        width = math.gcd(int(span.seconds), int(self._align))
        return TimeSlot(width, lambda time: self.bin(time_text(time)))

    def _place(self, value: Number) -> Number | None:
        if isinstance(self.span, TimeSpan):
            return self.span.floor(value, self._timezone, self._align)
        return self.span.index(value) if self.span else None

    def _label(self, place: Number) -> str:
        if not isinstance(self.span, TimeSpan):
            return self.span.label(int(place)) if self.span else ""
        if self.is_time:
            return number_text(place)
        following = self.span.following(place, self._timezone)
        return f"{number_text(place)}-{number_text(following)}"

    def in_order(self, labels: Iterable[str], *, fill: bool) -> list[str]:
        """Return `labels`, which `bin` returned, in order; what was not cut comes last.

        `fill`: with the empty bins between the first and the last. Raises SplError where there
        are more than 50,000 (limits.conf, [discretize] maxbins).
        """
        labels = list(labels)
        known = sorted({self._places[label] for label in labels if label in self._places})
        rest = sorted((x for x in labels if x not in self._places), key=natural_key)
        if fill and known and not isinstance(self.span, LogSpan):
            known = list(islice(self._between(known[0], known[-1]), _MAX_BINS + 1))
            if len(known) > _MAX_BINS:
                raise SplError(f"span={self.span} makes more than {_MAX_BINS:,} bins")
        return [*map(self._label, known), *rest]

    def _between(self, first: Number, last: Number) -> Iterator[Number]:
        if isinstance(self.span, TimeSpan):
            return self.span.between(first, last, self._timezone)
        return iter(range(int(first), int(last) + 1))


def _seconds_span(span: NumberSpan) -> TimeSpan:
    if span.length == int(span.length):
        return TimeSpan(int(span.length), "second")
    return TimeSpan(max(1, round(span.length * 1_000_000)), "us")


def _resolved(aligntime: str | None, environment: Environment) -> Number:
    if aligntime is None:
        return 0
    if aligntime in ("earliest", "latest"):
        raise UnsupportedSplError(f"aligntime={aligntime} does not run here: write a time")
    try:
        return resolve(aligntime, environment.now, environment.timezone)
    except SplError as error:
        raise SplError(f"aligntime={aligntime}: {error.message}") from None


def _text(value: Number) -> str:
    return number_text(round(value, _DIGITS))
