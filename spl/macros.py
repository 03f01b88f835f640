"""Search macros: `name` and `name(arguments)` in backticks become their definition.

https://docs.splunk.com/Documentation/Splunk/9.4.0/Admin/Macrosconf
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from spl.errors import SplError, SplSyntaxError, did_you_mean
from spl.lang.reader import closing_quote
from spl.values import Value

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|```(?:(?!```).)*```|`([^`]*)`', re.DOTALL)
_REFERENCE = re.compile(r"\s*([\w:.-]+)\s*(?:\((.*)\))?\s*", re.DOTALL)
_NAMED = re.compile(r"\s*([\w-]+)\s*=(.*)", re.DOTALL)
_MAX_DEPTH = 100

Evaluate = Callable[[str, Mapping[str, Value]], object]
"""Evaluates an eval expression over fields: text, number, bool or None."""


@dataclass(frozen=True)
class Macro:
    """One stanza of macros.conf; its name is `name` or `name(number of arguments)`."""

    name: str
    definition: str
    arguments: tuple[str, ...] = ()
    is_eval: bool = False
    validation: str = ""
    error_message: str = ""

    @classmethod
    def from_stanza(cls, name: str, settings: Mapping[str, str]) -> Macro:
        """Make a macro of the settings of its stanza. Raises SplError for a wrong one."""
        arguments = tuple(a.strip() for a in settings.get("args", "").split(",") if a.strip())
        stated = re.search(r"\((\d+)\)$", name)
        if (int(stated[1]) if stated else 0) != len(arguments):
            raise SplError(
                f"macro [{name}] has {len(arguments)} args: its name must end in ({len(arguments)})"
            )
        return cls(
            name,
            settings.get("definition", ""),
            arguments,
            settings.get("iseval", "0").lower() in ("1", "true"),
            settings.get("validation", ""),
            settings.get("errormsg", ""),
        )


@dataclass
class Expansion:
    """A search after the expansion of its macros, and the names of those it used, in order."""

    text: str
    used: list[str] = field(default_factory=list)


def expand(text: str, macros: Mapping[str, Macro], evaluate: Evaluate) -> Expansion:
    """Replace every macro reference outside quotes and comments, and those in definitions.

    Raises SplSyntaxError for an unknown macro, a wrong number of arguments, a failed validation,
    and macros that refer to themselves.
    """
    used: list[str] = []

    def expand_in(body: str, stack: tuple[str, ...]) -> str:
        def replace(found: re.Match[str]) -> str:
            if found[1] is None:
                return found[0]
            try:
                macro, values = _resolve(found[1], macros)
                if macro.name in stack or len(stack) >= _MAX_DEPTH:
                    circle = " → ".join((*stack, macro.name))
                    raise SplSyntaxError(f"the macros refer to themselves: {circle}")
                used.append(macro.name)
                definition = _define(macro, values, evaluate)
            except SplError as error:
                raise error.at(body, *found.span()) from None
            return expand_in(definition, (*stack, macro.name))

        return _TOKEN.sub(replace, body)

    return Expansion(expand_in(text, ()), used)


def references(text: str) -> list[str]:
    """Return the names of the macros that `text` itself refers to, `name(N)` with arguments."""
    names = []
    for found in _TOKEN.finditer(text):
        if found[1] is not None and (reference := _REFERENCE.fullmatch(found[1])):
            count = len(_split_arguments(reference[2])) if reference[2] is not None else 0
            names.append(f"{reference[1]}({count})" if count else reference[1])
    return names


def _resolve(reference: str, macros: Mapping[str, Macro]) -> tuple[Macro, dict[str, str]]:
    found = _REFERENCE.fullmatch(reference)
    if not found:
        raise SplSyntaxError(f"'{reference}' in backticks is not a macro reference")
    name = found[1]
    arguments = [] if found[2] is None else _split_arguments(found[2])
    key = f"{name}({len(arguments)})" if arguments else name
    if key not in macros:
        counts = [known for known in macros if known == name or known.startswith(name + "(")]
        if counts:
            raise SplSyntaxError(
                f"macro '{name}' does not take {len(arguments)} arguments; there is "
                + ", ".join(sorted(counts))
            )
        raise SplSyntaxError(f"unknown macro '{name}'" + did_you_mean(name, macros))
    macro = macros[key]
    named = [_NAMED.fullmatch(argument) for argument in arguments]
    pairs = {n[1]: _unquote(n[2]) for n in named if n and n[1] in macro.arguments}
    if len(pairs) == len(macro.arguments):
        return macro, pairs
    return macro, dict(zip(macro.arguments, map(_unquote, arguments), strict=True))


def _define(macro: Macro, values: Mapping[str, str], evaluate: Evaluate) -> str:
    if macro.validation:
        verdict = evaluate(_substitute(macro.validation, values), values)
        if verdict is False or (verdict is None and _is_boolean(macro)) or isinstance(verdict, str):
            reason = verdict if isinstance(verdict, str) else macro.error_message
            raise SplSyntaxError(f"macro '{macro.name}': {reason or 'its arguments are not valid'}")
    definition = _substitute(macro.definition, values)
    if not macro.is_eval:
        return definition
    result = evaluate(definition, values)
    if not isinstance(result, str):
        raise SplSyntaxError(f"macro '{macro.name}' is an eval macro, but its result is no text")
    return result


def _is_boolean(macro: Macro) -> bool:
    """Guess the type of a validation that came out null: only `if`, `case` and such give text."""
    return not re.match(r"\s*(if|case|validate|coalesce|null)\s*\(", macro.validation)


def _substitute(text: str, values: Mapping[str, str]) -> str:
    if not values:
        return text
    pattern = re.compile(r"\$(" + "|".join(map(re.escape, values)) + r")\$")
    return pattern.sub(lambda found: values[found[1]], text)


def _split_arguments(text: str) -> list[str]:
    """Split at commas outside quotes and parentheses; blank text is no argument."""
    arguments, start, depth, position = [], 0, 0, 0
    while position < len(text):
        char = text[position]
        if char == '"':
            end = closing_quote(text, position)
            position = len(text) if end < 0 else end
        elif char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == "," and depth <= 0:
            arguments.append(text[start:position])
            start = position + 1
        position += 1
    last = text[start:]
    return [*arguments, last] if arguments or last.strip() else []


def _unquote(argument: str) -> str:
    argument = argument.strip()
    if len(argument) > 1 and argument[0] == argument[-1] == '"':
        return argument[1:-1].replace('\\"', '"')
    return argument
