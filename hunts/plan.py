"""Which lines of a log each hunt must see: most are never parsed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any

import orjson

from hunts.inputs import RawLines, Views
from hunts.shapes import epoch
from spl import Engine, Event
from spl.engine import Prospect
from spl.fields import METADATA, PresentError, UnreadError, time_text
from spl.lang.search_expression import SearchExpression
from spl.literals import EXCEPTIONS, Origin, cover, known
from spl.matching import compile_known
from spl.projection import Digest, Projection, telling_fields
from spl.scan import Scanner
from spl.values import Row

_SAMPLE = 1 << 18
_SAMPLED_LINES = 400
_MOST_SORTS = 60
_SORTED_BY = ("verb", "user", "objectRef", "userAgent", "responseStatus")
_FEW = 0.04
"""The share of candidate lines up to which a scan is cheaper than a look at each line."""
_MOST_VERDICTS = 50_000
# Searches ask for what stands there by raw terms.
_WORDS = {"apiVersion", "stage", "annotations.authorization.k8s.io/decision"}
_TIME = "stageTimestamp"
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z", re.ASCII)
_SECONDS = len("2026-11-21T00:00:00")


Candidate = tuple[int, int, Sequence[Event | None]]
"""A line: the bits of the hunts that must look at it; of those, the bits of the hunts whose first
clause matches it for sure; and its views, none where it is broken."""


@dataclass(frozen=True)
class Wish:
    """What a hunt wants to see: its data source, and the first clause of its search."""

    data_source: SearchExpression
    clause: SearchExpression
    foresee: Callable[[Event], Prospect | None]
    """See `RunningSearch.foresee`."""
    matches: Callable[[Row], bool | None] = field(init=False)
    """The clause, for an event that is known in part."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "matches", compile_known(self.clause))


@dataclass
class Events:
    """Events with the same digest, of which no hunt must see more than what is here."""

    count: int = 0
    unlike: dict[str, list[str]] = field(default_factory=dict)
    """The fields in which they differ, where a hunt asks for them."""

    @property
    def seconds(self) -> Counter[float]:
        """The times of the events, in whole epoch seconds."""
        stamps = Counter(stamp[:_SECONDS] for stamp in self.unlike.get(_TIME, ()))
        return Counter({_seconds(stamp): count for stamp, count in stamps.items()})

    def values(self) -> dict[str, list[str]]:
        """Return what `RunningSearch.take_foreseen` asks for."""
        stamps = self.unlike.get(_TIME)
        if not stamps:
            return self.unlike
        # As texts of one length they have the order of their times.
        by_length: dict[int, list[str]] = {len(stamp): [] for stamp in stamps}
        for stamp in stamps:
            by_length[len(stamp)].append(stamp)
        ends = [end for some in by_length.values() for end in (min(some), max(some))]
        return {**self.unlike, "_time": [time_text(epoch(end) or 0) for end in ends]}


@dataclass
class Verdict:
    """What becomes of all events with the same digest."""

    sees: int
    """The bits of the hunts that must look at the event itself."""
    takes: int = 0
    """The bits of those whose first clause matches it for sure."""
    glimpses: Sequence[Event | None] = ()
    """What is known of the event, for each of its identities that those hunts take."""
    foreseen: list[tuple[int, Prospect]] = field(default_factory=list)
    """The hunts that need not, and what they take instead."""
    unlike: tuple[str, ...] = ()
    """The fields in which the events differ and that those hunts ask for."""
    events: Events = field(default_factory=Events)
    """The events since they were last taken."""


class Judge:
    """Tells from a few fields of an event which hunts must see it."""

    def __init__(
        self,
        projection: Projection,
        origins: Sequence[Event],
        wishes: Sequence[tuple[int, Wish, int]],
        bind: Callable[[Event], Event],
    ) -> None:
        """`wishes`: the position of each hunt, its wish, and which of `origins` it takes."""
        self._bind = bind
        self._projection = projection
        self._origins = origins
        self._wishes = wishes
        self._everybody = sum(1 << position for position, _, _ in wishes)
        self._verdicts: dict[Digest, Verdict] = {}

    def candidates(self, batch: RawLines) -> Iterator[Candidate]:
        """Yield the lines that somebody must look at; see `Plan.candidates`."""
        projection, verdicts = self._projection, self._verdicts
        start = 0
        for _, raw in batch.lines.records():
            end = start + len(raw)
            digest = projection.digest(raw)
            verdict = verdicts.get(digest)
            if verdict is None:
                verdict = self._judge(digest)
            stamp = projection.seen.get(_TIME, "")
            if verdict.unlike and not _STAMP.fullmatch(stamp):
                yield self._everybody, 0, self._bound(batch.views(start, end))
            else:
                for name in verdict.unlike:
                    verdict.events.unlike[name].append(projection.seen[name])
                verdict.events.count += 1
                if verdict.sees:
                    time = epoch(stamp) if verdict.glimpses and raw.isascii() else None
                    views: Sequence[Event | None]
                    if time is None:
                        views = self._bound(batch.views(start, end))
                    else:
                        seen = projection.seen
                        views = [
                            None if glimpse is None else glimpse.embodied(raw, time, seen)
                            for glimpse in verdict.glimpses
                        ]
                    yield verdict.sees, verdict.takes, views
            start = end + 1

    def _bound(self, views: Views) -> Sequence[Event]:
        return [self._bind(view) for view in views]

    def foreseen(self) -> Iterator[tuple[Sequence[tuple[int, Prospect]], Events]]:
        """Yield what was foreseen since the last call: for which hunts, and the events."""
        for verdict in self._verdicts.values():
            if verdict.events.count:
                yield verdict.foreseen, verdict.events
                verdict.events = _none(verdict.unlike)
        if len(self._verdicts) > _MOST_VERDICTS:
            self._verdicts.clear()

    def _judge(self, digest: Digest | None) -> Verdict:
        verdict = self._verdicts[digest] = Verdict(0)
        if digest is None:
            verdict.sees = self._everybody
            return verdict
        events = [self._projection.event(digest, origin) for origin in self._origins]
        unlike: set[str] = set()
        for position, wish, origin in self._wishes:
            matches = wish.matches(events[origin])
            prospect = wish.foresee(events[origin]) if matches else None
            if prospect and (not prospect.rows or _has(_TIME, events[origin])):
                verdict.foreseen.append((position, prospect))
                unlike |= {name for name in prospect.unlike if name != "_time"}
                if prospect.rows:
                    unlike.add(_TIME)
            elif matches is not False:
                verdict.sees |= 1 << position
                verdict.takes |= (1 << position) * bool(matches)
        if all(_has(name, events[0]) for name in ("auditID", "stage", _TIME)):
            taken = {origin for position, _, origin in self._wishes if verdict.sees >> position & 1}
            verdict.glimpses = [e if n in taken else None for n, e in enumerate(events)]
        verdict.unlike = tuple(unlike)
        verdict.events = _none(verdict.unlike)
        return verdict


def _none(unlike: Sequence[str]) -> Events:
    return Events(0, {name: [] for name in unlike})


def _has(name: str, event: Event) -> bool:
    try:
        return event.record.field(name) is not None
    except PresentError:
        return True
    except UnreadError:
        return False


@lru_cache(maxsize=10_000)
def _seconds(stamp: str) -> float:
    return epoch(stamp + "Z") or 0.0


@dataclass(frozen=True)
class Plan:
    """For lines of one origin: which identity each hunt takes, and how to find its lines."""

    views: tuple[int | None, ...]
    """By hunt: the identity that its data source matches; None for none."""
    finder: Scanner | Judge
    bind: Callable[[Event], Event]

    def candidates(self, batch: RawLines) -> Iterator[Candidate]:
        """Yield each line that somebody must look at."""
        if isinstance(self.finder, Judge):
            yield from self.finder.candidates(batch)
            return
        for start, end, bits in self.finder.lines(batch.lines.data):
            yield bits, 0, [self.bind(view) for view in batch.views(start, end)]


class Planner:
    """Makes a plan for each origin of lines. A hunt that cannot run has no wish."""

    def __init__(self, engine: Engine, wishes: Sequence[Wish | None]) -> None:
        self._engine = engine
        self._wishes = wishes
        self._plans: dict[tuple[tuple[str, str, str], ...], Plan | None] = {}
        self._projections: dict[tuple[str, ...], Projection] = {}

    def plan(self, batch: RawLines) -> Plan | None:
        """Return the plan for such lines; None where somebody's data source is a question of each
        line."""
        key = tuple(view.origin for view in batch.origin)
        if key not in self._plans:
            self._plans[key] = self._make(batch)
        return self._plans[key]

    def foreseen(self) -> Iterator[tuple[Sequence[tuple[int, Prospect]], Events]]:
        """Yield what hunts take of events that were no candidates of theirs, since the last
        call."""
        for plan in self._plans.values():
            if plan is not None and isinstance(plan.finder, Judge):
                yield from plan.finder.foreseen()

    def _make(self, batch: RawLines) -> Plan | None:
        bound = [self._engine.bind(view) for view in batch.origin]
        origins = [
            Origin({name: str(view[name]) for name in METADATA if name in view}, view.verbatim)
            for view in bound
        ]
        views: list[int | None] = []
        for wish in self._wishes:
            view = None
            if wish is not None:
                for number, origin in enumerate(origins):
                    belongs = known(wish.data_source, origin.metadata)
                    if belongs is None:
                        return None
                    if belongs:
                        view = number
                        break
            views.append(view)
        asking = [
            (position, wish, view)
            for position, (wish, view) in enumerate(zip(self._wishes, views, strict=True))
            if wish is not None and view is not None
        ]
        finder = _scanner(asking, origins, batch.lines.data[:_SAMPLE])
        return Plan(tuple(views), finder or self._judge(asking, bound, batch), self._engine.bind)

    def _judge(
        self, asking: Sequence[tuple[int, Wish, int]], origins: Sequence[Event], batch: RawLines
    ) -> Judge:
        kinds = tuple(origin.origin[0] for origin in origins)
        if kinds not in self._projections:
            samples, sorts = _samples(batch)

            def read(event: Event) -> None:
                for _, wish, number in asking:
                    if number == kinds.index(event.origin[0]) and wish.matches(event):
                        wish.foresee(event)

            fields = [telling_fields(samples, sorts, origin, read) for origin in origins]
            names = set().union(*(common for common, _ in fields))
            present = set().union(*(unlike for _, unlike in fields))
            self._projections[kinds] = Projection(
                (names | _WORDS) - {_TIME, "auditID"},
                {_TIME, "auditID", *(name for name in present if name.isidentifier())},
                samples,
            )
        return Judge(self._projections[kinds], origins, asking, self._engine.bind)


def _scanner(
    asking: Sequence[tuple[int, Wish, int]], origins: Sequence[Origin], sample: bytes
) -> Scanner | None:
    """Return what finds the lines by literals, if those are few."""
    text = sample.lower()
    cost = lru_cache(None)(lambda literal: text.count(literal) + 1 / len(literal))
    wanted: dict[bytes, int] = {}
    for position, wish, view in asking:
        literals = cover(wish.clause, origins[view], cost).literals
        if literals is None:
            return None
        for literal in literals:
            wanted[literal] = wanted.get(literal, 0) | 1 << position
    scanner = Scanner(wanted, EXCEPTIONS)
    few = sum(1 for _ in scanner.lines(sample)) <= _FEW * (sample.count(b"\n") + 1)
    return scanner if few else None


def _samples(batch: RawLines) -> tuple[list[Any], list[Any]]:
    """Return events of all over the batch, parsed, and one of each of the sorts among them."""
    step = -(-batch.lines.count // _SAMPLED_LINES)
    events: list[Any] = []
    sorts: dict[tuple[str, ...], Any] = {}
    for _, raw in islice(batch.lines.records(), 0, None, step):
        with suppress(orjson.JSONDecodeError):
            event = orjson.loads(raw)
            events.append(event)
            sort = tuple(str(event.get(key)) for key in _SORTED_BY)
            if len(sorts) < _MOST_SORTS:
                sorts.setdefault(sort, event)
    return events, list(sorts.values())
