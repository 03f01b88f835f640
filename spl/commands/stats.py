"""`stats`: statistical functions over all rows, or by groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from spl.commands.aggregation import (
    Aggregation,
    Aggregator,
    Alike,
    Foreseen,
    Group,
    group_keys,
    read_aggregations,
)
from spl.commands.arguments import (
    Convert,
    boolean,
    integer,
    names_text,
    options_text,
    read_by,
    read_options,
)
from spl.commands.base import Columns, Command, Mergeable, Stage
from spl.commands.sort import natural_key
from spl.context import Context
from spl.fields import Event, SlotError, TimeSlot
from spl.lang.reader import Reader
from spl.values import Row

_OPTIONS: dict[str, Convert] = {"partitions": integer, "allnum": boolean, "delim": str}
_OPTIONS_AT_END = {"dedup_splitvals": boolean}


@dataclass(frozen=True, kw_only=True)
class Stats(Command):
    """`stats` with its aggregations and the fields of its BY clause."""

    name: ClassVar[str] = "stats"
    syntax: ClassVar[str] = (
        "stats [allnum=<bool>] [delim=<text>] <function>(<field>) [AS <name>] … [BY <field> …] "
        "[dedup_splitvals=<bool>]"
    )
    documentation: ClassVar[str] = "search-commands/stats"
    transforming: ClassVar[bool] = True

    aggregations: tuple[Aggregation, ...]
    by: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options = read_options(reader, _OPTIONS)
        aggregations = read_aggregations(reader, "BY")
        by = read_by(reader)
        options |= read_options(reader, _OPTIONS_AT_END)
        return cls(aggregations=aggregations, by=by, options=options, span=reader.span(start))

    @property
    def depends_on_order(self) -> bool:
        """Tell whether a function looks at the order of the rows."""
        return any(a.accumulator().ordered for a in self.aggregations)

    def start(self, context: Context) -> Stage:
        return StatsStage(self, context)

    def arguments(self) -> Iterable[str]:
        at_end = {k: v for k, v in self.options.items() if k in _OPTIONS_AT_END}
        yield from options_text({k: v for k, v in self.options.items() if k in _OPTIONS})
        yield " ".join(map(str, self.aggregations))
        if self.by:
            yield "BY " + names_text(self.by)
        yield from options_text(at_end)


_Held = tuple[list[tuple[int, str]], dict[tuple[str, ...], Group]]


@dataclass(frozen=True)
class ForeseenRow:
    """A row that many events become: its groups, and what it adds to each."""

    keys: list[tuple[str, ...]]
    adds: Foreseen
    slot: tuple[int, TimeSlot] | None = None
    """The place in the keys of a field that follows from the time of each event, and how."""


class StatsStage(Mergeable):
    """`stats` at work."""

    def __init__(self, command: Stats, context: Context) -> None:
        self._by = command.by
        self._distinct = bool(command.options.get("dedup_splitvals"))
        self._aggregator = Aggregator(
            command.aggregations,
            context.environment,
            allnum=bool(command.options.get("allnum")),
            delimiter=command.options.get("delim"),
        )
        self._groups: dict[tuple[str, ...], Group] = {}
        if not self._by:
            # without BY there is one row, even of nothing
            self._groups[()] = Group(self._aggregator)

    def feed(self, rows: Iterable[Row]) -> Iterable[Row]:
        groups, aggregator, by = self._groups, self._aggregator, self._by
        for row in rows:
            for key in group_keys(row, by, distinct=self._distinct):
                group = groups.get(key)
                if group is None:
                    group = groups[key] = Group(aggregator)
                aggregator.add(group, row)
        return ()

    @property
    def reads(self) -> list[str]:
        """The fields that it asks for by name."""
        return [*self._by, *(name for name in self._aggregator.fields if name is not None)]

    def foresee(self, row: Event) -> ForeseenRow | None:
        """See `Aggregator.foresee`."""
        slot: tuple[int, TimeSlot] | None = None
        for place, name in enumerate(self._by):
            try:
                row.get(name)
            except SlotError as error:
                if slot is not None:
                    raise
                slot = place, error.slot
        by = [name for place, name in enumerate(self._by) if slot is None or place != slot[0]]
        keys = list(group_keys(row, by, distinct=self._distinct))
        adds = self._aggregator.foresee(row)
        return None if adds is None else ForeseenRow(keys, adds, slot)

    def take_foreseen(self, row: ForeseenRow, events: Alike) -> None:
        """Take rows that were foreseen of so many events."""
        if row.slot is None:
            self._take_foreseen(row.keys, row.adds, events)
            return
        place, slot = row.slot
        for time, some in events.by_time(slot.width):
            value = slot.value(time)
            keys = [(*key[:place], value, *key[place:]) for key in row.keys]
            self._take_foreseen(keys, row.adds, some)

    def _take_foreseen(
        self, keys: Iterable[tuple[str, ...]], adds: Foreseen, events: Alike
    ) -> None:
        for key in keys:
            if key not in self._groups:
                self._groups[key] = Group(self._aggregator)
            adds.add(self._groups[key], events)

    def held(self) -> _Held:
        for group in self._groups.values():
            group.put_away()
        return self._aggregator.expansions, self._groups

    def absorb(self, held: _Held) -> None:
        expansions, groups = held
        for key, group in groups.items():
            if key not in self._groups:
                if not expansions:  # whose places may be others here
                    self._groups[key] = group
                    continue
                self._groups[key] = Group(self._aggregator)
            self._aggregator.merge(self._groups[key], group, expansions)

    def finish(self) -> Iterator[Row]:
        for key in sorted(self._groups, key=lambda key: [natural_key(part) for part in key]):
            row: Row = dict(zip(self._by, key, strict=True))
            row.update(self._aggregator.results(self._groups.pop(key)))
            yield row

    def columns(self, before: Columns) -> Columns:
        return list(dict.fromkeys([*self._by, *self._aggregator.outputs]))
