"""`mvcombine`: makes one row of those that differ in one field only."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import name_text, options_text, read_field, read_options
from spl.commands.base import Command, OnAll, Stage
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import DelimitedList, Row, values_of


@dataclass(frozen=True, kw_only=True)
class Mvcombine(Command):
    """`mvcombine` with its field, whose values of like rows become one multivalue.

    Not documented: a combined row stands where the first of its rows stood; rows without the
    field stay as they are.
    """

    name: ClassVar[str] = "mvcombine"
    syntax: ClassVar[str] = 'mvcombine [delim="<text>"] <field>'
    documentation: ClassVar[str] = "search-commands/mvcombine"

    delim: str = " "
    field: str

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options = read_options(reader, {"delim": str})
        return cls(field=read_field(reader), **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return OnAll(context, self._combine)

    def _combine(self, rows: list[Row]) -> Iterator[Row]:
        combined: dict[Hashable, Row] = {}
        values: dict[Hashable, list[str]] = {}
        for position, row in enumerate(rows):
            found = values_of(row.get(self.field))
            key = self._key(row) if found else position
            combined.setdefault(key, row)
            values.setdefault(key, []).extend(found)
        for key, row in combined.items():
            if len(values[key]) > 1:
                row[self.field] = DelimitedList(values[key], self.delim)
            yield row

    def _key(self, row: Row) -> Hashable:
        return frozenset(
            (name, tuple(values_of(value))) for name, value in row.items() if name != self.field
        )

    def arguments(self) -> Iterable[str]:
        yield from options_text({"delim": self.delim})
        yield name_text(self.field)
