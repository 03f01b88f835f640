"""`dedup`: keeps the first rows of each combination of values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import (
    boolean,
    integer,
    names_text,
    options_text,
    read_fields,
    read_options,
)
from spl.commands.base import Command, Stage
from spl.commands.sort import Sort, SortField, read_sort_field
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row, values_of

_OPTIONS = {"keepevents": boolean, "keepempty": boolean, "consecutive": boolean}
Key = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Dedup(Command):
    """`dedup`: the first `count` rows of each combination of the fields' values.

    `sortby` orders the rows before, "which determines which event is retained".
    """

    name: ClassVar[str] = "dedup"
    syntax: ClassVar[str] = (
        "dedup [<N>] <field> … [keepevents=<bool>] [keepempty=<bool>] [consecutive=<bool>] "
        "[sortby [+|-]<field> …]"
    )
    documentation: ClassVar[str] = "search-commands/dedup"

    count: int = 1
    fields: tuple[str, ...]
    keepevents: bool = False
    keepempty: bool = False
    consecutive: bool = False
    sortby: tuple[SortField, ...] = ()

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        count = reader.match(r"[0-9]{1,18}(?=[\s|\]]|$)")
        options = read_options(reader, _OPTIONS)
        fields = read_fields(reader, "SORTBY")
        options |= read_options(reader, _OPTIONS)
        sortby = []
        if reader.keyword("SORTBY"):
            while not reader.at_end():
                sortby.append(read_sort_field(reader))
                reader.take(",")
        number = integer(count.group()) if count else 1
        if number == 0:
            raise reader.error("dedup keeps at least one row", start, reader.position)
        return cls(
            count=number, fields=fields, sortby=tuple(sortby), **options, span=reader.span(start)
        )

    def start(self, context: Context) -> Stage:
        return _DedupStage(self, context)

    def arguments(self) -> Iterable[str]:
        yield str(self.count)
        yield names_text(self.fields)
        yield from options_text(
            {
                "keepevents": self.keepevents,
                "keepempty": self.keepempty,
                "consecutive": self.consecutive,
            }
        )
        if self.sortby:
            yield "sortby " + ", ".join(map(str, self.sortby))


class _DedupStage(Stage):
    def __init__(self, command: Dedup, context: Context) -> None:
        self._command = command
        self._seen: Counter[Key] = Counter()
        self._last: Key | None = None
        self._sort: Stage | None = None
        if command.sortby:
            self._sort = Sort(limit=0, fields=command.sortby, span=command.span).start(context)

    def feed(self, rows: Iterable[Row]) -> Iterable[Row]:
        return self._keep(rows) if self._sort is None else self._sort.feed(rows)

    def finish(self) -> Iterable[Row]:
        return () if self._sort is None else self._keep(self._sort.finish())

    def _keep(self, rows: Iterable[Row]) -> Iterator[Row]:
        command, seen = self._command, self._seen
        for row in rows:
            key = tuple(tuple(values_of(row.get(name))) for name in command.fields)
            if not all(key):
                if command.keepempty or command.keepevents:
                    yield row
                continue
            if command.consecutive and key != self._last:
                seen.clear()
                self._last = key
            seen[key] += 1
            if seen[key] <= command.count:
                yield row
            elif command.keepevents:
                for name in command.fields:
                    row.pop(name, None)
                yield row
