"""What the text of an event must hold so that a search expression can match it.

Splunk's index answers the same question: an event without the terms of a search is never read.
The answer is sound: an event that matches always holds one of the literals, in some case, unless
its text spells characters by `\\u` escapes; `EXCEPTIONS` finds those.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from spl.fields import UnreadError
from spl.lang.search_expression import And, Comparison, In, Not, Or, SearchExpression, Term
from spl.matching import compile_known, is_time_modifier
from spl.values import Value

EXCEPTIONS = (
    rb"\\u00[4-7]",
    rb"\\u002[0-57-9a-fA-F]",
    rb"\\u003[0-9abdfABDF]",
    rb"\\u013[01]",
    rb"\\u017[fF]",
    rb"\\u212[aA]",
    rb"\xc4[\xb0\xb1]",
    rb"\xc5\xbf",
    rb"\xe2\x84\xaa",
)
"""Patterns of text in which a literal may stand unseen: `\\u` escapes of ASCII but for `&`, `<` and
`>` (which JSON encoders often escape, and no literal holds), and the four letters beyond ASCII
whose other case is an ASCII letter (the i with a dot in upper case, without one in lower case, the
long s, the Kelvin sign), escaped or in UTF-8."""

# Cut where JSON may write something else than the character itself; * is a wildcard.
_CUTS = re.compile(r"[^ !#-%\'-)+-.0-;=?-\[\]-~]")
_LEAST = 3


@dataclass(frozen=True)
class Cover:
    """Literals of which a matching event holds at least one, in lower case.

    `literals` is None where nothing can be said; it is empty where no event matches.
    """

    literals: frozenset[bytes] | None

    def __or__(self, other: Cover) -> Cover:
        if self.literals is None or other.literals is None:
            return ANYTHING
        return Cover(self.literals | other.literals)


ANYTHING = Cover(None)
NOTHING = Cover(frozenset())

Cost = Callable[[bytes], float]


@dataclass(frozen=True)
class Origin:
    """Where the fields of some events come from."""

    metadata: dict[str, str]
    """Fields known without the text: source, sourcetype, host, index."""
    verbatim: Callable[[str], bool]
    """Tells of a field whether its values stand in the text as they are."""


def cover(expression: SearchExpression, origin: Origin, cost: Cost) -> Cover:
    """Return the cheapest literals that every matching event holds; `cost` rates a literal."""
    truth = known(expression, origin.metadata)
    if truth is not None:
        return ANYTHING if truth else NOTHING
    match expression:
        case And(operands=operands):
            covers = [cover(operand, origin, cost) for operand in operands]
            return min(covers, key=lambda c: _total(c, cost), default=ANYTHING)
        case Or(operands=operands):
            united = NOTHING
            for operand in operands:
                united |= cover(operand, origin, cost)
            return united
        case Term(text=text):
            return _holding(text, cost)
        case Comparison(operator="=") if not is_time_modifier(expression):
            return _of_field(expression.field, [expression.value], origin, cost)
        case In(field=field, values=values):
            return _of_field(field, values, origin, cost)
        case Not() | Comparison():
            return ANYTHING
        case _:
            return ANYTHING


def known(expression: SearchExpression, metadata: dict[str, str]) -> bool | None:
    """Tell whether an expression matches all events with this metadata, or none; else None."""
    return compile_known(expression)(_Metadata(metadata))


class _Metadata(dict[str, Value]):
    """An event of which no more than its metadata is known."""

    def get(self, name: str, default: Any = None) -> Any:
        if name not in self:
            raise UnreadError(name)
        return self[name]


def _of_field(field: str, values: Collection[str], origin: Origin, cost: Cost) -> Cover:
    if not origin.verbatim(field):
        return ANYTHING
    united = NOTHING
    for value in values:
        network = "/" in value and value[:1] in "0123456789abcdefABCDEF:"
        united |= ANYTHING if network else _holding(value, cost)
    return united


def _holding(text: str, cost: Cost) -> Cover:
    """Return the cheapest stretch of `text` that its JSON spelling holds as it stands."""
    pieces = [piece.lower().encode() for piece in _CUTS.split(text) if len(piece) >= _LEAST]
    return Cover(frozenset([min(pieces, key=lambda p: (cost(p), -len(p)))])) if pieces else ANYTHING


def _total(cover: Cover, cost: Cost) -> float:
    if cover.literals is None:
        return float("inf")
    return sum(map(cost, cover.literals))
