"""`multisearch`: runs several streaming searches at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.base import Columns, Command, Pipeline, Stage
from spl.commands.rows import newest_first
from spl.commands.subsearch import read_subsearch
from spl.context import Context, Found
from spl.lang.reader import Reader
from spl.values import Row


@dataclass(frozen=True, kw_only=True)
class Multisearch(Command):
    """`multisearch` with its searches, at least two; their events come newest first."""

    name: ClassVar[str] = "multisearch"
    syntax: ClassVar[str] = "multisearch [ … ] [ … ] …"
    documentation: ClassVar[str] = "search-commands/multisearch"
    generating: ClassVar[bool] = True

    searches: tuple[Pipeline, ...]

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        searches: list[Pipeline] = []
        while not reader.at_end() or len(searches) < 2:
            search = read_subsearch(reader, cls.name)
            for command in search.commands:
                if command.transforming:
                    raise reader.error(
                        f"'{command.name}' is no streaming command: multisearch takes only those",
                        search.span.start,
                        search.span.end,
                    )
            searches.append(search)
        return cls(searches=tuple(searches), span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return FoundStage([context.run(search, context, None) for search in self.searches])

    def arguments(self) -> Iterable[str]:
        yield " ".join(f"[{search}]" for search in self.searches)

    def subsearches(self) -> Iterable[Pipeline]:
        return self.searches


class FoundStage(Stage):
    """Gives the rows of several searches, newest first."""

    def __init__(self, found: list[Found]) -> None:
        self._found = found

    def finish(self) -> Iterable[Row]:
        return newest_first(row for found in self._found for row in found.rows)

    def columns(self, before: Columns) -> Columns:
        return list(dict.fromkeys(name for found in self._found for name in found.fields))
