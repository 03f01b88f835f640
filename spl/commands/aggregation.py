"""Reading and running lists of statistical functions, for `stats` and its kin."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

from spl.commands.arguments import (
    check_wildcards,
    name_text,
    read_statistics_field,
    rename_by_wildcards,
    wildcard_pattern,
)
from spl.errors import SplError, UnsupportedSplError
from spl.evaluation import compile_eval, to_field
from spl.fields import Event, PresentError, SlotError, UnreadError
from spl.functions.aggregates import (
    Accumulator,
    Chronological,
    DistinctCount,
    Extreme,
    Moments,
    Percentile,
    Range,
    find_aggregate,
)
from spl.functions.registry import Environment
from spl.lang.eval_expression import EvalExpression, parse_eval_expression
from spl.lang.reader import Node, Reader, quote
from spl.values import DelimitedList, Row, Value, to_number, values_of

_FUNCTION = r"[A-Za-z_][A-Za-z0-9_]*(?:\.\d+)?"
_ARGUMENT = r"[^\s\"'()|\[\],]+"

Read = Callable[[Row], Value | None]


@dataclass(frozen=True, kw_only=True)
class Aggregation(Node):
    """`function(field) AS name`, `function(eval(expression)) AS name` or `count AS name`."""

    function: str
    argument: str | EvalExpression | None
    output: str
    accumulator: Callable[[], Accumulator] = field(compare=False, repr=False)

    def __str__(self) -> str:
        match self.argument:
            case None:
                call = self.function
            case str():
                call = f"{self.function}({name_text(self.argument)})"
            case _:
                call = f"{self.function}(eval({self.argument}))"
        return f"{call} AS {quote(self.output)}"

    @property
    def wildcard(self) -> bool:
        """It stands for one aggregation of each field that its argument matches."""
        return isinstance(self.argument, str) and "*" in self.argument

    def reads(self, environment: Environment) -> Read | None:
        """Return what reads the argument from a row; None for `count` of rows."""
        argument = self.argument
        if argument is None:
            return None
        if isinstance(argument, str):
            return _reader(argument)
        compiled = compile_eval(argument, environment)

        def read(row: Row) -> Value | None:
            value = compiled(row)
            if isinstance(value, bool):
                # count(eval(x)) counts where x is TRUE
                return "1" if value else None
            return to_field(value)

        return read


def read_aggregations(
    reader: Reader, *stop: str, also: Mapping[str, Callable[[], Accumulator]] | None = None
) -> tuple[Aggregation, ...]:
    """Read aggregations up to an option, a keyword of `stop` or the command's end; at least one.

    `also`: functions that only this command has, by name.
    """
    aggregations: list[Aggregation] = []
    while not reader.at_end():
        before = reader.position
        if (stop and reader.keyword(*stop)) or (aggregations and reader.match(r"\w+\s*=")):
            reader.position = before
            break
        aggregations.append(read_aggregation(reader, also or {}))
        reader.take(",")
    if not aggregations:
        raise reader.error(f"expected a statistical function, found {reader.found()}")
    return tuple(aggregations)


def read_aggregation(reader: Reader, also: Mapping[str, Callable[[], Accumulator]]) -> Aggregation:
    """Read one function with its argument and its name; `also` as in `read_aggregations`."""
    reader.skip_space()
    start = reader.position
    found = reader.match(_FUNCTION)
    if not found:
        raise reader.error(f"expected a statistical function, found {reader.found()}")
    name = found.group()
    try:
        accumulator = also.get(name.lower()) or _find(name)
    except SplError as error:
        reader.report(error.at(reader.text, start, reader.position))
        accumulator = _find("count")
    argument: str | EvalExpression | None = None
    if reader.take("("):
        argument = _read_argument(reader)
        if not reader.take(")"):
            raise reader.error(f"expected ')' after the argument of {name}, found {reader.found()}")
    output = re.sub(r"\s+", " ", reader.text[start : reader.position])
    if isinstance(argument, str):
        output = f"{name}({argument})"
    if argument is None and name.lower() not in ("count", "c"):
        # "it returns results for stats avg(*)" (stats, "functions that are not applied to
        # specific fields")
        argument, output = "*", f"{name}(*)"
    if reader.keyword("AS"):
        output = read_statistics_field(reader, "a name after AS")
        if isinstance(argument, str) and "*" in argument:
            check_wildcards(argument, output)
    elif argument is None:
        output = name
    return Aggregation(
        function=name.lower(),
        argument=argument,
        output=output,
        accumulator=accumulator,
        span=reader.span(start),
    )


def _find(name: str) -> Callable[[], Accumulator]:
    if name.lower() == "sparkline":
        raise UnsupportedSplError("sparklines are not drawn here")
    if name.lower() == "eval":
        raise UnsupportedSplError("an expression of statistical functions does not run here")
    return find_aggregate(name)


def _read_argument(reader: Reader) -> str | EvalExpression | None:
    reader.skip_space()
    if reader.char == ")":
        return None
    if reader.match(r"(?i:eval)\s*\("):
        expression = parse_eval_expression(reader)
        reader.expect(")", "the expression of eval")
        return expression
    if reader.char in ('"', "'"):
        return reader.quoted(reader.char)
    if found := reader.match(_ARGUMENT):
        return found.group()
    raise reader.error(f"expected a field, found {reader.found()}")


class Group:
    """The accumulators of one group of rows, one for each aggregation."""

    __slots__ = ("accumulators",)

    def __init__(self, aggregator: Aggregator) -> None:
        self.accumulators = [make() for make in aggregator.makers]
        for place, first in aggregator.twins.items():
            one, other = self.accumulators[place], self.accumulators[first]
            if isinstance(one, DistinctCount) and isinstance(other, DistinctCount):
                one.seen = other.seen

    def put_away(self) -> None:
        """Take less memory, on the way to another process."""
        for accumulator in self.accumulators:
            if isinstance(accumulator, DistinctCount):
                accumulator.seen.put_away()


class Alike(Protocol):
    """Events that have the same values in all fields but a few."""

    count: int

    def values(self, name: str) -> Sequence[str]:
        """Return the values of another field; of `_time` the first and the last will do."""

    def by_time(self, width: int) -> Iterable[tuple[float, Alike]]:
        """Part the events by the multiple of `width` seconds in which their times lie; with each
        part comes a time in it, in epoch seconds."""

    def at_ends(self, name: str) -> Iterable[tuple[float, str]]:
        """Return the time (epoch seconds) of the first and the last event, and their values of a
        field in which they differ; the first of those with one time."""


class Foreseen:
    """What all events add to a group that have the same values in all fields but a few."""

    def __init__(self) -> None:
        self.once: list[tuple[int, list[str]]] = []
        """Values that every event has, for accumulators to which their number is nothing."""
        self.each: list[tuple[int, list[str]]] = []
        """Values that every event has, for the other accumulators."""
        self.unlike: list[tuple[int, str]] = []
        """Accumulators that take a field in which the events differ."""
        self.at_ends: list[tuple[int, str]] = []
        """Those that take its value in the first or the last of the events."""

    @property
    def asks(self) -> set[str]:
        """The fields in which the events differ that are added."""
        asked = {name for _, name in (*self.unlike, *self.at_ends)}
        return {*asked, "_time"} if self.at_ends else asked

    def add(self, group: Group, events: Alike) -> None:
        """Add events to a group."""
        accumulators = group.accumulators
        for place, values in self.once:
            accumulators[place].add(values, None)
        for place, values in self.each:
            accumulators[place].add(values * events.count, None)
        for place, name in self.unlike:
            accumulators[place].add(events.values(name), None)
        for place, name in self.at_ends:
            for time, value in events.at_ends(name):
                accumulators[place].add((value,), time)


Observation = tuple[list[tuple[str, ...] | list[str] | None], float | None]
"""What the aggregations read of a row: the values for each, and the row's time."""


class Aggregator:
    """Runs aggregations over groups; those with wildcards become known as fields are seen.

    `allnum`: numerical functions are null where a value is no number (stats, allnum).
    `delimiter`: what `nomv` joins the results of `values` and `list` with (stats, delim).
    """

    def __init__(
        self,
        aggregations: Sequence[Aggregation],
        environment: Environment,
        *,
        allnum: bool = False,
        delimiter: str | None = None,
    ) -> None:
        self._allnum = allnum
        self._delimiter = delimiter
        self.outputs: list[str] = []
        self.makers: list[Callable[[], Accumulator]] = []
        self._reads: list[Read | None] = []
        self.fields: list[str | None] = []
        self.twins: dict[int, int] = {}
        """Places of accumulators that share what those at other places have seen."""
        self._wildcards: list[Aggregation] = []
        self._places: dict[tuple[int, str], int] = {}
        distinct: dict[str, int] = {}
        for aggregation in aggregations:
            if aggregation.wildcard:
                self._wildcards.append(aggregation)
            else:
                argument = aggregation.argument
                field = argument if isinstance(argument, str) else None
                read = aggregation.reads(environment)
                if field is not None and isinstance(aggregation.accumulator(), DistinctCount):
                    if field in distinct:
                        self.twins[len(self.makers)] = distinct[field]
                        read = _nothing
                    distinct.setdefault(field, len(self.makers))
                self._append(aggregation.output, aggregation.accumulator, read, field)
        self._needs_time = any(a.accumulator().needs_time for a in aggregations)

    def _append(
        self,
        output: str,
        make: Callable[[], Accumulator],
        read: Read | None,
        field: str | None = None,
    ) -> None:
        if self._allnum and isinstance(make(), (Moments, Percentile, Range)):
            self.makers.append(lambda: _OnlyNumbers(make()))
        else:
            self.makers.append(make)
        self.outputs.append(output)
        self._reads.append(read)
        self.fields.append(field)

    def add(self, group: Group, row: Row) -> None:
        """Add a row to its group."""
        self.take(group, self.observe(row))

    def observe(self, row: Row) -> Observation:
        """Return what the aggregations read of a row, which may change afterwards."""
        if self._wildcards:
            self._expand(row)
        seen: list[tuple[str, ...] | list[str] | None] = []
        for read in self._reads:
            value = "" if read is None else read(row)
            seen.append((value,) if isinstance(value, str) else value)
        return seen, _time(row) if self._needs_time else None

    def foresee(self, row: Event) -> Foreseen | None:
        """Tell what all events will add to a group that are like `row`, which is known in part.

        None where that cannot be told. Raises UnreadError where it depends on an unknown field.
        """
        accumulators = [make() for make in self.makers]
        if self._wildcards or any(a.ordered for a in accumulators):
            return None
        foreseen = Foreseen()
        for place, (read, accumulator) in enumerate(zip(self._reads, accumulators, strict=True)):
            name = self.fields[place]
            try:
                value = "" if read is None else read(row)
            except PresentError as present:
                if name is None or not row.verbatim(name):
                    raise
                if isinstance(accumulator, Chronological):
                    foreseen.at_ends.append((place, str(present)))
                elif accumulator.needs_time:
                    raise
                else:
                    foreseen.unlike.append((place, str(present)))
                continue
            except SlotError:
                raise
            except UnreadError:
                if name != "_time" or not isinstance(accumulator, (Extreme, Range)):
                    raise
                foreseen.unlike.append((place, name))
                continue
            values = [value] if isinstance(value, str) else value
            if values is not None:
                if accumulator.needs_time:
                    return None
                kind = foreseen.once if accumulator.idempotent else foreseen.each
                kind.append((place, values))
        return foreseen

    def take(self, group: Group, observation: Observation) -> None:
        """Add what was observed of a row to its group."""
        accumulators = group.accumulators
        for make in self.makers[len(accumulators) :]:
            accumulators.append(make())
        seen, time = observation
        for accumulator, values in zip(accumulators, seen, strict=False):
            if values is not None:
                accumulator.add(values, time)

    def _expand(self, row: Row) -> None:
        for number, aggregation in enumerate(self._wildcards):
            compiled = wildcard_pattern(str(aggregation.argument))
            for name in row:
                if not name.startswith("_") and compiled.fullmatch(name):
                    self._stand_for(number, name)

    def _stand_for(self, number: int, name: str) -> int:
        """Let a wildcard stand for field `name`, too; return the place of its accumulators."""
        expansion = (number, name)
        if expansion not in self._places:
            aggregation = self._wildcards[number]
            output = _wildcard_output(aggregation, str(aggregation.argument), name)
            self._places[expansion] = len(self.makers)
            self._append(output, aggregation.accumulator, _reader(name))
        return self._places[expansion]

    @property
    def expansions(self) -> list[tuple[int, str]]:
        """Which wildcard has come to stand for which field, in the order of the last outputs."""
        return list(self._places)

    def merge(
        self, group: Group, other: Group, expansions: Sequence[tuple[int, str]] | None = None
    ) -> None:
        """Add what was taken by `other` to `group`. `expansions`: those of its aggregator, where it
        is not this one."""
        expansions = self.expansions if expansions is None else expansions
        fixed = len(self.makers) - len(self._places)
        places = [*range(fixed), *(self._stand_for(*expansion) for expansion in expansions)]
        group.accumulators += [make() for make in self.makers[len(group.accumulators) :]]
        for place, more in zip(places, other.accumulators, strict=False):
            if place not in self.twins:
                group.accumulators[place].merge(more)

    def results(self, group: Group) -> dict[str, Value]:
        """Return the outputs of a group; null ones are absent."""
        group.accumulators += [make() for make in self.makers[len(group.accumulators) :]]
        values = ((o, a.result()) for o, a in zip(self.outputs, group.accumulators, strict=False))
        found = {output: value for output, value in values if value is not None}
        if self._delimiter is not None:
            for output, value in found.items():
                if isinstance(value, list):
                    found[output] = DelimitedList(value, self._delimiter)
        return found


class _OnlyNumbers(Accumulator):
    """A numerical function that is null once a value was no number."""

    def __init__(self, inner: Accumulator) -> None:
        self.inner = inner
        self.spoilt = False

    def add(self, values: Sequence[str], time: float | None) -> None:
        self.spoilt = self.spoilt or any(to_number(value) is None for value in values)
        self.inner.add(values, time)

    def merge(self, other: Self) -> None:
        self.spoilt = self.spoilt or other.spoilt
        self.inner.merge(other.inner)

    def result(self) -> Value | None:
        return None if self.spoilt else self.inner.result()


def _nothing(_row: Row) -> None:
    """Read nothing, for an accumulator that sees by its twin."""


def _reader(name: str) -> Read:
    return lambda row: row.get(name)


def _wildcard_output(aggregation: Aggregation, pattern: str, name: str) -> str:
    if "(" in aggregation.output:
        return aggregation.output.replace(pattern, name)
    return rename_by_wildcards(pattern, aggregation.output, name) or name


def set_outputs(row: Row, outputs: Iterable[str], results: Mapping[str, Value]) -> None:
    """Write the results of a group into a row; a null one removes the field."""
    for output in outputs:
        if (value := results.get(output)) is None:
            row.pop(output, None)
        else:
            row[output] = value


def group_keys(row: Row, by: Sequence[str], *, distinct: bool = False) -> Iterable[tuple[str, ...]]:
    """Return the groups of a row: none where a field is null, one for each value of a multivalue.

    A value that occurs twice in a multivalue counts twice unless `distinct`
    (stats, dedup_splitvals).
    """
    keys: list[tuple[str, ...]] = [()]
    for name in by:
        values = values_of(row.get(name))
        if distinct:
            values = list(dict.fromkeys(values))
        keys = [(*key, value) for key in keys for value in values]
    return keys


def _time(row: Row) -> float | None:
    value = row.get("_time")
    number = to_number(value) if isinstance(value, str) else None
    return None if number is None else float(number)
