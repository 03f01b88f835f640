"""`strcat`: joins fields and texts to one field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import (
    boolean,
    name_text,
    options_text,
    read_field,
    read_options,
)
from spl.commands.base import Command, Stage, adding, per_row
from spl.context import Context
from spl.lang.reader import Reader, quote
from spl.values import Row, joined


@dataclass(frozen=True)
class Part:
    """A text in quotes, or the name of a field."""

    text: str
    literal: bool

    def __str__(self) -> str:
        return quote(self.text) if self.literal else self.text


@dataclass(frozen=True, kw_only=True)
class Strcat(Command):
    """`strcat` with its parts and the field for the result.

    A null field is an empty text; with `allrequired` nothing is written then. The values of a
    multivalue are joined by newlines (not documented).
    """

    name: ClassVar[str] = "strcat"
    syntax: ClassVar[str] = 'strcat [allrequired=<bool>] <field> | "<text>" … <new field>'
    documentation: ClassVar[str] = "search-commands/strcat"
    ordered: ClassVar[bool] = False

    allrequired: bool = False
    parts: tuple[Part, ...]
    output: str

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options = read_options(reader, {"allrequired": boolean})
        parts: list[Part] = []
        while not reader.at_end():
            literal = reader.char == '"'
            parts.append(Part(reader.quoted() if literal else read_field(reader), literal))
            reader.take(",")
        if len(parts) < 2:
            raise reader.error(
                "strcat needs what to join and the field for the result", start, reader.position
            )
        *sources, output = parts
        return cls(parts=tuple(sources), output=output.text, **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        def join(row: Row) -> None:
            texts: list[str] = []
            for part in self.parts:
                value = part.text if part.literal else row.get(part.text)
                if value is None and self.allrequired:
                    return
                texts.append("" if value is None else joined(value))
            row[self.output] = "".join(texts)

        return per_row(join, adding([self.output]))

    def arguments(self) -> Iterable[str]:
        yield from options_text({"allrequired": self.allrequired})
        yield " ".join(map(str, self.parts))
        yield name_text(self.output)
