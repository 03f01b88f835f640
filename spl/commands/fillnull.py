"""`fillnull`: puts a value where fields are null."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import names_text, options_text, read_fields, read_options
from spl.commands.base import Command, OnAll, Stage, adding, per_row
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row


@dataclass(frozen=True, kw_only=True)
class Fillnull(Command):
    """`fillnull`; without fields, of every field that some row has."""

    name: ClassVar[str] = "fillnull"
    syntax: ClassVar[str] = "fillnull [value=<text>] [<field> …]"
    documentation: ClassVar[str] = "search-commands/fillnull"
    ordered: ClassVar[bool] = False

    value: str = "0"
    fields: tuple[str, ...] = ()

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        value = read_options(reader, {"value": str}).get("value", "0")
        fields = read_fields(reader, least=0)
        return cls(value=value, fields=fields, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        if not self.fields:
            return OnAll(context, self._fill_all)

        def fill(row: Row) -> None:
            for name in self.fields:
                if row.get(name) is None:
                    row[name] = self.value

        return per_row(fill, adding(self.fields))

    def _fill_all(self, rows: list[Row]) -> Iterable[Row]:
        names = dict.fromkeys(name for row in rows for name in row)
        for row in rows:
            for name in names:
                if row.get(name) is None:
                    row[name] = self.value
        return rows

    def arguments(self) -> Iterable[str]:
        yield from options_text({"value": self.value})
        yield names_text(self.fields)
