"""Measures `hunts` beside what people would use instead: python -m bench.run --help."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from statistics import median
from typing import IO, Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench import answers, data, targets
from bench.process import ROOT, BenchError, Command, Run, run
from bench.risk import records
from bench.targets import Measured, Result

_PYTHON = sys.executable
_HUNTS = (_PYTHON, "-m", "hunts")
_RUN = (*_HUNTS, "run", "--format", "json")
_EIGHT = tuple(word for name in answers.HUNTS for word in ("--hunt", name))
_SHARE = 0.005
_SHARE_OF_SCAN = 0.2
_CHUNKS = {6: 4, 40: 2}
# So that no cell is broken: the tables go into docs/performance.md as they are.
_WIDTH = 140


@dataclass(frozen=True)
class Case:
    """A command to measure. `group`: those whose answers must be the same, to the questions that
    both answer."""

    name: str
    command: Command
    answer: Callable[[IO[bytes]], Any] | None = None
    group: str = ""
    once: bool = False


@dataclass(frozen=True)
class Files:
    """The files of one run of the benchmark."""

    folder: Path
    megabytes: int
    repeat: int
    seed: int

    @property
    def log(self) -> Path:
        return self.folder / f"audit-{self.megabytes}MB.ndjson"

    @property
    def scan(self) -> Path:
        """One with many unauthenticated events."""
        return self.folder / f"scan-{self.megabytes}MB.ndjson"

    @property
    def compressed(self) -> Path:
        return self.folder / f"{self.log.name}.gz"

    @property
    def tenth(self) -> Path:
        return self.folder / f"tenth-of-{self.log.name}"

    @property
    def megabyte(self) -> Path:
        return self.folder / "audit-1MB.ndjson"

    @property
    def links(self) -> Path:
        return self.folder / "repeated"

    def records(self, fields: int, command: str) -> Path:
        return self.folder / f"{command}-{fields}-fields.chunks"

    def make(self) -> None:
        """Write all of them anew."""
        self.folder.mkdir(parents=True, exist_ok=True)
        size = self.megabytes * 1_000_000
        data.write(self.log, size, _SHARE, self.seed)
        data.write(self.scan, size, _SHARE_OF_SCAN, self.seed)
        data.head(self.log, size // 10, self.tenth)
        data.head(self.log, 1_000_000, self.megabyte)
        data.compress(self.log, self.compressed)
        data.link(self.log, self.repeat, self.links)
        for fields, chunks in _CHUNKS.items():
            records.write(self.records(fields, "riskscore"), chunks, fields, records.ARGUMENTS)
            records.write(self.records(fields, "plain"), chunks, fields, ())


def cases(files: Files) -> Iterator[Case]:
    """Yield what is measured; what is not installed is left out."""
    log = str(files.log)

    def hunts(name: str, *arguments: str, group: str = "", **more: Any) -> Case:
        return Case(name, Command((*_RUN, *arguments)), answers.of_hunts, group, **more)

    def alternative(name: str, *argv: str, group: str = "log") -> Case:
        return Case(name, Command(argv), answers.of_alternative, group)

    yield hunts(targets.EIGHT, *_EIGHT, log, group="log")
    if shutil.which("grep"):
        grep = ("grep", "-i", "-c", "-F", "system:anonymous", log)
        yield Case(targets.GREP, Command(grep))
    yield hunts(targets.ONE, "--hunt", answers.ONE, log, group="log")
    yield hunts(targets.ALL, log, group="log")
    yield Case(targets.PARSE_ONLY, Command((_PYTHON, "-m", "bench.alternatives.parse_only", log)))
    yield alternative(targets.PYTHON, _PYTHON, "-m", "bench.alternatives.plain_python", log)
    if util.find_spec("duckdb"):
        sql = (_PYTHON, "-m", "bench.alternatives.sql")
        yield alternative(targets.DUCKDB, *sql, log)
        yield alternative(targets.DUCKDB_LOADED, *sql, "--load", log)
        yield alternative(targets.DUCKDB_EVERY_EVENT, *sql, "--every-event", log)
    if shutil.which("jq"):
        query = str(ROOT / "bench/alternatives/suspicious_kubectl.jq")
        yield alternative(targets.JQ, "jq", "-c", "-n", "-f", query, log)
    yield hunts(targets.EVERY_EVENT, "--app", str(ROOT / "bench/app"), log, group="log")
    yield hunts(targets.ALL_ONE_PROCESS, "--jobs", "1", log, group="log")
    yield hunts(targets.EIGHT_GZ, *_EIGHT, str(files.compressed), group="log")
    if shutil.which("gzip"):
        yield Case(targets.GZIP, Command(("gzip", "-dc", str(files.compressed)), to_null=True))
    yield hunts(targets.EIGHT_SCAN, *_EIGHT, str(files.scan), group="scan")
    yield hunts(targets.ALL_SCAN, str(files.scan), group="scan")
    yield hunts(targets.EIGHT_TENTH, *_EIGHT, str(files.tenth), group="tenth")
    yield hunts(targets.ALL_TENTH, str(files.tenth), group="tenth")
    yield hunts(targets.ALL_MEGABYTE, str(files.megabyte))
    yield Case(targets.LIST, Command((*_HUNTS, "list")))
    if files.repeat:
        names = sorted(map(str, files.links.iterdir()))
        cat = Command((*_RUN, *_EIGHT, "-"), feed=("cat", *names))
        many = {"times": files.repeat}
        repeated = targets.EIGHT_REPEATED.format(**many)
        yield hunts(repeated, *_EIGHT, *names, group="repeated", once=True)
        one_process = targets.EIGHT_REPEATED_ONE_PROCESS.format(**many)
        yield hunts(one_process, *_EIGHT, "--jobs", "1", *names, group="repeated", once=True)
        yield hunts(targets.ALL_REPEATED.format(**many), *names, group="repeated", once=True)
        piped = targets.EIGHT_PIPED.format(**many)
        yield Case(piped, cat, answers.of_hunts, once=True)
    for fields in targets.FIELDS:
        for name, script, stream in (
            (targets.RISKSCORE, "app/bin/riskscore.py", "riskscore"),
            (targets.PLAIN_COMMAND, "bench/risk/plain_command.py", "plain"),
            (targets.CSV_LOOP, "bench/risk/csv_loop.py", "plain"),
        ):
            command = Command((_PYTHON, str(ROOT / script)), files.records(fields, stream))
            yield Case(name.format(fields=fields), command, records.scored, f"{fields} fields")


def missing() -> list[str]:
    """Name the alternatives that are not installed."""
    programs = [name for name in ("grep", "gzip", "jq") if not shutil.which(name)]
    return programs + ([] if util.find_spec("duckdb") else ["duckdb"])


def measure(
    chosen: Sequence[Case], rounds: int, patience: float, say: Callable[[str], object]
) -> list[list[Run]]:
    """Run each once to warm up, for its memory and its answer, then all in turn, `rounds` times.

    What takes more than `patience` seconds to warm up is not run again. Returns the runs of each,
    the first of them the one that warms up. Raises BenchError if one fails, or if two of a group
    give different answers.
    """
    runs: list[list[Run]] = []
    for case in chosen:
        first = run(case.command, watch_memory=True, answer=case.answer)
        say(f"{case.name}: {first.seconds:.1f} s to warm up, {first.memory / 1e6:.0f} MB")
        runs.append([first])
    compare([(case, done[0].answer) for case, done in zip(chosen, runs, strict=True)])
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        for case, done in zip(chosen, runs, strict=True):
            if not case.once and done[0].seconds <= patience:
                done.append(run(case.command))
    return runs


def compare(found: Sequence[tuple[Case, Any]]) -> None:
    """Raise BenchError where the answers of a group differ."""
    first: dict[tuple[str, str], tuple[str, Any]] = {}
    for case, answer in found:
        if not case.group:
            continue
        parts = answer if isinstance(answer, Mapping) else {"the count": answer}
        for question, value in parts.items():
            name, expected = first.setdefault((case.group, question), (case.name, value))
            if value != expected:
                raise BenchError(
                    f"{question}: {case.name} answers {_short(value)}, {name} {_short(expected)}"
                )


def _short(value: Any) -> str:
    text = f"{len(value)} rows: {value}" if isinstance(value, list) else str(value)
    return text[:300]


def stand_for(runs: Sequence[Run]) -> Measured:
    """Return the median time of the timed runs, or that of the only run, and the largest peak."""
    timed = runs[1:] or runs
    return Measured(timed, median(r.seconds for r in timed), max(r.memory for r in runs))


def machine() -> dict[str, Any]:
    """Describe what the figures depend on."""
    packages = (
        "kubernetes-hunts",
        "orjson",
        "msgspec",
        "hyperscan",
        "stringzilla",
        "duckdb",
        "splunk-sdk",
    )
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in packages},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def show(
    measured: Mapping[str, Measured], results: Sequence[Result], absent: Sequence[str]
) -> None:
    """Print the tables."""
    console = Console(highlight=False, width=_WIDTH)
    eight = measured[targets.EIGHT].seconds
    times = Table("command", box=box.MARKDOWN)
    for heading in ("runs", "median s", "least s", "most s", "× eight hunts", "peak MB"):
        times.add_column(heading, justify="right")
    for name, of in measured.items():
        seconds = [r.seconds for r in of.runs]
        times.add_row(
            name,
            str(len(seconds)),
            f"{of.seconds:.3f}",
            f"{min(seconds):.3f}",
            f"{max(seconds):.3f}",
            f"{of.seconds / eight:.2f}",
            f"{of.memory / 1e6:.0f}",
        )
    console.print(times)
    verdicts = Table("item", "what", box=box.MARKDOWN)
    for heading in ("measured", "target"):
        verdicts.add_column(heading, justify="right")
    verdicts.add_column("verdict")
    for result in results:
        value = "–" if result.value is None else f"{result.value:.2f}{result.unit}"
        limit = f"{'≤' if result.at_most else '≥'} {result.limit:g}{result.unit}"
        verdict = f"{result.verdict}{f': {result.note}' if result.note else ''}"
        verdicts.add_row(str(result.item), result.what, value, limit, verdict)
    console.print(verdicts)
    for name in absent:
        console.print(f"Not installed, so not measured: {name}")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.run",
        description="Measure hunts beside grep, jq, DuckDB, and Python with orjson.",
    )
    parser.add_argument("--size", type=int, default=200, help="of the log in MB (default: 200)")
    parser.add_argument(
        "--repeat", type=int, default=0, help="hunt in this many times the log, too; for 10 GB: 10"
    )
    parser.add_argument("--rounds", type=int, default=5, help="timed runs of each (default: 5)")
    parser.add_argument(
        "--patience",
        type=float,
        default=20,
        help="run what takes longer than this many seconds once only (default: 20)",
    )
    parser.add_argument("--seed", type=int, default=1, help="of the log (default: 1)")
    parser.add_argument("--folder", type=Path, default=ROOT / "build/bench", help="for the files")
    parser.add_argument("--output", type=Path, help="of the JSON (default: results.json there)")
    parser.add_argument("--only", action="append", metavar="TEXT", help="commands with this name")
    given = parser.parse_args()
    try:
        _bench(given)
    except BenchError as error:
        sys.exit(f"bench: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _bench(given: argparse.Namespace) -> None:
    files = Files(given.folder.resolve(), given.size, given.repeat, given.seed)
    load = [os.getloadavg()]
    _say(f"making {given.size} MB logs in {files.folder}")
    _make_elsewhere(files)
    only = given.only or [""]
    chosen = [c for c in cases(files) if c.name == targets.EIGHT or any(o in c.name for o in only)]
    runs = measure(chosen, given.rounds, given.patience, _say)
    load.append(os.getloadavg())
    measured = {case.name: stand_for(done) for case, done in zip(chosen, runs, strict=True)}
    results = list(targets.results(measured, files.repeat))
    absent = missing()
    show(measured, results, absent)
    print(f"load average before and after: {load[0][0]:.1f}, {load[1][0]:.1f}")
    document = {
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "megabytes": given.size,
        "machine": machine(),
        "load_average": {"before": load[0], "after": load[1]},
        "commands": {
            name: {
                "seconds": [r.seconds for r in of.runs],
                "median": of.seconds,
                "peak_memory": of.memory,
            }
            for name, of in measured.items()
        },
        "targets": [result.as_json() for result in results],
        "not_installed": absent,
    }
    output = given.output or files.folder / "results.json"
    output.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    print(f"JSON: {output}")


def _make_elsewhere(files: Files) -> None:
    """Make the files in a process of their own: a child's peak memory is at least its parent's."""
    code = f"from pathlib import *; from bench.run import Files; {files!r}.make()"
    code = code.replace("PosixPath", "Path")
    if subprocess.run((_PYTHON, "-c", code), cwd=ROOT).returncode:
        raise BenchError("could not make the logs")


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
