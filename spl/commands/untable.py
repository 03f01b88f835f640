"""`untable`: makes a row of each cell of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import names_text, read_fields
from spl.commands.base import Columns, Command, PerBatch, Stage
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row


@dataclass(frozen=True, kw_only=True)
class Untable(Command):
    """`untable` with the field that stays, and the fields for each cell's name and value.

    Null cells and internal fields make no rows.
    """

    name: ClassVar[str] = "untable"
    syntax: ClassVar[str] = "untable <x-field> <y-name-field> <y-data-field>"
    documentation: ClassVar[str] = "search-commands/untable"
    ordered: ClassVar[bool] = False
    transforming: ClassVar[bool] = True

    fields: tuple[str, ...]

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        fields = read_fields(reader, least=3)
        if len(fields) > 3:
            raise reader.error("untable takes three fields", start, reader.position)
        return cls(fields=fields, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return PerBatch(self._cells, self._columns)

    def _cells(self, rows: Iterable[Row]) -> Iterator[Row]:
        x, name, data = self.fields
        for row in rows:
            place = row.get(x)
            for field, value in row.items():
                if field != x and not field.startswith("_"):
                    cell: Row = {} if place is None else {x: place}
                    cell[name], cell[data] = field, value
                    yield cell

    def _columns(self, before: Columns) -> Columns:
        return list(self.fields)

    def arguments(self) -> Iterable[str]:
        yield names_text(self.fields)
