"""Date and time functions, in the user's time zone.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/date-and-time-functions
"""

from __future__ import annotations

import math
import time as clock
from collections.abc import Sequence

from spl import time_format
from spl.functions.registry import Environment, EvalValue, eval_function, one_text
from spl.lang.eval_expression import EvalExpression, String
from spl.relative_time import parse_modifier, resolve, shift
from spl.values import Number, to_number


@eval_function("now", arguments=0, needs_environment=True)
def now(environment: Environment) -> EvalValue:
    """`now()`: when the search started, in whole epoch seconds."""
    return int(environment.now // 1)


@eval_function("time", arguments=0)
def time() -> EvalValue:
    """`time()`: the wall clock, to the microsecond."""
    return round(clock.time(), 6)


def _check_modifier(arguments: Sequence[EvalExpression]) -> None:
    modifier = arguments[1]
    if isinstance(modifier, String) and modifier.value.strip() not in ("now", "now()"):
        parse_modifier(modifier.value)


@eval_function("relative_time", arguments=2, needs_environment=True, verify=_check_modifier)
def relative_time(environment: Environment, value: EvalValue, modifier: EvalValue) -> EvalValue:
    """`relative_time(<time>, <specifier>)`: the offset is applied first, then the snap.

    Raises SplSyntaxError for what is no specifier; null where it leads out of the calendar.
    """
    moment, text = _seconds(value), one_text(modifier)
    if moment is None or text is None:
        return None
    if text.strip() in ("now", "now()"):
        return resolve(text, environment.now, environment.timezone)
    try:
        return shift(text, moment, environment.timezone)
    except ValueError:
        return None


@eval_function("strftime", arguments=2, needs_environment=True)
def strftime(environment: Environment, value: EvalValue, form: EvalValue) -> EvalValue:
    """`strftime(<time>, <format>)`: an epoch time as text."""
    moment, text = _seconds(value), one_text(form)
    if moment is None or text is None:
        return None
    return time_format.strftime(moment, text, environment.timezone)


@eval_function("strptime", arguments=2, needs_environment=True)
def strptime(environment: Environment, value: EvalValue, form: EvalValue) -> EvalValue:
    """`strptime(<text>, <format>)`: the epoch time that text says; null where it does not."""
    text, written = one_text(value), one_text(form)
    if text is None or written is None:
        return None
    return time_format.strptime(text, written, environment.timezone, environment.now)


def _seconds(value: EvalValue) -> Number | None:
    """An epoch time, also where it is written as a text."""
    if isinstance(value, (bool, list)) or value is None:
        return None
    number = to_number(value) if isinstance(value, str) else value
    return None if number is None or not math.isfinite(number) else number
