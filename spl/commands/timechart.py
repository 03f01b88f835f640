"""`timechart`: statistical functions by stretches of time, and by one field across."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from spl.commands.aggregation import Aggregation, read_aggregations
from spl.commands.arguments import (
    Convert,
    boolean,
    name_text,
    options_text,
    read_field,
    read_options,
)
from spl.commands.base import Command, Stage
from spl.commands.binning import BIN_OPTIONS, BinOptions
from spl.commands.charting import (
    CHART_OPTIONS,
    ChartStage,
    Layout,
    SeriesFilter,
    Split,
    read_series_filter,
)
from spl.context import Context
from spl.functions.aggregates import find_aggregate
from spl.lang.reader import Reader
from spl.time_span import TimeSpan
from spl.values import Number, Value, number_text, to_number

_CHART_OPTIONS: dict[str, Convert] = {
    **CHART_OPTIONS,
    "partial": boolean,
    "fixedrange": boolean,
}
_OPTIONS = {**BIN_OPTIONS, **_CHART_OPTIONS}
_DEFAULT_BINS = 100
_PER = {"per_second": 1, "per_minute": 60, "per_hour": 3_600, "per_day": 86_400}


@dataclass(frozen=True, kw_only=True)
class Timechart(Command):
    """`timechart` with its aggregations, bins of time and split-by field.

    Where the search has a time range the rows cover it (fixedrange), and `partial=false` leaves
    out a first and a last row that reach beyond it. `_span` is not among the fields.
    """

    name: ClassVar[str] = "timechart"
    syntax: ClassVar[str] = (
        "timechart [span=<span>] [bins=<N>] [minspan=<span>] [aligntime=<time>] [limit=<N>] "
        "[useother=<bool>] [usenull=<bool>] [cont=<bool>] [partial=<bool>] [fixedrange=<bool>] "
        "[sep=<text>] [format=<text>] <function>(<field>) [AS <name>] … [BY <field> "
        "[where <function> in|notin top|bottom<N>, or <|> <number>]]"
    )
    documentation: ClassVar[str] = "search-commands/timechart"
    transforming: ClassVar[bool] = True

    aggregations: tuple[Aggregation, ...]
    bins: BinOptions
    by: str | None = None
    where: SeriesFilter | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        per = dict.fromkeys(_PER, find_aggregate("sum"))
        options = read_options(reader, _OPTIONS)
        aggregations = read_aggregations(reader, "BY", also=per)
        options |= read_options(reader, _OPTIONS)
        by = where = None
        if reader.keyword("BY"):
            by = read_field(reader)
            options |= read_options(reader, _OPTIONS)
            where = read_series_filter(reader)
            options |= read_options(reader, _OPTIONS)
        bins = BinOptions(**{name: options.pop(name) for name in BIN_OPTIONS if name in options})
        return cls(
            aggregations=aggregations,
            bins=bins,
            by=by,
            where=where,
            options=options,
            span=reader.span(start),
        )

    @property
    def depends_on_order(self) -> bool:
        """Tell whether a function looks at the order of the rows."""
        return any(a.accumulator().ordered for a in self.aggregations)

    def start(self, context: Context) -> Stage:
        return _TimechartStage(self, context)

    def arguments(self) -> Iterable[str]:
        yield str(self.bins)
        yield from options_text(self.options)
        yield " ".join(map(str, self.aggregations))
        if self.by is not None:
            yield "BY " + name_text(self.by)
        if self.where is not None:
            yield str(self.where)


class _TimechartStage(ChartStage):
    def __init__(self, command: Timechart, context: Context) -> None:
        over = Split("_time", command.bins)
        across = Split(command.by, BinOptions(), command.where) if command.by is not None else None
        layout = Layout(
            over,
            across,
            command.aggregations,
            command.options,
            automatic=True,
            default_bins=_DEFAULT_BINS,
        )
        super().__init__(layout, context)
        self._timezone = context.environment.timezone
        self._range = context.searched
        self._per = {a.output: _PER[a.function] for a in command.aggregations if a.function in _PER}

    def extent(self) -> Sequence[Number]:
        if not self._options.get("fixedrange", True):
            return ()
        # The end of the range is not in it.
        ends = (self._range.earliest, self._range.latest and self._range.latest - 1)
        return [end for end in ends if end is not None]

    def order(self, labels: Iterable[str]) -> list[str]:
        known = [label for label in labels if to_number(label) is not None]
        ends = [self.over.bin(number_text(end)) for end in self.extent()]
        ordered = super().order([*known, *ends])
        if self._options.get("cont", True) is False:
            ordered = [label for label in ordered if label in known]
        if self._options.get("partial", True) is False:
            ordered = [label for label in ordered if self._whole(label)]
        return ordered

    def _ends(self, label: str) -> tuple[Number, Number]:
        begin = to_number(label) or 0
        span = self.over.span
        assert isinstance(span, TimeSpan)
        return begin, span.following(begin, self._timezone)

    def _whole(self, label: str) -> bool:
        begin, end = self._ends(label)
        earliest, latest = self._range.earliest, self._range.latest
        return (earliest is None or begin >= earliest) and (latest is None or end <= latest)

    def scaled(self, label: str, results: dict[str, Value]) -> dict[str, Value]:
        for output, seconds in self._per.items():
            value = results.get(output)
            number = to_number(value) if isinstance(value, str) else None
            if number is not None:
                begin, end = self._ends(label)
                results[output] = number_text(number * seconds / (end - begin))
        return results
