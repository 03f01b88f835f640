"""`accum`: the running total of a field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import name_text, read_field
from spl.commands.base import Columns, Command, Stage, adding
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Number, Row, number_text, to_number


@dataclass(frozen=True, kw_only=True)
class Accum(Command):
    """`accum` with its field; a row whose value is no number stays as it is."""

    name: ClassVar[str] = "accum"
    syntax: ClassVar[str] = "accum <field> [AS <name>]"
    documentation: ClassVar[str] = "search-commands/accum"

    field: str
    output: str | None = None

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        field = read_field(reader)
        output = read_field(reader, "a name after AS") if reader.keyword("AS") else None
        return cls(field=field, output=output, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return _AccumStage(self.field, self.output or self.field)

    def arguments(self) -> Iterable[str]:
        yield name_text(self.field)
        if self.output is not None:
            yield "AS " + name_text(self.output)


class _AccumStage(Stage):
    def __init__(self, field: str, output: str) -> None:
        self._field = field
        self._output = output
        self._total: Number = 0

    def feed(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            value = row.get(self._field)
            number = to_number(value) if isinstance(value, str) else None
            if number is not None:
                self._total += number
                row[self._output] = number_text(self._total)
            yield row

    def columns(self, before: Columns) -> Columns:
        return adding([self._output])(before)
