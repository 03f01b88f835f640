"""`mvexpand`: makes a row of each value of a multivalue field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import integer, name_text, options_text, read_field, read_options
from spl.commands.base import Command, PerBatch, Stage
from spl.context import Context
from spl.fields import Event
from spl.lang.reader import Reader
from spl.values import Row


@dataclass(frozen=True, kw_only=True)
class Mvexpand(Command):
    """`mvexpand` with its field; of each row the first `limit` values, 0 being all.

    Not documented: a row without the field stays as it is.
    """

    name: ClassVar[str] = "mvexpand"
    syntax: ClassVar[str] = "mvexpand <field> [limit=<N>]"
    documentation: ClassVar[str] = "search-commands/mvexpand"
    ordered: ClassVar[bool] = False

    field: str
    limit: int = 0

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options = read_options(reader, {"limit": integer})
        field = read_field(reader)
        options |= read_options(reader, {"limit": integer})
        return cls(field=field, **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return PerBatch(self._expand)

    def _expand(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            values = row.get(self.field)
            if not isinstance(values, list):
                yield row
                continue
            for value in values[: self.limit or None]:
                copy: Row = row.view() if isinstance(row, Event) else dict(row)
                copy[self.field] = value
                yield copy

    def arguments(self) -> Iterable[str]:
        yield name_text(self.field)
        yield from options_text({"limit": self.limit})
