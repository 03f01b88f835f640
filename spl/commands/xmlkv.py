"""`xmlkv`: takes fields out of XML text, one for each tag."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from typing import Any, ClassVar, Self

from spl.commands.arguments import integer, name_text, read_field_if_any, read_options
from spl.commands.base import Command, Stage, per_row
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row, values_of

_ELEMENT = re.compile(r"<([A-Za-z_][\w:.-]*)(?:\s[^<>]*)?>([^<]*)</\1\s*>")


@dataclass(frozen=True, kw_only=True)
class Xmlkv(Command):
    """`xmlkv` of a field, by default `_raw`: elements that hold text only become fields.

    Not documented: of several elements with one name the last one stays; an empty one makes no
    field. `maxinputs` says how Splunk calls the command and changes no result.
    """

    name: ClassVar[str] = "xmlkv"
    syntax: ClassVar[str] = "xmlkv [<field>] [maxinputs=<N>]"
    documentation: ClassVar[str] = "search-commands/xmlkv"
    ordered: ClassVar[bool] = False

    field: str = "_raw"

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        known: dict[str, Any] = {"maxinputs": integer}
        read_options(reader, known)
        field = read_field_if_any(reader) or "_raw"
        read_options(reader, known)
        return cls(field=field, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        def extract(row: Row) -> None:
            for text in values_of(row.get(self.field)):
                for name, content in _ELEMENT.findall(text):
                    if content.strip():
                        row[name] = unescape(content.strip())

        return per_row(extract)

    def arguments(self) -> Iterable[str]:
        yield name_text(self.field)
