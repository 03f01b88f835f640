"""Tells from a few fields of an event which hunts must look at it: most events need no other."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain, compress
from operator import attrgetter, itemgetter

from hunts.inputs import RawLines
from hunts.shapes import epoch
from spl import Event
from spl.engine import Prospect
from spl.fields import Glimpse, PresentError, Record, UnreadError, time_text
from spl.lang.search_expression import SearchExpression
from spl.literals import EXCEPTIONS
from spl.matching import compile_known
from spl.projection import Digest, Projected, Projection
from spl.values import Row

TIME = "stageTimestamp"
_STAMPS = re.compile(
    r"(?:\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z(?: |$))*", re.ASCII
)
_DAY = len("2026-11-21")
_SECONDS = len("2026-11-21T00:00:00")
_FIRST_STAMP = "0001-01-01T00:00:00Z"
# Seconds -> the length of what all stamps in a multiple of so many have in common.
_PREFIXES = ((86_400, 10), (3_600, 13), (600, 15), (60, 16), (10, 18), (1, 19))
_EXCEPTION = re.compile(b"|".join(EXCEPTIONS))
_MOST_VERDICTS = 20_000
MOST_FINER = 1_000
"""Beyond so many different events with the same coarse digest, judging another does not pay."""
_MISSED = 200
_MISSED_SHARE = 0.02
"""Where hunts look at a larger share of lines, though they match for sure, there is to learn."""
_MOST_LESSONS = 3
_PLACE = ("source", "host")
_SEES = attrgetter("sees")
_EVENTS = attrgetter("events")


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
    counted_fields: Sequence[str]
    """See `RunningSearch.counted_fields`."""
    matches: Callable[[Row], bool | None] = field(init=False)
    """The clause, for an event that is known in part."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "matches", compile_known(self.clause))


class Alike:
    """Events with the same digest, of which no hunt must see more than what is here."""

    def __init__(
        self,
        count: int,
        columns: Mapping[str, Sequence[str]],
        places: Sequence[int] | None = None,
    ) -> None:
        """`columns`: the fields in which they differ; `places`: where in those they stand, None
        where there are no others."""
        self.count = count
        self._columns = columns
        self._places = places
        self._values: dict[str, Sequence[str]] = {}
        self._times: dict[int, Counter[float]] = {}
        self._parts: dict[int, list[tuple[float, Alike]]] = {}

    def times(self, width: int) -> Counter[float]:
        """Return how many of the events lie in each multiple of `width` seconds, or of a part of
        it, by a time in it, in epoch seconds."""
        length = _stamp_length(width)
        if length not in self._times:
            stamps = Counter(map(itemgetter(slice(length)), self._stamps))
            self._times[length] = Counter({_begin(s): count for s, count in stamps.items()})
        return self._times[length]

    def by_time(self, width: int) -> list[tuple[float, Alike]]:
        """Part the events by the multiple of `width` seconds in which their times lie, or by parts
        of it; with each comes a time in it."""
        length = _stamp_length(width)
        if length not in self._parts:
            parts: dict[str, list[int]] = {}
            for place, stamp in zip(self._places or range(self.count), self._stamps, strict=True):
                parts.setdefault(stamp[:length], []).append(place)
            self._parts[length] = [
                (_begin(stamp), Alike(len(places), self._columns, places))
                for stamp, places in parts.items()
            ]
        return self._parts[length]

    def values(self, name: str) -> Sequence[str]:
        """See `spl.commands.aggregation.Alike.values`."""
        if name not in self._values:
            self._values[name] = self._read(name)
        return self._values[name]

    def _read(self, name: str) -> Sequence[str]:
        if name == "_time":
            return [time_text(time) for time, _ in self._ends]
        column = self._columns[name]
        return column if self._places is None else [column[place] for place in self._places]

    @property
    def _stamps(self) -> Sequence[str]:
        return self.values(TIME) if TIME in self._columns else ()

    def at_ends(self, name: str) -> list[tuple[float, str]]:
        """Return the times of the first and the last event, in epoch seconds, and their values of
        field `name`; the first of those with one time."""
        values = self.values(name)
        return [(time, values[place]) for time, place in self._ends]

    @cached_property
    def _ends(self) -> list[tuple[float, int]]:
        """The times of the first and the last event, and which they are; one where that is one."""
        stamps = self._stamps
        if len({*map(len, stamps)}) > 1:
            stamps = [*map(_padded, stamps)]
        ends = dict.fromkeys((min(stamps), max(stamps)))
        return [(epoch(end) or 0.0, stamps.index(end)) for end in ends]


@dataclass(eq=False, slots=True)
class Verdict:
    """What becomes of all events with the same digest."""

    sees: int = 0
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
    """How many events there were since they were last taken, besides those in `events`."""
    events: list[tuple[str, ...]] = field(default_factory=list)
    """The fields in which events differ; of all, where somebody tells them apart."""
    finer: dict[Digest, Verdict] = field(default_factory=dict)
    """Of those hunts alone, by what else is known of an event."""

    def add(self, unlike: tuple[str, ...]) -> None:
        """Note one more event."""
        if self.tells_apart:
            self.events.append(unlike)
        else:
            self.count += 1


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
    """Judges lines by what is known of them: first by a coarse digest, of fields with few values,
    and, for the hunts that this does not decide on, by a fine one.

    What holds whatever the source and the host is worked out once for all files.
    """

    def __init__(
        self,
        learn: Callable[[Sequence[bytes]], Projection],
        askers: Sequence[Asker],
        bind: Callable[[Event], Event],
    ) -> None:
        """`learn` returns a projection for lines, of which it has samples, given lines of which
        too little was known so far."""
        self._learn = learn
        self._askers = askers
        self._bind = bind
        self._everybody = sum(asker.bit for asker in askers)
        self._lessons = 0
        self._start(())

    def _start(self, missed: Sequence[bytes]) -> None:
        self._projection = self._learn(missed)
        self._stamp = self._projection.column(TIME)
        self._timed = self._stamp is not None
        self._anywhere: dict[Digest, tuple[list[Glimpse], Verdict]] = {}
        self._verdicts: dict[Digest, dict[Digest, Verdict]] = {}
        """By source and host, then by the coarse digest."""
        self._with_events: dict[Digest, dict[Digest, Verdict]] = {}
        self._finer_with_events: list[Verdict] = []
        self._count = 0
        self._lines = 0
        self._looks = 0
        self._missed: list[bytes] = []

    def candidates(
        self, batch: RawLines, identities: Sequence[Event], spans: Sequence[Span] | None = None
    ) -> Iterator[Candidate]:
        """Yield the lines that somebody must look at.

        `identities`: events without text that say under which the lines may be read; `spans`:
        where the lines stand that are to be judged, None for all.
        """
        lines, count = batch.lines.data, batch.lines.count
        if spans is not None:
            lines, count = b"\n".join([lines[start:end] for start, end in spans]), len(spans)
        self._lines += count
        origin = tuple(identity.origin for identity in identities)
        here = self._with_events[origin] = self._verdicts.setdefault(origin, {})
        reads, digests, unlike = self._read(lines, count)
        verdicts = [
            known or self._judge(here, read, identities)
            for known, read in zip(map(here.get, digests), reads, strict=True)
        ]
        _add(verdicts, unlike)
        raws: list[bytes] = []
        for place in compress(range(count), map(_SEES, verdicts)):
            verdict, read, fields = verdicts[place], reads[place], unlike[place]
            if read is not None:
                verdict = self._finer(verdict, read, fields, identities)
            if verdict.sees:
                raws = raws or lines.split(b"\n")
                raw = raws[place]
                if bits := _holding(raw, verdict):
                    self._note(raw, bits & verdict.takes)
                    views = self._known_views(verdict, fields, raw)
                    if views is None:
                        start = (
                            sum(map(len, raws[:place])) + place
                            if spans is None
                            else spans[place][0]
                        )
                        views = [self._bind(v) for v in batch.views(start, start + len(raw))]
                    yield bits, verdict.takes, views

    def _read(
        self, lines: bytes, count: int
    ) -> tuple[Sequence[Projected | None], Iterable[Digest], Sequence[tuple[str, ...]]]:
        """Read lines; return what was read, the coarse digests and the fields that differ.

        For a line that only all of it can tell, None stands in the first two.
        """
        projection = self._projection
        reads = projection.read_lines(lines, count)
        if reads is not None and self._are_stamped(reads):
            return reads, map(projection.coarse, reads), [*map(projection.unlike, reads)]
        each = [self._read_line(line) for line in lines.split(b"\n")]
        return (
            each,
            [None if read is None else projection.coarse(read) for read in each],
            [() if read is None else projection.unlike(read) for read in each],
        )

    def _read_line(self, line: bytes) -> Projected | None:
        read = self._projection.read(line)
        return None if read is None or not self._are_stamped([read]) else read

    def _are_stamped(self, events: Sequence[Projected]) -> bool:
        """Tell whether the times of the events are all such that as texts they have their order."""
        if self._stamp is None:
            return True
        stamps = [*map(self._stamp, events)]
        days = {stamp[:_DAY] for stamp in stamps}
        return bool(_STAMPS.fullmatch(" ".join(stamps))) and all(map(_is_day, days))

    def _known_views(
        self, verdict: Verdict, unlike: tuple[str, ...], raw: bytes
    ) -> Sequence[Event | None] | None:
        """Return the views of a line of which enough is known; None where it must be parsed."""
        if not verdict.glimpses or not raw.isascii():
            return None
        fields = dict(zip(self._projection.unlike_names, unlike, strict=True))
        time = epoch(fields[TIME])
        if time is None:
            return None
        return [
            None if glimpse is None else glimpse.embodied(raw, time, fields)
            for glimpse in verdict.glimpses
        ]

    def _judge(
        self, here: dict[Digest, Verdict], read: Projected | None, identities: Sequence[Event]
    ) -> Verdict:
        """Return the verdict on all events with the coarse digest of one that was read."""
        if read is None:
            return here.setdefault(None, Verdict(self._everybody))
        digest = self._projection.coarse(read)
        if digest in here:  # of an event in the same block
            return here[digest]
        if digest not in self._anywhere:
            anywhere = Verdict()
            record = self._projection.coarse_record(read)
            events = [identity.hiding(_PLACE).glimpse(record) for identity in identities]
            decide(anywhere, self._askers, events, timed=self._timed)
            self._anywhere[digest] = events, anywhere
        glimpses, anywhere = self._anywhere[digest]
        verdict = here[digest] = Verdict(
            foreseen=[*anywhere.foreseen], tells_apart=anywhere.tells_apart
        )
        askers = [asker for asker in self._askers if anywhere.sees & asker.bit]
        if askers:
            events = [i.glimpse(g.record, g) for i, g in zip(identities, glimpses, strict=True)]
            decide(verdict, askers, events, timed=self._timed)
        self._count += 1
        return verdict

    def _finer(
        self,
        verdict: Verdict,
        read: Projected,
        unlike: tuple[str, ...],
        identities: Sequence[Event],
    ) -> Verdict:
        """Return the verdict on all that is known of an event, for the hunts that have none yet,
        and note the event in it."""
        digest = self._projection.fine(read)
        finer = verdict.finer.get(digest)
        if finer is None:
            if len(verdict.finer) >= MOST_FINER:
                return verdict
            finer = verdict.finer[digest] = Verdict()
            self._count += 1
            askers = [asker for asker in self._askers if verdict.sees & asker.bit]
            record = self._projection.record(read)
            events = [identity.glimpse(record) for identity in identities]
            decide(finer, askers, events, timed=self._timed)
            if self._timed and all(_has(name, record) for name in ("auditID", "stage")):
                looking: set[int] = set()
                for asker in askers:
                    if finer.sees & asker.bit:
                        looking.add(asker.identity)
                        # What is known of the fields is kept for the events themselves.
                        for name in asker.wish.counted_fields:
                            with suppress(UnreadError):
                                events[asker.identity].get(name)
                finer.glimpses = [e if n in looking else None for n, e in enumerate(events)]
        if not finer.events and not finer.count:
            self._finer_with_events.append(finer)
        finer.add(unlike)
        return finer

    def _note(self, raw: bytes, takes: int) -> None:
        self._looks += bool(takes)
        if takes and len(self._missed) < _MISSED:
            self._missed.append(raw)

    def foreseen(self) -> Iterator[tuple[Sequence[tuple[int, Prospect]], Alike]]:
        """Yield what was foreseen since the last call: for which hunts, and the events."""
        by_origin, self._with_events = self._with_events, {}
        finer, self._finer_with_events = self._finer_with_events, []
        coarse = chain.from_iterable(here.values() for here in by_origin.values())
        yield from taken(chain(coarse, finer), self._projection.unlike_names)
        self._verdicts = by_origin  # of other files no more lines will come
        if len(self._anywhere) > _MOST_VERDICTS:
            self._start(self._missed)
        elif self._count > _MOST_VERDICTS:
            self._verdicts = {}
            self._count = 0
        if (
            len(self._missed) == _MISSED
            and self._looks > self._lines * _MISSED_SHARE
            and self._lessons < _MOST_LESSONS
        ):
            self._lessons += 1
            self._start(self._missed)


def decide(
    verdict: Verdict, askers: Iterable[Asker], events: Sequence[Event], *, timed: bool
) -> None:
    """Say what becomes of events that are like these, one for each identity; `timed`: their times
    are known."""
    for asker in askers:
        wish, event = asker.wish, events[asker.identity]
        matches = wish.matches(event)
        prospect = wish.foresee(event) if matches else None
        if prospect and (timed or "_time" not in prospect.asks):
            verdict.foreseen.append((asker.position, prospect))
            verdict.tells_apart = verdict.tells_apart or bool(prospect.asks)
        elif matches is not False:
            verdict.sees |= asker.bit
            if matches:
                verdict.takes |= asker.bit
            elif asker.literals is not None:
                verdict.needs.append((asker.bit, asker.literals))


def taken(
    verdicts: Iterable[Verdict], unlike_names: Sequence[str]
) -> Iterator[tuple[Sequence[tuple[int, Prospect]], Alike]]:
    """Yield what was foreseen of the events that were added to verdicts, and forget these."""
    for verdict in verdicts:
        count = verdict.count + len(verdict.events)
        if not count:
            continue
        unlike: Mapping[str, Sequence[str]] = {}
        if verdict.tells_apart:
            columns = zip(*verdict.events, strict=True)
            unlike = dict(zip(unlike_names, columns, strict=True))
        yield verdict.foreseen, Alike(count, unlike)
        verdict.events, verdict.count = [], 0


def _add(verdicts: Sequence[Verdict], unlike: Iterable[tuple[str, ...]]) -> None:
    """Note one more event for each of the verdicts, by the quickest loops that there are."""
    tally = Counter(verdicts)
    if any(verdict.tells_apart for verdict in tally):
        deque(map(list.append, map(_EVENTS, verdicts), unlike), maxlen=0)
    else:
        for verdict, count in tally.items():
            verdict.count += count


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


def _has(name: str, record: Record) -> bool:
    try:
        return record.field(name) is not None
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
