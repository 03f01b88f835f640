"""`search`: keeps the events or results that match a search expression."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.base import Command, PerBatch, Pipeline, Stage
from spl.context import Context
from spl.lang.reader import Reader
from spl.lang.search_expression import SearchExpression, Subsearch, parse_search_expression
from spl.matching import compile_search, walk


@dataclass(frozen=True, kw_only=True)
class Search(Command):
    """`search` with its expression."""

    name: ClassVar[str] = "search"
    syntax: ClassVar[str] = "search <term | field=value | field IN (…) | AND | OR | NOT> …"
    documentation: ClassVar[str] = "search-commands/search"
    ordered: ClassVar[bool] = False

    expression: SearchExpression

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        expression = parse_search_expression(reader)
        if reader.looking_at(")"):
            raise reader.error("this parenthesis closes nothing")
        return cls(expression=expression, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        matches = compile_search(self.expression)
        return PerBatch(lambda rows: filter(matches, rows))

    def arguments(self) -> Iterable[str]:
        yield str(self.expression)

    def subsearches(self) -> Iterator[Pipeline]:
        for part in walk(self.expression):
            if isinstance(part, Subsearch) and isinstance(part.pipeline, Pipeline):
                yield part.pipeline
