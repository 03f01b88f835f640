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
from spl.commands.groups import Groups, Held, Key
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


@dataclass(frozen=True)
class ForeseenRow:
    """A row that many events become: its groups, and what it adds to each."""

    keys: list[Key]
    adds: Foreseen
    slot: tuple[int, TimeSlot] | None = None
    """The place in the keys of a field that follows from the time of each event, and how."""

    @property
    def asks(self) -> set[str]:
        """The fields in which the events differ that are asked for."""
        return self.adds.asks if self.slot is None else {*self.adds.asks, "_time"}


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
        self._groups = Groups(self._aggregator)
        if not self._by:
            self._groups.of(())  # without BY there is one row, even of nothing

    def feed(self, rows: Iterable[Row]) -> Iterable[Row]:
        groups, aggregator, by = self._groups, self._aggregator, self._by
        for row in rows:
            for key in group_keys(row, by, distinct=self._distinct):
                aggregator.add(groups.of(key), row)
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

    def _take_foreseen(self, keys: Iterable[Key], adds: Foreseen, events: Alike) -> None:
        for key in keys:
            adds.add(self._groups.of(key), events)

    def held(self) -> Held:
        return self._groups.held()

    def absorb(self, held: Held) -> None:
        self._groups.absorb(held)

    def finish(self) -> Iterator[Row]:
        for key, group in self._groups.in_order():
            row: Row = dict(zip(self._by, key, strict=True))
            row.update(self._aggregator.results(group))
            yield row

    def columns(self, before: Columns) -> Columns:
        return list(dict.fromkeys([*self._by, *self._aggregator.outputs]))
