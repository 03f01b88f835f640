"""`sort`: orders the rows."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, ClassVar, Self

from spl.commands.arguments import integer, name_text, read_field, read_options
from spl.commands.base import Command, Holding, Stage
from spl.commands.rows import Order
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row, to_number, values_of

_DEFAULT_LIMIT = 10_000


@lru_cache(maxsize=10_000)
def natural_key(text: str) -> tuple[int, Any]:
    """Return the key that sorts numbers as numbers, addresses as addresses, the rest as text."""
    number = to_number(text)
    if number is not None:
        return (0, number)
    if (address := _address(text)) is not None:
        return (1, address)
    return (2, text)


def _address(text: str) -> tuple[int, int] | None:
    if "." not in text and ":" not in text:
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (address.version, int(address))


def _number_key(text: str) -> tuple[int, Any]:
    number = to_number(text)
    return (0, number) if number is not None else (1, 0)


def _address_key(text: str) -> tuple[int, Any]:
    address = _address(text)
    return (0, address) if address is not None else (1, (0, 0))


_KEYS: dict[str, Callable[[str], tuple[int, Any]]] = {
    "": natural_key,
    "auto": natural_key,
    "num": _number_key,
    "ip": _address_key,
    "str": lambda text: (0, text),
}


@dataclass(frozen=True)
class SortField:
    """One field to sort by; `kind` is `auto`, `num`, `ip`, `str`, or empty for auto."""

    name: str
    descending: bool = False
    kind: str = ""

    def __str__(self) -> str:
        name = name_text(self.name)
        return ("-" if self.descending else "+") + (f"{self.kind}({name})" if self.kind else name)


@dataclass(frozen=True, kw_only=True)
class Sort(Command):
    """`sort` with its fields; `limit` 0 is none."""

    name: ClassVar[str] = "sort"
    syntax: ClassVar[str] = "sort [<count> | limit=<count>] [+|-]<field> … [desc]"
    documentation: ClassVar[str] = "search-commands/sort"

    limit: int = _DEFAULT_LIMIT
    fields: tuple[SortField, ...]
    reverse: bool = False

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        limit = _DEFAULT_LIMIT
        if count := reader.match(r"[0-9]{1,18}(?=[\s,+-]|$)"):
            limit = integer(count.group())
        limit = read_options(reader, {"limit": integer}).get("limit", limit)
        fields: list[SortField] = []
        reverse = False
        more = False
        while not reader.at_end():
            if fields and not more and (word := reader.keyword("D", "DESC", "A", "ASC")):
                reverse = word.startswith("D")
                break
            fields.append(read_sort_field(reader))
            more = reader.take(",")
        if not fields:
            raise reader.error(f"expected a field to sort by, found {reader.found()}")
        return cls(limit=limit, fields=tuple(fields), reverse=reverse, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return _SortStage(self, context)

    def sort(self, rows: list[Row]) -> list[Row]:
        """Return all the rows in order."""
        for field in reversed(self.fields):
            rows = _sort_by(rows, field, self.reverse)
        return rows

    def key(self, row: Row) -> tuple[Any, ...]:
        """Return what has the same order."""
        return tuple(_key(row, field, self.reverse) for field in self.fields)

    def arguments(self) -> Iterable[str]:
        yield str(self.limit)
        yield ", ".join(map(str, self.fields))
        if self.reverse:
            yield "desc"


class _SortStage(Holding):
    def __init__(self, command: Sort, context: Context) -> None:
        super().__init__(context, Order(command.sort, command.key))
        self._limit = command.limit or None

    def finish(self) -> Iterable[Row]:
        return islice(iter(self.rows), self._limit)


class _Reversed:
    """What comes before another where `key` comes behind it."""

    __slots__ = ("_key",)

    def __init__(self, key: Any) -> None:
        self._key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and self._key == other._key

    def __lt__(self, other: _Reversed) -> bool:
        return bool(other._key < self._key)

    __hash__ = None  # type: ignore[assignment]  # compared only


def read_sort_field(reader: Reader) -> SortField:
    """Read one field with its sign and its kind."""
    sign = reader.match(r"[+-]")
    descending = sign is not None and sign.group() == "-"
    if kind := reader.match(r"(auto|num|ip|str)\s*\("):
        name = read_field(reader)
        reader.expect(")", name)
        return SortField(name, descending, kind[1])
    return SortField(read_field(reader), descending)


def _sort_by(rows: list[Row], field: SortField, reverse: bool) -> list[Row]:
    """Sort by one field, stably; rows without it come last in either direction."""
    key = _KEYS[field.kind]
    present: list[tuple[tuple[int, Any], Row]] = []
    missing: list[Row] = []
    for row in rows:
        values = values_of(row.get(field.name))
        if values:
            present.append((key(values[0]), row))
        else:
            missing.append(row)
    present.sort(key=lambda pair: pair[0], reverse=field.descending is not reverse)
    return [row for _, row in present] + missing


def _key(row: Row, field: SortField, reverse: bool) -> tuple[bool, Any]:
    values = values_of(row.get(field.name))
    if not values:
        return True, None
    key = _KEYS[field.kind](values[0])
    return False, _Reversed(key) if field.descending is not reverse else key
