"""`union`: puts the rows of several searches together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from spl.commands.arguments import options_text, read_options
from spl.commands.base import Columns, Command, Pipeline, Stage, adding
from spl.commands.rows import newest_first
from spl.commands.subsearch import OPTIONS, read_subsearch, run_with_options
from spl.context import Context, Found
from spl.errors import UnsupportedSplError
from spl.lang.reader import Reader
from spl.values import Row

_DATASET = r'(?:"(?:\\.|[^"\\])*"|[^\s"|\[\],])+'


@dataclass(frozen=True, kw_only=True)
class Union(Command):
    """`union` with its subsearches, and the rows of the search it stands in before them.

    The rows of streaming subsearches come newest first among themselves; else the rows of one
    search follow those of the other. Datasets other than subsearches do not run here.
    """

    name: ClassVar[str] = "union"
    syntax: ClassVar[str] = "union [maxout=<N>] [ … ] [ … ] …"
    documentation: ClassVar[str] = "search-commands/union"

    options: dict[str, Any] = field(default_factory=dict)
    datasets: tuple[str, ...] = ()
    searches: tuple[Pipeline, ...] = ()

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options = read_options(reader, OPTIONS)
        datasets: list[str] = []
        searches: list[Pipeline] = []
        while not reader.at_end():
            if reader.looking_at("["):
                searches.append(read_subsearch(reader, cls.name))
            elif found := reader.match(_DATASET):
                datasets.append(found.group())
            else:
                raise reader.error(f"expected a subsearch, found {reader.found()}")
            reader.take(",")
        if not searches and not datasets:
            raise reader.error(f"union needs a subsearch: [ … ], found {reader.found()}")
        return cls(
            options=options,
            datasets=tuple(datasets),
            searches=tuple(searches),
            span=reader.span(start),
        )

    def start(self, context: Context) -> Stage:
        if self.datasets:
            raise UnsupportedSplError(
                f"union: the dataset {self.datasets[0]} does not run here, subsearches do"
            )
        found = [run_with_options(search, context, self.options) for search in self.searches]
        streaming = not any(
            command.transforming for search in self.searches for command in search.commands
        )
        return _UnionStage(found, streaming=streaming)

    def arguments(self) -> Iterable[str]:
        yield from options_text(self.options)
        yield ", ".join([*self.datasets, *(f"[{search}]" for search in self.searches)])

    def subsearches(self) -> Iterable[Pipeline]:
        return self.searches


class _UnionStage(Stage):
    def __init__(self, found: list[Found], *, streaming: bool) -> None:
        self._found = found
        self._streaming = streaming

    def finish(self) -> Iterable[Row]:
        rows = [row for found in self._found for row in found.rows]
        return newest_first(rows) if self._streaming else rows

    def columns(self, before: Columns) -> Columns:
        names = list(dict.fromkeys(name for found in self._found for name in found.fields))
        return adding(names)(before)
