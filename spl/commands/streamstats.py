"""`streamstats`: adds statistical functions over the rows so far to each row."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from spl.commands.aggregation import (
    Aggregation,
    Aggregator,
    Group,
    Observation,
    group_keys,
    read_aggregations,
    set_outputs,
)
from spl.commands.arguments import (
    Convert,
    boolean,
    integer,
    names_text,
    options_text,
    read_by,
    read_options,
)
from spl.commands.base import Columns, Command, Stage, adding
from spl.context import Context
from spl.errors import SplError
from spl.evaluation import compile_condition
from spl.lang.eval_expression import EvalExpression, parse_eval_expression
from spl.lang.reader import Reader
from spl.time_span import TimeSpan
from spl.values import Row, to_number

_OPTIONS: dict[str, Convert] = {
    "current": boolean,
    "window": integer,
    "time_window": TimeSpan.parse,
    "global": boolean,
    "allnum": boolean,
    "reset_on_change": boolean,
}
_RESETS = ("reset_before", "reset_after")
_MAX_WINDOW = 10_000

Key = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Streamstats(Command):
    """`streamstats` with its aggregations, window and resets.

    A row without one of the BY fields stays as it is. Not documented: where a BY field is a
    multivalue the row counts in each of its groups, and gets the results of the first; a
    time window holds the rows nearer than its length.
    """

    name: ClassVar[str] = "streamstats"
    syntax: ClassVar[str] = (
        "streamstats [current=<bool>] [window=<N>] [time_window=<span>] [global=<bool>] "
        "[allnum=<bool>] [reset_on_change=<bool>] [reset_before=(<condition>)] "
        "[reset_after=(<condition>)] <function>(<field>) [AS <name>] … [BY <field> …]"
    )
    documentation: ClassVar[str] = "search-commands/streamstats"

    options: dict[str, Any] = field(default_factory=dict)
    reset_before: EvalExpression | None = None
    reset_after: EvalExpression | None = None
    aggregations: tuple[Aggregation, ...]
    by: tuple[str, ...] = ()

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options = _read_options(reader)
        aggregations = read_aggregations(reader, "BY")
        by = read_by(reader)
        options |= _read_options(reader)
        resets = {name: options.pop(name, None) for name in _RESETS}
        return cls(
            options=options, aggregations=aggregations, by=by, **resets, span=reader.span(start)
        )

    def start(self, context: Context) -> Stage:
        return _StreamstatsStage(self, context)

    def arguments(self) -> Iterable[str]:
        yield from options_text(self.options)
        for name in _RESETS:
            if (condition := getattr(self, name)) is not None:
                yield f"{name}=({condition})"
        yield " ".join(map(str, self.aggregations))
        if self.by:
            yield "BY " + names_text(self.by)


def _read_options(reader: Reader) -> dict[str, Any]:
    options = read_options(reader, _OPTIONS, until=_RESETS)
    while found := reader.match(r"(?i:(reset_before|reset_after))\s*="):
        options[found[1].lower()] = _read_condition(reader, found[1])
        options |= read_options(reader, _OPTIONS, until=_RESETS)
    return options


def _read_condition(reader: Reader, name: str) -> EvalExpression:
    r"""Read a condition in parentheses, which may stand in quotes themselves: `"("x>1")"`, where
    the quotes of texts are escaped: `"("x=\"a\"")"`.
    """
    quoted = reader.take('"("')
    start = reader.position
    if quoted and (found := reader.match(r'((?:[^"\\]|\\.)*+)"\)"')) and "\\" in found[1]:
        inner = Reader(re.sub(r"\\(.)", r"\1", found[1]))
        condition = parse_eval_expression(inner)
        if inner.char:
            raise inner.error(f"unexpected {inner.found()}")
        return condition
    reader.position = start
    if not quoted:
        reader.expect("(", f"{name}=")
    condition = parse_eval_expression(reader)
    reader.expect('")"' if quoted else ")", "the condition")
    return condition


class _StreamstatsStage(Stage):
    def __init__(self, command: Streamstats, context: Context) -> None:
        environment, options = context.environment, command.options
        self._by = command.by
        self._aggregator = Aggregator(
            command.aggregations, environment, allnum=options.get("allnum", False)
        )
        self._current = options.get("current", True)
        self._reset_on_change = options.get("reset_on_change", False)
        before, after = (
            condition and compile_condition(condition, environment)
            for condition in (command.reset_before, command.reset_after)
        )
        self._reset_before, self._reset_after = before, after
        size = options.get("window", 0)
        if size > _MAX_WINDOW:
            raise SplError(f"window={size}: at most {_MAX_WINDOW}")
        span = options.get("time_window")
        self._windows = (
            _Windows(size, span.seconds if span else None, shared=options.get("global", True))
            if size or span
            else None
        )
        self._groups: dict[Key, Group] = {}
        self._last: tuple[Key, ...] | None = None

    def feed(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            keys = tuple(group_keys(row, self._by))
            if self._reset_before and self._reset_before(row):
                self._reset()
            if keys:
                if self._reset_on_change and keys != self._last:
                    self._reset()
                self._last = keys
                self._add_to(row, keys)
            if self._reset_after and self._reset_after(row):
                self._reset()
            yield row

    def _reset(self) -> None:
        self._groups.clear()
        if self._windows:
            self._windows.clear()

    def _add_to(self, row: Row, keys: tuple[Key, ...]) -> None:
        observed = self._aggregator.observe(row)
        if self._windows:
            self._windows.advance(row, keys)
        if self._current:
            self._take(keys, observed)
        results = self._aggregator.results(self._group(keys[0]))
        set_outputs(row, self._aggregator.outputs, results)
        if not self._current:
            self._take(keys, observed)

    def _take(self, keys: tuple[Key, ...], observed: Observation) -> None:
        for key in keys:
            if self._windows:
                self._windows.append(key, observed)
            else:
                self._aggregator.take(self._group(key), observed)

    def _group(self, key: Key) -> Group:
        if self._windows:
            group = Group(self._aggregator)
            for observed in self._windows.of(key):
                self._aggregator.take(group, observed)
            return group
        if key not in self._groups:
            self._groups[key] = Group(self._aggregator)
        return self._groups[key]

    def columns(self, before: Columns) -> Columns:
        return adding(self._aggregator.outputs)(before)


class _Windows:
    """The last rows, of all groups together (`shared`, global=true) or of each group."""

    def __init__(self, size: int, seconds: float | None, *, shared: bool) -> None:
        self._size = size
        self._seconds = seconds
        self._shared = shared
        self._members: dict[Key, deque[tuple[Key, float, Observation]]] = {}
        self._time = 0.0
        self._direction = 0.0

    def clear(self) -> None:
        self._members.clear()

    def advance(self, row: Row, keys: tuple[Key, ...]) -> None:
        """Drop the rows that are out of the time window of `row`."""
        if self._seconds is None:
            return
        value = row.get("_time")
        time = to_number(value) if isinstance(value, str) else None
        if time is None:
            raise SplError("streamstats: time_window= needs a _time in every row")
        step = time - self._time if self._members else 0
        if step * self._direction < 0:
            raise SplError("streamstats: time_window= needs rows sorted by _time")
        self._direction = step or self._direction
        self._time = time
        for window in self._members.values():
            while window and abs(window[0][1] - time) >= self._seconds:
                window.popleft()

    def append(self, key: Key, observed: Observation) -> None:
        place = () if self._shared else key
        window = self._members.setdefault(place, deque(maxlen=self._size or None))
        window.append((key, self._time, observed))

    def of(self, key: Key) -> Iterator[Observation]:
        """Yield what was observed of the rows in the window that are of group `key`."""
        for other, _, observed in self._members.get(() if self._shared else key, ()):
            if other == key:
                yield observed
