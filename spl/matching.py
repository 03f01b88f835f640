"""Runs search expressions: compiles a syntax tree to a predicate of a row.

Values compare without case, as text; `<` and `>` as numbers where both are
(https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/search-commands/search).
"""

from __future__ import annotations

import ipaddress
import operator as operators
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import product
from typing import Any

from spl.errors import UnsupportedSplError
from spl.fields import Event, UnreadError, has_field
from spl.lang.search_expression import (
    And,
    Comparison,
    In,
    Not,
    Or,
    SearchExpression,
    Subsearch,
    SubsearchValue,
    Term,
)
from spl.values import Row, to_number, values_of

Predicate = Callable[[Row], bool]
Test = Callable[[str], bool]

TIME_MODIFIERS = {"earliest", "latest", "_index_earliest", "_index_latest"}
"""Names that bound the time of the search where they stand left of `=`."""

_MAJOR = r"\s\[\]<>(){}|!;,'\"*&?+"
_BREAKERS = _MAJOR + r"/:=@.$#%\\_\-"
_NETWORK = re.compile(r"[0-9a-fA-F.:]+/\d{1,3}")
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}


def compile_search(expression: SearchExpression) -> Predicate:
    """Compile a search expression; subsearches must have been replaced by their results."""
    match expression:
        case And(operands=operands):
            # Terms first, as Splunk's index does it: most events fail there.
            ordered = sorted(operands, key=_needs_fields)
            parts = [compile_search(o) for o in ordered if not is_time_modifier(o)]
            if len(parts) == 1:
                return parts[0]
            return lambda row: all(part(row) for part in parts)
        case Or(operands=operands):
            return _compile_or(operands)
        case Not(operand=operand):
            inner = compile_search(operand)
            return lambda row: not inner(row)
        case Term():
            return _compile_term(expression)
        case In(field=field, values=values):
            return _compile_or(Comparison(field, "=", v, span=expression.span) for v in values)
        case Comparison():
            if is_time_modifier(expression):
                return lambda _row: True
            if expression.operator == "=" and set(expression.value) == {"*"}:
                return lambda row: has_field(row, expression.field)
            return _on_any(expression.field, _compile_test(expression))
        case Subsearch() | SubsearchValue():
            raise UnsupportedSplError("a subsearch cannot stand here")


def compile_known(expression: SearchExpression) -> Callable[[Row], bool | None]:
    """Compile a search expression to a test of a row of which not all is known.

    It returns None where the answer depends on a field that raises UnreadError.
    """
    match expression:
        case And(operands=operands):
            return _first(False, [*map(compile_known, sorted(operands, key=_effort))])
        case Or(operands=operands):
            return _first(True, [*map(compile_known, sorted(operands, key=_effort))])
        case Not(operand=operand):
            inner = compile_known(operand)

            def negated(row: Row) -> bool | None:
                truth = inner(row)
                return None if truth is None else not truth

            return negated
    test = _sure(expression) if isinstance(expression, Term) else compile_search(expression)
    key = known_key(expression)

    def check(row: Row) -> bool | None:
        keep = getattr(row, "keep", None)
        # Many searches ask the same of an event.
        return keep(key, lambda: _known(test, row)) if keep else _known(test, row)

    return check


def known_key(expression: SearchExpression) -> tuple[str, str]:
    """Return by which key an event keeps what a part of an expression says of it."""
    return "known", str(expression)


def parts_of(expression: SearchExpression) -> Iterator[SearchExpression]:
    """Yield the expressions that And, Or and Not join."""
    return (part for part in walk(expression) if not isinstance(part, (And, Or, Not)))


def _effort(expression: SearchExpression) -> tuple[int, int]:
    """Rate what it takes to test an expression: terms search all text."""
    parts = [*walk(expression)]
    return sum(isinstance(part, Term) for part in parts), len(parts)


def _sure(term: Term) -> Predicate:
    """Return the test of a term, which what is known of a text may hold already."""
    test, found = compile_search(term), term_test(term)

    def check(row: Row) -> bool:
        try:
            return test(row)
        except UnreadError:
            if isinstance(row, Event):
                return row.record.holds(found)
            raise

    return check


def _known(test: Predicate, row: Row) -> bool | None:
    try:
        return test(row)
    except UnreadError:
        return None


def _first(
    decisive: bool, parts: Sequence[Callable[[Row], bool | None]]
) -> Callable[[Row], bool | None]:
    """Return a test that is `decisive` where a part is."""

    def check(row: Row) -> bool | None:
        known = True
        for part in parts:
            truth = part(row)
            if truth is decisive:
                return decisive
            known = known and truth is not None
        return not decisive if known else None

    return check


def walk(expression: SearchExpression) -> Iterator[SearchExpression]:
    """Yield the expression and all expressions in it."""
    yield expression
    match expression:
        case And(operands=operands) | Or(operands=operands):
            for operand in operands:
                yield from walk(operand)
        case Not(operand=operand):
            yield from walk(operand)


def fields_of(expression: SearchExpression) -> set[str]:
    """Return the names of the fields that an expression reads; `_raw` for terms."""
    return {
        part.field if isinstance(part, (Comparison, In)) else "_raw"
        for part in walk(expression)
        if isinstance(part, (Comparison, In, Term)) and not _matches_all(part)
    }


def names_index(expression: SearchExpression, index: str) -> bool:
    """Tell whether an expression asks for an index by name, as `index=summary` does."""
    for part in walk(expression):
        if isinstance(part, Comparison) and part.field == "index" and part.operator == "=":
            values: tuple[str, ...] = (part.value,)
        elif isinstance(part, In) and part.field == "index":
            values = part.values
        else:
            continue
        if any(equals(value)(index) for value in values):
            return True
    return False


def is_time_modifier(expression: SearchExpression) -> bool:
    """Tell whether an expression is `earliest=…` or the like."""
    return (
        isinstance(expression, Comparison)
        and expression.operator == "="
        and expression.field in TIME_MODIFIERS
    )


def equals(value: str, *, case_sensitive: bool = False) -> Test:
    """Return the test `=` of search: whole value, `*` a wildcard, a network for its addresses."""
    if "*" in value:
        return _glob(value, case_sensitive=case_sensitive)
    if case_sensitive:
        return lambda text: text == value
    folded = value.lower()
    if _NETWORK.fullmatch(value):
        try:
            network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            pass
        else:
            return lambda text: text.lower() == folded or _contains(network, text)
    return lambda text: text.lower() == folded


def _compile_or(operands: Iterable[SearchExpression]) -> Predicate:
    """Compile alternatives; values of the same fields become one set, as subsearches return
    thousands of them."""
    choices: list[Predicate] = []
    sets: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for operand in operands:
        if plain := _plain_values(operand):
            sets.setdefault(tuple(plain), set()).add(tuple(plain.values()))
        else:
            choices.append(compile_search(operand))
    choices += [_one_of(names, keys) for names, keys in sets.items()]
    if len(choices) == 1:
        return choices[0]
    return lambda row: any(choice(row) for choice in choices)


def _one_of(names: tuple[str, ...], keys: set[tuple[str, ...]]) -> Predicate:
    if len(names) == 1:
        folded = {value for (value,) in keys}
        return _on_any(names[0], lambda value: value.lower() in folded)

    def check(row: Row) -> bool:
        values = [[value.lower() for value in values_of(row.get(name))] for name in names]
        return any(key in keys for key in product(*values))

    return check


def _plain_values(expression: SearchExpression) -> dict[str, str] | None:
    """Return field -> value of `a=x` or `a=x AND b=y`, in the fields' order; None for all else."""
    parts = expression.operands if isinstance(expression, And) else (expression,)
    plain: dict[str, str] = {}
    for part in parts:
        if (
            not isinstance(part, Comparison)
            or part.operator != "="
            or part.case_sensitive
            or part.field in plain
            or is_time_modifier(part)
            or "*" in part.value
            or _NETWORK.fullmatch(part.value)
        ):
            return None
        plain[part.field] = part.value.lower()
    return dict(sorted(plain.items()))


def _compile_test(comparison: Comparison) -> Test:
    value, sign = comparison.value, comparison.operator
    if sign == "=":
        return equals(value, case_sensitive=comparison.case_sensitive)
    if sign == "!=":
        same = equals(value, case_sensitive=comparison.case_sensitive)
        return lambda text: not same(text)
    order = _ORDER[sign]
    number = to_number(value)

    def ordered(text: str) -> bool:
        other = to_number(text) if number is not None else None
        return order(text, value) if other is None else order(other, number)

    return ordered


def _on_any(field: str, test: Test) -> Predicate:
    """Test a field: true where any of its values passes; a missing field never does."""

    def check(row: Row) -> bool:
        value = row.get(field)
        if value is None:
            return False
        return test(value) if isinstance(value, str) else any(map(test, value))

    return check


def _glob(pattern: str, *, case_sensitive: bool) -> Test:
    if set(pattern) == {"*"}:
        return lambda _text: True
    fixed = pattern if case_sensitive else pattern.lower()
    fold: Callable[[str], str] = str if case_sensitive else str.lower
    if fixed.endswith("*") and "*" not in fixed[:-1]:
        prefix = fixed[:-1]
        return lambda text: fold(text).startswith(prefix)
    compiled = re.compile(".*".join(map(re.escape, fixed.split("*"))), re.DOTALL)
    return lambda text: compiled.fullmatch(fold(text)) is not None


def _contains(network: ipaddress.IPv4Network | ipaddress.IPv6Network, text: str) -> bool:
    try:
        return ipaddress.ip_address(text) in network
    except ValueError:
        return False


def _matches_all(expression: SearchExpression) -> bool:
    return isinstance(expression, Term) and set(expression.text) == {"*"}


def _compile_term(term: Term) -> Predicate:
    """Compile a term: whole tokens of `_raw`, bounded by breakers (Search Manual, TERM)."""
    if _matches_all(term):
        return lambda _row: True
    found = term_test(term)
    return lambda row: any(map(found, values_of(row.get("_raw"))))


_lower = lru_cache(maxsize=4)(str.lower)  # many terms are looked for in one text


@lru_cache(maxsize=1_000)  # searches share terms
def term_test(term: Term) -> Test:
    """Return the test whether a text holds a term."""
    pattern = term_pattern(term)
    part = max(term.text.lower().split("*"), key=len)
    whole = "*" not in term.text

    def found(text: str) -> bool:
        # Finding a part of it first is much faster; beyond ASCII, case is not one letter for one.
        if not text.isascii():
            return bool(pattern.search(text))
        start = _lower(text).find(part)
        return start >= 0 and bool(pattern.search(text, start if whole else 0))

    return found


def _needs_fields(expression: SearchExpression) -> bool:
    """Tell whether an expression reads more than the text of an event."""
    return any(not isinstance(part, (Term, And, Or, Not)) for part in walk(expression))


@lru_cache(maxsize=1_000)  # searches share terms
def term_pattern(term: Term) -> re.Pattern[str]:
    """Return the pattern that finds a term in the text of an event."""
    breakers = _MAJOR if term.kind == "TERM" else _BREAKERS
    body = f"[^{_MAJOR}]*".join(map(re.escape, term.text.split("*")))
    outside = re.compile(f"[{breakers}]")
    before = "" if outside.match(term.text[:1]) else f"(?<![^{breakers}])"
    after = "" if outside.match(term.text[-1:]) else f"(?![^{breakers}])"
    flags = 0 if term.kind == "CASE" else re.IGNORECASE
    return re.compile(before + body + after, flags)
