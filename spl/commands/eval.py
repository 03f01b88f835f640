"""`eval`: calculates fields."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.base import Columns, Command, Stage, adding, per_row
from spl.context import Context
from spl.errors import SplError, SplSyntaxError
from spl.evaluation import compile_eval, is_boolean, to_field
from spl.lang.eval_expression import EvalExpression, parse_eval_expression, single_quoted
from spl.lang.reader import Reader, quote
from spl.values import Row, values_of

_TARGET = r"[^\s=,\"'|()\[\]]+"
_VARIABLE = re.compile(r"\{([^{}]+)\}")
_PLAIN = re.compile(r"[\w.:{}-]+")


@dataclass(frozen=True, kw_only=True)
class Eval(Command):
    """`eval` with its assignments, which are carried out from left to right."""

    name: ClassVar[str] = "eval"
    syntax: ClassVar[str] = "eval <field>=<expression> [, <field>=<expression>] …"
    documentation: ClassVar[str] = "search-commands/eval"
    ordered: ClassVar[bool] = False

    assignments: tuple[tuple[str, EvalExpression], ...]

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        assignments = []
        while True:
            target = _read_target(reader)
            reader.expect("=", f"the field '{target}'")
            expression = parse_eval_expression(reader)
            try:
                if is_boolean(expression):
                    raise SplSyntaxError(f"'{target}' cannot be a Boolean: use if() or tostring()")
            except SplError as error:
                reader.report(error.on(expression.span))
            assignments.append((target, expression))
            if not reader.take(","):
                return cls(assignments=tuple(assignments), span=reader.span(start))

    def start(self, context: Context) -> Stage:
        compiled = [
            (target, compile_eval(expression, context.environment), _VARIABLE.search(target))
            for target, expression in self.assignments
        ]
        made: dict[str, None] = {}

        def assign(row: Row) -> None:
            for target, expression, variable in compiled:
                value = to_field(expression(row))
                name = _substitute(target, row) if variable else target
                made[name] = None
                if value is None:
                    row.pop(name, None)
                else:
                    row[name] = value

        def columns(before: Columns) -> Columns:
            return adding(list(made) or [t for t, _, variable in compiled if not variable])(before)

        return per_row(assign, columns)

    def arguments(self) -> Iterable[str]:
        yield ", ".join(
            f"{target if _PLAIN.fullmatch(target) else quote(target)}={expression}"
            for target, expression in self.assignments
        )


def _read_target(reader: Reader) -> str:
    reader.skip_space()
    if reader.char == '"':
        return reader.quoted()
    if reader.char == "'":
        return single_quoted(reader)
    if found := reader.match(_TARGET):
        return found.group()
    raise reader.error(f"expected a field, found {reader.found()}")


def _substitute(target: str, row: Row) -> str:
    """Replace `{field}` by the field's value, as in `eval {name}=value`.

    Where nothing remains the name stands as written (not documented).
    """

    def value(found: re.Match[str]) -> str:
        values = values_of(row.get(found[1]))
        return values[0] if values else ""

    return _VARIABLE.sub(value, target) or target
