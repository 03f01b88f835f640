"""`eventstats`: adds statistical functions over all rows, or of its group, to each row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.aggregation import (
    Aggregation,
    Aggregator,
    Group,
    group_keys,
    read_aggregations,
    set_outputs,
)
from spl.commands.arguments import boolean, names_text, options_text, read_by, read_options
from spl.commands.base import Columns, Command, Stage, adding
from spl.commands.rows import Rows
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row


@dataclass(frozen=True, kw_only=True)
class Eventstats(Command):
    """`eventstats` with its aggregations and the fields of its BY clause.

    A row without one of the BY fields stays as it is. Not documented: where a BY field is a
    multivalue the row counts in each of its groups, and gets the results of the first.
    """

    name: ClassVar[str] = "eventstats"
    syntax: ClassVar[str] = "eventstats [allnum=<bool>] <function>(<field>) [AS <name>] … [BY …]"
    documentation: ClassVar[str] = "search-commands/eventstats"

    allnum: bool = False
    aggregations: tuple[Aggregation, ...]
    by: tuple[str, ...] = ()

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options = read_options(reader, {"allnum": boolean})
        aggregations = read_aggregations(reader, "BY")
        by = read_by(reader)
        return cls(aggregations=aggregations, by=by, **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return _EventstatsStage(self, context)

    def arguments(self) -> Iterable[str]:
        yield from options_text({"allnum": self.allnum})
        yield " ".join(map(str, self.aggregations))
        if self.by:
            yield "BY " + names_text(self.by)


class _EventstatsStage(Stage):
    def __init__(self, command: Eventstats, context: Context) -> None:
        self._by = command.by
        self._aggregator = Aggregator(
            command.aggregations, context.environment, allnum=command.allnum
        )
        self._groups: dict[tuple[str, ...], Group] = {}
        self._rows = Rows(context)

    def feed(self, rows: Iterable[Row]) -> Iterable[Row]:
        groups, aggregator = self._groups, self._aggregator
        for row in rows:
            for key in group_keys(row, self._by):
                group = groups.get(key)
                if group is None:
                    group = groups[key] = Group(aggregator)
                aggregator.add(group, row)
            self._rows.append(row)
        return ()

    def finish(self) -> Iterator[Row]:
        results = {key: self._aggregator.results(group) for key, group in self._groups.items()}
        for row in self._rows:
            key = next(iter(group_keys(row, self._by)), None)
            if key is not None:
                set_outputs(row, self._aggregator.outputs, results[key])
            yield row

    def columns(self, before: Columns) -> Columns:
        return adding(self._aggregator.outputs)(before)
