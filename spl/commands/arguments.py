"""Reading what the commands' arguments have in common: fields, lists of fields, options."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

from spl.errors import SplError, SplSyntaxError, UnsupportedSplError, did_you_mean
from spl.lang.reader import Reader, closing_quote, quote

_NAME = r'[^\s"|\[\](),;=<>`]+'
_FIELD = rf"{_NAME}(?:\({_NAME}\))?"
"""A name, or what `stats` calls its result without AS: `count(user)`."""
_PLAIN_FIELD = re.compile(r'[^\s"|\[\](),;=<>`\\\']+')
_OPTION = r"([A-Za-z_][\w.]*)\s*=(?!=)"
_PLAIN_VALUE = re.compile(r"[\w.-]+")
_BARE_VALUE = r'[^\s"|\[\],]+'
_TRUE, _FALSE = {"true", "t", "1", "yes", "y"}, {"false", "f", "0", "no", "n"}
_KEYWORDS = {"AS", "BY", "OVER", "OUTPUT", "OUTPUTNEW", "WITH", "WHERE"}

Convert = Callable[[str], Any]


def boolean(text: str) -> bool:
    """Convert the value of a Boolean option; raise ValueError."""
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError("true or false")


def integer(text: str) -> int:
    """Convert the value of an option that is a whole number, 0 or more; raise ValueError."""
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    raise ValueError("a whole number")


def one_of(*choices: str) -> Convert:
    """Return the converter of an option that is one of `choices`."""

    def convert(text: str) -> str:
        if text.lower() in choices:
            return text.lower()
        raise ValueError("one of " + ", ".join(choices))

    return convert


def not_here(text: str) -> str:
    """Refuse the value of an option that Splunk has and this engine has not."""
    raise UnsupportedSplError("this option does not run here")


def read_field(reader: Reader, what: str = "a field") -> str:
    """Read one field name, bare or in quotes."""
    if name := read_field_if_any(reader):
        return name
    raise reader.error(f"expected {what}, found {reader.found()}")


def read_statistics_field(reader: Reader, what: str = "a field") -> str:
    """Read one field name, also in single quotes, which the statistical commands take
    (aggregate-functions, perc: `perc50('visitors total')`)."""
    if reader.looking_at("'"):
        return reader.quoted("'")
    return read_field(reader, what)


def read_by(reader: Reader) -> tuple[str, ...]:
    """Read `BY <field> …` of a statistical command, if it comes; wildcards are refused there."""
    if not reader.keyword("BY"):
        return ()
    reader.skip_space()
    start = reader.position
    names = read_fields(reader, read=read_statistics_field)
    for name in names:
        if "*" in name:
            raise reader.error(f"BY takes no wildcards: '{name}'", start, reader.position)
    return names


def read_field_if_any(reader: Reader) -> str | None:
    """Read one field name, or None where none comes."""
    if reader.at_end():
        return None
    if reader.char == '"':
        return reader.quoted()
    if reader.char == "'":
        raise reader.error("field names stand in double quotes here, single quotes are for eval")
    found = reader.match(_FIELD)
    return found.group() if found else None


def read_fields(
    reader: Reader,
    *stop: str,
    least: int = 1,
    read: Callable[[Reader], str] = read_field,
) -> tuple[str, ...]:
    """Read field names, separated by blanks or commas, up to the end or a keyword of `stop`.

    Names left of `=` are options and end the list, too.
    """
    names: list[str] = []
    while not reader.at_end():
        before = reader.position
        if (stop and reader.keyword(*stop)) or reader.match(_OPTION):
            reader.position = before
            break
        names.append(read(reader))
        reader.take(",")
    if len(names) < least:
        raise reader.error(f"expected a field, found {reader.found()}")
    return tuple(names)


def read_options(
    reader: Reader,
    known: Mapping[str, Convert],
    *,
    patterns: Container[str] = (),
    until: Container[str] = (),
) -> dict[str, Any]:
    """Read `name=value` pairs as long as they come; raise where `known` has no such name.

    The values of `patterns` are regular expressions; the caller reads those of `until` itself.
    """
    options: dict[str, Any] = {}
    while not reader.at_end():
        start = reader.position
        found = reader.match(_OPTION)
        if not found:
            break
        name = found[1].lower()
        if name in until:
            reader.position = start
            break
        if name not in known:
            message = f"unknown option '{found[1]}'" + did_you_mean(name, known)
            reader.report(reader.error(message, start, found.end(1)))
        value_start = reader.position
        text = read_pattern(reader) if name in patterns else read_option_value(reader, name)
        try:
            if name in known:
                options[name] = known[name](text)
        except SplError as error:
            reader.report(error.at(reader.text, start, reader.position))
        except ValueError as error:
            message = f"{name}= takes {error}, not '{text}'"
            reader.report(reader.error(message, value_start, reader.position))
        reader.take(",")
    return options


def read_option_value(reader: Reader, name: str) -> str:
    """Read the value behind `name=`."""
    reader.skip_space()
    if reader.char == '"':
        return reader.quoted()
    if found := reader.match(_BARE_VALUE):
        return found.group()
    raise reader.error(f"expected a value after {name}=, found {reader.found()}")


def read_pattern(reader: Reader) -> str:
    r"""Read a regular expression, in double quotes or up to the next blank.

    In quotes `\"` and `\\` are unescaped; `\|` is not, as it means a literal pipe to PCRE.
    """
    reader.skip_space()
    start = reader.position
    if reader.char == '"':
        end = closing_quote(reader.text, start)
        if end < 0:
            raise reader.error('this " has no closing quote', start)
        reader.position = end + 1
        return re.sub(r'\\(["\\])', r"\1", reader.text[start + 1 : end])
    if reader.at_end() or not (found := reader.match(r"[^\s|]+")):
        raise reader.error(f"expected a regular expression, found {reader.found()}")
    return found.group()


def options_text(options: Mapping[str, object]) -> Iterable[str]:
    """Yield options as they are written; None is not."""
    for name, value in options.items():
        if value is not None:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            yield f"{name}={text if _PLAIN_VALUE.fullmatch(text) else quote(text)}"


def name_text(name: str) -> str:
    """Write a field name as `read_field` reads it."""
    plain = _PLAIN_FIELD.fullmatch(name) and name.upper() not in _KEYWORDS
    return name if plain else quote(name)


def names_text(names: Iterable[str]) -> str:
    """Write field names as `read_fields` reads them."""
    return ", ".join(map(name_text, names))


def wildcard_pattern(pattern: str) -> re.Pattern[str]:
    """Return the pattern for field names that `pattern` stands for, a group for each `*`."""
    return re.compile("(.*)".join(map(re.escape, pattern.split("*"))), re.DOTALL)


def matching_names(patterns: Iterable[str], names: Iterable[str]) -> list[str]:
    """Return the `names` that one of `patterns` stands for, in the order of the patterns.

    A pattern without `*` stands for itself, whether or not there is such a name.
    """
    known = list(names)
    chosen: dict[str, None] = {}
    for pattern in patterns:
        if "*" not in pattern:
            chosen[pattern] = None
            continue
        compiled = wildcard_pattern(pattern)
        chosen.update(dict.fromkeys(name for name in known if compiled.fullmatch(name)))
    return list(chosen)


def check_wildcards(source: str, target: str) -> None:
    """Raise SplSyntaxError unless both names have as many wildcards."""
    if target.count("*") != source.count("*"):
        raise SplSyntaxError(f"the wildcards of {source} and {target} do not match in number")


def rename_by_wildcards(source: str, target: str, name: str) -> str | None:
    """Return what `name` becomes under `source AS target`, or None where it does not match."""
    found = wildcard_pattern(source).fullmatch(name)
    if not found:
        return None
    groups = iter(found.groups())
    return "".join(next(groups) if char == "*" else char for char in target)
