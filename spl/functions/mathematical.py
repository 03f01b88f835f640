"""Mathematical functions.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/mathematical-functions
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal

from spl.functions.registry import EvalValue, as_number, eval_function

_DECIMAL = Context(prec=400, rounding=ROUND_HALF_UP)
_MAX_DIGITS = 15


@eval_function("abs", arguments=1)
def abs_(value: EvalValue) -> EvalValue:
    """`abs(<number>)`."""
    number = as_number(value)
    return None if number is None else abs(number)


@eval_function("round", arguments=(1, 2))
def round_(value: EvalValue, precision: EvalValue = 0) -> EvalValue:
    """`round(<number>, <precision>)`: to so many decimals, a half away from zero."""
    number, digits = as_number(value), as_number(precision)
    if number is None or digits is None or digits != digits:
        return None
    if isinstance(number, int) or not math.isfinite(number):
        return number
    places = int(max(0, min(_MAX_DIGITS, digits)))
    # repr() gives the digits that were written: 2.675 is rounded as it reads.
    rounded = Decimal(repr(number)).quantize(Decimal(1).scaleb(-places), context=_DECIMAL)
    return float(rounded) if places else int(rounded)
