"""`convert`: converts the values of fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import (
    check_wildcards,
    matching_names,
    name_text,
    options_text,
    read_field,
    read_options,
    rename_by_wildcards,
)
from spl.commands.base import Columns, Command, Stage, adding, per_row
from spl.context import Context
from spl.errors import SplError, did_you_mean
from spl.functions.registry import Environment
from spl.lang.reader import Reader
from spl.time_format import strftime, strptime
from spl.values import Row, number_text, to_number, to_value, values_of

_DEFAULT_FORMAT = "%m/%d/%Y %H:%M:%S"
_DURATION = re.compile(r"(?:(\d+)\+)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)")
_CONTROL = re.compile(r"[^\d.+-]+$")
_SIZES = {"k": 1, "m": 1024, "g": 1024**2}

Converter = Callable[[str], str | None]
"""Converts one value; None where it cannot be converted."""


@dataclass(frozen=True)
class Conversion:
    """One `function(field) AS name`; without AS it is converted in place."""

    function: str
    field: str
    output: str | None = None

    def __str__(self) -> str:
        alias = f" AS {name_text(self.output)}" if self.output is not None else ""
        return f"{self.function}({name_text(self.field)}){alias}"


@dataclass(frozen=True, kw_only=True)
class Convert(Command):
    """`convert` with its functions; one time format for all."""

    name: ClassVar[str] = "convert"
    syntax: ClassVar[str] = "convert [timeformat=<format>] <function>(<field>) [AS <name>] …"
    documentation: ClassVar[str] = "search-commands/convert"
    ordered: ClassVar[bool] = False

    timeformat: str = _DEFAULT_FORMAT
    conversions: tuple[Conversion, ...]

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options = read_options(reader, {"timeformat": str})
        conversions = []
        while not reader.at_end():
            conversions.append(_read_conversion(reader))
            reader.take(",")
            options |= read_options(reader, {"timeformat": str})
        if not conversions:
            raise reader.error(f"expected a conversion function, found {reader.found()}")
        return cls(conversions=tuple(conversions), **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        work = [(c, self._converter(c.function, context.environment)) for c in self.conversions]
        untouched = {c.field for c in self.conversions if c.function == "none"}
        outputs = [c.output for c in self.conversions if c.output and "*" not in c.output]

        def change(row: Row) -> None:
            done: set[str] = set()
            for conversion, convert in work:
                names = [
                    n
                    for n in _names(conversion.field, row)
                    if n not in untouched - {conversion.field}
                ]
                for name in names:
                    output = _output(conversion, name)
                    if output == name and name in done:
                        continue
                    done.add(name)
                    if convert is not None:
                        _convert(row, name, output, convert, keep=conversion.function == "auto")

        def columns(before: Columns) -> Columns:
            return adding(outputs)(before)

        return per_row(change, columns)

    def _converter(self, function: str, environment: Environment) -> Converter | None:
        if function == "ctime":
            return lambda text: _ctime(text, self.timeformat, environment)
        if function == "mktime":
            return lambda text: _mktime(text, self.timeformat, environment)
        return _CONVERTERS[function]

    def arguments(self) -> Iterable[str]:
        yield from options_text({"timeformat": self.timeformat})
        yield ", ".join(map(str, self.conversions))


def _read_conversion(reader: Reader) -> Conversion:
    reader.skip_space()
    start = reader.position
    found = reader.match(r"[A-Za-z]\w*")
    if not found:
        raise reader.error(f"expected a conversion function, found {reader.found()}")
    function = found.group().lower()
    known = [*_CONVERTERS, "ctime", "mktime"]
    if function not in known:
        message = f"unknown conversion '{function}'" + did_you_mean(function, known)
        reader.report(reader.error(message, start, reader.position))
        function = known[0]
    reader.expect("(", function)
    field = read_field(reader)
    reader.expect(")", field)
    if not reader.keyword("AS"):
        return Conversion(function, field)
    output = read_field(reader, "a name after AS")
    try:
        check_wildcards(field, output)
    except SplError as error:
        raise error.at(reader.text, start, reader.position) from None
    return Conversion(function, field, output)


def _names(pattern: str, row: Row) -> list[str]:
    names = matching_names([pattern], row if "*" in pattern else ())
    return [n for n in names if n == pattern or not n.startswith("_")]


def _output(conversion: Conversion, name: str) -> str:
    if conversion.output is None:
        return name
    return rename_by_wildcards(conversion.field, conversion.output, name) or name


def _convert(row: Row, name: str, output: str, convert: Converter, *, keep: bool) -> None:
    """Convert a field; what cannot be converted stays as it is (`keep`) or is removed."""
    values = values_of(row.get(name))
    converted = [convert(value) for value in values]
    if keep and None in converted:
        if output != name and values:
            row[output] = row[name]
        return
    value = to_value(text for text in converted if text is not None)
    if value is not None:
        row[output] = value
    elif values:
        row.pop(output, None)


def _ctime(text: str, format: str, environment: Environment) -> str | None:
    number = to_number(text)
    return None if number is None else strftime(number, format, environment.timezone)


def _mktime(text: str, format: str, environment: Environment) -> str | None:
    moment = strptime(text, format, environment.timezone, environment.now)
    return None if moment is None else number_text(moment)


def _number(text: str) -> str | None:
    return text if to_number(text) is not None else None


def _without_commas(text: str) -> str:
    return text.replace(",", "")


def _without_unit(text: str) -> str | None:
    found = re.match(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", text)
    return found.group() if found else None


def _seconds(text: str) -> str | None:
    """Convert `[D+]HH:MM:SS` or `MM:SS` to seconds (convert, dur2sec and mstime)."""
    found = _DURATION.fullmatch(text)
    if not found:
        return _number(text)
    days, hours, minutes = (int(part or 0) for part in found.group(1, 2, 3))
    return number_text(to_number(found[4]) + 60 * minutes + 3600 * hours + 86400 * days)  # type: ignore[operator]


def _kilobytes(text: str) -> str | None:
    """Convert a size with k, m or g to kilobytes (convert, memk)."""
    found = re.fullmatch(r"([+-]?\d+(?:\.\d+)?)\s*([kmgKMG]?)", text)
    if not found:
        return None
    return number_text(float(found[1]) * _SIZES[found[2].lower() or "k"])


def _auto(text: str) -> str | None:
    for convert in (_number, _duration_only):
        if (converted := convert(text)) is not None:
            return converted
    return None


def _duration_only(text: str) -> str | None:
    return _seconds(text) if ":" in text else None


_CONVERTERS: dict[str, Converter | None] = {
    "auto": _auto,
    "dur2sec": _seconds,
    "memk": _kilobytes,
    "mstime": _seconds,
    "none": None,
    "num": lambda text: _number(_without_commas(text)),
    "rmcomma": _without_commas,
    "rmunit": _without_unit,
}
