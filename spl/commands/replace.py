"""`replace`: puts other values in the place of given ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import (
    check_wildcards,
    matching_names,
    names_text,
    read_fields,
    rename_by_wildcards,
)
from spl.commands.base import Command, Stage, per_row
from spl.context import Context
from spl.errors import SplSyntaxError
from spl.lang.reader import Reader, quote
from spl.values import Row, to_value, values_of

_VALUE = r'[^\s"|\[\],]+'


@dataclass(frozen=True, kw_only=True)
class Replace(Command):
    """`replace` with its pairs, which must match whole values; `*` is a wildcard.

    Case counts. Of several pairs a later one wins over an earlier one, and one without
    wildcards over one with. Without IN all fields but internal ones are looked at (not
    documented: internal ones are not).
    """

    name: ClassVar[str] = "replace"
    syntax: ClassVar[str] = "replace <value> WITH <value> [, <value> WITH <value>] … [IN <field> …]"
    documentation: ClassVar[str] = "search-commands/replace"
    ordered: ClassVar[bool] = False

    pairs: tuple[tuple[str, str], ...]
    fields: tuple[str, ...] = ()

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        pairs: list[tuple[str, str]] = []
        fields: tuple[str, ...] = ()
        while not reader.at_end():
            if pairs and reader.keyword("IN"):
                fields = read_fields(reader)
                break
            begin = reader.position
            source = _read_value(reader, "a value to replace")
            if not reader.keyword("WITH"):
                raise reader.error(f"expected WITH after '{source}', found {reader.found()}")
            target = _read_value(reader, "a value after WITH")
            try:
                if "*" in target:
                    check_wildcards(source, target)
            except SplSyntaxError as error:
                raise error.at(reader.text, begin, reader.position) from None
            pairs.append((source, target))
            reader.take(",")
        if not pairs:
            raise reader.error(f"expected a value to replace, found {reader.found()}")
        return cls(pairs=tuple(pairs), fields=fields, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        exact = {source: target for source, target in self.pairs if "*" not in source}
        wild = [pair for pair in reversed(self.pairs) if "*" in pair[0]]

        def replaced(text: str) -> str:
            if text in exact:
                return exact[text]
            for source, target in wild:
                new = rename_by_wildcards(source, target, text)
                if new is not None:
                    return new
            return text

        def change(row: Row) -> None:
            visible = [name for name in row if not name.startswith("_")]
            for name in matching_names(self.fields or ("*",), visible):
                if (value := to_value(map(replaced, values_of(row.get(name))))) is not None:
                    row[name] = value

        return per_row(change)

    def arguments(self) -> Iterable[str]:
        yield ", ".join(f"{quote(source)} WITH {quote(target)}" for source, target in self.pairs)
        if self.fields:
            yield "IN " + names_text(self.fields)


def _read_value(reader: Reader, what: str) -> str:
    if not reader.at_end():
        if reader.char == '"':
            return reader.quoted()
        if found := reader.match(_VALUE):
            return found.group()
    raise reader.error(f"expected {what}, found {reader.found()}")
