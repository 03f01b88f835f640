"""`spath`: takes fields out of JSON text."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from spl.commands.arguments import options_text, read_option_value, read_options
from spl.commands.base import Command, Stage, adding, per_row
from spl.context import Context
from spl.fields import Record, at_path, scalar_text
from spl.lang.reader import Reader, quote
from spl.values import Row, Value, to_value, values_of

_CUTOFF = 5_000
_OPTIONS = {"input": str, "output": str, "path": str}


@dataclass(frozen=True, kw_only=True)
class Spath(Command):
    """`spath` with a path, or, without, of all fields in the first 5,000 characters."""

    name: ClassVar[str] = "spath"
    syntax: ClassVar[str] = "spath [input=<field>] [output=<field>] [[path=]<path>]"
    documentation: ClassVar[str] = "search-commands/spath"
    ordered: ClassVar[bool] = False

    input: str = "_raw"
    output: str | None = None
    path: str | None = None

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = {}
        while not reader.at_end():
            before = reader.position
            options |= read_options(reader, _OPTIONS)
            if reader.position == before:
                if "path" in options:
                    raise reader.error("spath has its path already")
                options["path"] = read_option_value(reader, "path")
        if "output" in options and "path" not in options:
            raise reader.error("output= needs a path", start)
        return cls(**options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        if self.path is None:
            return per_row(self._extract_all)
        return per_row(self._extract_path, adding([self.output or self.path]))

    def _extract_path(self, row: Row) -> None:
        assert self.path is not None
        found = [v for text in values_of(row.get(self.input)) for v in at_path(text, self.path)]
        if (value := to_value(found)) is not None:
            row[self.output or self.path] = value

    def _extract_all(self, row: Row) -> None:
        for text in values_of(row.get(self.input)):
            for name, value in all_fields(text).items():
                row[name] = value

    def arguments(self) -> Iterable[str]:
        yield from options_text({"input": self.input, "output": self.output})
        if self.path is not None:
            yield "path=" + quote(self.path)


def all_fields(text: str) -> dict[str, Value]:
    """Return all fields of JSON text, of a long one those in its first 5,000 characters.

    (limits.conf, [spath] extraction_cutoff)
    """
    if len(text) <= _CUTOFF:
        fields = Record(text).fields()
    else:
        fields = {name: to_value(values) for name, values in _beginning(text[:_CUTOFF]).items()}
    return {name: value for name, value in fields.items() if value is not None}


def _beginning(text: str) -> dict[str, list[str]]:
    """Return the fields of JSON text that may end in the middle."""
    import ijson

    fields: dict[str, list[str]] = {}
    containers: list[str] = []
    members: list[str] = []
    with suppress(ijson.JSONError):
        for event, value in ijson.basic_parse(text.encode("utf-8", "replace")):
            if event == "map_key":
                members[-1] = f"{containers[-1]}.{value}" if containers[-1] else value
            elif event in ("start_map", "start_array"):
                name = (members[-1] if members else "") + ("{}" if event == "start_array" else "")
                containers.append(name)
                members.append(name)
            elif event in ("end_map", "end_array"):
                containers.pop()
                members.pop()
            elif members:
                fields.setdefault(members[-1], []).append(scalar_text(value))
    return fields
