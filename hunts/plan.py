"""Which lines of a log each hunt must see: most are never parsed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import orjson

from hunts.event_judge import EventJudge, Look
from hunts.inputs import RawLines
from hunts.judge import TIME, Alike, Asker, Candidate, Judge, Wish
from spl import Engine, Event, SplError
from spl.engine import Prospect
from spl.fields import METADATA, field_splits, find
from spl.lang.search_expression import Term
from spl.literals import EXCEPTIONS, Origin, cover, known
from spl.matching import walk
from spl.projection import Projection, sorts_of, telling_fields, watched_event
from spl.scan import Scanner

_SAMPLE = 1 << 18
_SAMPLED_LINES = 400
_SORTED_BY = ("verb", "user", "objectRef", "userAgent", "responseStatus")
_FEW = 0.04
"""The share of candidate lines up to which a scan is cheaper than a look at each line."""
_JUDGED_FROM = 300
"""So many lines that a scan found are parsed before it pays to judge those to come."""
_EVENTS_JUDGED_FROM = 300
"""So many events that were parsed tell which fields tell them apart."""
_SIEVED_FROM = 100
"""So many events tell which literals are rare."""
_SIEVED_BYTES = 4_096
# Searches ask for what stands there by raw terms.
_WORDS = {"apiVersion", "stage", "annotations.authorization.k8s.io/decision"}


class Finder:
    """Finds the lines that hunts must look at, in all files whose lines they read alike."""

    def __init__(
        self,
        bind: Callable[[Event], Event],
        scanner: Scanner | None,
        make_judge: Callable[[Sequence[bytes]], Judge],
    ) -> None:
        self.judge: Judge | None = None
        self._bind = bind
        self._scanner = scanner
        self._make_judge = make_judge
        self._scanned: list[bytes] = []

    def prepare(self, batch: RawLines) -> None:
        """Do what need not be done in each of several processes, given lines."""
        if self._scanner is None and self.judge is None:
            self.judge = self._make_judge(batch.lines.data.split(b"\n"))

    def candidates(self, batch: RawLines, identities: Sequence[Event]) -> Iterator[Candidate]:
        """Yield each line that somebody must look at; see `Judge.candidates`."""
        self.prepare(batch)
        spans = None
        if self._scanner is not None:
            found = [*self._scanner.lines(batch.lines.data)]
            if self.judge is None:
                yield from self._unjudged(batch, found)
                return
            if not found:
                return
            spans = [(start, end) for start, end, _ in found]
        assert self.judge is not None
        yield from self.judge.candidates(batch, identities, spans)

    def _unjudged(
        self, batch: RawLines, found: Sequence[tuple[int, int, int]]
    ) -> Iterator[Candidate]:
        for start, end, bits in found:
            yield bits, 0, [self._bind(view) for view in batch.views(start, end)]
        self._scanned += [batch.lines.data[start:end] for start, end, _ in found]
        if len(self._scanned) >= _JUDGED_FROM:
            self.judge = self._make_judge(self._scanned)
            self._scanned.clear()


class Sieve:
    """Tells by its text which hunts an event cannot concern, whatever its fields."""

    def __init__(self, wishes: Sequence[Wish | None], views: Sequence[Event]) -> None:
        self._wishes = wishes
        self._origins = _origins(views)
        self._sample: list[bytes] = []
        self._scanner: Scanner | None = None
        self._always = 0

    def wanted(self, raw: str | bytes) -> int:
        """Return the bits of the hunts that must look at an event with this text."""
        text = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
        if self._scanner is None:
            self._sample.append(text[:_SIEVED_BYTES].lower())
            if len(self._sample) < _SIEVED_FROM:
                return -1
            self._scanner = self._make()
        bits = self._always
        for _, _, asked in self._scanner.lines(text):
            bits |= asked
        return bits

    def _make(self) -> Scanner:
        cost = _cost(b"\n".join(self._sample))
        self._sample.clear()
        wanted: list[tuple[int, frozenset[bytes]]] = []
        for place, wish in enumerate(self._wishes):
            covers = [cover(wish.clause, origin, cost) for origin in self._origins] if wish else []
            for found in covers:
                if found.literals is None:
                    self._always |= 1 << place
                else:
                    wanted.append((1 << place, found.literals))
        return Scanner(_by_literal(wanted), EXCEPTIONS)


@dataclass(frozen=True)
class Plan:
    """For lines of one origin: which identity each hunt takes, and how to find its lines."""

    views: tuple[int | None, ...]
    """By hunt: the identity that its data source matches; None for none."""
    identities: Sequence[Event]
    finder: Finder

    def candidates(self, batch: RawLines) -> Iterator[Candidate]:
        """Yield each line that somebody must look at."""
        return self.finder.candidates(batch, self.identities)


class Planner:
    """Makes a plan for each origin of lines. A hunt that cannot run has no wish."""

    def __init__(self, engine: Engine, wishes: Sequence[Wish | None]) -> None:
        self._engine = engine
        self._wishes = wishes
        self._plans: dict[tuple[tuple[str, str, str], ...], Plan | None] = {}
        self._finders: dict[tuple[object, ...], Finder] = {}
        self._sieves: dict[tuple[object, ...], Sieve] = {}
        self._judges: dict[object, EventJudge] = {}
        self._samples: dict[object, list[Event]] = {}

    def plan(self, batch: RawLines) -> Plan | None:
        """Return the plan for such lines; None where somebody's data source is a question of each
        line."""
        key = tuple(view.origin for view in batch.origin)
        if key not in self._plans:
            self._plans[key] = self._make(batch)
        return self._plans[key]

    def look(self, views: Sequence[Event]) -> Look:
        """Tell what is to be done with an event that was parsed; `views`: under each identity that
        it may have, as `Engine.bind` returns them."""
        key = tuple((view.origin[0], self._engine.app.extraction(view)) for view in views)
        look = self._judged(key, views[0]) if len(views) == 1 else None
        if look and look.sees == look.takes:
            return look
        if key not in self._sieves:
            self._sieves[key] = Sieve(self._wishes, views)
        wanted = self._sieves[key].wanted(views[0].raw)
        if look is None:
            return Look(None, wanted, 0)
        return Look(look.belongs, look.sees & (wanted | look.takes), look.takes)

    def _judged(self, key: object, event: Event) -> Look | None:
        judge = self._judges.get(key)
        with suppress(SplError):  # which those hunts tell that look at the event
            if judge is not None:
                return judge.look(event)
            samples = self._samples.setdefault(key, [])
            if len(samples) < _EVENTS_JUDGED_FROM:
                samples.append(event)
                if len(samples) == _EVENTS_JUDGED_FROM:
                    self._judges[key] = EventJudge(self._wishes, samples)
                    samples.clear()
        return None

    def foreseen(self) -> Iterator[tuple[Sequence[tuple[int, Prospect]], Alike]]:
        """Yield what hunts take of events that were no candidates of theirs, since the last
        call."""
        for finder in self._finders.values():
            if finder.judge is not None:
                yield from finder.judge.foreseen()
        for judge in self._judges.values():
            yield from judge.foreseen()

    def _make(self, batch: RawLines) -> Plan | None:
        identities = [self._engine.bind(view) for view in batch.origin]
        metadata = [
            {name: str(view[name]) for name in METADATA if name in view} for view in identities
        ]
        views: list[int | None] = []
        for wish in self._wishes:
            view = None
            if wish is not None:
                for number, of_one in enumerate(metadata):
                    belongs = known(wish.data_source, of_one)
                    if belongs is None:
                        return None
                    if belongs:
                        view = number
                        break
            views.append(view)
        kinds = tuple(view.origin[0] for view in identities)
        extractions = tuple(self._engine.app.extraction(view) for view in identities)
        key = (kinds, extractions, *views)
        if key not in self._finders:
            self._finders[key] = self._finder(identities, views, batch)
        return Plan(tuple(views), identities, self._finders[key])

    def _finder(
        self, identities: Sequence[Event], views: Sequence[int | None], batch: RawLines
    ) -> Finder:
        cost = _cost(batch.lines.data[:_SAMPLE].lower())
        origins = _origins(identities)
        askers = [
            Asker(1 << place, wish, view, cover(wish.clause, origins[view], cost).literals)
            for place, (wish, view) in enumerate(zip(self._wishes, views, strict=True))
            if wish is not None and view is not None
        ]

        def make_judge(lines: Sequence[bytes]) -> Judge:
            lines = lines[:: -(-len(lines) // _SAMPLED_LINES)]
            learn = partial(_learn, identities, askers, lines)
            return Judge(learn, askers, self._engine.bind)

        scanner = _scanner(askers, batch.lines.data[:_SAMPLE])
        return Finder(self._engine.bind, scanner, make_judge)


def _learn(
    identities: Sequence[Event],
    askers: Sequence[Asker],
    lines: Sequence[bytes],
    missed: Sequence[bytes],
) -> Projection:
    """Return a projection to the fields that tell what becomes of such lines."""
    samples = _parsed(lines)
    sorts = sorts_of([*_parsed(missed), *samples], _SORTED_BY)
    names: set[str] = set()
    unlike: set[str] = set()
    asked: set[str] = set()

    def values(name: str) -> list[str]:
        return [str(find(sample, name, field_splits)) for sample in samples]

    for number, identity in enumerate(identities):
        wishes = [asker.wish for asker in askers if asker.identity == number]

        def read(event: Event, wishes: Sequence[Wish] = wishes) -> None:
            for wish in wishes:
                if wish.matches(event) and (prospect := wish.foresee(event)):
                    asked.update(prospect.asks)

        common, apart = telling_fields(sorts, partial(watched_event, identity), values, read)
        names |= common
        unlike |= apart
    if any(isinstance(part, Term) for asker in askers for part in walk(asker.wish.clause)):
        names |= _WORDS
    # Of a request that is logged at two stages there are two events with one id.
    unlike |= names & {"auditID"}
    if "_time" in asked:
        unlike.add(TIME)
    return Projection(names - unlike, {name for name in unlike if name.isidentifier()}, samples)


def _cost(sample: bytes) -> Callable[[bytes], float]:
    """Return what rates a literal by how often it stands in text in lower case."""
    return lru_cache(None)(lambda literal: sample.count(literal) + 1 / len(literal))


def _parsed(lines: Sequence[bytes]) -> list[Any]:
    events: list[Any] = []
    for raw in lines:
        with suppress(orjson.JSONDecodeError):
            events.append(orjson.loads(raw))
    return events


def _scanner(askers: Sequence[Asker], sample: bytes) -> Scanner | None:
    """Return what finds the lines by literals, if those are few."""
    wanted = [(asker.bit, asker.literals) for asker in askers if asker.literals is not None]
    if len(wanted) < len(askers):
        return None
    scanner = Scanner(_by_literal(wanted), EXCEPTIONS)
    few = sum(1 for _ in scanner.lines(sample)) <= _FEW * (sample.count(b"\n") + 1)
    return scanner if few else None


def _origins(views: Sequence[Event]) -> list[Origin]:
    """Return what holds for all files whose events have these identities: not source and host."""
    return [Origin({"sourcetype": view.origin[0]}, view.verbatim) for view in views]


def _by_literal(wanted: Iterable[tuple[int, frozenset[bytes]]]) -> dict[bytes, int]:
    """Return for each literal the bits of those who ask for it."""
    bits: dict[bytes, int] = {}
    for bit, literals in wanted:
        for literal in literals:
            bits[literal] = bits.get(literal, 0) | bit
    return bits
