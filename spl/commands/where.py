"""`where`: keeps the rows for which an eval expression is true."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.base import Command, PerBatch, Stage
from spl.context import Context
from spl.evaluation import compile_condition
from spl.lang.eval_expression import EvalExpression, parse_eval_expression
from spl.lang.reader import Reader


@dataclass(frozen=True, kw_only=True)
class Where(Command):
    """`where` with its condition."""

    name: ClassVar[str] = "where"
    syntax: ClassVar[str] = "where <eval-expression>"
    documentation: ClassVar[str] = "search-commands/where"
    ordered: ClassVar[bool] = False

    condition: EvalExpression

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        return cls(condition=parse_eval_expression(reader), span=reader.span(start))

    def start(self, context: Context) -> Stage:
        passes = compile_condition(self.condition, context.environment)
        return PerBatch(lambda rows: filter(passes, rows))

    def arguments(self) -> Iterable[str]:
        yield str(self.condition)
