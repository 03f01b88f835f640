"""`return`: gives fields of the first rows back to the search around a subsearch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import name_text, read_field
from spl.commands.base import Command, Stage
from spl.commands.subsearch import EMPTY, comparison_text
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row, values_of


@dataclass(frozen=True)
class Returned:
    """What to write of one field: `name="value"`, or, where `name` is None, the value alone."""

    field: str
    name: str | None

    def __str__(self) -> str:
        if self.name is None:
            return f"${name_text(self.field)}"
        if self.name == self.field:
            return name_text(self.field)
        return f"{name_text(self.name)}={name_text(self.field)}"


@dataclass(frozen=True, kw_only=True)
class Return(Command):
    """`return` with its fields: one row with the field `search`.

    One row is written `a="1" b="2"`, several `(a="1" b="2") OR (a="3" b="4")`. Not documented:
    of a multivalue each value is written, joined by OR; null fields are left out, and rows
    without any of the fields; of no rows nothing matches.
    """

    name: ClassVar[str] = "return"
    syntax: ClassVar[str] = "return [<N>] [<alias>=<field> | <field> | $<field>] …"
    documentation: ClassVar[str] = "search-commands/return"
    transforming: ClassVar[bool] = True

    count: int = 1
    fields: tuple[Returned, ...]

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        count = reader.match(r"\d{1,9}(?=[\s|\]]|$)")
        fields = []
        while not reader.at_end():
            fields.append(_read(reader))
            reader.take(",")
        if not fields:
            raise reader.error(f"expected a field to return, found {reader.found()}")
        return cls(
            count=int(count.group()) if count else 1,
            fields=tuple(fields),
            span=reader.span(start),
        )

    def start(self, context: Context) -> Stage:
        return _ReturnStage(self)

    def arguments(self) -> Iterable[str]:
        yield str(self.count)
        yield " ".join(map(str, self.fields))


class _ReturnStage(Stage):
    def __init__(self, command: Return) -> None:
        self._command = command
        self._texts: list[str] = []
        self._left = command.count
        self.done = self._left == 0

    def feed(self, rows: Iterable[Row]) -> Iterable[Row]:
        for row in rows:
            if self.done:
                break
            self._left -= 1
            self.done = self._left == 0
            written = [_text(field, values_of(row.get(field.field))) for field in self._fields]
            if any(written):
                self._texts.append(" ".join(filter(None, written)))
        return ()

    @property
    def _fields(self) -> tuple[Returned, ...]:
        return self._command.fields

    def finish(self) -> Iterator[Row]:
        texts = self._texts
        many = len(texts) > 1
        yield {"search": " OR ".join(f"({text})" if many else text for text in texts) or EMPTY}

    def columns(self, before: list[str] | None) -> list[str]:
        return ["search"]


def _read(reader: Reader) -> Returned:
    reader.skip_space()
    if reader.char == "$":
        reader.position += 1
        return Returned(read_field(reader), None)
    name = read_field(reader)
    field = read_field(reader, f"a field after {name}=") if reader.take("=") else name
    return Returned(field, name)


def _text(returned: Returned, values: list[str]) -> str:
    if returned.name is None:
        written = values
    else:
        written = [comparison_text(returned.name, value) for value in values]
    return f"({' OR '.join(written)})" if len(written) > 1 else "".join(written)
