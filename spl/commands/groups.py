"""The groups of `stats`: thousands of them are put away until the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

from spl import spill
from spl.commands.aggregation import Aggregator, Group
from spl.commands.sort import natural_key

MOST = 2_000
_READ_AT_ONCE = 20

Key = tuple[str, ...]
"""The values of the fields behind BY."""


@dataclass(frozen=True)
class Run:
    """Groups that were put away, in their order."""

    expansions: list[tuple[int, str]]
    """Those of their aggregator."""
    parts: list[spill.Kept]

    def __iter__(self) -> Iterator[tuple[Key, Group, Run]]:
        for part in self.parts:
            for key, group in part.read():
                yield key, group, self


@dataclass(frozen=True)
class Held:
    """All groups of a process."""

    expansions: list[tuple[int, str]]
    groups: dict[Key, Group]
    runs: list[Run]


class Groups:
    """Groups by their keys, made when they are asked for."""

    def __init__(self, aggregator: Aggregator) -> None:
        self._aggregator = aggregator
        self._groups: dict[Key, Group] = {}
        self._runs: list[Run] = []

    def of(self, key: Key) -> Group:
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) >= MOST:
                self._put_away()
            group = self._groups[key] = Group(self._aggregator)
        return group

    def _put_away(self) -> None:
        groups = ((key, self._groups[key]) for key in sorted(self._groups, key=_place))
        parts = spill.keep_in_parts(groups, _READ_AT_ONCE)
        self._runs.append(Run(self._aggregator.expansions, parts))
        self._groups = {}

    def held(self) -> Held:
        """Return them for another process."""
        for group in self._groups.values():
            group.put_away()
        return Held(self._aggregator.expansions, self._groups, self._runs)

    def absorb(self, held: Held) -> None:
        """Add groups of which the rows come after these."""
        if held.runs:
            self._put_away()
            self._runs += held.runs
        for key, group in held.groups.items():
            if key not in self._groups and not held.expansions:  # whose places may be others here
                self._groups[key] = group
            else:
                self._aggregator.merge(self.of(key), group, held.expansions)

    def in_order(self) -> Iterator[tuple[Key, Group]]:
        """Yield them by their keys, and forget them."""
        if not self._runs:
            for key in sorted(self._groups, key=_place):
                yield key, self._groups.pop(key)
            return
        self._put_away()
        merged = merge(*self._runs, key=lambda found: _place(found[0]))
        for key, same in groupby(merged, key=itemgetter(0)):
            group = Group(self._aggregator)
            for _, some, run in same:
                self._aggregator.merge(group, some, run.expansions)
            yield key, group


def _place(key: Key) -> tuple[list[Any], Key]:
    """Return where a group stands: no two at one place."""
    return [natural_key(value) for value in key], key
