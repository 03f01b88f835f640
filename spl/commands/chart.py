"""`chart`: statistical functions by one field down the side and one across."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from spl.commands.aggregation import Aggregation, read_aggregations
from spl.commands.arguments import options_text, read_options
from spl.commands.base import Command, Stage
from spl.commands.charting import CHART_OPTIONS, ChartStage, Layout, Split, read_split
from spl.commands.stats import Stats
from spl.context import Context
from spl.lang.reader import Reader


@dataclass(frozen=True, kw_only=True)
class Chart(Command):
    """`chart` with its aggregations: `OVER row BY column`, `BY row column` or `BY row`."""

    name: ClassVar[str] = "chart"
    syntax: ClassVar[str] = (
        "chart [limit=<N>] [useother=<bool>] [usenull=<bool>] [cont=<bool>] [sep=<text>] "
        "[format=<text>] <function>(<field>) [AS <name>] … [OVER <field> [<bin options>]] "
        "[BY <field> [<bin options>] [<field> [<bin options>] "
        "[where <function> in|notin top|bottom<N>, or <|> <number>]]]"
    )
    documentation: ClassVar[str] = "search-commands/chart"
    transforming: ClassVar[bool] = True

    aggregations: tuple[Aggregation, ...]
    over: Split | None = None
    across: Split | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options = read_options(reader, CHART_OPTIONS)
        aggregations = read_aggregations(reader, "BY", "OVER")
        options |= read_options(reader, CHART_OPTIONS)
        splits: list[Split] = []
        if reader.keyword("OVER"):
            splits.append(read_split(reader, options))
        if reader.keyword("BY"):
            splits.append(read_split(reader, options))
            reader.take(",")
            if len(splits) == 1 and not reader.at_end():
                splits.append(read_split(reader, options))
        if splits and splits[0].where is not None:
            raise reader.error("a where clause stands behind the field of the series", start)
        return cls(
            aggregations=aggregations,
            over=splits[0] if splits else None,
            across=splits[1] if len(splits) > 1 else None,
            options=options,
            span=reader.span(start),
        )

    @property
    def depends_on_order(self) -> bool:
        """Tell whether a function looks at the order of the rows."""
        return any(a.accumulator().ordered for a in self.aggregations)

    def start(self, context: Context) -> Stage:
        if self.over is None:
            return Stats(aggregations=self.aggregations, span=self.span).start(context)
        layout = Layout(self.over, self.across, self.aggregations, self.options)
        return ChartStage(layout, context)

    def arguments(self) -> Iterable[str]:
        yield from options_text(self.options)
        yield " ".join(map(str, self.aggregations))
        if self.over is not None:
            yield f"OVER {self.over}"
        if self.across is not None:
            yield f"BY {self.across}"
