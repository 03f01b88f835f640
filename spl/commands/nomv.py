"""`nomv`: makes one value of a multivalue field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import name_text, read_field
from spl.commands.base import Command, Stage, per_row
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row, joined


@dataclass(frozen=True, kw_only=True)
class Nomv(Command):
    """`nomv` with its field: the values are joined by newlines.

    Or by the delimiter of the `mvcombine` or `stats` that made the multivalue.
    """

    name: ClassVar[str] = "nomv"
    syntax: ClassVar[str] = "nomv <field>"
    documentation: ClassVar[str] = "search-commands/nomv"
    ordered: ClassVar[bool] = False

    field: str

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        return cls(field=read_field(reader), span=reader.span(start))

    def start(self, context: Context) -> Stage:
        def join(row: Row) -> None:
            value = row.get(self.field)
            if isinstance(value, list):
                row[self.field] = joined(value)

        return per_row(join)

    def arguments(self) -> Iterable[str]:
        yield name_text(self.field)
