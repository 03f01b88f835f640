"""The face of the engine: an app's knowledge, and searches that run over events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spl.commands import Commands, parse_pipeline
from spl.commands.base import Columns, Command, OnAll, PerBatch, Pipeline, Stage
from spl.commands.search import Search
from spl.context import Context, Message
from spl.errors import SplError
from spl.evaluation import evaluate_text
from spl.external import custom_commands
from spl.fields import Event
from spl.functions.registry import Environment
from spl.knowledge import App
from spl.lang.reader import Reader
from spl.lang.search_expression import parse_search_expression
from spl.macros import Expansion, expand
from spl.matching import Predicate, compile_search
from spl.time_range import TimeRange
from spl.values import Row, to_number

_BATCH = 1_000

Events = Iterable[Event | Mapping[str, Any]]


@dataclass
class Results:
    """What a search found: rows, their columns in order, messages."""

    fields: list[str]
    rows: list[dict[str, Any]]
    messages: list[Message] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    """How many rows came out of each command."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class Engine:
    """Runs the searches of one app. Raises SplError, never anything else, for a wrong search."""

    def __init__(self, app: App, *, timezone: str = "UTC", now: float | None = None) -> None:
        try:
            zone = ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise SplError(f"unknown time zone '{timezone}'") from None
        self.app = app
        self.environment = Environment(
            timezone=zone,
            now=time.time() if now is None else now,
            search_matches=self.predicate,
        )
        app.environment = self.environment

    @classmethod
    def from_app(
        cls,
        path: str | Path,
        *,
        timezone: str = "UTC",
        macros: Mapping[str, str] | None = None,
        now: float | None = None,
    ) -> Engine:
        """Return the engine of the app in folder or package `path`.

        `timezone` is the user's; `macros` (name -> definition) stand in place of those of the app;
        `now` is the time of the search in epoch seconds, by default the real time.
        """
        return cls(App.open(path, macros), timezone=timezone, now=now)

    def expand(self, text: str) -> Expansion:
        """Return the search with its macros expanded, and the names of the macros used."""

        def evaluate(expression: str, fields: Mapping[str, Any]) -> object:
            return evaluate_text(expression, dict(fields), self.environment)

        return expand(text, self.app.macros, evaluate)

    def parse(self, text: str) -> Pipeline:
        """Return the syntax tree of a search, macros expanded; runs nothing."""
        return parse_pipeline(self.expand(text).text, self._custom_commands)

    @cached_property
    def _custom_commands(self) -> Commands:
        return custom_commands(self.app)

    def predicate(self, text: str) -> Predicate:
        """Compile a search expression, for example a data-source macro, to a test of an event."""
        reader = Reader(self.expand(text).text)
        expression = parse_search_expression(reader)
        if not reader.at_end() or reader.char:
            raise reader.error(f"expected a search expression only, found {reader.found()}")
        return compile_search(expression)

    def search(
        self, text: str, events: Events = (), *, earliest: str = "", latest: str = ""
    ) -> Results:
        """Run a search over events.

        `events` are mappings with `_raw` and, where known, `_time`, `source`, `sourcetype`, `host`,
        `index`; `earliest` and `latest` are time modifiers such as `-24h@h`.
        """
        running = self.start(text, events, earliest=earliest, latest=latest)
        return running.run()

    def run(
        self, name: str, events: Events = (), *, earliest: str = "", latest: str = ""
    ) -> Results:
        """Run a saved search of the app, by its name, over events.

        Its own dispatch times are not applied: they count from now, and logs are old.
        """
        text = self.app.saved_search(name)["search"]
        return self.search(text, events, earliest=earliest, latest=latest)

    def start(
        self,
        text: str,
        events: Events = (),
        *,
        earliest: str = "",
        latest: str = "",
        on_match: Callable[[Event], object] | None = None,
    ) -> RunningSearch:
        """Return a search that takes its events as they come: see `RunningSearch`.

        `on_match` is called with each event that passes the first clause.
        """
        pipeline = self.parse(text)
        given = TimeRange.parse(earliest, latest, self.environment)
        return RunningSearch(self, pipeline, events, given, on_match)

    def bind(self, given: Event | Mapping[str, Any]) -> Event:
        """Return an event with the fields that the app's knowledge adds to it."""
        event = given if isinstance(given, Event) else Event.from_mapping(given)
        return event.view(self.app.extraction(event))


class RunningSearch:
    """A search at work: fed with events, then finished.

    The events are left as they are, so that many searches can share them.
    """

    def __init__(
        self,
        engine: Engine,
        pipeline: Pipeline,
        events: Events,
        time_range: TimeRange,
        on_match: Callable[[Event], object] | None = None,
    ) -> None:
        self._engine = engine
        # Subsearches read the events, too, so those that can be read once only are kept for them.
        again = any(any(command.subsearches()) for command in pipeline.commands)
        self._events = list(events) if again and isinstance(events, Iterator) else events
        self._context = Context(
            app=engine.app,
            environment=engine.environment,
            events=lambda: map(engine.bind, self._events),
            run=self._run_subsearch,
        )
        self._chain = _Chain(pipeline.commands, self._context, time_range, on_match)
        self.reads_events = isinstance(pipeline.commands[0], Search)
        """The search begins with events; others make their own rows."""

    def feed(self, events: Iterable[Event]) -> None:
        """Take events, as `Engine.bind` returns them."""
        self._chain.feed(events)

    def matches(self, event: Event) -> bool:
        """Tell whether an event passes the first clause."""
        return bool(list(self._chain.first.feed([event])))

    @property
    def matched(self) -> int:
        """How many events the first clause has matched so far."""
        return self._chain.counts[0]

    @property
    def done(self) -> bool:
        """No further event can change the result."""
        return self._chain.done

    def finish(self) -> Results:
        """Return the results of all events fed."""
        rows, columns = self._chain.finish()
        fields = list(columns or ())
        known = set(fields)
        for row in rows:
            fields.extend(name for name in row if name not in known)
            known.update(row)
        plain = [dict(row) for row in rows]
        return Results(fields, plain, self._context.messages, self._chain.counts)

    def run(self) -> Results:
        """Feed all events that the search was started with, and finish."""
        if self.reads_events:
            batch: list[Event] = []
            for given in self._events:
                batch.append(self._engine.bind(given))
                if len(batch) == _BATCH:
                    self.feed(batch)
                    batch = []
                    if self.done:
                        break
            self.feed(batch)
        return self.finish()

    def _run_subsearch(
        self, pipeline: Pipeline, context: Context, rows: Iterable[Row] | None
    ) -> list[Row]:
        chain = _Chain(pipeline.commands, context, TimeRange())
        if rows is None:
            rows = context.events() if isinstance(pipeline.commands[0], Search) else ()
        chain.feed(rows)
        return chain.finish()[0]


class _Chain:
    """The stages of a pipeline, joined; `counts` has the rows that came out of each command."""

    def __init__(
        self,
        commands: tuple[Command, ...],
        context: Context,
        time_range: TimeRange,
        on_match: Callable[[Event], object] | None = None,
    ) -> None:
        self.counts = [0] * len(commands)
        self._rows: list[Row] = []
        # A stage with the position of its command; those that the engine adds have none.
        self._links: list[tuple[int | None, Stage]] = []
        for position, command in enumerate(commands):
            if position == 0 and isinstance(command, Search):
                within = time_range.narrowed(command.expression, context.environment)
                if within.bounded:
                    self._links.append((None, PerBatch(partial(filter, within.contains))))
            stage = _start(command, context)
            self._links.append((position, stage))
            if position == 0:
                self.first = stage
                if isinstance(command, Search):
                    self._links.append((None, PerBatch(partial(_own, on_match))))
                    if _needs_order(commands[1:]):
                        self._links.append((None, OnAll(_newest_first)))

    @property
    def done(self) -> bool:
        sorting = any(isinstance(stage, OnAll) for _, stage in self._links)
        return not sorting and any(stage.done for _, stage in self._links)

    def feed(self, rows: Iterable[Row], behind: int = 0) -> None:
        """Pass rows through the links from position `behind` on."""
        for command, stage in self._links[behind:]:
            rows = self._counted(command, stage.feed(rows))
        self._rows.extend(rows)

    def finish(self) -> tuple[list[Row], Columns]:
        """Return all rows and the columns."""
        columns: Columns = None
        for position, (command, stage) in enumerate(self._links):
            self.feed(self._counted(command, stage.finish()), position + 1)
            columns = stage.columns(columns)
        return self._rows, columns

    def _counted(self, command: int | None, rows: Iterable[Row]) -> Iterable[Row]:
        if command is None:
            return rows

        def count() -> Iterator[Row]:
            for row in rows:
                self.counts[command] += 1
                yield row

        return count()


def _start(command: Command, context: Context) -> Stage:
    try:
        return command.start(context)
    except SplError as error:
        raise error.at(str(command), 0, len(command.name)) from None


def _own(on_match: Callable[[Event], object] | None, rows: Iterable[Row]) -> Iterator[Row]:
    """Give the search its own view of each event: others read the same one."""
    for row in rows:
        if isinstance(row, Event):
            if on_match:
                on_match(row)
            yield row.view()
        else:
            yield row


def _needs_order(commands: tuple[Command, ...]) -> bool:
    """Tell whether events must come newest first: until a transforming command ends their order."""
    for command in commands:
        if command.depends_on_order:
            return True
        if command.transforming:
            return False
    return True


def _newest_first(rows: list[Row]) -> list[Row]:
    """Order events as Splunk returns them; those of one time keep their order."""

    def key(row: Row) -> float:
        value = row.get("_time")
        number = to_number(value) if isinstance(value, str) else None
        return float("inf") if number is None else -number

    return sorted(rows, key=key)
