"""Which lines of a log each hunt must see: most are never parsed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hunts.inputs import RawLines, Views
from spl import Engine, Event
from spl.fields import METADATA
from spl.lang.search_expression import SearchExpression
from spl.literals import EXCEPTIONS, Origin, cover, known
from spl.scan import Scanner

_SAMPLE = 1 << 18


@dataclass(frozen=True)
class Wish:
    """What a hunt wants to see: its data source, and the first clause of its search."""

    data_source: SearchExpression
    clause: SearchExpression


@dataclass(frozen=True)
class Plan:
    """For lines of one origin: which identity each hunt takes, and how to find its lines."""

    views: tuple[int | None, ...]
    """By hunt: the identity that its data source matches; None for none."""
    everything: int
    """The bits of the hunts that must see every line."""
    scanner: Scanner

    def candidates(self, batch: RawLines) -> Iterator[tuple[int, Views]]:
        """Yield each line that somebody must see: the bits of those, and its views.

        A line that is broken has no views.
        """
        if not self.everything:
            for start, end, bits in self.scanner.lines(batch.lines.data):
                yield bits, batch.views(start, end)
            return
        asked = {start: bits for start, _, bits in self.scanner.lines(batch.lines.data)}
        start = 0
        for _, raw in batch.lines.records():
            end = start + len(raw)
            yield asked.get(start, 0) | self.everything, batch.views(start, end)
            start = end + 1


class Planner:
    """Makes a plan for each origin of lines. A hunt that cannot run has no wish."""

    def __init__(self, engine: Engine, wishes: Sequence[Wish | None]) -> None:
        self._engine = engine
        self._wishes = wishes
        self._plans: dict[tuple[tuple[str, str, str], ...], Plan | None] = {}

    def plan(self, batch: RawLines) -> Plan | None:
        """Return the plan for such lines; None where somebody's data source is a question of each
        line."""
        key = tuple(view.origin for view in batch.origin)
        if key not in self._plans:
            self._plans[key] = self._make(batch)
        return self._plans[key]

    def _make(self, batch: RawLines) -> Plan | None:
        sample = batch.lines.data[:_SAMPLE].lower()
        cost = lru_cache(None)(lambda literal: sample.count(literal) + 1 / len(literal))
        origins = [self._origin(view) for view in batch.origin]
        views: list[int | None] = []
        wanted: dict[bytes, int] = {}
        everything = 0
        for position, wish in enumerate(self._wishes):
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
            if wish is None or view is None:
                continue
            literals = cover(wish.clause, origins[view], cost).literals
            if literals is None:
                everything |= 1 << position
            for literal in literals or ():
                wanted[literal] = wanted.get(literal, 0) | 1 << position
        return Plan(tuple(views), everything, Scanner(wanted, EXCEPTIONS))

    def _origin(self, view: Event) -> Origin:
        bound = self._engine.bind(view)
        metadata = {name: str(bound[name]) for name in METADATA if name in bound}
        return Origin(metadata, bound.verbatim)
