"""`bin`: cuts numbers or times into ranges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from spl.commands.arguments import name_text, read_field, read_options
from spl.commands.base import Command, OnAll, Stage, adding, per_row
from spl.commands.binning import BIN_OPTIONS, Binner, BinOptions
from spl.context import Context
from spl.fields import Glimpse, SlotError, UnreadError
from spl.lang.reader import Reader
from spl.values import Row, to_value, values_of

_DEFAULT_BINS = 100


@dataclass(frozen=True, kw_only=True)
class Bin(Command):
    """`bin` with its field: `_time` becomes the beginning of its bin, a number a range, `10-20`.

    Without a span the values decide: then all rows must be there first.
    """

    name: ClassVar[str] = "bin"
    aliases: ClassVar[tuple[str, ...]] = ("bucket", "discretize")
    syntax: ClassVar[str] = (
        "bin [bins=<N>] [minspan=<span>] [span=<span>] [start=<number>] [end=<number>] "
        "[aligntime=<time>] <field> [AS <name>]"
    )
    documentation: ClassVar[str] = "search-commands/bin"
    ordered: ClassVar[bool] = False

    options: BinOptions
    field: str
    output: str | None = None

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = read_options(reader, BIN_OPTIONS)
        field = read_field(reader)
        output = read_field(reader, "a name after AS") if reader.keyword("AS") else None
        options |= read_options(reader, BIN_OPTIONS)
        if output is None and reader.keyword("AS"):
            output = read_field(reader, "a name after AS")
        return cls(
            options=BinOptions(**options), field=field, output=output, span=reader.span(start)
        )

    def start(self, context: Context) -> Stage:
        binner = Binner(self.field, self.options, context.environment, _DEFAULT_BINS)
        output = self.output or self.field

        def change(row: Row) -> None:
            try:
                values = values_of(row.get(self.field))
            except UnreadError as error:
                slot = binner.time_slot()
                if slot is None or not isinstance(row, Glimpse) or isinstance(error, SlotError):
                    raise
                row.set_slot(output, slot)
                return
            if (value := to_value(map(binner.bin, values))) is not None:
                row[output] = value

        def change_all(rows: list[Row]) -> Iterator[Row]:
            binner.fit(rows)
            for row in rows:
                change(row)
                yield row

        if self.options.span is not None:
            return per_row(change, adding([output]))
        return OnAll(context, change_all, adding([output]))

    def arguments(self) -> Iterable[str]:
        yield str(self.options)
        yield name_text(self.field)
        if self.output is not None:
            yield "AS " + name_text(self.output)
