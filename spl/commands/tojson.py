"""`tojson`: writes a row as a JSON object."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from spl.commands.arguments import (
    Convert,
    boolean,
    matching_names,
    name_text,
    one_of,
    options_text,
    read_field,
    read_options,
)
from spl.commands.base import Command, Stage, adding, per_row
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row, Value, to_number

_TRUE, _FALSE = {"true", "t", "yes"}, {"false", "f", "no"}
_TYPES = ("auto", "bool", "json", "none", "num", "str")
_OPTIONS: dict[str, Convert] = {
    "default_type": one_of(*_TYPES),
    "fill_null": boolean,
    "include_internal": boolean,
    "output_field": str,
}


class _WrongTypeError(Exception):
    """A value that does not have the wanted type."""


@dataclass(frozen=True, kw_only=True)
class Tojson(Command):
    """`tojson` with the types of its fields, which may hold wildcards; by default of all fields.

    `auto` makes numbers, Booleans, null and JSON of texts that look so; `none` numbers only,
    as fields here are text (not documented). Multivalues become arrays.
    """

    name: ClassVar[str] = "tojson"
    syntax: ClassVar[str] = (
        "tojson [auto|bool|json|none|num|str(<field>)] … [default_type=<type>] "
        "[fill_null=<bool>] [include_internal=<bool>] [output_field=<field>]"
    )
    documentation: ClassVar[str] = "search-commands/tojson"
    ordered: ClassVar[bool] = False

    typed: tuple[tuple[str, str], ...] = ()
    """Pairs of type and field; the type is empty for the default."""
    default_type: str = "none"
    fill_null: bool = False
    include_internal: bool = False
    output_field: str = "_raw"

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = {}
        typed: list[tuple[str, str]] = []
        while not reader.at_end():
            before = reader.position
            options |= read_options(reader, _OPTIONS)
            if reader.position != before:
                continue
            if found := reader.match(rf"({'|'.join(_TYPES)})\s*\("):
                while not reader.take(")"):
                    typed.append((found[1], read_field(reader)))
                    reader.take(",")
            else:
                typed.append(("", read_field(reader)))
                reader.take(",")
        return cls(typed=tuple(typed), **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return per_row(self._write, adding([self.output_field]))

    def _write(self, row: Row) -> None:
        visible = [name for name in row if self.include_internal or not name.startswith("_")]
        types: dict[str, str] = {}
        for kind, pattern in self.typed or (("", "*"),):
            for name in matching_names([pattern], visible):
                types[name] = kind or self.default_type
        members: dict[str, Any] = {}
        for name, kind in types.items():
            if (value := row.get(name)) is None:
                continue
            try:
                members[name] = _converted(value, _CONVERTERS[kind])
            except _WrongTypeError:
                if self.fill_null:
                    members[name] = None
        row[self.output_field] = json.dumps(members, ensure_ascii=False, separators=(",", ":"))

    def arguments(self) -> Iterable[str]:
        for kind, name in self.typed:
            yield f"{kind}({name_text(name)})" if kind else name_text(name)
        yield from options_text({name: getattr(self, name) for name in _OPTIONS})


def _converted(value: Value, convert: Callable[[str], Any]) -> Any:
    return convert(value) if isinstance(value, str) else [convert(text) for text in value]


def _boolean(text: str) -> bool:
    number = to_number(text)
    if number is not None:
        return number != 0
    if text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    raise _WrongTypeError


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise _WrongTypeError from None


def _refuse(constant: str) -> None:
    raise _WrongTypeError


def _number(text: str) -> Any:
    number = to_number(text)
    if number is None:
        raise _WrongTypeError
    return number


def _native(text: str) -> Any:
    number = to_number(text)
    return text if number is None else number


def _automatic(text: str) -> Any:
    try:
        return _json(text)
    except _WrongTypeError:
        return _native(text)


_CONVERTERS: dict[str, Callable[[str], Any]] = {
    "auto": _automatic,
    "bool": _boolean,
    "json": _json,
    "none": _native,
    "num": _number,
    "str": str,
}
