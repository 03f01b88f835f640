"""Trigonometric and hyperbolic functions; angles are in radians.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/trig-and-hyperbolic-functions
"""

from __future__ import annotations

import math
from collections.abc import Callable

from spl.functions.registry import EvalValue, as_number, eval_function

_NAMES = ("acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "sin", "sinh", "tan")


def _register(name: str, calculate: Callable[..., float], count: int) -> None:
    def run(*values: EvalValue) -> EvalValue:
        numbers = [as_number(value) for value in values]
        if None in numbers:
            return None
        try:
            return calculate(*numbers)
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    eval_function(name, arguments=count)(run)


for _name in (*_NAMES, "tanh"):
    _register(_name, getattr(math, _name), 1)
_register("atan2", math.atan2, 2)
_register("hypot", math.hypot, 2)
