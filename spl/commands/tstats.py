"""`tstats`: statistics over indexed fields, answered from the events here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from spl.commands.aggregation import Aggregation, read_aggregations
from spl.commands.arguments import (
    Convert,
    boolean,
    integer,
    name_text,
    options_text,
    read_field,
    read_option_value,
    read_options,
)
from spl.commands.base import Columns, Command, Pipeline, Stage
from spl.commands.rows import newest_first
from spl.commands.stats import Stats
from spl.commands.subsearch import resolved, subsearches_of
from spl.context import Context
from spl.errors import UnsupportedSplError
from spl.lang.reader import Reader, quote
from spl.lang.search_expression import And, SearchExpression, parse_search_expression
from spl.matching import TIME_MODIFIERS, compile_search, fields_of
from spl.time_span import TimeSpan
from spl.values import Row, number_text, to_number

_OPTIONS: dict[str, Convert] = {
    "prestats": boolean,
    "local": boolean,
    "append": boolean,
    "summariesonly": boolean,
    "include_reduced_buckets": boolean,
    "allow_old_summaries": boolean,
    "use_summary_index_values": boolean,
    "chunk_size": integer,
    "fillnull_value": str,
}
_CLAUSES = ("FROM", "WHERE", "BY", "GROUPBY")
_SOURCE = r'(?:(datamodel|sid)\s*=\s*)?((?:"[^"]*"|[^\s"|\[\]=])+)'
_INDEXED = {"index", "sourcetype", "source", "host", "_time", "_raw"}
_BUCKET = "_tstats_bucket"


@dataclass(frozen=True, kw_only=True)
class Tstats(Command):
    """`tstats` with its clauses.

    It runs over events, with the fields that every event has indexed: index, sourcetype, source,
    host and _time; the terms of WHERE are terms of the events. Data models, PREFIX() and other
    fields do not run here. The options that choose among summaries choose nothing here.
    """

    name: ClassVar[str] = "tstats"
    syntax: ClassVar[str] = (
        "tstats [<option>=<value>] … <function>(<field>) [AS <name>] … [FROM datamodel=<name>] "
        "[WHERE <search expression>] [BY <field> … [span=<time span>]]"
    )
    documentation: ClassVar[str] = "search-commands/tstats"
    generating: ClassVar[bool] = True
    transforming: ClassVar[bool] = True

    options: dict[str, Any] = field(default_factory=dict)
    aggregations: tuple[Aggregation, ...]
    source: str | None = None
    where: SearchExpression | None = None
    by: tuple[str, ...] = ()
    timespan: str | None = None

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options = read_options(reader, _OPTIONS)
        aggregations = read_aggregations(reader, *_CLAUSES)
        clauses: dict[str, Any] = {}
        while not reader.at_end():
            clause = reader.keyword(*_CLAUSES)
            if clause == "FROM":
                found = reader.match(_SOURCE)
                if not found:
                    raise reader.error(f"expected datamodel=<name>, found {reader.found()}")
                clauses["source"] = f"{found[1]}={found[2]}" if found[1] else found[2]
            elif clause == "WHERE":
                clauses["where"] = parse_search_expression(reader, *_CLAUSES)
            elif clause:
                clauses["by"], clauses["timespan"] = _read_by(reader)
            else:
                raise reader.error(f"expected FROM, WHERE or BY, found {reader.found()}")
        return cls(options=options, aggregations=aggregations, **clauses, span=reader.span(start))

    @property
    def stands_first(self) -> bool:
        """Tell whether the command makes its own rows, so that it cannot take those of others."""
        return not self.options.get("append")

    def start(self, context: Context) -> Stage:
        self._check()
        return _TstatsStage(self, context)

    def _check(self) -> None:
        """Raise UnsupportedSplError for what cannot be answered from events."""
        if self.source is not None:
            raise UnsupportedSplError(
                f"tstats: {self.source} does not run here, only events are read"
            )
        for option in ("prestats", "append"):
            if self.options.get(option):
                raise UnsupportedSplError(f"tstats: {option}=true does not run here")
        read = {*self.by, *(fields_of(self.where) if self.where is not None else ())}
        for aggregation in self.aggregations:
            if isinstance(aggregation.argument, str):
                read.add(aggregation.argument)
            elif aggregation.argument is not None:
                raise UnsupportedSplError("tstats: eval expressions do not run here")
        if unknown := sorted(read - _INDEXED - TIME_MODIFIERS):
            names = " and ".join(f"'{name}'" for name in unknown)
            raise UnsupportedSplError(
                f"tstats: {names} {'is' if len(unknown) == 1 else 'are'} not known to be indexed; "
                "here only index, sourcetype, source, host and _time are"
            )

    def arguments(self) -> Iterable[str]:
        yield from options_text(self.options)
        yield " ".join(map(str, self.aggregations))
        if self.source is not None:
            yield f"FROM {self.source}"
        if self.where is not None:
            yield f"WHERE {self.where}"
        if self.by:
            yield "BY " + " ".join(_by_text(name) for name in self.by)
            yield from options_text({"span": self.timespan})

    def subsearches(self) -> Iterator[Pipeline]:
        return subsearches_of(self.where) if self.where is not None else iter(())


class _TstatsStage(Stage):
    """Feeds the matching events to `stats`; the time of a span is a field of its own, so that
    functions still see the event's time."""

    def __init__(self, command: Tstats, context: Context) -> None:
        where: SearchExpression = And((), span=command.span)
        if command.where is not None:
            where = resolved(command.where, context)
        self._where = where
        self._context = context
        self._within = context.time_range.narrowed(where, context.environment)
        self._span = TimeSpan.parse(command.timespan) if command.timespan else None
        self._fill = command.options.get("fillnull_value")
        self._by = command.by
        by = tuple(_BUCKET if name == "_time" else name for name in command.by)
        self._stats = Stats(aggregations=command.aggregations, by=by, span=command.span)
        self._stage = self._stats.start(replace(context, searched=self._within))

    def finish(self) -> Iterator[Row]:
        events: Iterable[Row] = filter(
            compile_search(self._where), self._context.events(self._where)
        )
        if self._within.bounded:
            events = filter(self._within.contains, events)
        if self._stats.depends_on_order:
            events = newest_first(events)
        self._stage.feed(map(self._row, events))
        for row in self._stage.finish():
            if _BUCKET in row:
                row["_time"] = row.pop(_BUCKET)
            yield row

    def _row(self, event: Row) -> Row:
        row: Row = {name: event[name] for name in _INDEXED if name in event}
        time = row.get("_time")
        if isinstance(time, str):
            number = to_number(time)
            if self._span is not None and number is not None:
                time = number_text(self._span.floor(number, self._context.environment.timezone))
            row[_BUCKET] = time
        if self._fill is not None:
            for name in self._by:
                row.setdefault(_BUCKET if name == "_time" else name, self._fill)
        return row

    def columns(self, before: Columns) -> Columns:
        names = self._stage.columns(before) or []
        return ["_time" if name == _BUCKET else name for name in names]


def _read_by(reader: Reader) -> tuple[tuple[str, ...], str | None]:
    """Read the fields of BY, `PREFIX(…)` among them, and the span of `_time`."""
    names: list[str] = []
    timespan = None
    while not reader.at_end():
        before = reader.position
        if reader.keyword(*_CLAUSES):
            reader.position = before
            break
        if reader.match(r"(?i:span)\s*="):
            begin = reader.position
            timespan = read_option_value(reader, "span")
            try:
                TimeSpan.parse(timespan)
            except ValueError as error:
                message = f"span= takes {error}, not '{timespan}'"
                raise reader.error(message, begin, reader.position) from None
        elif found := reader.match(r"PREFIX\([^()\s]*\)"):
            names.append(found.group())
        else:
            names.append(read_field(reader))
        reader.take(",")
    if not names:
        raise reader.error(f"expected a field, found {reader.found()}")
    return tuple(names), timespan


def _by_text(name: str) -> str:
    if name.startswith("PREFIX("):
        return name
    return quote(name) if name.upper() in _CLAUSES or name == "span" else name_text(name)
