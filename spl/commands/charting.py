"""What `chart` and `timechart` have in common: split-by clauses, series, cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spl.commands.aggregation import Aggregation, Aggregator, Group, Observation
from spl.commands.arguments import (
    Convert,
    boolean,
    name_text,
    not_here,
    read_field,
    read_options,
)
from spl.commands.base import Columns, Stage
from spl.commands.binning import BIN_OPTIONS, Binner, BinOptions
from spl.context import Context
from spl.errors import SplError
from spl.functions.aggregates import find_aggregate
from spl.lang.reader import Reader
from spl.values import Number, Row, Value, to_number, values_of

_DEFAULT_LIMIT = 10
_LIMIT = re.compile(r"(top|bottom)?\s*(\d{1,9})", re.IGNORECASE)
_SERIES_FILTER = (
    r"([a-z_][\w.]*)(?:\([^()]*\))?\s*"
    r"(?:\b(in|notin)\s+(top|bottom)\s*(\d{1,9})|([<>])\s*(-?\d{1,18}(?:\.\d{1,18})?))(?![\w.])"
)


@dataclass(frozen=True)
class Limit:
    """The `count` series with the largest, or smallest, total; 0 is all."""

    count: int
    bottom: bool = False

    def __str__(self) -> str:
        return f"{'bottom' if self.bottom else ''}{self.count}"


def parse_limit(text: str) -> Limit:
    """Convert the value of `limit=`; raise ValueError."""
    if found := _LIMIT.fullmatch(text):
        return Limit(int(found[2]), (found[1] or "").lower() == "bottom")
    raise ValueError("a number, top<N> or bottom<N>")


SERIES_OPTIONS: Mapping[str, Convert] = {
    "limit": parse_limit,
    "useother": boolean,
    "usenull": boolean,
    "otherstr": str,
    "nullstr": str,
}
CHART_OPTIONS: Mapping[str, Convert] = {
    "sep": str,
    "format": str,
    "cont": boolean,
    "agg": not_here,
    "dedup_splitvals": boolean,
    **SERIES_OPTIONS,
}


@dataclass(frozen=True)
class SeriesFilter:
    """`where <function> in top5`, `… notin bottom3`, `… > 10`: which series are shown.

    The function runs over the values of a series down the side (timechart, where clause).
    """

    function: str
    operator: str
    limit: Limit = Limit(0)
    threshold: Number = 0

    def __str__(self) -> str:
        operand = str(self.threshold)
        if self.operator in ("in", "notin"):
            operand = f"{'bottom' if self.limit.bottom else 'top'}{self.limit.count}"
        return f"where {self.function} {self.operator} {operand}"

    def kept(self, values: Mapping[str, Sequence[str]]) -> list[str]:
        """Return the names of the series that are shown, given the values of each."""
        scores: dict[str, Number] = {}
        for name, texts in values.items():
            accumulator = find_aggregate(self.function)()
            if texts:
                accumulator.add(texts, None)
            result = accumulator.result()
            number = to_number(result) if isinstance(result, str) else None
            scores[name] = number or 0
        if self.operator == ">":
            return [name for name in scores if scores[name] > self.threshold]
        if self.operator == "<":
            return [name for name in scores if scores[name] < self.threshold]
        sign = 1 if self.limit.bottom else -1
        ranked = sorted(scores, key=lambda name: (sign * scores[name], name))
        count = self.limit.count or len(ranked)
        return ranked[:count] if self.operator == "in" else ranked[count:]


def read_series_filter(reader: Reader) -> SeriesFilter | None:
    """Read the where clause behind a split-by field, if it comes."""
    if not reader.keyword("WHERE"):
        return None
    found = reader.match(_SERIES_FILTER, re.IGNORECASE)
    if not found:
        raise reader.error(
            "expected a function and in top5, notin bottom5, > 10 or < 10 after where, "
            f"found {reader.found()}"
        )
    function, within, side, count, sign, number = found.groups()
    try:
        find_aggregate(function)
    except SplError as error:
        raise error.at(reader.text, *found.span(1)) from None
    if within:
        limit = Limit(int(count), side.lower() == "bottom")
        return SeriesFilter(function.lower(), within.lower(), limit)
    return SeriesFilter(function.lower(), sign, threshold=to_number(number) or 0)


@dataclass(frozen=True)
class Split:
    """The field of an OVER or BY clause, with its bin options and which series are shown."""

    field: str
    options: BinOptions
    where: SeriesFilter | None = None

    def __str__(self) -> str:
        where = str(self.where) if self.where else ""
        return " ".join(filter(None, (name_text(self.field), str(self.options), where)))


def read_split(reader: Reader, options: dict[str, Any]) -> Split:
    """Read a field with the bin options behind it; other options go into `options`."""
    name = read_field(reader)
    read = read_options(reader, {**BIN_OPTIONS, **CHART_OPTIONS})
    where = read_series_filter(reader)
    read |= read_options(reader, {**BIN_OPTIONS, **CHART_OPTIONS})
    bins = {option: read.pop(option) for option in BIN_OPTIONS if option in read}
    options |= read
    return Split(name, BinOptions(**bins), where)


@dataclass(frozen=True)
class Layout:
    """What a chart is made of: the field down the side, the field across, the functions.

    `automatic`: what is down the side is cut even where no bin option says so. `default_bins`:
    how many bins there are at most where bin options do not say.
    """

    over: Split
    across: Split | None
    aggregations: Sequence[Aggregation]
    options: Mapping[str, Any]
    automatic: bool = False
    default_bins: int = 300


class ChartStage(Stage):
    """Counts cells by row and series.

    Series that `limit` leaves out are merged to OTHER; rows without the split-by field are in
    NULL. Series stand in the order of `sort`, then NULL, then OTHER (not documented).
    """

    def __init__(self, layout: Layout, context: Context) -> None:
        environment = context.environment
        self._layout = layout
        self._options = layout.options
        self._aggregator = Aggregator(layout.aggregations, environment)
        over, across, bins = (
            layout.over,
            layout.across or Split("", BinOptions()),
            layout.default_bins,
        )
        self.over = Binner(over.field, over.options, environment, bins, automatic=layout.automatic)
        self._across = Binner(across.field, across.options, environment, bins, automatic=False)
        self._waiting: list[Row] = []
        self._waits = self.over.waits or self._across.waits
        self._cells: dict[str, dict[str | None, Group]] = {}
        self._series: list[str] = []

    def feed(self, rows: Iterable[Row]) -> Iterable[Row]:
        if self._waits:
            self._waiting.extend(rows)
        else:
            for row in rows:
                self._add(row)
        return ()

    def extent(self) -> Sequence[Number]:
        """Return the ends of what the bins down the side must cover."""
        return ()

    def order(self, labels: Iterable[str]) -> list[str]:
        """Return the labels down the side in order."""
        return self.over.in_order(labels, fill=self._options.get("cont", True))

    def scaled(self, label: str, results: dict[str, Value]) -> dict[str, Value]:
        """Return the results of a cell in the row `label` as they are shown."""
        return results

    def _add(self, row: Row) -> None:
        series: list[str | None] = [None]
        if self._layout.across is not None:
            values = values_of(row.get(self._layout.across.field))
            series = [*map(self._across.bin, values)] or [None]
        observed: Observation | None = None
        rows = values_of(row.get(self._layout.over.field))
        if self._options.get("dedup_splitvals"):
            rows, series = list(dict.fromkeys(rows)), list(dict.fromkeys(series))
        for value in rows:
            label = self.over.bin(value)
            cells = self._cells.setdefault(label, {})
            for name in series:
                observed = observed or self._aggregator.observe(row)
                group = cells.get(name)
                if group is None:
                    group = cells[name] = Group(self._aggregator)
                self._aggregator.take(group, observed)

    def finish(self) -> Iterator[Row]:
        if self._waits:
            self.over.fit(self._waiting, self.extent())
            self._across.fit(self._waiting)
            for row in self._waiting:
                self._add(row)
            self._waiting = []
        labels = self.order(self._cells)
        write = self._write_series() if self._layout.across is not None else self._write_plain
        for label in labels:
            result: Row = {self._layout.over.field: label}
            write(label, result)
            yield result

    def _results(self, label: str, group: Group | None) -> dict[str, Value]:
        found = self._aggregator.results(group or Group(self._aggregator))
        return self.scaled(label, found)

    def _write_plain(self, label: str, row: Row) -> None:
        row.update(self._results(label, self._cells.get(label, {}).get(None)))

    def _write_series(self) -> Callable[[str, Row], None]:
        kept, others = self._kept_series()
        null, other = self._options.get("nullstr", "NULL"), self._options.get("otherstr", "OTHER")
        names: list[tuple[str, list[str | None]]] = [(name, [name]) for name in kept]
        if self._options.get("usenull", True) and any(None in c for c in self._cells.values()):
            names.append((null, [None]))
        if self._options.get("useother", True) and others:
            names.append((other, list(others)))
        self._series = [name for name, _ in names]

        def write(label: str, row: Row) -> None:
            cells = self._cells.get(label, {})
            for name, members in names:
                groups = [cells[member] for member in members if member in cells]
                merged = groups[0] if len(groups) == 1 else Group(self._aggregator)
                for group in groups if len(groups) > 1 else ():
                    self._aggregator.merge(merged, group)
                for output, value in self._results(label, merged).items():
                    row[self._column(output, name)] = value

        return write

    def _kept_series(self) -> tuple[list[str], list[str]]:
        """Return the series that are shown and those that are not, by their totals."""
        values: dict[str, list[str]] = {}
        output = self._aggregator.outputs[0] if self._aggregator.outputs else ""
        for label, cells in self._cells.items():
            for name, group in cells.items():
                if name is not None:
                    value = self._results(label, group).get(output)
                    values.setdefault(name, []).extend(values_of(value))
        # "Essentially the default is the same as specifying where sum in top10."
        limit = self._options.get("limit", Limit(_DEFAULT_LIMIT))
        where = self._layout.across.where if self._layout.across else None
        shown = (where or SeriesFilter("sum", "in", limit)).kept(values)
        others = [name for name in values if name not in set(shown)]
        return self._across.in_order(shown, fill=False), others

    def _column(self, output: str, series: str) -> str:
        if len(self._aggregator.outputs) == 1 and "format" not in self._options:
            return series
        form = self._options.get("format", f"$AGG${self._options.get('sep', ': ')}$VAL$")
        return re.sub(r"\$(AGG|VAL)\$", lambda found: output if found[1] == "AGG" else series, form)

    def columns(self, before: Columns) -> Columns:
        outputs = self._aggregator.outputs
        if self._layout.across is None:
            return [self._layout.over.field, *outputs]
        series = [self._column(output, name) for output in outputs for name in self._series]
        return list(dict.fromkeys([self._layout.over.field, *series]))
