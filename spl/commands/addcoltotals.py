"""`addcoltotals`: adds a row with the sums of the columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from spl.commands.addtotals import Addtotals, TotalsStage
from spl.commands.arguments import names_text, options_text, read_fields, read_options
from spl.commands.base import Command, Stage
from spl.context import Context
from spl.lang.reader import Reader

_OPTIONS = {"labelfield": str, "label": str}


@dataclass(frozen=True, kw_only=True)
class Addcoltotals(Command):
    """`addcoltotals` of its fields, which may hold wildcards; by default all but internal ones."""

    name: ClassVar[str] = "addcoltotals"
    syntax: ClassVar[str] = "addcoltotals [labelfield=<field>] [label=<text>] [<field> …]"
    documentation: ClassVar[str] = "search-commands/addcoltotals"
    ordered: ClassVar[bool] = False

    labelfield: str | None = None
    label: str = "Total"
    fields: tuple[str, ...] = ()

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = read_options(reader, _OPTIONS)
        fields = read_fields(reader, least=0)
        options |= read_options(reader, _OPTIONS)
        return cls(fields=fields, **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        totals = Addtotals(
            row=False,
            col=True,
            labelfield=self.labelfield,
            label=self.label,
            fields=self.fields,
            span=self.span,
        )
        return TotalsStage(totals)

    def arguments(self) -> Iterable[str]:
        yield from options_text({"labelfield": self.labelfield, "label": self.label})
        yield names_text(self.fields)
