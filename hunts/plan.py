"""Which lines of a log each hunt must see: most are never parsed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import Any

import orjson

from hunts.inputs import RawLines
from hunts.shapes import epoch
from spl import Engine, Event
from spl.engine import Prospect
from spl.fields import METADATA, PresentError, UnreadError, time_text
from spl.lang.search_expression import SearchExpression
from spl.literals import EXCEPTIONS, Origin, cover, known
from spl.matching import compile_known
from spl.projection import Digest, Projected, Projection, telling_fields
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
_STAMPS = re.compile(
    r"(?:\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z(?: |$))*", re.ASCII
)
_DAY = len("2026-11-21")
_SECONDS = len("2026-11-21T00:00:00")
_FIRST_STAMP = "0001-01-01T00:00:00Z"
# Seconds -> the length of what all stamps in a multiple of so many have in common.
_PREFIXES = ((86_400, 10), (3_600, 13), (600, 15), (60, 16), (10, 18), (1, 19))
_EXCEPTION = re.compile(EXCEPTIONS)
_JUDGED_FROM = 300
"""So many lines that a scan found are parsed before it pays to judge those to come."""


Span = tuple[int, int]
"""Where a line begins, and where it ends."""
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


class Alike:
    """Events with the same digest, of which no hunt must see more than what is here."""

    def __init__(self, count: int, unlike: Mapping[str, Sequence[str]]) -> None:
        self.count = count
        self._unlike = unlike
        self._times: dict[int, Counter[float]] = {}
        self._parts: dict[int, list[tuple[float, Alike]]] = {}

    def times(self, width: int) -> Counter[float]:
        """Return how many of the events lie in each multiple of `width` seconds, or of a part of
        it, by a time in it, in epoch seconds."""
        length = _stamp_length(width)
        if length not in self._times:
            stamps = Counter(map(itemgetter(slice(length)), self._unlike.get(_TIME, ())))
            self._times[length] = Counter({_begin(s): count for s, count in stamps.items()})
        return self._times[length]

    def by_time(self, width: int) -> list[tuple[float, Alike]]:
        """Part the events by the multiple of `width` seconds in which their times lie, or by parts
        of it; with each comes a time in it."""
        length = _stamp_length(width)
        if length not in self._parts:
            stamps = self._unlike[_TIME]
            places: dict[str, list[int]] = {}
            for place, stamp in enumerate(stamps):
                places.setdefault(stamp[:length], []).append(place)
            self._parts[length] = [
                (_begin(stamp), self if len(some) == self.count else self._only(some))
                for stamp, some in places.items()
            ]
        return self._parts[length]

    def at_ends(self, name: str) -> list[tuple[float, str]]:
        """Return the times of the first and the last event, in epoch seconds, and their values of
        field `name`; the first of those with one time."""
        times = [*map(_padded, self._unlike[_TIME])]
        column = self._unlike[name]
        places = {times.index(end) for end in (min(times), max(times))}
        return [(epoch(times[place]) or 0.0, column[place]) for place in places]

    def _only(self, places: Sequence[int]) -> Alike:
        columns = {name: [column[n] for n in places] for name, column in self._unlike.items()}
        return Alike(len(places), columns)

    @cached_property
    def unlike(self) -> Mapping[str, Sequence[str]]:
        """The fields in which they differ, as `RunningSearch.take_foreseen` asks for them."""
        stamps = self._unlike.get(_TIME)
        if not stamps:
            return self._unlike
        ends = min(stamps), max(stamps)
        if len({*map(len, stamps)}) > 1:
            ends = min(stamps, key=_padded), max(stamps, key=_padded)
        return {**self._unlike, "_time": [time_text(epoch(end) or 0) for end in ends]}


@dataclass(eq=False, slots=True)
class Verdict:
    """What becomes of all events with the same digest."""

    sees: int
    """The bits of the hunts that must look at the event itself."""
    takes: int = 0
    """The bits of those whose first clause matches it for sure."""
    needs: list[tuple[int, frozenset[bytes]]] = field(default_factory=list)
    """Of others: the bit of one, and the literals of which it needs one to be there."""
    glimpses: Sequence[Event | None] = ()
    """What is known of the event, for each of its identities that those hunts take."""
    foreseen: list[tuple[int, Prospect]] = field(default_factory=list)
    """The hunts that need not, and what they take instead."""
    tells_apart: bool = False
    """Those hunts ask for fields in which the events differ."""
    count: int = 0
    """The events since they were last taken, if nobody tells them apart."""
    events: list[tuple[str, ...]] = field(default_factory=list)
    """The fields in which each of them differs, else."""


@dataclass(frozen=True)
class Asker:
    """A hunt for which lines of one origin are looked through."""

    bit: int
    wish: Wish
    identity: int
    """Under which of the lines' identities it takes them."""
    literals: frozenset[bytes] | None
    """What a line must hold, in some case, one of which is there: see `cover`."""

    @property
    def position(self) -> int:
        """Where the hunt stands among all."""
        return self.bit.bit_length() - 1


class Judge:
    """Tells from a few fields of an event which hunts must see it."""

    def __init__(
        self,
        projection: Projection,
        origins: Sequence[Event],
        askers: Sequence[Asker],
        bind: Callable[[Event], Event],
    ) -> None:
        self._bind = bind
        self._projection = projection
        self._origins = origins
        self._askers = askers
        self._everybody = sum(asker.bit for asker in askers)
        self._verdicts: dict[Digest, Verdict] = {}
        self._stamp = projection.column(_TIME)

    def candidates(
        self, batch: RawLines, spans: Sequence[Span] | None = None
    ) -> Iterator[Candidate]:
        """Yield the lines that somebody must look at; see `Plan.candidates`.

        `spans`: where the lines stand that are to be judged; None for all.
        """
        lines, count = batch.lines.data, batch.lines.count
        if spans is not None:
            lines, count = b"\n".join([lines[start:end] for start, end in spans]), len(spans)
        projection = self._projection
        reads = projection.read_lines(lines, count)
        if reads is not None and self._are_stamped(reads):
            digests: Iterable[Digest] = map(projection.digest, reads)
            unlike: Iterable[tuple[str, ...]] = map(projection.unlike, reads)
        else:
            reads = [self._read(line) for line in lines.split(b"\n")]
            digests = (None if read is None else projection.digest(read) for read in reads)
            unlike = (() if read is None else projection.unlike(read) for read in reads)
        verdicts = [*map(self._verdicts.get, digests)]
        looks: list[tuple[int, Verdict, tuple[str, ...]]] = []
        for place, (verdict, fields) in enumerate(zip(verdicts, unlike, strict=True)):
            if verdict is None:
                verdict = self._judge(reads[place])
            if verdict.tells_apart:
                verdict.events.append(fields)
            else:
                verdict.count += 1
            if verdict.sees:
                looks.append((place, verdict, fields))
        if looks:
            places = _spans(lines) if spans is None else spans
            for place, verdict, fields in looks:
                start, end = places[place]
                raw = batch.lines.data[start:end]
                if bits := _holding(raw, verdict):
                    yield bits, verdict.takes, self._views(verdict, fields, raw, batch, start)

    def _views(
        self, verdict: Verdict, unlike: tuple[str, ...], raw: bytes, batch: RawLines, start: int
    ) -> Sequence[Event | None]:
        if verdict.glimpses and raw.isascii():
            fields = dict(zip(self._projection.unlike_names, unlike, strict=True))
            time = epoch(fields[_TIME])
            if time is not None:
                return [
                    None if glimpse is None else glimpse.embodied(raw, time, fields)
                    for glimpse in verdict.glimpses
                ]
        return [self._bind(view) for view in batch.views(start, start + len(raw))]

    def _read(self, line: bytes) -> Projected | None:
        """Read an event; None where only all of it can tell."""
        read = self._projection.read(line)
        return None if read is None or not self._are_stamped([read]) else read

    def _are_stamped(self, events: Sequence[Projected]) -> bool:
        """Tell whether the times of the events are all such that as texts they have their order."""
        if self._stamp is None:
            return True
        stamps = [*map(self._stamp, events)]
        days = {stamp[:_DAY] for stamp in stamps}
        return bool(_STAMPS.fullmatch(" ".join(stamps))) and all(map(_is_day, days))

    def foreseen(self) -> Iterator[tuple[Sequence[tuple[int, Prospect]], Alike]]:
        """Yield what was foreseen since the last call: for which hunts, and the events."""
        for verdict in self._verdicts.values():
            if verdict.events:
                columns = zip(*verdict.events, strict=True)
                unlike = dict(zip(self._projection.unlike_names, columns, strict=True))
                yield verdict.foreseen, Alike(len(verdict.events), unlike)
                verdict.events = []
            elif verdict.count:
                yield verdict.foreseen, Alike(verdict.count, {})
                verdict.count = 0
        if len(self._verdicts) > _MOST_VERDICTS:
            self._verdicts.clear()

    def _judge(self, read: Projected | None) -> Verdict:
        if read is None:
            return self._verdicts.setdefault(None, Verdict(self._everybody))
        digest = self._projection.digest(read)
        if digest in self._verdicts:  # of an event in the same block
            return self._verdicts[digest]
        verdict = self._verdicts[digest] = Verdict(0)
        events = [self._projection.event(read, origin) for origin in self._origins]
        for asker in self._askers:
            wish, event = asker.wish, events[asker.identity]
            matches = wish.matches(event)
            prospect = wish.foresee(event) if matches else None
            if prospect and (not prospect.rows or self._stamp):
                verdict.foreseen.append((asker.position, prospect))
                verdict.tells_apart = verdict.tells_apart or bool(prospect.rows)
            elif matches is not False:
                verdict.sees |= asker.bit
                if matches:
                    verdict.takes |= asker.bit
                elif asker.literals is not None:
                    verdict.needs.append((asker.bit, asker.literals))
        if self._stamp and all(_has(name, events[0]) for name in ("auditID", "stage")):
            taken = {asker.identity for asker in self._askers if verdict.sees & asker.bit}
            verdict.glimpses = [e if n in taken else None for n, e in enumerate(events)]
        return verdict


def _holding(raw: bytes, verdict: Verdict) -> int:
    """Return the bits of the hunts that must look at a line because of what it holds."""
    bits = verdict.sees
    plain = raw.isascii() and b"\\u" not in raw
    if verdict.needs and (plain or not _EXCEPTION.search(raw)):
        folded = raw.lower()
        for bit, literals in verdict.needs:
            if not any(literal in folded for literal in literals):
                bits ^= bit
    return bits


def _spans(lines: bytes) -> list[Span]:
    """Return where each line begins and ends."""
    ends = [*accumulate(len(line) + 1 for line in lines.split(b"\n"))]
    return [(start, end - 1) for start, end in pairwise([0, *ends])]


def _has(name: str, event: Event) -> bool:
    try:
        return event.record.field(name) is not None
    except PresentError:
        return True
    except UnreadError:
        return False


@lru_cache(maxsize=10_000)
def _is_day(text: str) -> bool:
    return epoch(text) is not None


def _padded(stamp: str) -> str:
    """Return a stamp so that as texts stamps have the order of their times."""
    return f"{stamp[:_SECONDS]}.{stamp[_SECONDS + 1 : -1]:0<9}Z"


def _stamp_length(width: int) -> int:
    """Return what begin of a stamp all times in a multiple of `width` seconds have in common."""
    return next(length for part, length in _PREFIXES if width % part == 0)


@lru_cache(maxsize=10_000)
def _begin(prefix: str) -> float:
    """Return the first moment of a prefix of a stamp, in epoch seconds."""
    return epoch(prefix + _FIRST_STAMP[len(prefix) :]) or 0.0


class Plan:
    """For lines of one origin: which identity each hunt takes, and how to find its lines."""

    def __init__(
        self,
        views: Sequence[int | None],
        bind: Callable[[Event], Event],
        scanner: Scanner | None,
        make_judge: Callable[[Sequence[bytes]], Judge],
    ) -> None:
        self.views = views
        """By hunt: the identity that its data source matches; None for none."""
        self.judge: Judge | None = None
        self._bind = bind
        self._scanner = scanner
        self._make_judge = make_judge
        self._scanned: list[bytes] = []

    def candidates(self, batch: RawLines) -> Iterator[Candidate]:
        """Yield each line that somebody must look at."""
        if self._scanner is None:
            if self.judge is None:
                self.judge = self._make_judge(batch.lines.data.split(b"\n"))
            yield from self.judge.candidates(batch)
            return
        found = [*self._scanner.lines(batch.lines.data)]
        if self.judge is not None:
            if found:
                yield from self.judge.candidates(batch, [(start, end) for start, end, _ in found])
            return
        for start, end, bits in found:
            yield bits, 0, [self._bind(view) for view in batch.views(start, end)]
        self._scanned += [batch.lines.data[start:end] for start, end, _ in found]
        if len(self._scanned) >= _JUDGED_FROM:
            self.judge = self._make_judge(self._scanned)
            self._scanned.clear()


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

    def foreseen(self) -> Iterator[tuple[Sequence[tuple[int, Prospect]], Alike]]:
        """Yield what hunts take of events that were no candidates of theirs, since the last
        call."""
        for plan in self._plans.values():
            if plan is not None and plan.judge is not None:
                yield from plan.judge.foreseen()

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
        sample = batch.lines.data[:_SAMPLE].lower()
        cost = lru_cache(None)(lambda literal: sample.count(literal) + 1 / len(literal))
        askers = [
            Asker(1 << place, wish, view, cover(wish.clause, origins[view], cost).literals)
            for place, (wish, view) in enumerate(zip(self._wishes, views, strict=True))
            if wish is not None and view is not None
        ]
        scanner = _scanner(askers, batch.lines.data[:_SAMPLE])
        judge = partial(self._judge, askers, bound)
        return Plan(views, self._engine.bind, scanner, judge)

    def _judge(
        self,
        askers: Sequence[Asker],
        origins: Sequence[Event],
        lines: Sequence[bytes],
    ) -> Judge:
        kinds = tuple(origin.origin[0] for origin in origins)
        if kinds not in self._projections:
            samples, sorts = _samples(lines)

            def read(event: Event) -> None:
                identity = kinds.index(event.origin[0])
                for wish in (asker.wish for asker in askers if asker.identity == identity):
                    if wish.matches(event):
                        wish.foresee(event)

            fields = [telling_fields(samples, sorts, origin, read) for origin in origins]
            names = set().union(*(common for common, _ in fields))
            unlike = set().union(*(unlike for _, unlike in fields))
            self._projections[kinds] = Projection(
                (names | _WORDS) - {_TIME, "auditID"},
                {_TIME, "auditID", *(name for name in unlike if name.isidentifier())},
                samples,
            )
        return Judge(self._projections[kinds], origins, askers, self._engine.bind)


def _scanner(askers: Sequence[Asker], sample: bytes) -> Scanner | None:
    """Return what finds the lines by literals, if those are few."""
    wanted: dict[bytes, int] = {}
    for asker in askers:
        if asker.literals is None:
            return None
        for literal in asker.literals:
            wanted[literal] = wanted.get(literal, 0) | asker.bit
    scanner = Scanner(wanted, EXCEPTIONS)
    few = sum(1 for _ in scanner.lines(sample)) <= _FEW * (sample.count(b"\n") + 1)
    return scanner if few else None


def _samples(lines: Sequence[bytes]) -> tuple[list[Any], list[Any]]:
    """Return events of all over the lines, parsed, and one of each of the sorts among them."""
    step = -(-len(lines) // _SAMPLED_LINES)
    events: list[Any] = []
    sorts: dict[tuple[str, ...], Any] = {}
    for raw in lines[::step]:
        with suppress(orjson.JSONDecodeError):
            event = orjson.loads(raw)
            events.append(event)
            sort = tuple(str(event.get(key)) for key in _SORTED_BY)
            if len(sorts) < _MOST_SORTS:
                sorts.setdefault(sort, event)
    return events, list(sorts.values())
