"""`transaction`: makes one event of events that belong together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from spl.commands.arguments import (
    Convert,
    boolean,
    integer,
    names_text,
    not_here,
    options_text,
    read_fields,
    read_options,
)
from spl.commands.base import Command, OnAll, Stage
from spl.commands.rows import newest_first
from spl.context import Context
from spl.errors import SplError, UnsupportedSplError
from spl.evaluation import compile_condition
from spl.lang.eval_expression import EvalExpression, parse_eval_expression
from spl.lang.reader import Node, Reader, closing_quote
from spl.lang.search_expression import SearchExpression, parse_search_expression
from spl.matching import compile_search
from spl.time_span import TimeSpan
from spl.values import (
    DelimitedList,
    Row,
    Value,
    number_text,
    to_number,
    to_value,
    values_of,
)

Test = Callable[[Row], bool]

_FILTERS = ("startswith", "endswith")
_DEFAULT_MAX_EVENTS = 1_000


def _duration(text: str) -> TimeSpan | None:
    """Convert `30`, which are seconds, `30s`, `5m`, or -1 for no limit; raise ValueError."""
    if text == "-1":
        return None
    return TimeSpan.parse(f"{text}s" if text.isdigit() else text)


def _count(text: str) -> int:
    """Convert a number of events; -1, as 0, is no limit."""
    return 0 if text == "-1" else integer(text)


def _connected(text: str) -> bool:
    if boolean(text):
        return True
    raise UnsupportedSplError("connected=false does not run here")


def _field_list(text: str) -> bool | tuple[str, ...]:
    """Convert the value of mvlist=: a Boolean, or fields separated by commas."""
    try:
        return boolean(text)
    except ValueError:
        return tuple(part.strip() for part in text.split(",") if part.strip())


_OPTIONS: dict[str, Convert] = {
    "maxspan": _duration,
    "maxpause": _duration,
    "maxevents": _count,
    "keepevicted": boolean,
    "keeporphans": boolean,
    "mvlist": _field_list,
    "mvraw": boolean,
    "delim": str,
    "nullstr": str,
    "connected": _connected,
    "unifyends": boolean,
    "name": not_here,
    "maxopentxn": not_here,
    "maxopenevents": not_here,
}


@dataclass(frozen=True)
class Filter(Node):
    """What `startswith=` or `endswith=` looks for: a search or an eval expression."""

    expression: SearchExpression | EvalExpression
    evaluated: bool

    def __str__(self) -> str:
        return f"eval({self.expression})" if self.evaluated else f"({self.expression})"

    def test(self, context: Context) -> Test:
        """Return the test of an event."""
        if self.evaluated:
            return compile_condition(self.expression, context.environment)  # type: ignore[arg-type]
        return compile_search(self.expression)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Transaction(Command):
    """`transaction` with its fields and limits; events are looked at newest first.

    An event belongs to an open transaction where a field is the same and none differs. It ends
    with `startswith`, or where `maxspan`, `maxpause` or `maxevents` would be exceeded. Where
    both ends are asked for, or `startswith` alone, a transaction without is evicted: it comes out
    with `keepevicted` only, and `closed_txn` 0. Not documented: results are newest first; an event
    without any of the fields belongs to none, also where it is a start or an end (unifyends);
    `field_match_sum` and `linecount` are not made.
    """

    name: ClassVar[str] = "transaction"
    aliases: ClassVar[tuple[str, ...]] = ("transam",)
    syntax: ClassVar[str] = (
        "transaction [<field> …] [maxspan=<span>] [maxpause=<span>] [maxevents=<N>] "
        "[startswith=<filter>] [endswith=<filter>] [keepevicted=<bool>] [keeporphans=<bool>] "
        "[mvlist=<bool>|<fields>] [mvraw=<bool>] [delim=<text>] [nullstr=<text>]"
    )
    documentation: ClassVar[str] = "search-commands/transaction"
    transforming: ClassVar[bool] = True

    fields: tuple[str, ...] = ()
    startswith: Filter | None = None
    endswith: Filter | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = {}
        filters: dict[str, Filter] = {}
        fields: tuple[str, ...] = ()
        while not reader.at_end():
            before = reader.position
            options |= read_options(reader, _OPTIONS, until=_FILTERS)
            if found := reader.match(r"(?i:(startswith|endswith))\s*="):
                filters[found[1].lower()] = _read_filter(reader)
            elif reader.position == before:
                fields += read_fields(reader)
        return cls(fields=fields, options=options, **filters, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return OnAll(context, lambda rows: _Transactions(self, context).of(rows))

    def arguments(self) -> Iterable[str]:
        yield names_text(self.fields)
        lists = {
            # the comma tells a field from a Boolean
            name: ",".join([*value, ""]) if isinstance(value, tuple) else value
            for name, value in self.options.items()
        }
        yield from options_text(lists)
        for name in _FILTERS:
            if (found := getattr(self, name)) is not None:
                yield f"{name}={found}"


def _read_filter(reader: Reader) -> Filter:
    reader.skip_space()
    start = reader.position
    if reader.match(r"(?i:eval)\s*\("):
        expression = parse_eval_expression(reader)
        reader.expect(")", "the condition of eval")
        return Filter(expression, evaluated=True, span=reader.span(start))
    if reader.char == '"':
        text = reader.quoted()
    elif reader.char == "(":
        text = _in_parentheses(reader)
    elif found := reader.match(r'[^\s"|\[\]()]+'):
        text = found.group()
    else:
        raise reader.error(f"expected a search, found {reader.found()}")
    inner = Reader(text)
    try:
        search = parse_search_expression(inner)
        if not inner.at_end() or inner.char:
            raise inner.error(f"unexpected {inner.found()}")
    except SplError as error:
        raise reader.error(error.message, start, reader.position) from None
    return Filter(search, evaluated=False, span=reader.span(start))


def _in_parentheses(reader: Reader) -> str:
    start, depth = reader.position, 0
    while reader.position < len(reader.text):
        char = reader.char
        if char == '"':
            reader.position = max(reader.position, closing_quote(reader.text, reader.position))
        depth += {"(": 1, ")": -1}.get(char, 0)
        reader.position += 1
        if not depth:
            return reader.text[start + 1 : reader.position - 1]
    raise reader.error("this parenthesis is not closed", start)


@dataclass(eq=False)
class _Open:
    """A transaction that events are added to, the newest first."""

    ended: bool
    closed: bool = False
    events: list[Row] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    values: dict[str, set[str]] = field(default_factory=dict)


class _Transactions:
    def __init__(self, command: Transaction, context: Context) -> None:
        options = command.options
        self._command = command
        self._options = options
        self._starts = command.startswith.test(context) if command.startswith else None
        self._ends = command.endswith.test(context) if command.endswith else None
        self._span = options.get("maxspan")
        self._pause = options.get("maxpause")
        self._most = options.get("maxevents", _DEFAULT_MAX_EVENTS)
        self._open: dict[_Open, None] = {}
        self._by_value: dict[tuple[str, str], dict[_Open, None]] = {}
        self._closed: list[_Open] = []
        self._orphans: list[Row] = []

    def of(self, rows: list[Row]) -> list[Row]:
        """Return the transactions of the rows."""
        for row in newest_first(rows):
            self._take(row)
        for found in list(self._open):
            self._close(found, closed=False)
        return newest_first([*map(self._event, filter(self._shown, self._closed)), *self._orphans])

    def _shown(self, found: _Open) -> bool:
        if self._options.get("keepevicted"):
            return True
        if self._starts is not None:
            return found.closed
        return self._ends is None or found.ended

    def _take(self, row: Row) -> None:
        time = _time(row)
        values = {
            name: set(members)
            for name in self._command.fields
            if (members := values_of(row.get(name)))
        }
        if time is None or (self._command.fields and not values):
            if self._options.get("keeporphans"):
                row["_txn_orphan"] = "1"
                self._orphans.append(row)
            return
        ends = self._ends is not None and self._ends(row)
        found = self._matching(values)
        if found is not None and (ends or self._exceeded(found, time)):
            self._close(found, closed=self._starts is None)
            found = None
        if found is None:
            found = _Open(ended=ends)
            self._open[found] = None
        found.events.append(row)
        found.times.append(time)
        for name, new in values.items():
            for value in new - found.values.setdefault(name, set()):
                self._by_value.setdefault((name, value), {})[found] = None
            found.values[name] |= new
        if self._starts is not None and self._starts(row):
            self._close(found, closed=self._ends is None or found.ended)
        elif self._most and len(found.events) >= self._most:
            self._close(found, closed=self._starts is None)

    def _matching(self, values: dict[str, set[str]]) -> _Open | None:
        """Return the open transaction that shares a value of a field, and differs in none."""
        if not self._command.fields:
            return next(iter(self._open), None)
        for name, members in values.items():
            for value in sorted(members):
                for found in self._by_value.get((name, value), ()):
                    if all(
                        found.values[other] & values[other]
                        for other in found.values.keys() & values.keys()
                    ):
                        return found
        return None

    def _exceeded(self, found: _Open, time: float) -> bool:
        span, pause = self._span, self._pause
        if span is not None and found.times[0] - time >= span.seconds:
            # the events must span less than maxspan
            return True
        return pause is not None and found.times[-1] - time > pause.seconds

    def _close(self, found: _Open, *, closed: bool) -> None:
        found.closed = closed
        del self._open[found]
        for name, members in found.values.items():
            for value in members:
                del self._by_value[name, value][found]
        self._closed.append(found)

    def _event(self, found: _Open) -> Row:
        events = found.events[::-1]
        names = dict.fromkeys(name for event in events for name in event)
        result: Row = {}
        for name in names:
            value = self._merged(name, [event.get(name) for event in events])
            if value is not None:
                result[name] = value
        first, last = found.times[-1], found.times[0]
        result["_time"] = number_text(first)
        result["duration"] = number_text(round(last - first, 6))
        result["eventcount"] = str(len(events))
        limits = ("maxspan", "maxpause", "maxevents")
        limited = self._starts is not None or any(name in self._options for name in limits)
        result["closed_txn"] = "1" if found.closed and limited else "0"
        return result

    def _merged(self, name: str, values: list[Value | None]) -> Value | None:
        delimiter = self._options.get("delim", " ")
        if name == "_raw":
            texts = [text for value in values for text in values_of(value)]
            if self._options.get("mvraw"):
                return to_value(texts) if len(texts) < 2 else DelimitedList(texts, delimiter)
            return "\n".join(texts)
        lists = self._options.get("mvlist", False)
        if lists is True or (lists and name in lists):
            null = [self._options.get("nullstr", "NULL")]
            members = [text for value in values for text in values_of(value) or null]
        else:
            members = sorted({text for value in values for text in values_of(value)})
        return DelimitedList(members, delimiter) if len(members) > 1 else to_value(members)


def _time(row: Row) -> float | None:
    value = row.get("_time")
    number = to_number(value) if isinstance(value, str) else None
    return None if number is None else float(number)
