"""Tells from a few fields of a parsed event which hunts must look at it.

Events in an envelope are parsed one by one; what hunts make of them is, as with lines
(`hunts.judge`), the same for all that have the same values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from hunts.judge import MOST_FINER, TIME, Alike, Asker, Verdict, Wish, decide, taken
from spl import Event
from spl.engine import Prospect
from spl.known_fields import Known, TextTest, known_event, watched_event
from spl.lang.search_expression import SearchExpression
from spl.matching import compile_known, compile_search, fields_of, known_key, parts_of
from spl.projection import sorts_of, telling_fields
from spl.values import Value, values_of

_SORTED_BY = ("verb", "user", "resource", "http_user_agent", "response_code")
_EACH_ITS_OWN = {"_raw", "_time", TIME}
_MOST_SORTS = 20_000
_SECONDS = re.compile(r"(\d{1,10})(?:\.(\d{1,6}))?", re.ASCII)
_LONGEST = 1_000
"""An event with longer values is not like others; attackers choose how long they are."""
_TRIED = 2_000
_MOST_SHARE = 1
"""Where more judgements than so many an event were needed, to judge does not pay."""

Values = tuple[str | tuple[str, ...] | None, ...]


@dataclass(eq=False, slots=True)
class _Sort:
    """All events of which the same is known."""

    known: Known
    verdict: Verdict = field(default_factory=Verdict)
    names: tuple[str, ...] = ()
    """The fields that tell more, to the hunts that must look."""
    tests: tuple[TextTest, ...] = ()
    """What of the text tells more."""
    finer: dict[Values, _Sort] = field(default_factory=dict)
    """By what those are."""
    belongs: int | None = 0
    """The bits of the hunts of whose data source they are; None where that cannot be told."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is to be done with an event, each in bits of hunts."""

    belongs: int | None
    """It is of their data source; None where that must be asked."""
    sees: int
    """They must look at it."""
    takes: int
    """Those of whom it is known that their first clause matches it."""


class EventJudge:
    """Judges parsed events of one sort, whose app's knowledge is the same."""

    def __init__(self, wishes: Sequence[Wish | None], samples: Sequence[Event]) -> None:
        """`samples`: events as they come."""
        self._askers = [Asker(1 << n, wish, 0, None) for n, wish in enumerate(wishes) if wish]
        sources: dict[str, tuple[SearchExpression, int]] = {}
        for asker in self._askers:
            source = asker.wish.data_source
            _, bits = sources.get(str(source), (source, 0))
            sources[str(source)] = source, bits | asker.bit
        self._sources = [(compile_known(source), bits) for source, bits in sources.values()]
        parts = [part for source, _ in sources.values() for part in parts_of(source)]
        self._source_parts = {known_key(part): compile_search(part) for part in parts}
        self._source_fields = tuple(sorted(set().union(*map(fields_of, parts))))
        self._learn(samples)
        self._first: dict[Values, _Sort] = {}
        """By what tells the data source."""
        self._by_source: dict[tuple[bool, ...], _Sort] = {}
        self._seen = 0
        self._count = 0

    def _learn(self, samples: Sequence[Event]) -> None:
        """Choose the fields to tell events by."""

        def values(name: str) -> list[str | tuple[str, ...] | None]:
            return [_hashable(event.get(name)) for event in samples]

        sorts = sorts_of(samples, _SORTED_BY)
        names, unread = telling_fields(sorts, watched_event, values, self._read)
        self._unread = unread | _EACH_ITS_OWN
        self._unlike = tuple(
            sorted(
                name
                for name in unread - _EACH_ITS_OWN
                if all(type(value) is str for value in values(name))
            )
        )
        self._names = names - _EACH_ITS_OWN
        self._first_names = tuple(sorted(self._names & {*_SORTED_BY}))

    def _read(self, event: Event) -> None:
        if any(of_source(event) for of_source, _ in self._sources):
            for asker in self._askers:
                if asker.wish.matches(event):
                    asker.wish.foresee(event)

    def look(self, event: Event) -> Look | None:
        """Note an event; None where it must be shown to all hunts, which is not noted.

        Raises SplError where one of its fields cannot be told.
        """
        if self._seen > _TRIED and self._count > self._seen * _MOST_SHARE:
            return None
        stamp = _stamp(event.get("_time"))
        unlike = tuple(event.get(name) for name in self._unlike)
        if stamp is None or not all(type(value) is str for value in unlike):
            return None
        sort = self._of_source(event)
        if sort.belongs is None:
            return None
        belongs, known = sort.belongs, [sort]
        while sort.names or sort.tests:
            finer = self._finer(sort, event)
            if finer is sort:
                break
            sort = finer
            known.append(sort)
        self._seen += 1
        columns = (stamp, *unlike)
        for sort in known:
            sort.verdict.add(columns)
        return Look(belongs, sort.verdict.sees, sort.verdict.takes)

    def _of_source(self, event: Event) -> _Sort:
        """Return the sort of an event by its data source, whatever file it is of."""
        values = tuple([_hashable(event.get(name)) for name in self._source_fields])
        sort = self._first.get(values)
        if sort is None:
            truths = tuple(test(event) for test in self._source_parts.values())
            if truths not in self._by_source:
                kept = dict(zip(self._source_parts, truths, strict=True))
                self._by_source[truths] = self._judge_source(Known({}, self._unlike, {}, kept))
            if len(self._first) >= MOST_FINER:
                self._first.clear()
            sort = self._first[values] = self._by_source[truths]
        return sort

    def _judge_source(self, known: Known) -> _Sort:
        sort, event = _Sort(known, names=self._first_names), known_event(known)
        sort.belongs = 0
        for of_source, bits in self._sources:
            belongs = of_source(event)
            if belongs is None:
                sort.belongs = None
                break
            sort.belongs |= bits if belongs else 0
        sort.verdict.sees = sort.belongs or 0
        return sort

    def _finer(self, sort: _Sort, event: Event) -> _Sort:
        """Return the sort of an event by what `sort` asks for; that itself where there are too many
        others."""
        read: Values = tuple([_hashable(event.get(name)) for name in sort.names])
        if sort.tests:
            texts = values_of(event.get("_raw"))
            read += tuple([str(any(map(found, texts))) for found in sort.tests])
        finer = sort.finer.get(read)
        if finer is None:
            most = _MOST_SORTS if sort.belongs else MOST_FINER
            if len(sort.finer) >= most or sum(map(_size, read)) > _LONGEST:
                return sort
            finer = sort.finer[read] = self._judge(sort, read)
        return finer

    def _judge(self, sort: _Sort, read: Values) -> _Sort:
        self._count += 1
        values = {n: _plain(value) for n, value in zip(sort.names, read, strict=False)}
        holds = zip(sort.tests, read[len(sort.names) :], strict=True)
        known = Known(
            {**sort.known.values, **values},
            self._unlike,
            {**sort.known.holds, **{found: holding == str(True) for found, holding in holds}},
            sort.known.kept,
        )
        finer, event, sees = _Sort(known), known_event(known), sort.verdict.sees
        decide(finer.verdict, [a for a in self._askers if sees & a.bit], [event], timed=True)
        if finer.verdict.sees:
            names = {a for a in known.asked if isinstance(a, str)} - self._unread
            for asker in self._askers:
                if finer.verdict.takes & asker.bit:
                    names |= {*asker.wish.counted_fields} & self._names - known.values.keys()
            finer.names = tuple(sorted(names))
            if not names:  # to search the text takes longer
                finer.tests = tuple(a for a in known.asked if not isinstance(a, str))
        return finer

    def foreseen(self) -> Iterator[tuple[Sequence[tuple[int, Prospect]], Alike]]:
        """Yield what was foreseen since the last call: for which hunts, and the events."""
        sorts = [*self._by_source.values()]
        for sort in sorts:
            sorts += sort.finer.values()
        yield from taken((sort.verdict for sort in sorts), (TIME, *self._unlike))
        if len(sorts) > _MOST_SORTS:
            self._first = {}
            self._by_source = {}


def _hashable(value: Value | None) -> str | tuple[str, ...] | None:
    return tuple(value) if isinstance(value, list) else value


def _size(value: str | tuple[str, ...] | None) -> int:
    return sum(map(len, value or ()))


def _plain(value: str | tuple[str, ...] | None) -> Value | None:
    return [*value] if isinstance(value, tuple) else value


def _stamp(time: Value | None) -> str | None:
    """Write epoch seconds as Kubernetes writes a time; None for times that it does not write."""
    found = _SECONDS.fullmatch(time) if isinstance(time, str) else None
    return f"{_second(int(found[1]))}.{found[2] or '':0<6}Z" if found else None


@lru_cache(maxsize=1_000)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
