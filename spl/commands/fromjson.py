"""`fromjson`: makes fields of the members of a JSON object."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import orjson

from spl.commands.arguments import name_text, options_text, read_field, read_options
from spl.commands.base import Command, Stage, per_row
from spl.context import Context
from spl.fields import parse_exactly, parse_json, scalar_text
from spl.lang.reader import Reader
from spl.values import Row, to_value, values_of


@dataclass(frozen=True, kw_only=True)
class Fromjson(Command):
    """`fromjson` with the field that holds an object: its top-level members become fields.

    Arrays become multivalues; nested objects stay JSON text; null makes no field (the latter
    is not documented). Text that is no JSON object changes nothing.
    """

    name: ClassVar[str] = "fromjson"
    syntax: ClassVar[str] = "fromjson <field> [prefix=<text>]"
    documentation: ClassVar[str] = "search-commands/fromjson"
    ordered: ClassVar[bool] = False

    field: str
    prefix: str = ""

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options = read_options(reader, {"prefix": str})
        field = read_field(reader)
        options |= read_options(reader, {"prefix": str})
        return cls(field=field, **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        def expand(row: Row) -> None:
            for text in values_of(row.get(self.field)):
                parsed = parse_json(text)
                if not isinstance(parsed, dict):
                    continue
                exact = parse_exactly(text)
                for name, member in parsed.items():
                    if (value := to_value(_texts(member, exact[name]))) is not None:
                        row[self.prefix + name] = value

        return per_row(expand)

    def arguments(self) -> Iterable[str]:
        yield name_text(self.field)
        yield from options_text({"prefix": self.prefix or None})


def _texts(member: Any, exact: Any) -> list[str]:
    """Return the values of a member; `exact` is the member with numbers as they are spelt."""
    if isinstance(member, list):
        pairs = zip(member, exact, strict=True)
        return [text for pair in pairs for text in _scalar(*pair)]
    return _scalar(member, exact)


def _scalar(member: Any, exact: Any) -> list[str]:
    if member is None:
        return []
    if isinstance(member, (dict, list)):
        return [orjson.dumps(member).decode()]
    return [scalar_text(exact)]
