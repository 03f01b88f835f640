"""Rows that a command holds until it has seen all: thousands of them are put away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import chain
from typing import Any

from spl import spill
from spl.context import Context
from spl.fields import Event
from spl.values import Row, to_number

MOST = 250
MOST_VALUES = 50_000
_READ_AT_ONCE = 50


@dataclass(frozen=True)
class Order:
    """An order of rows; those at one place keep theirs."""

    sort: Callable[[list[Row]], list[Row]]
    key: Callable[[Row], Any]
    """Returns what has the same order."""


@dataclass(frozen=True)
class Held:
    """All rows of a process."""

    rows: list[Row]
    runs: list[list[spill.Kept]]


class Rows:
    """Rows in the order in which they came, or in `order`."""

    def __init__(self, context: Context, order: Order | None = None) -> None:
        self._extraction = context.app.extraction
        self._order = order
        self._rows: list[Row] = []
        self._values = 0
        """How many there are in the multivalues of those rows that are no events."""
        self._runs: list[list[spill.Kept]] = []

    def append(self, row: Row) -> None:
        """Add a row."""
        self._rows.append(row)
        if not isinstance(row, Event):
            self._values += sum(len(value) for value in row.values() if isinstance(value, list))
        if len(self._rows) > MOST or self._values > MOST_VALUES:
            self._put_away()

    def extend(self, rows: Iterable[Row]) -> None:
        """Add rows."""
        for row in rows:
            self.append(row)

    def _put_away(self) -> None:
        rows = self._order.sort(self._rows) if self._order else self._rows
        self._runs.append(spill.keep_in_parts(rows, _READ_AT_ONCE))
        self._rows = []
        self._values = 0

    def held(self) -> Held:
        """Return them for another process."""
        return Held(self._rows, self._runs)

    def absorb(self, held: Held) -> None:
        """Add rows that come after these."""
        if held.runs:
            self._put_away()
            self._runs += held.runs
        self.extend(map(self._bound, held.rows))

    def __iter__(self) -> Iterator[Row]:
        runs = [chain.from_iterable(map(self._read, run)) for run in self._runs]
        if self._order is None:
            yield from chain(*runs, self._rows)
        else:
            runs.append(chain(self._order.sort(self._rows)))
            yield from merge(*runs, key=self._order.key) if self._runs else runs[0]

    def __reversed__(self) -> Iterator[Row]:
        # asked for only of rows without an order
        parts = (part for run in reversed(self._runs) for part in reversed(run))
        runs = chain.from_iterable(reversed(self._read(part)) for part in parts)
        return chain(reversed(self._rows), runs)

    def _read(self, part: spill.Kept) -> list[Row]:
        return [*map(self._bound, part.read())]

    def _bound(self, row: Row) -> Row:
        # The app's knowledge is not kept with an event.
        return row.view(self._extraction(row)) if isinstance(row, Event) else row


def _time_key(row: Row) -> float:
    value = row.get("_time")
    number = to_number(value) if isinstance(value, str) else None
    return float("inf") if number is None else -number


def newest_first(rows: Iterable[Row]) -> list[Row]:
    """Order events as Splunk returns them; those of one time keep their order."""
    return sorted(rows, key=_time_key)


NEWEST_FIRST = Order(newest_first, _time_key)
