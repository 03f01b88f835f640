"""`appendpipe`: runs commands over the rows, and puts what comes out behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import boolean, read_options
from spl.commands.base import Columns, Command, Pipeline, Stage, adding
from spl.commands.subsearch import copy_of, read_subsearch
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row


@dataclass(frozen=True, kw_only=True)
class Appendpipe(Command):
    """`appendpipe` with its commands. `run_in_preview` is about previews, which are not here."""

    name: ClassVar[str] = "appendpipe"
    syntax: ClassVar[str] = "appendpipe [run_in_preview=<bool>] [ <command> | … ]"
    documentation: ClassVar[str] = "search-commands/appendpipe"

    pipeline: Pipeline

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        read_options(reader, {"run_in_preview": boolean})
        return cls(pipeline=read_subsearch(reader, cls.name), span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return _AppendpipeStage(self.pipeline, context)

    def arguments(self) -> Iterable[str]:
        yield f"[{self.pipeline}]"

    def subsearches(self) -> Iterable[Pipeline]:
        yield self.pipeline


class _AppendpipeStage(Stage):
    def __init__(self, pipeline: Pipeline, context: Context) -> None:
        self._pipeline = pipeline
        self._context = context
        self._rows: list[Row] = []
        self._fields: list[str] = []

    def feed(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self._rows.append(copy_of(row))
            yield row

    def finish(self) -> Iterable[Row]:
        rows, self._rows = self._rows, []
        found = self._context.run(self._pipeline, self._context, rows)
        self._fields = found.fields
        return found.rows

    def columns(self, before: Columns) -> Columns:
        return adding(self._fields)(before)
