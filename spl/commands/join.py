"""`join`: adds the fields of a subsearch's rows that have the same values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from spl.commands.arguments import (
    Convert,
    boolean,
    integer,
    names_text,
    one_of,
    options_text,
    read_field,
    read_options,
)
from spl.commands.base import Columns, Command, Pipeline, Stage, adding
from spl.commands.subsearch import copy_of, read_subsearch, run_subsearch
from spl.context import Context, Found
from spl.errors import UnsupportedSplError
from spl.lang.reader import Reader
from spl.values import Row, to_number, values_of

_OPTIONS: dict[str, Convert] = {
    "type": one_of("inner", "outer", "left"),
    "usetime": boolean,
    "earlier": boolean,
    "overwrite": boolean,
    "max": integer,
}
_ALIASES: dict[str, Convert] = {"left": str, "right": str}
_PAIR = r"([\w.{}:/-]+)\s*==?\s*([\w.{}:/-]+)"

Key = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Join(Command):
    """`join` with its subsearch, of which the first `max` matching rows count, 0 meaning all.

    Rows match where the values of all `fields` are the same, case included; without fields, those
    that both sides have. With `usetime` the subsearch's rows must not be later (`earlier`), or
    not be earlier. Not documented: a multivalue matches as a whole; a row without one of the
    fields matches nothing; without fields, internal ones do not count.
    """

    name: ClassVar[str] = "join"
    syntax: ClassVar[str] = (
        "join [type=inner|outer|left] [usetime=<bool>] [earlier=<bool>] [overwrite=<bool>] "
        "[max=<N>] [<field> …] [ … ]"
    )
    documentation: ClassVar[str] = "search-commands/join"

    type: str = "inner"
    usetime: bool = False
    earlier: bool = True
    overwrite: bool = True
    max: int = 1
    fields: tuple[str, ...] = ()
    left: str | None = None
    right: str | None = None
    where: tuple[tuple[str, str], ...] = ()
    subsearch: Pipeline

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        known = {**_OPTIONS, **_ALIASES}
        options: dict[str, Any] = read_options(reader, known)
        fields: list[str] = []
        where: list[tuple[str, str]] = []
        if reader.keyword("WHERE"):
            while pair := reader.match(_PAIR):
                where.append((pair[1], pair[2]))
                reader.keyword("AND")
            if not where:
                raise reader.error(f"expected L.field = R.field, found {reader.found()}")
        while not reader.at_end() and not reader.looking_at("["):
            fields.append(read_field(reader))
            reader.take(",")
            options |= read_options(reader, known)
        subsearch = read_subsearch(reader, cls.name)
        return cls(
            fields=tuple(fields),
            where=tuple(where),
            subsearch=subsearch,
            **options,
            span=reader.span(start),
        )

    def start(self, context: Context) -> Stage:
        if self.where or self.left or self.right:
            raise UnsupportedSplError(
                "join with left=, right= and where does not run here: "
                "rename the fields, and name those to join by"
            )
        return _JoinStage(self, run_subsearch(self.subsearch, context))

    def arguments(self) -> Iterable[str]:
        yield from options_text(
            {
                "type": self.type,
                "usetime": self.usetime or None,
                "earlier": None if self.earlier else False,
                "overwrite": None if self.overwrite else False,
                "max": self.max,
                "left": self.left,
                "right": self.right,
            }
        )
        if self.where:
            yield "where " + " AND ".join(f"{left}={right}" for left, right in self.where)
        yield names_text(self.fields)
        yield f"[{self.subsearch}]"

    def subsearches(self) -> Iterable[Pipeline]:
        yield self.subsearch


class _JoinStage(Stage):
    """Rows go on at once where the fields to join by are named; else all fields must be seen."""

    def __init__(self, command: Join, found: Found) -> None:
        self._command = command
        self._found = found
        self._held: list[Row] = []
        if command.fields:
            self._match = _matcher(command, found.rows, command.fields)

    def feed(self, rows: Iterable[Row]) -> Iterable[Row]:
        if self._command.fields:
            return self._joined(rows)
        self._held.extend(rows)
        return ()

    def finish(self) -> Iterable[Row]:
        if self._command.fields:
            return ()
        present = {name for row in self._held for name in row}
        common = [n for n in self._found.fields if n in present and not n.startswith("_")]
        self._match = _matcher(self._command, self._found.rows, common)
        return self._joined(self._held)

    def _joined(self, rows: Iterable[Row]) -> Iterator[Row]:
        command = self._command
        for row in rows:
            matches = self._match(row)
            if not matches and command.type != "inner":
                yield row
            for position, match in enumerate(matches, 1):
                joined = row if position == len(matches) else copy_of(row)
                for name in match:
                    if command.overwrite or joined.get(name) is None:
                        joined[name] = match[name]
                yield joined

    def columns(self, before: Columns) -> Columns:
        return adding(self._found.fields)(before)


def _matcher(
    command: Join, rows: Iterable[Row], fields: Iterable[str]
) -> Callable[[Row], list[Row]]:
    names = tuple(fields)
    index: dict[Key, list[Row]] = {}
    for row in rows:
        key = _key(row, names)
        if all(key):
            index.setdefault(key, []).append(row)
    most = command.max or None

    def match(row: Row) -> list[Row]:
        found = index.get(_key(row, names), []) if names else []
        if command.usetime:
            found = [other for other in found if _in_time(command, row, other)]
        return found[:most]

    return match


def _key(row: Row, names: tuple[str, ...]) -> Key:
    return tuple(tuple(values_of(row.get(name))) for name in names)


def _in_time(command: Join, row: Row, other: Row) -> bool:
    times = [row.get("_time"), other.get("_time")]
    numbers = [to_number(time) if isinstance(time, str) else None for time in times]
    one, two = numbers
    if one is None or two is None:
        return False
    return two <= one if command.earlier else two >= one
