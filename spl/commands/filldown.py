"""`filldown`: puts the last value before where a field is null."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import matching_names, names_text, read_fields
from spl.commands.base import Command, Stage
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row, Value


@dataclass(frozen=True, kw_only=True)
class Filldown(Command):
    """`filldown` with its fields, which may hold wildcards; by default all but internal ones."""

    name: ClassVar[str] = "filldown"
    syntax: ClassVar[str] = "filldown [<field> …]"
    documentation: ClassVar[str] = "search-commands/filldown"

    fields: tuple[str, ...] = ()

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        return cls(fields=read_fields(reader, least=0), span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return _FilldownStage(self.fields or ("*",))

    def arguments(self) -> Iterable[str]:
        yield names_text(self.fields)


class _FilldownStage(Stage):
    def __init__(self, fields: tuple[str, ...]) -> None:
        self._fields = fields
        self._wild = any("*" in field for field in fields)
        self._last: dict[str, Value] = {}

    def feed(self, rows: Iterable[Row]) -> Iterator[Row]:
        last = self._last
        for row in rows:
            names = [name for name in row if not name.startswith("_")] if self._wild else ()
            present = matching_names(self._fields, names)
            for name in present:
                if (value := row.get(name)) is not None:
                    last[name] = value
            for name, value in last.items():
                if row.get(name) is None:
                    row[name] = value
            yield row
