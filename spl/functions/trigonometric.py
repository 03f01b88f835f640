"""Trigonometric and hyperbolic functions; angles are in radians.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/trig-and-hyperbolic-functions
"""

from __future__ import annotations

import math
from collections.abc import Callable

from spl.functions.registry import EvalValue, as_number, eval_function
from spl.values import Exact

_OF_ONE = (
    "acos", "acosh", "asin", "asinh", "atan", "atanh",
    "cos", "cosh", "sin", "sinh", "tan", "tanh",
)  # fmt: skip
_OF_TWO = ("atan2", "hypot")


def _register(name: str, count: int) -> None:
    calculate: Callable[..., float] = getattr(math, name)

    @eval_function(name, arguments=count)
    def run(*values: EvalValue) -> EvalValue:
        numbers = [as_number(value) for value in values]
        if None in numbers:
            return None
        try:
            return Exact(calculate(*numbers))
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf


for _name in _OF_ONE:
    _register(_name, 1)
for _name in _OF_TWO:
    _register(_name, 2)
