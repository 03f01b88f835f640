"""`append`: puts the rows of a subsearch behind those of the search."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from spl.commands.arguments import options_text, read_options
from spl.commands.base import Columns, Command, Pipeline, Stage, adding
from spl.commands.subsearch import OPTIONS, read_subsearch, run_with_options
from spl.context import Context, Found
from spl.lang.reader import Reader
from spl.values import Row


@dataclass(frozen=True, kw_only=True)
class Append(Command):
    """`append` with its subsearch, which runs first."""

    name: ClassVar[str] = "append"
    syntax: ClassVar[str] = "append [maxout=<N>] [maxtime=<seconds>] [timeout=<seconds>] [ … ]"
    documentation: ClassVar[str] = "search-commands/append"
    ordered: ClassVar[bool] = False

    options: dict[str, Any] = field(default_factory=dict)
    subsearch: Pipeline

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options = read_options(reader, OPTIONS)
        subsearch = read_subsearch(reader, cls.name)
        return cls(options=options, subsearch=subsearch, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return _AppendStage(run_with_options(self.subsearch, context, self.options))

    def arguments(self) -> Iterable[str]:
        yield from options_text(self.options)
        yield f"[{self.subsearch}]"

    def subsearches(self) -> Iterable[Pipeline]:
        yield self.subsearch


class _AppendStage(Stage):
    def __init__(self, found: Found) -> None:
        self._found = found

    def finish(self) -> Iterable[Row]:
        return self._found.rows

    def columns(self, before: Columns) -> Columns:
        return adding(self._found.fields)(before)
