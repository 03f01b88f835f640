"""`rename`: gives fields other names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import check_wildcards, name_text, read_field, rename_by_wildcards
from spl.commands.base import Columns, Command, Stage, per_row
from spl.context import Context
from spl.errors import SplSyntaxError
from spl.lang.reader import Reader
from spl.values import Row


@dataclass(frozen=True, kw_only=True)
class Rename(Command):
    """`rename` with its pairs of names, carried out from left to right.

    A wildcard does not stand for internal fields, such as `_time`, unless it says `_*` (not
    documented).
    """

    name: ClassVar[str] = "rename"
    syntax: ClassVar[str] = "rename <field> AS <name> [, <field> AS <name>] …"
    documentation: ClassVar[str] = "search-commands/rename"
    ordered: ClassVar[bool] = False

    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        pairs = []
        while not reader.at_end():
            begin = reader.position
            source = read_field(reader)
            if not reader.keyword("AS"):
                raise reader.error(f"expected AS after '{source}', found {reader.found()}")
            target = read_field(reader, "a name after AS")
            try:
                check_wildcards(source, target)
            except SplSyntaxError as error:
                raise error.at(reader.text, begin, reader.position) from None
            pairs.append((source, target))
            reader.take(",")
        if not pairs:
            raise reader.error(f"expected a field to rename, found {reader.found()}")
        return cls(pairs=tuple(pairs), span=reader.span(start))

    def start(self, context: Context) -> Stage:
        def change(row: Row) -> None:
            for source, target in self.pairs:
                for name, new in _renamed(source, target, row):
                    _move(row, name, new)

        def columns(before: Columns) -> Columns:
            if before is None:
                return None
            for source, target in self.pairs:
                for name, new in _renamed(source, target, before):
                    if name in before and name != new:
                        before = [new if n == name else n for n in before if n != new]
            return before

        return per_row(change, columns)

    def arguments(self) -> Iterable[str]:
        yield ", ".join(f"{name_text(s)} AS {name_text(t)}" for s, t in self.pairs)


def _renamed(source: str, target: str, names: Iterable[str]) -> list[tuple[str, str]]:
    if "*" not in source:
        return [(source, target)]
    visible = [name for name in names if source.startswith("_") or not name.startswith("_")]
    found = ((name, rename_by_wildcards(source, target, name)) for name in visible)
    return [(name, new) for name, new in found if new is not None]


def _move(row: Row, name: str, new: str) -> None:
    """Rename in one row: a missing source removes the target (rename, "Renaming a field that does
    not exist")."""
    if name == new:
        return
    value = row.pop(name, None)
    if value is None:
        row.pop(new, None)
    else:
        row[new] = value
