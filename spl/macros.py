"""Search macros: `name` and `name(arguments)` in backticks become their definition.

https://docs.splunk.com/Documentation/Splunk/9.4.0/Admin/Macrosconf
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from spl.conf import is_true
from spl.errors import SplError, SplSyntaxError, did_you_mean
from spl.evaluation import is_boolean
from spl.lang.eval_expression import parse_eval_expression
from spl.lang.reader import Reader, closing_quote
from spl.values import Value

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|```(?:(?!```).)*```|`([^`]*)`|`', re.DOTALL)
_REFERENCE = re.compile(r"\s*([\w:.-]+)\s*(?:\((.*)\))?\s*", re.DOTALL)
_NAMED = re.compile(r"\s*([\w-]+)\s*=(.*)", re.DOTALL)
_ARGUMENT = re.compile(r"[A-Za-z0-9_-]+")
_MAX_DEPTH = 100
"""How deep macros nest (limits.conf, max_macro_depth)."""
_MAX_USES = 10_000

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
        """Make a macro of the settings of its stanza. Raises SplError for a wrong one.

        `args` of a macro whose name states none are ignored.
        """
        if "definition" not in settings:
            raise SplError(f"macro [{name}] has no definition")
        stated = re.search(r"\((\d+)\)$", name)
        given = settings.get("args", "") if stated else ""
        arguments = tuple(a.strip() for a in given.split(",") if a.strip())
        if stated and int(stated[1]) != len(arguments):
            raise SplError(
                f"macro [{name}] has {len(arguments)} args: its name must end in ({len(arguments)})"
            )
        for argument in arguments:
            if not _ARGUMENT.fullmatch(argument):
                raise SplError(
                    f"macro [{name}]: '{argument}' is no name of an argument: it takes letters, "
                    "digits, _ and -"
                )
        if len(set(arguments)) < len(arguments):
            raise SplError(f"macro [{name}] names one of its args twice")
        return cls(
            name,
            settings["definition"],
            arguments,
            is_true(settings.get("iseval", "0")),
            settings.get("validation", ""),
            settings.get("errormsg", ""),
        )


@dataclass
class Expansion:
    """A search after the expansion of its macros, and the names of those it used, in order."""

    text: str
    used: list[str] = field(default_factory=list)
    origins: list[tuple[int, int, str]] = field(default_factory=list)
    """Which stretch of the text (start, end) came from which macro; inner ones stand first."""

    def macros_at(self, offset: int) -> list[str]:
        """Return the macros that the text at `offset` came from, the innermost first."""
        # What is missing at the end of the search is missing where the last macro ends.
        last = offset == len(self.text)
        return [
            name
            for start, end, name in self.origins
            if start <= offset < end or (last and start < end == offset)
        ]

    def name_macros(self, error: SplError) -> SplError:
        """Let an error about this text say which macro the place came from."""
        names = self.macros_at(error.start) if error.text == self.text else []
        return _in_macros(error, names)

    @contextmanager
    def naming_macros(self) -> Iterator[None]:
        """Let an SplError about this text say which macro the place came from."""
        try:
            yield
        except SplError as error:
            raise self.name_macros(error) from None

    def unresolved(self) -> list[tuple[int, int]]:
        """Return where macros stand (start, end) that could not be expanded."""
        return [
            found.span() for found in _TOKEN.finditer(self.text) if re.match("`(?!``)", found[0])
        ]


def expand(
    text: str,
    macros: Mapping[str, Macro],
    evaluate: Evaluate,
    problems: list[SplError] | None = None,
) -> Expansion:
    """Replace every macro reference outside quotes and comments, and those in definitions.

    Raises SplSyntaxError for an unknown macro, a wrong number of arguments, a failed validation,
    and macros that refer to themselves; with `problems` they are put there, and what cannot be
    expanded stays as it is.
    """
    used: list[str] = []

    def resolve(found: re.Match[str], stack: tuple[str, ...]) -> tuple[str, str]:
        if found[1] is None:
            raise SplSyntaxError("this ` has no closing `")
        macro, values = _resolve(found[1], macros)
        if macro.name in stack or len(stack) >= _MAX_DEPTH:
            circle = " → ".join((*stack, macro.name))
            raise SplSyntaxError(f"the macros refer to themselves: {circle}")
        used.append(macro.name)
        if len(used) > _MAX_USES:
            raise SplSyntaxError(f"the search uses more than {_MAX_USES} macros")
        return macro.name, _define(macro, values, evaluate)

    def expand_in(body: str, stack: tuple[str, ...]) -> tuple[str, list[tuple[int, int, str]]]:
        parts: list[str] = []
        origins: list[tuple[int, int, str]] = []
        length = done = 0
        for found in _TOKEN.finditer(body):
            if found[0][0] != "`" or found[0].startswith("```"):
                continue
            try:
                name, definition = resolve(found, stack)
            except SplError as error:
                known = error.text is not None
                error = error.at(body, *found.span())
                if isinstance(error, _UnknownMacroError) and problems is None:
                    error.name_others(body, macros)
                error = error if known else _in_macros(error, stack[::-1])
                if problems is None or len(used) > _MAX_USES:
                    raise error from None
                problems.append(error)
                continue
            before = body[done : found.start()]
            expanded, inner = expand_in(definition, (*stack, name))
            start = length + len(before)
            origins += [(start + first, start + last, macro) for first, last, macro in inner]
            origins.append((start, start + len(expanded), name))
            parts += [before, expanded]
            length = start + len(expanded)
            done = found.end()
        return "".join([*parts, body[done:]]), origins

    expanded, origins = expand_in(text, ())
    return Expansion(expanded, used, origins)


class _UnknownMacroError(SplSyntaxError):
    """A search names a macro that there is not."""

    def name_others(self, body: str, macros: Mapping[str, Macro]) -> None:
        """Name the other macros of the same text that are missing, too."""
        missing = [name for name in dict.fromkeys(references(body)) if name not in macros]
        if len(missing) > 1:
            self.message = "unknown macros " + ", ".join(f"'{name}'" for name in missing)


def _in_macros(error: SplError, names: Sequence[str]) -> SplError:
    """Say in the message which macro the place of an error came from, the innermost first."""
    if names:
        error.message += f" (in macro `{names[0]}`" + "".join(f" of `{n}`" for n in names[1:]) + ")"
    return error


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
        raise _UnknownMacroError(f"unknown macro '{name}'" + did_you_mean(name, macros))
    macro = macros[key]
    named = [_NAMED.fullmatch(argument) for argument in arguments]
    pairs = {n[1]: _unquote(n[2]) for n in named if n and n[1] in macro.arguments}
    if len(pairs) == len(macro.arguments):
        return macro, pairs
    return macro, dict(zip(macro.arguments, map(_unquote, arguments), strict=True))


def _define(macro: Macro, values: Mapping[str, str], evaluate: Evaluate) -> str:
    if macro.validation:
        validation = _substitute(macro.validation, values)
        verdict = evaluate(validation, values)
        # Null is a failure of a Boolean expression, and the success of one that gives a message.
        if isinstance(verdict, str):
            raise SplSyntaxError(f"macro '{macro.name}': {verdict}")
        if verdict is not True and (verdict is not None or _is_boolean(validation)):
            message = macro.error_message or "its arguments are not valid"
            raise SplSyntaxError(f"macro '{macro.name}': {message}")
    definition = _substitute(macro.definition, values)
    if not macro.is_eval:
        return definition
    result = evaluate(definition, values)
    if not isinstance(result, str):
        raise SplSyntaxError(f"macro '{macro.name}' is an eval macro, but its result is no text")
    return result


def _is_boolean(validation: str) -> bool:
    return is_boolean(parse_eval_expression(Reader(validation)))


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
