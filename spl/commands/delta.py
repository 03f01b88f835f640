"""`delta`: the difference between a field and its value some rows before."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import integer, name_text, options_text, read_field, read_options
from spl.commands.base import Columns, Command, Stage, adding
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Number, Row, number_text, to_number


@dataclass(frozen=True, kw_only=True)
class Delta(Command):
    """`delta` with its field: the value less that of `p` rows before, where both are numbers."""

    name: ClassVar[str] = "delta"
    syntax: ClassVar[str] = "delta <field> [AS <name>] [p=<N>]"
    documentation: ClassVar[str] = "search-commands/delta"

    field: str
    output: str
    p: int = 1

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options = read_options(reader, {"p": integer})
        field = read_field(reader)
        options |= read_options(reader, {"p": integer})
        output = read_field(reader, "a name after AS") if reader.keyword("AS") else None
        options |= read_options(reader, {"p": integer})
        if options.get("p") == 0:
            raise reader.error("p= is at least 1", start, reader.position)
        return cls(
            field=field, output=output or f"delta({field})", **options, span=reader.span(start)
        )

    def start(self, context: Context) -> Stage:
        return _DeltaStage(self)

    def arguments(self) -> Iterable[str]:
        yield f"{name_text(self.field)} AS {name_text(self.output)}"
        yield from options_text({"p": self.p})


class _DeltaStage(Stage):
    def __init__(self, command: Delta) -> None:
        self._command = command
        self._before: deque[Number | None] = deque(maxlen=command.p)

    def feed(self, rows: Iterable[Row]) -> Iterator[Row]:
        command, before = self._command, self._before
        for row in rows:
            value = row.get(command.field)
            number = to_number(value) if isinstance(value, str) else None
            earlier = before[0] if len(before) == command.p else None
            if number is not None and earlier is not None:
                row[command.output] = number_text(number - earlier)
            before.append(number)
            yield row

    def columns(self, before: Columns) -> Columns:
        return adding([self._command.output])(before)
