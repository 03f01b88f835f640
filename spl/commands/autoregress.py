"""`autoregress`: copies a field's value from rows before."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import name_text, read_field, read_options
from spl.commands.base import Columns, Command, Stage, adding
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row, Value


@dataclass(frozen=True, kw_only=True)
class Autoregress(Command):
    """`autoregress` with its field: copied from `first` … `last` rows before."""

    name: ClassVar[str] = "autoregress"
    syntax: ClassVar[str] = "autoregress <field> [AS <name>] [p=<N> | p=<N>-<M>]"
    documentation: ClassVar[str] = "search-commands/autoregress"

    field: str
    output: str | None = None
    first: int = 1
    last: int = 1

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        field = read_field(reader)
        output = read_field(reader, "a name after AS") if reader.keyword("AS") else None
        first, last = read_options(reader, {"p": _range}).get("p", (1, 1))
        if output is not None and first != last:
            raise reader.error(
                "AS names one field: leave it out where p= is a range", start, reader.position
            )
        return cls(field=field, output=output, first=first, last=last, span=reader.span(start))

    def outputs(self) -> dict[int, str]:
        """Return the names of the copies by how many rows before they were."""
        steps = range(self.first, self.last + 1)
        return {step: self.output or f"{self.field}_p{step}" for step in steps}

    def start(self, context: Context) -> Stage:
        return _AutoregressStage(self)

    def arguments(self) -> Iterable[str]:
        yield name_text(self.field)
        if self.output is not None:
            yield "AS " + name_text(self.output)
        yield f"p={self.first}-{self.last}"


class _AutoregressStage(Stage):
    def __init__(self, command: Autoregress) -> None:
        self._field = command.field
        self._outputs = command.outputs()
        self._before: deque[Value | None] = deque(maxlen=command.last)

    def feed(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            current = row.get(self._field)
            for step, name in self._outputs.items():
                value = self._before[-step] if step <= len(self._before) else None
                if value is not None:
                    row[name] = value
            self._before.append(current)
            yield row

    def columns(self, before: Columns) -> Columns:
        return adding(list(self._outputs.values()))(before)


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    try:
        steps = (int(first), int(last or first))
    except ValueError:
        steps = (0, 0)
    if not 1 <= steps[0] <= steps[1] <= 10_000:
        raise ValueError("a number from 1 on, or a range such as 1-3")
    return steps
