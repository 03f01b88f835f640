"""Runs eval expressions: compiles a syntax tree to a function of a row.

Comparisons and arithmetic with null are null, NOT, AND and OR follow three-valued logic
(https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/search-commands/where).
"""

from __future__ import annotations

import math
import operator as operators
import re
from collections.abc import Callable
from typing import Any

from spl.errors import SplError, UnsupportedSplError
from spl.functions.registry import (
    Compiled,
    Environment,
    EvalValue,
    Function,
    Literal,
    as_number,
    as_text,
    find_function,
    is_true,
)
from spl.lang.eval_expression import (
    Binary,
    Call,
    EvalExpression,
    Field,
    Number,
    String,
    Subsearch,
    Unary,
    parse_eval_expression,
)
from spl.lang.reader import Reader
from spl.pcre import TimeLimit
from spl.values import Rounded, Row, Value, to_number

_DECIMAL = re.compile(r"\d*\.\d+")
_MAX_INTEGER = 2**63
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operators.eq,
    "!=": operators.ne,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}
_LOGIC = {"AND", "OR", "XOR"}
_PLAIN = (Field, String, Number)


def compile_eval(expression: EvalExpression, environment: Environment) -> Compiled:
    """Compile an expression; raise SplSyntaxError for an unknown function or wrong arguments."""
    match expression:
        case Number(text=text):
            number = to_number(text)
            return lambda _row: number
        case String(value=value):
            literal = Literal(value)
            return lambda _row: literal
        case Field(name=name):
            return lambda row: row.get(name)
        case Unary(operator="NOT"):
            return _compile_not(compile_eval(expression.operand, environment))
        case Unary():
            return _compile_sign(expression.operator, compile_eval(expression.operand, environment))
        case Binary(operator=sign):
            left = compile_eval(expression.left, environment)
            right = compile_eval(expression.right, environment)
            if sign in _COMPARISONS:
                compare = _COMPARISONS[sign]
                return lambda row: _compare(compare, left(row), right(row))
            if sign in _LOGIC:
                return _compile_logic(sign, left, right)
            calculate = _ARITHMETIC[sign]
            if figures := _figures(expression):
                result = as_number(calculate(left({}), right({})))
                rounded = None if result is None else Rounded(result, figures)
                return lambda _row: rounded
            return lambda row: calculate(left(row), right(row))
        case Call():
            return _compile_call(expression, environment)
        case Subsearch():
            error = UnsupportedSplError("a subsearch in an eval expression does not run here")
            raise error.on(expression.span)


def compile_condition(
    expression: EvalExpression, environment: Environment
) -> Callable[[Row], bool]:
    """Compile the condition of `where`: only rows for which it is TRUE pass."""
    compiled = compile_eval(expression, environment)
    return lambda row: is_true(compiled(row)) is True


def is_boolean(expression: EvalExpression) -> bool:
    """Tell whether an expression yields true or false, which no field can hold."""
    match expression:
        case Unary(operator="NOT"):
            return True
        case Binary(operator=sign):
            return sign in _COMPARISONS or sign in _LOGIC
        case Call():
            return _find_function(expression).boolean
    return False


def evaluate_text(text: str, fields: Row, environment: Environment) -> EvalValue:
    """Evaluate an expression given as text, over `fields`; raise SplError."""
    reader = Reader(text)
    expression = parse_eval_expression(reader)
    if not reader.at_end() or reader.char:
        raise reader.error(f"expected the end of the expression, found {reader.found()}")
    return compile_eval(expression, environment)(fields)


def to_field(value: EvalValue) -> Value | None:
    """The field value that holds an expression's value; None removes the field."""
    if isinstance(value, list):
        return value if len(value) > 1 else value[0] if value else None
    # str() drops what only expressions know of a text: that it is a Literal or a JsonBoolean.
    return str(value) if isinstance(value, str) else as_text(value)


def _compile_call(call: Call, environment: Environment) -> Compiled:
    function = _find_function(call)
    try:
        function.check(call.arguments)
    except SplError as error:
        raise error.on(call.span) from None
    arguments = [compile_eval(argument, environment) for argument in call.arguments]
    try:
        if function.form:
            compiled: Compiled = function.call(environment, call.arguments, arguments)
            return compiled
    except SplError as error:
        raise error.on(call.span) from None
    run: Callable[..., EvalValue] = function.call
    if function.needs_environment:
        bound = run

        def run(*values: Any) -> EvalValue:
            return bound(environment, *values)

    if function.timed:
        run = _timed(call, run, environment)
    if function.lazy:
        return lambda row: run(row, *arguments)
    if len(arguments) == 1:
        only = arguments[0]
        return lambda row: run(only(row))

    def evaluate(row: Row) -> EvalValue:
        return run(*[argument(row) for argument in arguments])

    plain = bool(call.arguments) and all(isinstance(a, _PLAIN) for a in call.arguments)
    if function.needs_environment or not plain:
        return evaluate
    text = str(call)

    def evaluate_once(row: Row) -> EvalValue:
        once = getattr(row, "once", None)
        return evaluate(row) if once is None else once(text, lambda: evaluate(row))

    return evaluate_once


def _timed(
    call: Call, run: Callable[..., EvalValue], environment: Environment
) -> Callable[..., EvalValue]:
    limit = TimeLimit(
        lambda: environment.warn(f"{call} takes too long on some values, for which it is null")
    )

    def timed(*values: EvalValue) -> EvalValue:
        try:
            return run(limit, *values)
        except TimeoutError:
            limit.exceeded()
            return None

    return timed


def _find_function(call: Call) -> Function:
    try:
        return find_function(call.name)
    except SplError as error:
        span = call.span
        raise error.at(span.text, span.start, span.start + len(call.name)) from None


def _compile_not(operand: Compiled) -> Compiled:
    def negate(row: Row) -> EvalValue:
        truth = is_true(operand(row))
        return None if truth is None else not truth

    return negate


def _compile_sign(sign: str, operand: Compiled) -> Compiled:
    def signed(row: Row) -> EvalValue:
        number = as_number(operand(row))
        return number if number is None or sign == "+" else -number

    return signed


def _compile_logic(sign: str, left: Compiled, right: Compiled) -> Compiled:
    if sign == "XOR":

        def exclusive(row: Row) -> EvalValue:
            one, other = is_true(left(row)), is_true(right(row))
            return None if one is None or other is None else one is not other

        return exclusive
    decisive = sign == "OR"

    def logic(row: Row) -> EvalValue:
        one = is_true(left(row))
        if one is decisive:
            return decisive
        other = is_true(right(row))
        if other is decisive:
            return decisive
        return None if one is None or other is None else not decisive

    return logic


def _compare(compare: Callable[[Any, Any], bool], left: EvalValue, right: EvalValue) -> EvalValue:
    """Compare two numbers as numbers, all else as text; any value of a multivalue will do."""
    if left is None or right is None:
        return None
    if isinstance(left, list):
        return any(_compare(compare, value, right) for value in left)
    if isinstance(right, list):
        return any(_compare(compare, left, value) for value in right)
    one, other = as_number(left), as_number(right)
    if one is not None and other is not None:
        return compare(one, other)
    return compare(as_text(left), as_text(right))


def _figures(expression: Binary) -> int | None:
    """Return how many digits the product or quotient of two numbers with decimals is written with.

    They are those of the least precise operand (Search Reference, eval, Rounding). Of fields and of
    whole numbers the precision is not known: 1.00*1111 is not rounded (sigfig).
    """
    operands = (expression.left, expression.right)
    decimals = [o.text for o in operands if isinstance(o, Number) and _DECIMAL.fullmatch(o.text)]
    if expression.operator not in "*/" or len(decimals) < 2:
        return None
    return min(len(text.replace(".", "").lstrip("0")) or 1 for text in decimals)


def _number_result(value: float) -> EvalValue:
    """Splunk calculates in doubles: an integer too large for one of 64 bits becomes a float."""
    if isinstance(value, int) and abs(value) > _MAX_INTEGER:
        return float(value) if abs(value) < 10**300 else math.inf
    return value


def _calculation(calculate: Callable[[Any, Any], float | None]) -> Callable[..., EvalValue]:
    def run(left: EvalValue, right: EvalValue) -> EvalValue:
        one, other = as_number(left), as_number(right)
        if one is None or other is None:
            return None
        try:
            result = calculate(one, other)
        except OverflowError:
            return math.inf
        return None if result is None else _number_result(result)

    return run


def _add(left: EvalValue, right: EvalValue) -> EvalValue:
    if isinstance(left, str) and isinstance(right, str):
        one, other = as_number(left), as_number(right)
        if one is None or other is None:
            return left + right
    return _sum(left, right)


def _concatenate(left: EvalValue, right: EvalValue) -> EvalValue:
    if left is None or right is None or isinstance(left, list) or isinstance(right, list):
        return None
    return f"{as_text(left)}{as_text(right)}"


def _divide(left: float, right: float) -> float | None:
    if right == 0:
        return None
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return left // right
    return left / right


def _modulo(left: float, right: float) -> float | None:
    if right == 0:
        return None
    result = math.fmod(left, right)
    return int(result) if isinstance(left, int) and isinstance(right, int) else result


_sum = _calculation(operators.add)
_ARITHMETIC: dict[str, Callable[[EvalValue, EvalValue], EvalValue]] = {
    "+": _add,
    "-": _calculation(operators.sub),
    "*": _calculation(operators.mul),
    "/": _calculation(_divide),
    "%": _calculation(_modulo),
    ".": _concatenate,
}
