"""`inputlookup`: reads the rows of a lookup table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar, Self

from spl.commands.arguments import (
    Convert,
    boolean,
    integer,
    name_text,
    options_text,
    read_field,
    read_options,
)
from spl.commands.base import Columns, Command, Pipeline, Stage, adding
from spl.commands.subsearch import resolved, subsearches_of
from spl.context import Context
from spl.lang.reader import Reader
from spl.lang.search_expression import SearchExpression, parse_search_expression
from spl.matching import compile_search
from spl.values import Row

_OPTIONS: dict[str, Convert] = {
    "append": boolean,
    "strict": boolean,
    "start": integer,
    "max": integer,
}


@dataclass(frozen=True, kw_only=True)
class Inputlookup(Command):
    """`inputlookup` with its filter; with `append` behind the rows that there are.

    A lookup that cannot be read stops the search, `strict` or not. `first` (start=) and `most`
    (max=) count the rows that pass the filter (not documented).
    """

    name: ClassVar[str] = "inputlookup"
    syntax: ClassVar[str] = (
        "inputlookup [append=<bool>] [strict=<bool>] [start=<N>] [max=<N>] <lookup> "
        "[WHERE <search expression>]"
    )
    documentation: ClassVar[str] = "search-commands/inputlookup"
    generating: ClassVar[bool] = True
    ordered: ClassVar[bool] = False

    append: bool = False
    strict: bool = False
    first: int = 0
    most: int | None = None
    table: str
    where: SearchExpression | None = None

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = read_options(reader, _OPTIONS)
        table = read_field(reader, "the name of a lookup")
        options |= read_options(reader, _OPTIONS)
        where = parse_search_expression(reader) if reader.keyword("WHERE") else None
        return cls(
            append=options.get("append", False),
            strict=options.get("strict", False),
            first=options.get("start", 0),
            most=options.get("max"),
            table=table,
            where=where,
            span=reader.span(start),
        )

    @property
    def stands_first(self) -> bool:
        """Tell whether the command makes its own rows, so that it cannot take those of others."""
        return not self.append

    def start(self, context: Context) -> Stage:
        lookup = context.app.lookup(self.table)
        rows = lookup.rows()
        if self.where is not None:
            rows = filter(compile_search(resolved(self.where, context)), rows)
        end = None if self.most is None else self.first + self.most
        return _InputlookupStage(islice(rows, self.first, end), lookup.table.fields, self.append)

    def arguments(self) -> Iterable[str]:
        yield from options_text(
            {
                "append": self.append or None,
                "strict": self.strict or None,
                "start": self.first or None,
                "max": self.most,
            }
        )
        yield name_text(self.table)
        if self.where is not None:
            yield f"WHERE {self.where}"

    def subsearches(self) -> Iterator[Pipeline]:
        return subsearches_of(self.where) if self.where is not None else iter(())


class _InputlookupStage(Stage):
    def __init__(self, rows: Iterable[Row], fields: tuple[str, ...], append: bool) -> None:
        self._rows = rows
        self._fields = fields
        self._append = append

    def finish(self) -> Iterable[Row]:
        return self._rows

    def columns(self, before: Columns) -> Columns:
        return adding(self._fields)(before) if self._append else list(self._fields)
