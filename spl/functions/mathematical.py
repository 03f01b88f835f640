"""Mathematical and bitwise functions.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/mathematical-functions
https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/bitwise-functions
Outside their domain functions yield `nan` or `inf`, as C's do.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import reduce
from typing import Any

from spl.errors import SplSyntaxError
from spl.functions.registry import (
    Compiled,
    Environment,
    EvalValue,
    as_number,
    as_text,
    eval_function,
)
from spl.functions.statistical_eval import numbers, refuse_text
from spl.lang.eval_expression import Binary, EvalExpression, Unary
from spl.lang.eval_expression import Number as NumberLiteral
from spl.values import Exact, Number, Row

_DECIMAL = Context(prec=400, rounding=ROUND_HALF_UP)
_MAX_PRECISION = 15
_MAX_BITS = 2**53 - 1
_PI = 3.14159265358
"""The documentation's 11 digits: its `acos(0)*180/pi()` is 90.0000000003."""


def _calculate(value: EvalValue, calculation: Callable[[Any], Number]) -> EvalValue:
    number = as_number(value)
    if number is None:
        return None
    try:
        return calculation(number)
    except ValueError:
        return math.nan
    except OverflowError:
        return math.inf


@eval_function("abs", arguments=1)
def abs_(value: EvalValue) -> EvalValue:
    """`abs(<num>)`."""
    return _calculate(value, abs)


@eval_function("ceiling", "ceil", arguments=1)
def ceiling(value: EvalValue) -> EvalValue:
    """`ceiling(<num>)`: the next whole number up."""
    return _calculate(value, lambda n: math.ceil(n) if math.isfinite(n) else n)


@eval_function("floor", arguments=1)
def floor(value: EvalValue) -> EvalValue:
    """`floor(<num>)`: the next whole number down."""
    return _calculate(value, lambda n: math.floor(n) if math.isfinite(n) else n)


@eval_function("exact", arguments=1)
def exact(value: EvalValue) -> EvalValue:
    """`exact(<expression>)`: the number with all its digits."""
    return _calculate(value, lambda n: n if isinstance(n, int) else Exact(n))


@eval_function("exp", arguments=1)
def exp(value: EvalValue) -> EvalValue:
    """`exp(<num>)`."""
    return _calculate(value, math.exp)


@eval_function("ln", arguments=1)
def ln(value: EvalValue) -> EvalValue:
    """`ln(<num>)`."""
    return _calculate(value, lambda n: math.log(n) if n else -math.inf)


@eval_function("log", arguments=(1, 2))
def log(value: EvalValue, base: EvalValue = 10) -> EvalValue:
    """`log(<num>, <base>)`: to base 10 where none is given."""
    radix = as_number(base)
    if radix is None:
        return None
    if not radix > 0 or radix == 1 or radix == math.inf:
        return None if as_number(value) is None else math.nan

    def logarithm(number: float) -> float:
        if number == 0:
            return math.copysign(math.inf, 1 - radix)
        if radix == 10:
            return math.log10(number)
        return math.log2(number) if radix == 2 else math.log(number) / math.log(radix)

    return _calculate(value, logarithm)


@eval_function("pi", arguments=0)
def pi() -> EvalValue:
    """`pi()`: to 11 digits."""
    return _PI


@eval_function("pow", arguments=2)
def pow_(value: EvalValue, exponent: EvalValue) -> EvalValue:
    """`pow(<num>, <exp>)`."""
    number, power = as_number(value), as_number(exponent)
    if number is None or power is None:
        return None
    try:
        result = math.pow(number, power)
    except ValueError:
        return math.inf if number == 0 else math.nan
    except OverflowError:
        return math.inf
    if isinstance(number, int) and isinstance(power, int) and power >= 0 and result < 2**63:
        return int(number**power)
    return result


@eval_function("round", arguments=(1, 2))
def round_(value: EvalValue, precision: EvalValue = 0) -> EvalValue:
    """`round(<num>, <precision>)`: to so many decimals, a half away from zero.

    Raises SplSyntaxError for a negative precision.
    """
    number, digits = as_number(value), as_number(precision)
    if digits is not None and digits < 0:
        raise SplSyntaxError(f"round() takes a precision of 0 or more, found {as_text(digits)}")
    if number is None or digits is None or math.isnan(digits):
        return None
    if isinstance(number, int):
        return number
    return _round(number, int(min(_MAX_PRECISION, digits)))


def _round(number: float, places: int) -> Number:
    """Round the decimal digits that are written, so that 2.555 becomes 2.56."""
    if not math.isfinite(number):
        return number
    rounded = Decimal(repr(float(number))).quantize(Decimal(1).scaleb(-places), context=_DECIMAL)
    return float(rounded) if places > 0 else int(rounded)


@eval_function("sqrt", arguments=1)
def sqrt(value: EvalValue) -> EvalValue:
    """`sqrt(<num>)`."""
    return _calculate(value, math.sqrt)


@eval_function("sum", arguments=(1, None), verify=refuse_text)
def sum_(*values: EvalValue) -> EvalValue:
    """`sum(<num>, …)`: of all numbers, those of multivalues too; the rest is ignored."""
    found = numbers(values)
    try:
        return sum(found) if found else None
    except OverflowError:
        return math.inf


@eval_function("sigfig", arguments=1, form=True)
def sigfig(
    environment: Environment, expressions: Sequence[EvalExpression], arguments: Sequence[Compiled]
) -> Compiled:
    """`sigfig(<num>)`: a product or quotient has the fewest significant figures of its operands.

    A sum or difference has the fewest decimals. Other expressions keep their digits.
    """
    (expression,), (argument,) = expressions, arguments
    places = _compile_places(expression, environment)

    def run(row: Row) -> EvalValue:
        number, digits = as_number(argument(row)), places(row)
        if number is None or digits is None or isinstance(digits, float):
            return number
        return _round(float(number), digits)

    return run


def _compile_places(
    expression: EvalExpression, environment: Environment
) -> Callable[[Row], Number | None]:
    """Compile how many decimals of an expression are significant; negative left of the point."""
    from spl.evaluation import compile_eval  # it imports the registry of this function

    value = compile_eval(expression, environment)
    match expression:
        case NumberLiteral(text=text):
            digits = _decimals(text)
            return lambda _row: digits
        case Unary():
            return _compile_places(expression.operand, environment)
        case Binary(operator="+" | "-" | "*" | "/" as sign):
            sides = [
                (compile_eval(side, environment), _compile_places(side, environment))
                for side in (expression.left, expression.right)
            ]

            def of_sum(row: Row) -> Number | None:
                return _least(places(row) for _, places in sides)

            def of_product(row: Row) -> Number | None:
                figures = _least(
                    _figures(as_number(side(row)), places(row)) for side, places in sides
                )
                result = as_number(value(row))
                if figures is None or not result or not math.isfinite(result):
                    return None
                return figures - 1 - math.floor(math.log10(abs(result)))

            return of_sum if sign in "+-" else of_product
    return lambda row: _decimals(as_text(value(row)) or "")


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _least(counts: Any) -> Number | None:
    known = [count for count in counts if count is not None]
    return min(known) if known else None


def _figures(number: Number | None, places: Number | None) -> Number | None:
    """Count the significant figures of a number with so many decimals."""
    if not number or places is None or not math.isfinite(number):
        return None
    return max(1, math.floor(math.log10(abs(number))) + 1 + places)


def _bits(values: Sequence[EvalValue]) -> list[int] | None:
    """Return the values where all are whole numbers from 0 to 2^53-1."""
    found = [as_number(value) for value in values]
    if any(n is None or not 0 <= n <= _MAX_BITS or n != int(n) for n in found):
        return None
    return [int(n) for n in found if n is not None]


def _combine(values: Sequence[EvalValue], combine: Callable[[int, int], int]) -> EvalValue:
    bits = _bits(values)
    return None if bits is None else reduce(combine, bits)


@eval_function("bit_and", arguments=(2, None))
def bit_and(*values: EvalValue) -> EvalValue:
    """`bit_and(<values>)`."""
    return _combine(values, operator.and_)


@eval_function("bit_or", arguments=(2, None))
def bit_or(*values: EvalValue) -> EvalValue:
    """`bit_or(<values>)`."""
    return _combine(values, operator.or_)


@eval_function("bit_xor", arguments=(2, None))
def bit_xor(*values: EvalValue) -> EvalValue:
    """`bit_xor(<values>)`."""
    return _combine(values, operator.xor)


@eval_function("bit_not", arguments=(1, 2))
def bit_not(value: EvalValue, bitmask: EvalValue = _MAX_BITS) -> EvalValue:
    """`bit_not(<value>, <bitmask>)`: the mask is 53 bits where none is given."""
    return _combine((value, bitmask), lambda bits, mask: ~bits & mask)


@eval_function("bit_shift_left", arguments=2)
def bit_shift_left(value: EvalValue, offset: EvalValue) -> EvalValue:
    """`bit_shift_left(<value>, <shift_offset>)`: what leaves 53 bits is lost."""
    return _combine((value, offset), lambda bits, by: bits << min(by, 53) & _MAX_BITS)


@eval_function("bit_shift_right", arguments=2)
def bit_shift_right(value: EvalValue, offset: EvalValue) -> EvalValue:
    """`bit_shift_right(<value>, <shift_offset>)`."""
    return _combine((value, offset), lambda bits, by: bits >> min(by, 53))
