"""Which lines of a log each hunt must see: most are never parsed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson

from hunts.inputs import RawLines, Views
from spl import Engine, Event
from spl.fields import METADATA, UnreadError
from spl.lang.search_expression import SearchExpression
from spl.literals import EXCEPTIONS, Origin, cover, known
from spl.matching import compile_known
from spl.projection import Digest, Projection, telling_fields
from spl.scan import Scanner
from spl.values import Row

_SAMPLE = 1 << 18
_SAMPLED_LINES = 50
_LINES_LOOKED_AT = 1_000
_FEW = 0.04
"""The share of candidate lines up to which a scan is cheaper than a look at each line."""
_MOST_VERDICTS = 50_000


@dataclass(frozen=True)
class Wish:
    """What a hunt wants to see: its data source, and the first clause of its search."""

    data_source: SearchExpression
    clause: SearchExpression
    loses: Callable[[Event], list[int] | None]
    """See `RunningSearch.loses`."""
    matches: Callable[[Row], bool | None] = field(init=False)
    """The clause, for an event that is known in part."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "matches", compile_known(self.clause))


@dataclass
class Verdict:
    """What becomes of all events with the same digest."""

    sees: int
    """The bits of the hunts that must see the event itself."""
    lost: list[tuple[int, list[int]]]
    """The hunts whose clause matches, and whose next commands drop it: see `Wish.loses`."""
    events: int = 0
    """How many there were."""


class Judge:
    """Tells from a few fields of an event which hunts must see it."""

    def __init__(
        self,
        projection: Projection,
        origins: Sequence[Event],
        wishes: Sequence[tuple[int, Wish, int]],
    ) -> None:
        """`wishes`: the position of each hunt, its wish, and which of `origins` it takes."""
        self._projection = projection
        self._origins = origins
        self._wishes = wishes
        self._everybody = sum(1 << position for position, _, _ in wishes)
        self._verdicts: dict[Digest, Verdict] = {}

    def sees(self, raw: bytes) -> int:
        """Return the bits of the hunts that must see an event."""
        digest = self._projection.digest(raw)
        verdict = self._verdicts.get(digest)
        if verdict is None:
            verdict = self._judge(digest)
        verdict.events += 1
        return verdict.sees

    def lost(self) -> Iterator[tuple[int, list[int], int]]:
        """Yield what was lost since the last call: the hunt, what `loses` said, how often."""
        for verdict in self._verdicts.values():
            if verdict.events:
                yield from ((position, counts, verdict.events) for position, counts in verdict.lost)
                verdict.events = 0
        if len(self._verdicts) > _MOST_VERDICTS:
            self._verdicts.clear()

    def _judge(self, digest: Digest | None) -> Verdict:
        verdict = self._verdicts[digest] = Verdict(0, [])
        if digest is None:
            verdict.sees = self._everybody
            return verdict
        events = [self._projection.event(digest, origin) for origin in self._origins]
        for position, wish, origin in self._wishes:
            matches = wish.matches(events[origin])
            if matches is False:
                continue
            counts = None
            if matches:
                with suppress(UnreadError):
                    counts = wish.loses(events[origin])
            if counts is None:
                verdict.sees |= 1 << position
            else:
                verdict.lost.append((position, counts))
        return verdict


@dataclass(frozen=True)
class Plan:
    """For lines of one origin: which identity each hunt takes, and how to find its lines."""

    views: tuple[int | None, ...]
    """By hunt: the identity that its data source matches; None for none."""
    finder: Scanner | Judge

    def candidates(self, batch: RawLines) -> Iterator[tuple[int, Views]]:
        """Yield each line that somebody must see: the bits of those, and its views.

        A line that is broken has no views.
        """
        if isinstance(self.finder, Scanner):
            for start, end, bits in self.finder.lines(batch.lines.data):
                yield bits, batch.views(start, end)
            return
        sees = self.finder.sees
        start = 0
        for _, raw in batch.lines.records():
            end = start + len(raw)
            if bits := sees(raw):
                yield bits, batch.views(start, end)
            start = end + 1

    def lost(self) -> Iterator[tuple[int, list[int], int]]:
        """Yield which hunts' clauses matched events that were no candidates: see `Judge.lost`."""
        return iter(()) if isinstance(self.finder, Scanner) else self.finder.lost()


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
        return Plan(tuple(views), finder or self._judge(asking, bound, batch))

    def _judge(
        self, asking: Sequence[tuple[int, Wish, int]], origins: Sequence[Event], batch: RawLines
    ) -> Judge:
        kinds = tuple(origin.origin[0] for origin in origins)
        if kinds not in self._projections:
            samples, sorts = _samples(batch)

            def read(event: Event) -> None:
                for _, wish, number in asking:
                    if number == kinds.index(event.origin[0]) and wish.matches(event):
                        with suppress(UnreadError):
                            wish.loses(event)

            fields = [telling_fields(samples, sorts, origin, read) for origin in origins]
            names = set().union(*(common for common, _ in fields))
            present = set().union(*(unlike for _, unlike in fields))
            self._projections[kinds] = Projection(
                names, {name for name in present if name.isidentifier()}, [*samples, *sorts]
            )
        return Judge(self._projections[kinds], origins, asking)


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
    """Return events of all over the batch, parsed, and one of each sort that begins it."""
    events: list[Any] = []
    sorts: dict[tuple[str, ...], Any] = {}
    step = -(-batch.lines.count // _SAMPLED_LINES)
    for number, (_, raw) in enumerate(batch.lines.records()):
        try:
            if number % step == 0:
                events.append(orjson.loads(raw))
            elif number < _LINES_LOOKED_AT and len(sorts) < _SAMPLED_LINES:
                event = orjson.loads(raw)
                kind = (str(event.get(key)) for key in ("verb", "objectRef", "userAgent"))
                sorts.setdefault((*kind, str(event.get("responseStatus"))), event)
        except orjson.JSONDecodeError:
            continue
    return events, list(sorts.values())
