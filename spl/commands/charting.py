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
from spl.errors import UnsupportedSplError
from spl.lang.reader import Reader
from spl.values import Number, Row, Value, to_number, values_of

_DEFAULT_LIMIT = 10
_LIMIT = re.compile(r"(top|bottom)?\s*(\d{1,9})", re.IGNORECASE)


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
class Split:
    """The field of an OVER or BY clause, with its bin options."""

    field: str
    options: BinOptions

    def __str__(self) -> str:
        return f"{name_text(self.field)} {self.options}".rstrip()


def read_split(reader: Reader, options: dict[str, Any]) -> Split:
    """Read a field with the bin options behind it; other options go into `options`."""
    name = read_field(reader)
    read = read_options(reader, {**BIN_OPTIONS, **CHART_OPTIONS})
    refuse_where(reader)
    bins = {option: read.pop(option) for option in BIN_OPTIONS if option in read}
    options |= read
    return Split(name, BinOptions(**bins))


def refuse_where(reader: Reader) -> None:
    """Raise UnsupportedSplError where the where clause of a chart comes."""
    if reader.keyword("WHERE"):
        end = reader.position
        raise UnsupportedSplError(
            "the where clause of a chart does not run here: use limit=",
            text=reader.text,
            start=end - len("where"),
            end=end,
        )


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
        totals: dict[str, float] = {}
        output = self._aggregator.outputs[0] if self._aggregator.outputs else ""
        for label, cells in self._cells.items():
            for name, group in cells.items():
                if name is not None:
                    value = self._results(label, group).get(output)
                    number = to_number(value) if isinstance(value, str) else None
                    totals[name] = totals.get(name, 0) + (number or 0)
        limit = self._options.get("limit", Limit(_DEFAULT_LIMIT))
        if not limit.count or len(totals) <= limit.count:
            return self._across.in_order(totals, fill=False), []
        sign = 1 if limit.bottom else -1
        ranked = sorted(totals, key=lambda name: (sign * totals[name], name))
        kept = self._across.in_order(ranked[: limit.count], fill=False)
        return kept, ranked[limit.count :]

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
