"""`format`: writes the rows as one search expression."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import Convert, integer, options_text, read_options
from spl.commands.base import Command, OnAll, Stage
from spl.commands.subsearch import EMPTY, FORMAT, formatted
from spl.context import Context
from spl.lang.reader import Reader, quote
from spl.values import Row

_OPTIONS: dict[str, Convert] = {"mvsep": str, "maxresults": integer, "emptystr": str}


@dataclass(frozen=True, kw_only=True)
class Format(Command):
    """`format`: one row with the field `search`; subsearches end in it, written or not."""

    name: ClassVar[str] = "format"
    syntax: ClassVar[str] = (
        'format [mvsep="<text>"] [maxresults=<N>] ["<row prefix>" "<column prefix>" '
        '"<column separator>" "<column end>" "<row separator>" "<row end>"] [emptystr="<text>"]'
    )
    documentation: ClassVar[str] = "search-commands/format"
    transforming: ClassVar[bool] = True

    mvsep: str = "OR"
    maxresults: int = 0
    parts: tuple[str, ...] = FORMAT
    emptystr: str = EMPTY

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options = read_options(reader, _OPTIONS)
        parts = []
        while not reader.at_end() and reader.char == '"':
            parts.append(reader.quoted())
        if len(parts) not in (0, len(FORMAT)):
            raise reader.error(f"format takes none or all six of its texts, not {len(parts)}")
        options |= read_options(reader, _OPTIONS)
        return cls(parts=tuple(parts) or FORMAT, **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return OnAll(context, self._format, lambda _before: ["search"])

    def _format(self, rows: list[Row]) -> Iterator[Row]:
        chosen = rows[: self.maxresults] if self.maxresults else rows
        yield {"search": formatted(chosen, self.parts, self.mvsep, self.emptystr)}

    def arguments(self) -> Iterable[str]:
        yield from options_text(
            {"mvsep": self.mvsep, "maxresults": self.maxresults, "emptystr": self.emptystr}
        )
        yield " ".join(map(quote, self.parts))
