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
            _Windows(
                self._aggregator,
                size,
                span.seconds if span else None,
                # In time alone, the window of all groups holds the same rows of each.
                shared=bool(size) and options.get("global", True),
            )
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
            self._windows.advance(row)
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
            return self._windows.group(key)
        if key not in self._groups:
            self._groups[key] = Group(self._aggregator)
        return self._groups[key]

    def columns(self, before: Columns) -> Columns:
        return adding(self._aggregator.outputs)(before)


class _Windows:
    """The last rows, of all groups together (`shared`, global=true) or of each group."""

    def __init__(
        self, aggregator: Aggregator, size: int, seconds: float | None, *, shared: bool
    ) -> None:
        self._aggregator = aggregator
        self._size = size
        self._seconds = seconds
        self._together: deque[tuple[Key, float, Observation]] | None = (
            deque(maxlen=size) if shared else None
        )
        self._windows: dict[Key, _Window] = {}
        self._time: float | None = None
        self._direction = 0.0

    def clear(self) -> None:
        self._windows.clear()
        if self._together is not None:
            self._together.clear()
        self._time = None

    def advance(self, row: Row) -> None:
        """Go on to the time of `row`."""
        if self._seconds is None:
            return
        value = row.get("_time")
        time = to_number(value) if isinstance(value, str) else None
        if time is None:
            raise SplError("streamstats: time_window= needs a _time in every row")
        step = 0 if self._time is None else time - self._time
        if step * self._direction < 0:
            raise SplError("streamstats: time_window= needs rows sorted by _time")
        self._direction = step or self._direction
        self._time = time

    def append(self, key: Key, observed: Observation) -> None:
        time = self._time or 0.0
        if self._together is not None:
            self._together.append((key, time, observed))
            return
        if key not in self._windows:
            self._windows[key] = _Window(self._aggregator)
        window = self._windows[key]
        window.append(time, observed)
        if self._size and len(window) > self._size:
            window.drop()

    def group(self, key: Key) -> Group:
        """Return what the rows in the window that are of group `key` come to."""
        if self._together is not None:
            group = Group(self._aggregator)
            for other, time, observed in self._together:
                if other == key and not self._is_past(time):
                    self._aggregator.take(group, observed)
            return group
        window = self._windows.get(key)
        if window is None:
            return Group(self._aggregator)
        while len(window) and self._is_past(window.oldest):
            window.drop()
        return window.group()

    def _is_past(self, time: float) -> bool:
        return self._seconds is not None and abs(time - (self._time or 0.0)) >= self._seconds


class _Window:
    """A queue of rows that knows what all rows in it come to.

    The front half holds for each row what it and those behind it in that half come to, so that no
    row need be looked at twice.
    """

    def __init__(self, aggregator: Aggregator) -> None:
        self._aggregator = aggregator
        self._front: list[tuple[float, Group]] = []  # the oldest is the last
        self._back: list[tuple[float, Observation]] = []
        self._back_group = Group(aggregator)

    def __len__(self) -> int:
        return len(self._front) + len(self._back)

    @property
    def oldest(self) -> float:
        """The time of the first row."""
        return self._front[-1][0] if self._front else self._back[0][0]

    def append(self, time: float, observed: Observation) -> None:
        self._back.append((time, observed))
        self._aggregator.take(self._back_group, observed)

    def drop(self) -> None:
        """Take away the first row."""
        if not self._front:
            behind: Group | None = None
            for time, observed in reversed(self._back):
                group = Group(self._aggregator)
                self._aggregator.take(group, observed)
                if behind:
                    self._aggregator.merge(group, behind)
                self._front.append((time, group))
                behind = group
            self._back, self._back_group = [], Group(self._aggregator)
        self._front.pop()

    def group(self) -> Group:
        group = Group(self._aggregator)
        if self._front:
            self._aggregator.merge(group, self._front[-1][1])
        self._aggregator.merge(group, self._back_group)
        return group
