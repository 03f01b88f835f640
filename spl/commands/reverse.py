"""`reverse`: turns the order of the rows round."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.base import Command, Holding, Stage
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row


@dataclass(frozen=True, kw_only=True)
class Reverse(Command):
    """`reverse`."""

    name: ClassVar[str] = "reverse"
    syntax: ClassVar[str] = "reverse"
    documentation: ClassVar[str] = "search-commands/reverse"

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        return cls(span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return _ReverseStage(context)


class _ReverseStage(Holding):
    def finish(self) -> Iterable[Row]:
        return reversed(self.rows)
