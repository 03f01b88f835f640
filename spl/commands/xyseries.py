"""`xyseries`: makes a table of rows that each hold one cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from spl.commands.arguments import (
    Convert,
    boolean,
    names_text,
    options_text,
    read_fields,
    read_options,
)
from spl.commands.base import Columns, Command, Stage
from spl.commands.sort import natural_key
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row, Value, values_of

_OPTIONS: dict[str, Convert] = {"grouped": boolean, "sep": str, "format": str}


@dataclass(frozen=True, kw_only=True)
class Xyseries(Command):
    """`xyseries` with the field of the rows, the field that names the columns, and the data.

    Rows and columns are in the order of `sort`, with `grouped` the rows as they come; of two
    cells in one place the last one stays (not documented).
    """

    name: ClassVar[str] = "xyseries"
    syntax: ClassVar[str] = (
        "xyseries [grouped=<bool>] <x-field> <y-name-field> <y-data-field> … [sep=<text>] "
        "[format=<text>]"
    )
    documentation: ClassVar[str] = "search-commands/xyseries"
    transforming: ClassVar[bool] = True

    grouped: bool = False
    fields: tuple[str, ...]
    sep: str = ": "
    format: str | None = None

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = read_options(reader, _OPTIONS)
        fields = read_fields(reader, least=3)
        options |= read_options(reader, _OPTIONS)
        return cls(fields=fields, **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return _XyseriesStage(self)

    def column(self, data: str, name: str) -> str:
        """Return the name of a column: of one data field the column's own."""
        if len(self.fields) == 3 and self.format is None:
            return name
        form = self.format if self.format is not None else f"$AGG${self.sep}$VAL$"
        return re.sub(r"\$(AGG|VAL)\$", lambda found: data if found[1] == "AGG" else name, form)

    def arguments(self) -> Iterable[str]:
        yield from options_text({"grouped": self.grouped})
        yield names_text(self.fields)
        yield from options_text({"sep": self.sep, "format": self.format})


class _XyseriesStage(Stage):
    def __init__(self, command: Xyseries) -> None:
        self._command = command
        self._cells: dict[str, dict[tuple[str, str], Value]] = {}
        self._names: set[str] = set()

    def feed(self, rows: Iterable[Row]) -> Iterable[Row]:
        x, y, *data = self._command.fields
        for row in rows:
            for place in values_of(row.get(x)):
                cells = self._cells.setdefault(place, {})
                for name in values_of(row.get(y)):
                    self._names.add(name)
                    for field in data:
                        if (value := row.get(field)) is not None:
                            cells[field, name] = value
        return ()

    def finish(self) -> Iterator[Row]:
        command = self._command
        places = list(self._cells)
        if not command.grouped:
            places.sort(key=natural_key)
        for place in places:
            row: Row = {command.fields[0]: place}
            for (field, name), value in self._cells[place].items():
                row[command.column(field, name)] = value
            yield row

    def columns(self, before: Columns) -> Columns:
        command = self._command
        names = sorted(self._names, key=natural_key)
        series = [command.column(data, name) for data in command.fields[2:] for name in names]
        return list(dict.fromkeys([command.fields[0], *series]))
