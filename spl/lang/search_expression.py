"""The expressions of `search`: terms, field comparisons, AND, OR, NOT.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/search-commands/search
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from spl.lang.reader import Node, Reader, quote

Operator = Literal["=", "!=", "<", "<=", ">", ">="]

_BARE = r'(?:[^\s"()|\[\]=<>!]|!(?!=))+'
_VALUE = r'[^\s"()|\[\]]+'
_LISTED = r'[^\s"()|\[\],]+'
_OPERATOR = r"!=|<=|>=|==|=|<|>"
_PLAIN = re.compile(r'[^\s"()|\[\],=<>!`\\]+')
_WORDS = {"AND", "OR", "NOT", "IN"}
_STOP = re.compile(r"(?i:from|where|by|groupby)(?![\w.{}-])")
"""What ends an expression in tstats: a field whose name begins so is quoted."""
# What else follows makes it a term: OR*
_AND, _OR, _NOT = (word + r'(?=[\s()\[\]|"`]|$)' for word in ("AND", "OR", "NOT"))


@dataclass(frozen=True)
class Term(Node):
    """Text that the event must hold: a word, a quoted phrase, `TERM(…)` or `CASE(…)`."""

    text: str
    kind: Literal["word", "phrase", "TERM", "CASE"] = "word"

    def __str__(self) -> str:
        if self.kind in ("TERM", "CASE"):
            return f"{self.kind}({self.text})"
        if self.kind == "phrase":
            return quote(self.text)
        # in parentheses it cannot become the operator of its neighbours
        return f"({self.text})" if self.text.upper() == "IN" else self.text


@dataclass(frozen=True)
class Comparison(Node):
    """`field=value`: a field and a literal; `*` in the literal is a wildcard."""

    field: str
    operator: Operator
    value: str
    case_sensitive: bool = False

    def __str__(self) -> str:
        value = f"CASE({self.value})" if self.case_sensitive else quote(self.value)
        return f"{_name(self.field)}{self.operator}{value}"


@dataclass(frozen=True)
class In(Node):
    """`field IN (a, b*, "c d")`."""

    field: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{_name(self.field)} IN ({', '.join(map(quote, self.values))})"


@dataclass(frozen=True)
class Not(Node):
    """The negation of what follows."""

    operand: SearchExpression

    def __str__(self) -> str:
        return f"NOT {_nested(self.operand)}"


@dataclass(frozen=True)
class And(Node):
    """All of the operands; none at all matches everything."""

    operands: tuple[SearchExpression, ...]

    def __str__(self) -> str:
        return " ".join(map(_nested, self.operands))


@dataclass(frozen=True)
class Or(Node):
    """Any of the operands."""

    operands: tuple[SearchExpression, ...]

    def __str__(self) -> str:
        return " OR ".join(map(_nested, self.operands))


@dataclass(frozen=True)
class Subsearch(Node):
    """`[ … ]`, whose results become a search expression."""

    pipeline: Node

    def __str__(self) -> str:
        return f"[{self.pipeline}]"


@dataclass(frozen=True)
class SubsearchValue(Node):
    """`field=[ … ]` or `field IN ([ … ])`: the text that the subsearch returns is the value."""

    field: str
    operator: Operator | Literal["IN"]
    pipeline: Node

    def __str__(self) -> str:
        return self.with_value(f"[{self.pipeline}]")

    def with_value(self, text: str) -> str:
        """Return the comparison with `text` in place of the subsearch."""
        if self.operator == "IN":
            return f"{_name(self.field)} IN ({text})"
        return f"{_name(self.field)}{self.operator}{text}"


SearchExpression = Term | Comparison | In | Not | And | Or | Subsearch | SubsearchValue


def parse_search_expression(reader: Reader, *stop: str) -> SearchExpression:
    """Read a search expression up to the end of the command, a closing parenthesis or, outside
    parentheses, a keyword of `stop`.

    OR binds closer than AND, and AND is implied between terms (Search Manual, Boolean
    expressions). Raises SplSyntaxError.
    """
    reader.skip_space()
    start = reader.position
    operands: list[SearchExpression] = []
    while not reader.at_end() and not reader.looking_at(")"):
        before = reader.position
        if stop and reader.keyword(*stop):
            reader.position = before
            break
        if reader.match(_AND):
            if not operands:
                raise reader.error("AND needs a term before it", reader.position - 3)
            if reader.at_end() or reader.looking_at(")"):
                raise reader.error(f"expected a term after AND, found {reader.found()}")
        operands.append(_parse_or(reader))
    if len(operands) == 1:
        return operands[0]
    return And(tuple(operands), span=reader.span(start))


def _parse_or(reader: Reader) -> SearchExpression:
    reader.skip_space()
    start = reader.position
    operands = [_parse_not(reader)]
    while reader.match(_OR):
        operands.append(_parse_not(reader))
    return operands[0] if len(operands) == 1 else Or(tuple(operands), span=reader.span(start))


def _parse_not(reader: Reader) -> SearchExpression:
    reader.skip_space()
    start = reader.position
    if reader.match(_NOT):
        return Not(_parse_not(reader), span=reader.span(start))
    return _parse_primary(reader)


def _parse_primary(reader: Reader) -> SearchExpression:
    if reader.at_end():
        raise reader.error(f"expected a search term, found {reader.found()}")
    start = reader.position
    if reader.take("("):
        expression = parse_search_expression(reader)
        if not reader.take(")"):
            raise reader.error("this parenthesis is not closed", start)
        return expression
    if reader.char == "[":
        return Subsearch(reader.subsearch(), span=reader.span(start))
    if reader.char == '"':
        name, quoted = reader.quoted(), True
    else:
        if reader.char in "TC" and (found := reader.match(r"(TERM|CASE)\(([^()]*)\)")):
            kind: Literal["TERM", "CASE"] = "TERM" if found[1] == "TERM" else "CASE"
            return Term(found[2].strip().strip('"'), kind, span=reader.span(start))
        found = reader.match(_BARE)
        if not found:
            raise reader.error(f"expected a search term, found {reader.found()}")
        name, quoted = found.group(), False
        if name in ("AND", "OR"):
            raise reader.error(f"expected a search term, found {name}", start, reader.position)
    after = reader.position
    if operator := reader.match(_OPERATOR):
        return _parse_value(reader, start, name, operator.group())
    reader.position = after
    if not quoted and "::" in name and not name.startswith("::"):
        field, _, value = name.partition("::")
        return Comparison(field, "=", value, span=reader.span(start))
    if word := reader.match(r"(?i:in)(?=[\s()\[\]|\"`]|$)"):
        listed = reader.take("(")
        if reader.looking_at("["):
            pipeline = reader.subsearch()
            if listed:
                reader.expect(")", "the subsearch")
            return SubsearchValue(name, "IN", pipeline, span=reader.span(start))
        if not listed:
            if word.group() == "IN":
                raise reader.error(f"expected '(' after IN, found {reader.found()}")
            reader.position = after
            return Term(name, "phrase" if quoted else "word", span=reader.span(start))
        return In(name, _parse_list(reader), span=reader.span(start))
    reader.position = after
    return Term(name, "phrase" if quoted else "word", span=reader.span(start))


def _parse_value(reader: Reader, start: int, name: str, sign: str) -> SearchExpression:
    operator: Operator = "=" if sign == "==" else sign  # type: ignore[assignment]
    reader.skip_space()
    if reader.char == '"':
        value = reader.quoted()
        return Comparison(name, operator, value, span=reader.span(start))
    if reader.char == "[":
        return SubsearchValue(name, operator, reader.subsearch(), span=reader.span(start))
    if found := reader.match(r"(CASE|TERM)\(([^()]*)\)"):
        value = found[2].strip().strip('"')
        return Comparison(name, operator, value, found[1] == "CASE", span=reader.span(start))
    if found := reader.match(_VALUE):
        return Comparison(name, operator, found.group(), span=reader.span(start))
    raise reader.error(f"expected a value after {name}{sign}, found {reader.found()}")


def _parse_list(reader: Reader) -> tuple[str, ...]:
    values = []
    while True:
        reader.skip_space()
        if reader.char == '"':
            values.append(reader.quoted())
        elif found := reader.match(_LISTED):
            values.append(found.group())
        else:
            raise reader.error(f"expected a value in the IN list, found {reader.found()}")
        if reader.take(")"):
            return tuple(values)
        reader.take(",")


def _name(field: str) -> str:
    plain = _PLAIN.fullmatch(field) and field not in _WORDS and not _STOP.match(field)
    return field if plain else quote(field)


def _nested(expression: SearchExpression) -> str:
    return f"({expression})" if isinstance(expression, (And, Or)) else str(expression)
