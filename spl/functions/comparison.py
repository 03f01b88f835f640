"""Comparison and conditional functions.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/comparison-and-conditional-functions
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from spl.errors import SplSyntaxError, UnsupportedSplError
from spl.fields import scalar_text
from spl.functions.json_functions import read_json, write_json
from spl.functions.registry import (
    Compiled,
    Environment,
    EvalValue,
    as_list,
    as_number,
    as_text,
    eval_function,
    is_true,
)
from spl.lang.eval_expression import EvalExpression, String
from spl.lookups import AppliedLookup
from spl.pcre import Pattern, TimeLimit, compile_pattern, constant_pattern
from spl.values import Row, to_value


def _in_pairs(arguments: Sequence[EvalExpression]) -> None:
    if len(arguments) % 2:
        raise SplSyntaxError(
            f"expected a value after each condition, found {len(arguments)} arguments"
        )


@eval_function("case", arguments=(2, None), lazy=True, verify=_in_pairs)
def case(row: Row, *arguments: Compiled) -> EvalValue:
    """`case(<condition>, <value>, …)`: the value of the first condition that is true, or null."""
    for condition, value in zip(arguments[::2], arguments[1::2], strict=True):
        if is_true(condition(row)):
            return value(row)
    return None


@eval_function("validate", arguments=(2, None), lazy=True, verify=_in_pairs)
def validate(row: Row, *arguments: Compiled) -> EvalValue:
    """`validate(<condition>, <value>, …)`: the value of the first condition that is false.

    Null where all are true. Whether a null condition counts as false is not documented: it does
    not.
    """
    for condition, value in zip(arguments[::2], arguments[1::2], strict=True):
        if is_true(condition(row)) is False:
            return value(row)
    return None


@eval_function("if", arguments=3, lazy=True)
def if_(row: Row, condition: Compiled, then: Compiled, otherwise: Compiled) -> EvalValue:
    """`if(<predicate>, <true_value>, <false_value>)`: a null predicate is not true."""
    return then(row) if is_true(condition(row)) else otherwise(row)


@eval_function("coalesce", arguments=(1, None), lazy=True)
def coalesce(row: Row, *arguments: Compiled) -> EvalValue:
    """`coalesce(<values>)`: the first value that is not null."""
    for argument in arguments:
        if (value := argument(row)) is not None:
            return value
    return None


@eval_function("nullif", arguments=2)
def nullif(value: EvalValue, other: EvalValue) -> EvalValue:
    """`nullif(<field1>, <field2>)`: null where both are equal, else the first."""
    return None if value is not None and _equal(value, other) else value


@eval_function("null", arguments=0)
def null() -> EvalValue:
    """`null()`."""
    return None


@eval_function("true", arguments=0, boolean=True)
def true() -> EvalValue:
    """`true()`."""
    return True


@eval_function("false", arguments=0, boolean=True)
def false() -> EvalValue:
    """`false()`."""
    return False


@eval_function("in", arguments=(2, None), boolean=True)
def in_(value: EvalValue, *members: EvalValue) -> EvalValue:
    """`in(<value>, <list>)`: true where a value equals a member; wildcards are none.

    A multivalue is in the list where any of its values is (not documented; as `=` does).
    """
    if value is None:
        return None
    candidates = [one for member in members for one in _members(member)]
    return any(_equal(one, other) for one in _members(value) for other in candidates)


@eval_function("like", arguments=2, boolean=True)
def like(value: EvalValue, pattern: EvalValue) -> EvalValue:
    """`like(<text>, <pattern>)`: `%` is any text, `_` one character; the whole text, its case."""
    wanted = as_text(pattern)
    if value is None or wanted is None:
        return None
    compiled = _like_pattern(wanted)
    return any(compiled.fullmatch(text) is not None for text in as_list(value))


@eval_function("match", arguments=2, boolean=True, timed=True, verify=constant_pattern(1))
def match(limit: TimeLimit, value: EvalValue, pattern: EvalValue) -> EvalValue:
    """`match(<text>, <regex>)`: true where the PCRE matches any part of any value."""
    wanted = as_text(pattern)
    if value is None or wanted is None:
        return None
    compiled = compile_pattern(wanted)
    seconds = limit.of(compiled)
    return any(compiled.search(text, timeout=seconds) is not None for text in as_list(value))


@eval_function("cidrmatch", arguments=2, boolean=True)
def cidrmatch(network: EvalValue, address: EvalValue) -> EvalValue:
    """`cidrmatch(<cidr>, <ip>)`: true where the IPv4 or IPv6 address is in the network.

    What is no network or no address does not match.
    """
    wanted = as_text(network)
    if wanted is None or address is None:
        return None
    known = _network(wanted)
    return known is not None and any(_contains(known, text) for text in as_list(address))


@eval_function("searchmatch", arguments=1, boolean=True, form=True)
def searchmatch(
    environment: Environment, expressions: Sequence[EvalExpression], _: Sequence[Compiled]
) -> Compiled:
    """`searchmatch(<search>)`: true where the row matches a search, given as a literal text."""
    (search,) = expressions
    if not isinstance(search, String):
        raise SplSyntaxError(f'searchmatch() takes a search in double quotes, found "{search}"')
    if environment.search_matches is None:
        raise UnsupportedSplError("searchmatch() cannot be used here")
    return environment.search_matches(search.value)


@eval_function("lookup", arguments=3, form=True)
def lookup(
    environment: Environment, expressions: Sequence[EvalExpression], arguments: Sequence[Compiled]
) -> Compiled:
    """`lookup(<lookup_table>, <json_object>, <json_array>)`: a JSON object of output fields.

    The values of several matching rows are an array; without a match the function is null (not
    documented). Raises SplError for an unknown lookup, and for a field that it lacks.
    """
    name, given, wanted = expressions[0], *arguments[1:]
    if not isinstance(name, String):
        raise SplSyntaxError(f'lookup() takes a lookup in double quotes, found "{name}"')
    if environment.lookup is None:
        raise UnsupportedSplError("lookup() cannot be used here")
    table = environment.lookup(name.value)

    @cache
    def applied(inputs: tuple[str, ...], outputs: tuple[str, ...]) -> AppliedLookup:
        return AppliedLookup(
            table, [(name, f"in.{name}") for name in inputs], [(n, f"out.{n}") for n in outputs]
        )

    def run(row: Row) -> EvalValue:
        inputs, outputs = read_json(given(row)), read_json(wanted(row))
        if not inputs or not outputs or type(inputs) is not dict or type(outputs) is not list:
            return None
        names = tuple(map(scalar_text, outputs))
        looked_up: Row = {}
        for field, value in inputs.items():
            values = value if isinstance(value, list) else [value]
            texts = to_value(scalar_text(one) for one in values if one is not None)
            if texts is not None:
                looked_up[f"in.{field}"] = texts
        applied(tuple(inputs), names)(looked_up)
        found = {name: looked_up[f"out.{name}"] for name in names if f"out.{name}" in looked_up}
        return write_json(found) if found else None

    return run


def _members(value: EvalValue) -> Sequence[EvalValue]:
    return value if isinstance(value, list) else [value]


def _equal(one: EvalValue, other: EvalValue) -> bool:
    if one is None or other is None:
        return False
    left, right = as_number(one), as_number(other)
    if left is not None and right is not None:
        return left == right
    return as_text(one) == as_text(other)


@lru_cache(maxsize=1_000)
def _like_pattern(pattern: str) -> Pattern:
    import regex

    signs = {"%": ".*", "_": "."}
    return regex.compile("".join(signs.get(c) or regex.escape(c) for c in pattern), regex.DOTALL)


@lru_cache(maxsize=10_000)
def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        return None


@lru_cache(maxsize=50_000)
def _contains(network: IPv4Network | IPv6Network, text: str) -> bool:
    try:
        return ip_address(text.strip()) in network
    except ValueError:
        return False
