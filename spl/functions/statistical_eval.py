"""Statistical eval functions.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/statistical-eval-functions
"""

from __future__ import annotations

import random as randomness
from collections.abc import Sequence

from spl.errors import SplSyntaxError
from spl.functions.registry import EvalValue, as_number, eval_function
from spl.lang.eval_expression import EvalExpression, String
from spl.values import Number

_RANDOM = randomness.Random()
_MAX_RANDOM = 2**31 - 1


def refuse_text(arguments: Sequence[EvalExpression]) -> None:
    """Raise SplSyntaxError for a text in double quotes, which is no number."""
    for argument in arguments:
        if isinstance(argument, String):
            raise SplSyntaxError(f"expected a number or a field, found the text {argument}")


def numbers(values: Sequence[EvalValue]) -> list[Number]:
    """Return the numbers among values and multivalues; the rest is ignored."""
    members = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return [number for number in map(as_number, members) if number is not None]


@eval_function("avg", arguments=(1, None), verify=refuse_text)
def avg(*values: EvalValue) -> EvalValue:
    """`avg(<values>)`: the mean of all numbers, those of multivalues too."""
    found = numbers(values)
    try:
        return sum(found) / len(found) if found else None
    except OverflowError:
        return float("inf")


@eval_function("max", arguments=(1, None))
def max_(*values: EvalValue) -> EvalValue:
    """`max(<values>)`: texts are greater than numbers; nulls are ignored."""
    return max(_members(values), key=_order, default=None)


@eval_function("min", arguments=(1, None))
def min_(*values: EvalValue) -> EvalValue:
    """`min(<values>)`: texts are greater than numbers; nulls are ignored."""
    return min(_members(values), key=_order, default=None)


@eval_function("random", arguments=0)
def random() -> EvalValue:
    """`random()`: a whole number from 0 to 2^31-1."""
    return _RANDOM.randint(0, _MAX_RANDOM)


def _members(values: Sequence[EvalValue]) -> list[str | Number]:
    """Return all values that have an order: numbers and texts."""
    members = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return [one for one in members if one is not None and not isinstance(one, bool)]


def _order(value: str | Number) -> tuple[bool, str | Number]:
    number = as_number(value)
    return (True, str(value)) if number is None else (False, number)
