"""`table`: keeps the listed fields, in the order of the list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import matching_names, names_text, read_fields
from spl.commands.base import Columns, Command, Stage
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row


@dataclass(frozen=True, kw_only=True)
class Table(Command):
    """`table` with its fields, which may hold wildcards."""

    name: ClassVar[str] = "table"
    syntax: ClassVar[str] = "table <field> …"
    documentation: ClassVar[str] = "search-commands/table"
    ordered: ClassVar[bool] = False

    fields: tuple[str, ...]

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        return cls(fields=read_fields(reader), span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return _TableStage(self.fields)

    def arguments(self) -> Iterable[str]:
        yield names_text(self.fields)


class _TableStage(Stage):
    """Columns without wildcards are known; those that a wildcard stands for, once seen."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        self._fields = fields
        self._wild = any("*" in field for field in fields)
        self._seen: dict[str, None] = {}

    def feed(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            names: Iterable[str] = self._fields
            if self._wild:
                visible = [n for n in row if not n.startswith("_")]
                names = matching_names(self._fields, visible)
                self._seen.update(dict.fromkeys(visible))
            yield {name: value for name in names if (value := row.get(name)) is not None}

    def columns(self, before: Columns) -> Columns:
        return matching_names(self._fields, before if before is not None else self._seen)
