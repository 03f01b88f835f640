"""`fieldsummary`: what values the fields have."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from spl.commands.arguments import (
    integer,
    matching_names,
    names_text,
    options_text,
    read_fields,
    read_options,
)
from spl.commands.base import Columns, Command, Stage
from spl.context import Context
from spl.functions.aggregates import Accumulator, find_aggregate
from spl.lang.reader import Reader
from spl.values import Row, to_number, values_of

_COLUMNS = (
    "field",
    "count",
    "distinct_count",
    "is_exact",
    "max",
    "mean",
    "min",
    "numeric_count",
    "stdev",
    "values",
)
_STATISTICS = ("max", "mean", "min", "stdev")


@dataclass(frozen=True, kw_only=True)
class Fieldsummary(Command):
    """`fieldsummary` of its fields, which may hold wildcards; by default all but internal ones.

    `values` has the `maxvals` most frequent values with their counts, as JSON; 0 is all.
    """

    name: ClassVar[str] = "fieldsummary"
    syntax: ClassVar[str] = "fieldsummary [maxvals=<N>] [<field> …]"
    documentation: ClassVar[str] = "search-commands/fieldsummary"
    ordered: ClassVar[bool] = False
    transforming: ClassVar[bool] = True

    maxvals: int = 100
    fields: tuple[str, ...] = ()

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = read_options(reader, {"maxvals": integer})
        fields = read_fields(reader, least=0)
        options |= read_options(reader, {"maxvals": integer})
        return cls(fields=fields, **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return _FieldsummaryStage(self)

    def arguments(self) -> Iterable[str]:
        yield from options_text({"maxvals": self.maxvals})
        yield names_text(self.fields)


class _Summary:
    def __init__(self) -> None:
        self.values: Counter[str] = Counter()
        self.numbers = 0
        self.statistics: dict[str, Accumulator] = {
            name: find_aggregate(name)() for name in _STATISTICS
        }

    def add(self, values: list[str]) -> None:
        self.values.update(values)
        numbers = [text for text in values if to_number(text) is not None]
        self.numbers += len(numbers)
        if numbers:
            for accumulator in self.statistics.values():
                accumulator.add(numbers, None)

    def row(self, field: str, most: int) -> Row:
        ranked = sorted(self.values.items(), key=lambda pair: (-pair[1], pair[0]))
        listed = [{"value": text, "count": count} for text, count in ranked[: most or None]]
        row: Row = {
            "field": field,
            "count": str(self.values.total()),
            "distinct_count": str(len(self.values)),
            "is_exact": "1",
            "numeric_count": str(self.numbers),
            "values": json.dumps(listed, ensure_ascii=False, separators=(",", ":")),
        }
        for name, accumulator in self.statistics.items():
            if (value := accumulator.result()) is not None:
                row[name] = value
        return row


class _FieldsummaryStage(Stage):
    def __init__(self, command: Fieldsummary) -> None:
        self._command = command
        self._summaries: dict[str, _Summary] = {}

    def feed(self, rows: Iterable[Row]) -> Iterable[Row]:
        patterns = self._command.fields or ("*",)
        for row in rows:
            visible = [name for name in row if not name.startswith("_")]
            for name in matching_names(patterns, visible):
                if values := values_of(row.get(name)):
                    self._summaries.setdefault(name, _Summary()).add(values)
        return ()

    def finish(self) -> Iterator[Row]:
        for name in sorted(self._summaries):
            yield self._summaries[name].row(name, self._command.maxvals)

    def columns(self, before: Columns) -> Columns:
        return list(_COLUMNS)
