"""`appendcols`: joins the rows of a subsearch to those of the search, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from spl.commands.arguments import boolean, options_text, read_options
from spl.commands.base import Columns, Command, Pipeline, Stage, adding
from spl.commands.subsearch import OPTIONS, read_subsearch, run_with_options
from spl.context import Context, Found
from spl.lang.reader import Reader
from spl.values import Row


@dataclass(frozen=True, kw_only=True)
class Appendcols(Command):
    """`appendcols` with its subsearch: its first row goes to the first row, and so on.

    Internal fields of the subsearch are left out. Rows of it that have no partner stand by
    themselves (not documented).
    """

    name: ClassVar[str] = "appendcols"
    syntax: ClassVar[str] = "appendcols [override=<bool>] [maxout=<N>] [ … ]"
    documentation: ClassVar[str] = "search-commands/appendcols"

    options: dict[str, Any] = field(default_factory=dict)
    subsearch: Pipeline

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options = read_options(reader, {**OPTIONS, "override": boolean})
        subsearch = read_subsearch(reader, cls.name)
        return cls(options=options, subsearch=subsearch, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        found = run_with_options(self.subsearch, context, self.options)
        return _AppendcolsStage(found, override=self.options.get("override", False))

    def arguments(self) -> Iterable[str]:
        yield from options_text(self.options)
        yield f"[{self.subsearch}]"

    def subsearches(self) -> Iterable[Pipeline]:
        yield self.subsearch


class _AppendcolsStage(Stage):
    def __init__(self, found: Found, *, override: bool) -> None:
        self._fields = [name for name in found.fields if not name.startswith("_")]
        self._others: Iterator[Row] = (
            {name: row[name] for name in self._fields if name in row} for row in found.rows
        )
        self._override = override

    def feed(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            for name, value in next(self._others, {}).items():
                if self._override or row.get(name) is None:
                    row[name] = value
            yield row

    def finish(self) -> Iterable[Row]:
        return self._others

    def columns(self, before: Columns) -> Columns:
        return adding(self._fields)(before)
