"""`fields`: keeps or removes fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import matching_names, names_text, read_fields
from spl.commands.base import Columns, Command, PerBatch, Stage
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row


@dataclass(frozen=True, kw_only=True)
class Fields(Command):
    """`fields` with its list; internal fields (`_raw`, `_time`) stay unless removed by name."""

    name: ClassVar[str] = "fields"
    syntax: ClassVar[str] = "fields [+|-] <field> …"
    documentation: ClassVar[str] = "search-commands/fields"
    ordered: ClassVar[bool] = False

    remove: bool = False
    fields: tuple[str, ...]

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        sign = reader.match(r"[+-](?=[\s\w\"*|\]]|$)")
        remove = sign is not None and sign.group() == "-"
        return cls(remove=remove, fields=read_fields(reader), span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return PerBatch(self._remove if self.remove else self._keep, self._columns)

    def _remove(self, rows: Iterable[Row]) -> Iterator[Row]:
        wild = any("*" in field for field in self.fields)
        for row in rows:
            for name in matching_names(self.fields, row if wild else ()):
                row.pop(name, None)
            yield row

    def _keep(self, rows: Iterable[Row]) -> Iterator[Row]:
        wild = any("*" in field for field in self.fields)
        for row in rows:
            names = matching_names(self.fields, row if wild else ())
            kept = {name: value for name in names if (value := row.get(name)) is not None}
            for name in ("_raw", "_time"):
                if (value := row.get(name)) is not None:
                    kept.setdefault(name, value)
            yield kept

    def _columns(self, before: Columns) -> Columns:
        if before is None:
            return None
        chosen = matching_names(self.fields, before)
        if self.remove:
            return [name for name in before if name not in chosen]
        internal = [name for name in before if name.startswith("_")]
        return list(dict.fromkeys([*(n for n in chosen if n in before), *internal]))

    def arguments(self) -> Iterable[str]:
        # A name that begins with a sign would be read as one.
        keep = "+" if self.fields[0].startswith(("+", "-")) else ""
        yield "-" if self.remove else keep
        yield names_text(self.fields)
