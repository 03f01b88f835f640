"""The expressions of `eval` and `where`.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/search-commands/eval
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from spl.lang.reader import Node, Reader, closing_quote, quote

_BARE_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z_])"
_OPERATOR = r"[=!<>]=|[=<>+\-.*/%]|[A-Za-z_][\w-]*(?![\w.{}])"
_OPERATORS = {"AND", "OR", "XOR", "NOT"}
_WORDS = {*_OPERATORS, "LIKE", "IN"}


@dataclass(frozen=True)
class Number(Node):
    """A number as it is written."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class String(Node):
    """A text in double quotes."""

    value: str

    def __str__(self) -> str:
        return quote(self.value)


@dataclass(frozen=True)
class Field(Node):
    """A field: a bare name, or any name in single quotes."""

    name: str

    def __str__(self) -> str:
        return field_text(self.name)


@dataclass(frozen=True)
class Unary(Node):
    """`NOT x`, `-x`, `+x`; `!x` is written `NOT x`."""

    operator: str
    operand: EvalExpression

    def __str__(self) -> str:
        if self.operator == "NOT":
            return f"NOT {_nested(self.operand, _NOT)}"
        return f"{self.operator}{_nested(self.operand, _UNARY)}"


@dataclass(frozen=True)
class Binary(Node):
    """An operator between two expressions; `==` is written `=`."""

    operator: str
    left: EvalExpression
    right: EvalExpression

    def __str__(self) -> str:
        level = _level(self)
        # Operators of one level go from left to right.
        return f"{_nested(self.left, level)} {self.operator} {_nested(self.right, level + 1)}"


@dataclass(frozen=True)
class Call(Node):
    """A function with its arguments. `x IN (a, b)` is the call `in(x, a, b)`."""

    name: str
    arguments: tuple[EvalExpression, ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.arguments))})"


@dataclass(frozen=True)
class Subsearch(Node):
    """`[ … ]`, whose result would become part of the expression."""

    pipeline: Node

    def __str__(self) -> str:
        return f"[{self.pipeline}]"


EvalExpression = Number | String | Field | Unary | Binary | Call | Subsearch


def parse_eval_expression(reader: Reader) -> EvalExpression:
    """Read one expression: parentheses, NOT, AND, OR, XOR, the closest first.

    Raises SplSyntaxError.
    """
    return _parse_level(reader, 0)


def walk(expression: EvalExpression) -> Iterator[EvalExpression]:
    """Yield the expression and all expressions in it."""
    yield expression
    match expression:
        case Unary():
            yield from walk(expression.operand)
        case Binary():
            yield from walk(expression.left)
            yield from walk(expression.right)
        case Call():
            for argument in expression.arguments:
                yield from walk(argument)


def field_text(name: str) -> str:
    """Write a field name as eval reads it."""
    plain = _BARE_FIELD.fullmatch(name) and name.upper() not in _WORDS
    return name if plain else "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"


def single_quoted(reader: Reader) -> str:
    """Read a field name in single quotes."""
    start = reader.position
    end = closing_quote(reader.text, start, "'")
    if end < 0:
        raise reader.error("this ' has no closing quote", start)
    reader.position = end + 1
    return re.sub(r"\\(['\\])", r"\1", reader.text[start + 1 : end])


_NOT, _COMPARED, _UNARY = 3, 4, 7
_LEVELS = {
    "XOR": 0,
    "OR": 1,
    "AND": 2,
    **dict.fromkeys(("==", "=", "!=", "<", "<=", ">", ">=", "LIKE", "IN", "NOT"), _COMPARED),
    **dict.fromkeys("+-.", 5),
    **dict.fromkeys("*/%", 6),
}
"""How close the operators between two expressions hold together; NOT is that of NOT IN."""


def _parse_level(reader: Reader, level: int) -> EvalExpression:
    """Read an expression whose operators are of `level` or hold together more closely."""
    reader.skip_space()
    start = reader.position
    closest = _UNARY
    if level <= _NOT and reader.char in ("N", "n") and reader.keyword("NOT"):
        expression: EvalExpression = Unary(
            "NOT", _parse_level(reader, _NOT), span=reader.span(start)
        )
        closest = _NOT
    else:
        expression = _parse_unary(reader)
    while True:
        before = reader.position
        found = reader.match(_OPERATOR)
        operator = found.group().upper() if found else ""
        # What holds together more closely than the operator before belongs to its right operand,
        # which the list of IN cannot be.
        if not level <= _LEVELS.get(operator, -1) <= closest:
            reader.position = before
            return expression
        closest = _LEVELS[operator]
        if operator in ("LIKE", "IN", "NOT"):
            expression = _parse_word_operator(reader, operator, expression, start, before)
        else:
            right = _parse_level(reader, closest + 1)
            operator = "=" if operator == "==" else operator
            expression = Binary(operator, expression, right, span=reader.span(start))


def _parse_word_operator(
    reader: Reader, word: str, left: EvalExpression, start: int, before: int
) -> EvalExpression:
    if word == "NOT":
        inner = reader.keyword("LIKE", "IN")
        if not inner:
            raise reader.error("expected an operator before NOT", before)
        operation = _parse_word_operator(reader, inner, left, start, before)
        return Unary("NOT", operation, span=reader.span(start))
    if word == "LIKE":
        right = _parse_level(reader, _COMPARED + 1)
        return Call("like", (left, right), span=reader.span(start))
    reader.expect("(", "IN")
    return Call("in", (left, *_parse_arguments(reader)), span=reader.span(start))


def _parse_unary(reader: Reader) -> EvalExpression:
    start = reader.position
    sign = reader.char
    if sign in ("+", "-") or (sign == "!" and not reader.looking_at("!=")):
        reader.position += 1
        reader.skip_space()
        operand = _parse_unary(reader)
        return Unary("NOT" if sign == "!" else sign, operand, span=reader.span(start))
    return _parse_primary(reader)


def _parse_primary(reader: Reader) -> EvalExpression:
    start = reader.position
    match reader.char:
        case "(":
            reader.position += 1
            expression = parse_eval_expression(reader)
            if not reader.take(")"):
                raise reader.error("this parenthesis is not closed", start)
            return expression
        case '"':
            return String(reader.quoted(), span=reader.span(start))
        case "'":
            return Field(single_quoted(reader), span=reader.span(start))
        case "[":
            return Subsearch(reader.subsearch(), span=reader.span(start))
    if found := reader.match(_BARE_FIELD.pattern):
        name = found.group()
        if name.upper() in _OPERATORS:
            reader.position = start
            raise reader.error(f"expected an expression, found {name}", start, start + len(name))
        if reader.take("("):
            arguments = _parse_arguments(reader)
            return Call(name.lower(), arguments, span=reader.span(start))
        return Field(name, span=reader.span(start))
    if found := reader.match(_NUMBER):
        return Number(found.group(), span=reader.span(start))
    raise reader.error(f"expected an expression, found {reader.found()}")


def _parse_arguments(reader: Reader) -> tuple[EvalExpression, ...]:
    """Read arguments after the opening parenthesis, through the closing one."""
    opening = reader.position - 1
    arguments: list[EvalExpression] = []
    if reader.take(")"):
        return ()
    while True:
        arguments.append(parse_eval_expression(reader))
        if reader.take(")"):
            return tuple(arguments)
        if not reader.take(","):
            if reader.at_end():
                raise reader.error("this parenthesis is not closed", opening)
            raise reader.error(f"expected ',' or ')', found {reader.found()}")


def _level(expression: EvalExpression) -> int:
    """Return how close an expression holds together, as an index of `_LEVELS`."""
    match expression:
        case Binary(operator=operator):
            return _LEVELS[operator]
        case Unary(operator="NOT"):
            return _NOT
    return _UNARY


def _nested(expression: EvalExpression, level: int) -> str:
    """Write an operand of an operator of `level`, in parentheses where it needs them."""
    return str(expression) if _level(expression) >= level else f"({expression})"
