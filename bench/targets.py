"""What must be reached, and whether it was: the items of docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import log
from typing import Any

from bench.process import Run


@dataclass(frozen=True)
class Measured:
    """The runs of one command, and the seconds and memory that stand for them."""

    runs: Sequence[Run]
    seconds: float
    """The median."""
    memory: int
    """The largest peak, in bytes."""


@dataclass(frozen=True)
class Result:
    """One target. `value` is None where it was not measured, and `note` says why."""

    item: int
    what: str
    value: float | None
    limit: float
    at_most: bool = True
    unit: str = "×"
    counts: float | None = None
    """The least that counts, where that is less than the target."""
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.value is None:
            return "not measured"
        if self._within(self.limit):
            return "reached"
        return "counts" if self.counts is not None and self._within(self.counts) else "missed"

    def _within(self, limit: float) -> bool:
        assert self.value is not None
        return self.value <= limit if self.at_most else self.value >= limit

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "verdict": self.verdict}


# The names of the measured commands.
EIGHT = "hunts, eight"
ONE = "hunts, one"
ALL = "hunts, all"
ALL_ONE_PROCESS = "hunts, all, --jobs 1"
EVERY_EVENT = "hunts, every event"
EIGHT_GZ = "hunts, eight, .gz"
EIGHT_SCAN = "hunts, eight, 20 %"
ALL_SCAN = "hunts, all, 20 %"
EIGHT_TENTH = "hunts, eight, a tenth"
ALL_TENTH = "hunts, all, a tenth"
EIGHT_REPEATED = "hunts, eight, file ×{times}"
EIGHT_REPEATED_ONE_PROCESS = "hunts, eight, file ×{times}, --jobs 1"
ALL_REPEATED = "hunts, all, file ×{times}"
EIGHT_PIPED = "hunts, eight, pipe ×{times}"
ALL_MEGABYTE = "hunts, all, 1 MB"
LIST = "hunts list"
GREP = "grep"
JQ = "jq, one"
DUCKDB = "DuckDB, eight"
DUCKDB_LOADED = "DuckDB, eight, read once"
DUCKDB_EVERY_EVENT = "DuckDB, every event"
PYTHON = "Python and orjson, eight"
PARSE_ONLY = "orjson only, two processes"
GZIP = "gzip -dc"
RISKSCORE = "riskscore, {fields} fields"
PLAIN_COMMAND = "plain command, {fields} fields"
CSV_LOOP = "csv loop, {fields} fields"

FIELDS = (6, 40)


def results(measured: Mapping[str, Measured], times: int) -> Iterator[Result]:
    """Yield every target. `times`: how often the file was repeated, 0 for not at all."""

    repeated = {"times": times or "n"}

    def ratio(of: str, to: str) -> float | None:
        if of not in measured or to not in measured:
            return None
        return measured[of].seconds / measured[to].seconds

    def seconds(of: str) -> float | None:
        return measured[of].seconds if of in measured else None

    yield Result(1, "eight hunts / grep", ratio(EIGHT, GREP), 1.0, counts=1.5)
    yield Result(1, "DuckDB / eight hunts", ratio(DUCKDB, EIGHT), 5, at_most=False)
    yield Result(1, "jq, one hunt / eight hunts", ratio(JQ, EIGHT), 20, at_most=False)
    yield Result(2, "all hunts / orjson only, two processes", ratio(ALL, PARSE_ONLY), 1.5)
    yield Result(3, "one hunt / grep", ratio(ONE, GREP), 0.8, counts=1.2)
    yield Result(
        4, "hunt on every event / DuckDB", ratio(EVERY_EVENT, DUCKDB_EVERY_EVENT), limit=1.5
    )
    for name in (EIGHT, ALL, EIGHT_SCAN, ALL_SCAN, EIGHT_REPEATED, ALL_REPEATED, EIGHT_PIPED):
        name = name.format(**repeated)
        memory = measured[name].memory / 1e6 if name in measured else None
        note = "needs --repeat" if memory is None and "×" in name else ""
        yield Result(5, f"memory of {name}", memory, 300, unit=" MB", note=note)
    yield Result(6, "eight hunts on .gz / gzip -dc", ratio(EIGHT_GZ, GZIP), 1.3)
    # A tenth of a power more than linear is noise between two sizes.
    for small, large, factor in (
        (EIGHT_TENTH, EIGHT, 10),
        (ALL_TENTH, ALL, 10),
        (EIGHT, EIGHT_REPEATED.format(**repeated), times),
        (ALL, ALL_REPEATED.format(**repeated), times),
    ):
        growth = ratio(large, small)
        exponent = log(growth) / log(factor) if growth and factor > 1 else None
        note = "needs --repeat" if exponent is None and "×" in large else ""
        what = f"growth exponent, {small} to {large}"
        yield Result(7, what, exponent, 1.1, unit="", note=note)
    one_process = EIGHT_REPEATED_ONE_PROCESS.format(**repeated)
    two = ratio(one_process, EIGHT_REPEATED.format(**repeated))
    what = f"eight hunts, file ×{repeated['times']}, one process / two"
    yield Result(7, what, two, 1.7, at_most=False, note="" if two else "needs --repeat")
    two = ratio(ALL_ONE_PROCESS, ALL)
    yield Result(7, "all hunts, one process / two", two, 1.7, at_most=False)
    yield Result(8, "hunts list", seconds(LIST), 0.25, unit=" s")
    yield Result(8, "all hunts, 1 MB", seconds(ALL_MEGABYTE), 1.5, unit=" s")
    for fields in FIELDS:
        ours = RISKSCORE.format(fields=fields)
        plain = PLAIN_COMMAND.format(fields=fields)
        what = f"plain command / riskscore, {fields} fields"
        yield Result(9, what, ratio(plain, ours), 1.5, at_most=False)
