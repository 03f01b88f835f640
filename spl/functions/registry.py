"""Where eval functions say their name, their arguments and what they need."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from spl.errors import SplSyntaxError, did_you_mean
from spl.lang.eval_expression import EvalExpression
from spl.values import Number, Row, number_text, to_number

if TYPE_CHECKING:
    from spl.lookups import Lookup

EvalValue = None | str | Number | bool | list[str]
"""What an expression yields; None is null."""
Compiled = Callable[[Row], EvalValue]
_Call = TypeVar("_Call", bound=Callable[..., Any])

_CATEGORIES = (
    "comparison",
    "conversion",
    "cryptographic",
    "date_and_time",
    "informational",
    "json_functions",
    "mathematical",
    "multivalue",
    "statistical_eval",
    "text",
    "trigonometric",
)


class Literal(str):
    """A text written in double quotes: it never counts as a number."""

    __slots__ = ()


class JsonBoolean(str):
    """A Boolean read from JSON: a condition, and the text `true` or `false` in a field."""

    __slots__ = ()


@dataclass
class Environment:
    """What a search knows beside its rows: time zone, its own time, its messages."""

    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    now: float = 0.0
    """When the search started, in epoch seconds."""
    search_matches: Callable[[str], Callable[[Row], bool]] | None = None
    """Compiles a search expression, for `searchmatch()`."""
    lookup: Callable[[str], Lookup] | None = None
    """Opens a lookup by its name, for `lookup()`."""
    warn: Callable[[str], object] = lambda _text: None
    """Takes a message for the user of the search."""


@dataclass(frozen=True)
class Function:
    """One eval function of the documentation.

    `call` takes the values of the arguments, or, where `lazy`, the row and the compiled
    arguments. It takes the environment first where it `needs_environment`. A `form` is called
    once, when the search is compiled: its `call` takes the environment, the argument
    expressions and the compiled arguments, and returns the function of a row. A `timed` one takes
    the TimeLimit of its regular expressions first, and is null where they exceed it. `verify` looks
    at the argument expressions when the search is compiled, and raises SplError.
    """

    name: str
    call: Callable[..., Any]
    least: int
    most: int | None
    boolean: bool = False
    lazy: bool = False
    needs_environment: bool = False
    form: bool = False
    timed: bool = False
    verify: Callable[[Sequence[EvalExpression]], None] | None = None

    def check(self, arguments: Sequence[EvalExpression]) -> None:
        """Raise SplError unless the function takes `arguments`."""
        count = len(arguments)
        if count < self.least or (self.most is not None and count > self.most):
            if self.most is None:
                wanted = f"at least {self.least}"
            else:
                wanted = " to ".join(map(str, sorted({self.least, self.most})))
            raise SplSyntaxError(f"{self.name}() takes {wanted} arguments, found {count}")
        if self.verify is not None:
            self.verify(arguments)


_FUNCTIONS: dict[str, Function] = {}


def eval_function(
    *names: str, arguments: int | tuple[int, int | None], **options: Any
) -> Callable[[_Call], _Call]:
    """Register a function under `names`; `arguments` is their number, or (least, most or None)."""
    least, most = arguments if isinstance(arguments, tuple) else (arguments, arguments)

    def register(call: _Call) -> _Call:
        for name in names:
            _FUNCTIONS[name] = Function(name, call, least, most, **options)
        return call

    return register


@cache
def eval_functions() -> dict[str, Function]:
    """Return all eval functions by name."""
    for category in _CATEGORIES:
        importlib.import_module(f"spl.functions.{category}")
    return _FUNCTIONS


def find_function(name: str) -> Function:
    """Return the eval function `name`; raise SplSyntaxError where there is none."""
    functions = eval_functions()
    if name not in functions:
        raise SplSyntaxError(f"unknown function '{name}'" + did_you_mean(name, functions))
    return functions[name]


def as_number(value: EvalValue) -> Number | None:
    """The number that a value is or spells; a quoted literal is none."""
    if isinstance(value, bool) or value is None or isinstance(value, (list, Literal)):
        return None
    return to_number(value) if isinstance(value, str) else value


def as_text(value: EvalValue) -> str | None:
    """A value as text; a multivalue has its values joined by newlines."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    return "\n".join(value) if isinstance(value, list) else number_text(value)


def one_text(value: EvalValue) -> str | None:
    """A value as text, None for null and for the multivalue that a function does not support."""
    return None if isinstance(value, list) else as_text(value)


def as_list(value: EvalValue) -> list[str]:
    """The values of a multivalue; one for text or number, none for null."""
    if value is None:
        return []
    if isinstance(value, list):
        return value
    text = as_text(value)
    return [] if text is None else [text]


def from_list(values: Sequence[str]) -> EvalValue:
    """A multivalue of `values`: null for none, text for one."""
    return list(values) if len(values) > 1 else values[0] if values else None


def each_value(call: Callable[..., EvalValue]) -> Callable[..., EvalValue]:
    """Let a function of one text apply to each value of a multivalue first argument."""

    @wraps(call)
    def run(value: EvalValue, *others: EvalValue) -> EvalValue:
        if not isinstance(value, list):
            return call(value, *others)
        results = [call(member, *others) for member in value]
        return from_list([text for text in map(as_text, results) if text is not None])

    return run


def is_true(value: Any) -> bool | None:
    """The truth of a value, None for null: numbers other than 0 are true."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, JsonBoolean):
        return value == "true"
    number = as_number(value)
    return None if number is None else number != 0
