"""`addtotals`: adds the sum of the numbers in each row, and a row with the sums of the columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from spl.commands.arguments import (
    Convert,
    boolean,
    matching_names,
    names_text,
    options_text,
    read_fields,
    read_options,
)
from spl.commands.base import Columns, Command, Stage
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Number, Row, number_text, to_number

_OPTIONS: dict[str, Convert] = {
    "row": boolean,
    "col": boolean,
    "labelfield": str,
    "label": str,
    "fieldname": str,
}
_TOTAL = "Total"


@dataclass(frozen=True, kw_only=True)
class Addtotals(Command):
    """`addtotals` of its fields, which may hold wildcards; by default all but internal ones.

    Values that are no numbers, and multivalues, do not count.
    """

    name: ClassVar[str] = "addtotals"
    syntax: ClassVar[str] = (
        "addtotals [row=<bool>] [col=<bool>] [labelfield=<field>] [label=<text>] "
        "[fieldname=<field>] [<field> …]"
    )
    documentation: ClassVar[str] = "search-commands/addtotals"
    ordered: ClassVar[bool] = False

    row: bool = True
    col: bool = False
    labelfield: str | None = None
    label: str = _TOTAL
    fieldname: str = _TOTAL
    fields: tuple[str, ...] = ()

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = read_options(reader, _OPTIONS)
        fields = read_fields(reader, least=0)
        options |= read_options(reader, _OPTIONS)
        return cls(fields=fields, **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return TotalsStage(self)

    def arguments(self) -> Iterable[str]:
        yield from options_text({name: getattr(self, name) for name in _OPTIONS})
        yield names_text(self.fields)


class TotalsStage(Stage):
    """Adds totals as an `addtotals` command says."""

    def __init__(self, command: Addtotals) -> None:
        self._command = command
        self._patterns = command.fields or ("*",)
        self._sums: dict[str, Number] = {}

    def feed(self, rows: Iterable[Row]) -> Iterator[Row]:
        command = self._command
        for row in rows:
            numbers = self._numbers(row)
            if command.row:
                numbers.pop(command.fieldname, None)
                row[command.fieldname] = number_text(sum(numbers.values()))
                numbers[command.fieldname] = sum(numbers.values())
            if command.col:
                for name, number in numbers.items():
                    self._sums[name] = self._sums.get(name, 0) + number
            yield row

    def _numbers(self, row: Row) -> dict[str, Number]:
        visible = [name for name in row if not name.startswith("_")]
        numbers: dict[str, Number] = {}
        for name in matching_names(self._patterns, visible):
            value = row.get(name)
            number = to_number(value) if isinstance(value, str) else None
            if number is not None:
                numbers[name] = number
        return numbers

    def finish(self) -> Iterator[Row]:
        command = self._command
        if command.col:
            row: Row = {name: number_text(total) for name, total in self._sums.items()}
            if command.labelfield is not None:
                row[command.labelfield] = command.label
            yield row

    def columns(self, before: Columns) -> Columns:
        command = self._command
        if before is None:
            return None
        new = [command.fieldname] * command.row
        if command.col and command.labelfield is not None:
            new.append(command.labelfield)
        return list(dict.fromkeys([*before, *new]))
