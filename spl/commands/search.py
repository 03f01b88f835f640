"""`search`: keeps the events or results that match a search expression."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from spl.commands.base import Command, PerBatch, Pipeline, Stage
from spl.commands.subsearch import has_subsearch, resolved, subsearches_of
from spl.context import Context
from spl.errors import UnsupportedSplError
from spl.lang.reader import Reader
from spl.lang.search_expression import SearchExpression, parse_search_expression
from spl.matching import compile_search, is_time_modifier, walk


@dataclass(frozen=True, kw_only=True)
class Search(Command):
    """`search` with its expression. Subsearches in it run first, and become part of it."""

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

    def resolved(self, context: Context) -> Self:
        """Return the command with the results of its subsearches in their place."""
        if not has_subsearch(self.expression):
            return self
        return replace(self, expression=resolved(self.expression, context))

    def refuse_times(self) -> None:
        """Raise UnsupportedSplError for a time modifier: only the first search has bounds."""
        for part in walk(self.expression):
            if is_time_modifier(part):
                message = "time modifiers run only in the first search"
                raise UnsupportedSplError(message).on(part.span)

    def start(self, context: Context) -> Stage:
        matches = compile_search(self.resolved(context).expression)
        return PerBatch(lambda rows: filter(matches, rows))

    def arguments(self) -> Iterable[str]:
        yield str(self.expression)

    def subsearches(self) -> Iterator[Pipeline]:
        return subsearches_of(self.expression)
