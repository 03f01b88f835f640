"""`head`: keeps the first rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from spl.commands.arguments import boolean, integer, options_text, read_options
from spl.commands.base import Command, Stage
from spl.context import Context
from spl.evaluation import compile_eval
from spl.functions.registry import is_true
from spl.lang.eval_expression import EvalExpression, parse_eval_expression
from spl.lang.reader import Reader
from spl.values import Row

_OPTIONS = {"limit": integer, "null": boolean, "keeplast": boolean}
_DEFAULT_LIMIT = 10


@dataclass(frozen=True, kw_only=True)
class Head(Command):
    """`head` with a number of rows, or a condition that the rows must go on to meet."""

    name: ClassVar[str] = "head"
    syntax: ClassVar[str] = "head [<N> | limit=<N>] [(<condition>)] [null=<bool>] [keeplast=<bool>]"
    documentation: ClassVar[str] = "search-commands/head"

    limit: int | None = None
    condition: EvalExpression | None = None
    null: bool = False
    keeplast: bool = False

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = read_options(reader, _OPTIONS)
        if "limit" not in options and (count := reader.match(r"[0-9]{1,18}(?=\s|[|\]]|$)")):
            options["limit"] = integer(count.group())
            options |= read_options(reader, _OPTIONS)
        if not reader.at_end():
            if reader.looking_at("-"):
                raise reader.error(f"head takes a whole number, found {reader.found()}")
            options["condition"] = parse_eval_expression(reader)
        options |= read_options(reader, _OPTIONS)
        if "limit" not in options and "condition" not in options:
            options["limit"] = _DEFAULT_LIMIT
        return cls(**options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return _HeadStage(self, context)

    def arguments(self) -> Iterable[str]:
        yield from options_text({"limit": self.limit})
        if self.condition is not None:
            yield f"({self.condition})"
        yield from options_text({"null": self.null, "keeplast": self.keeplast})


class _HeadStage(Stage):
    def __init__(self, command: Head, context: Context) -> None:
        self._command = command
        self._condition = (
            compile_eval(command.condition, context.environment) if command.condition else None
        )
        self._seen = 0
        self.done = command.limit == 0

    def feed(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            if self.done:
                return
            if self._condition is not None:
                truth = is_true(self._condition(row))
                if truth is False or (truth is None and not self._command.null):
                    self.done = True
                    if self._command.keeplast:
                        yield row
                    return
            self._seen += 1
            if self._command.limit is not None and self._seen >= self._command.limit:
                self.done = True
            yield row
