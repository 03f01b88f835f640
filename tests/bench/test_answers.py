from __future__ import annotations

import shutil
import sys
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from bench import answers, data
from bench.answers import EVERY_EVENT, HUNTS, ONE, Answer
from bench.process import ROOT, BenchError, Command, run
from bench.run import Case, compare
from tests.hunts.recordings import AZURE_HUNTS, GCP_HUNTS, recording

SQL = (sys.executable, "-m", "bench.alternatives.sql")
ALTERNATIVES = {
    "plain Python": (sys.executable, "-m", "bench.alternatives.plain_python"),
    "DuckDB": SQL,
    "DuckDB, read once": (*SQL, "--load"),
}
needs_duckdb = pytest.mark.skipif(not util.find_spec("duckdb"), reason="DuckDB is not installed")


def hunts(path: Path, *options: str) -> dict[str, Answer]:
    command = (sys.executable, "-m", "hunts", "run", "--format", "json", *options, str(path))
    found: dict[str, Answer] = run(Command(command), answer=answers.of_hunts).answer
    return found


def alternative(*argv: str) -> dict[str, Answer]:
    found: dict[str, Answer] = run(Command(argv), answer=answers.of_alternative).answer
    return found


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "audit.ndjson"
    data.write(path, 500_000, 0.8, seed=1)
    return path


@pytest.fixture(scope="module", params=["raw", "aks-blob", "gke"])
def found(
    request: pytest.FixtureRequest, log: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Answer]]:
    """Return a file and what the hunts find in it; those of its platform find something."""
    shape: str = request.param
    path = log
    if shape != "raw":
        folder = tmp_path_factory.mktemp(shape)
        path = recording("anonymous_scan_managed").convert(folder, shape)
    with_findings = {
        "raw": set(HUNTS) - AZURE_HUNTS - GCP_HUNTS,
        "aks-blob": AZURE_HUNTS,
        "gke": GCP_HUNTS,
    }
    ours = hunts(path)
    assert {name for name in HUNTS if ours[name]} == with_findings[shape]
    return path, {name: ours[name] for name in HUNTS}


@pytest.mark.parametrize(
    "name",
    ["plain Python", *(pytest.param(n, marks=needs_duckdb) for n in ALTERNATIVES if "Duck" in n)],
)
def test_alternatives_answer_as_the_hunts_do(
    name: str, found: tuple[Path, dict[str, Answer]]
) -> None:
    path, ours = found
    theirs = alternative(*ALTERNATIVES[name], str(path))
    assert {hunt: theirs.get(hunt, []) for hunt in HUNTS} == ours


@pytest.mark.skipif(not shutil.which("jq"), reason="jq is not installed")
def test_jq_answers_as_the_hunt_does(log: Path) -> None:
    query = str(ROOT / "bench/alternatives/suspicious_kubectl.jq")
    assert alternative("jq", "-c", "-n", "-f", query, str(log)) == hunts(log, "--hunt", ONE)


@needs_duckdb
def test_every_event(log: Path) -> None:
    ours = hunts(log, "--app", str(ROOT / "bench/app"))
    assert alternative(*SQL, "--every-event", str(log)) == ours
    assert len(ours[EVERY_EVENT]) > 20


def test_parse_only_reads_every_line(log: Path, tmp_path: Path) -> None:
    parse = (sys.executable, "-m", "bench.alternatives.parse_only")
    run(Command((*parse, str(log))))
    lines = log.read_bytes().splitlines(keepends=True)
    for number in (0, len(lines) // 2, -1):
        broken = tmp_path / "broken.ndjson"
        broken.write_bytes(b"".join([*lines[:number], b"{\n", *lines[number:]]))
        with pytest.raises(BenchError, match="a line is not JSON"):
            run(Command((*parse, str(broken))))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"A": [["x", "1"]]}, {"A": [["x", "1"]]}, True),
        ({"A": [["x", "1"]]}, {"A": [["x", "2"]]}, False),
        ({"A": [["x", "1"]]}, {"A": []}, False),
        ({"A": [], "B": [["x", "1"]]}, {"B": [["x", "1"]]}, True),
        (1, 2, False),
    ],
)
def test_compare(one: Any, other: Any, same: bool) -> None:
    def case(name: str, group: str = "log") -> Case:
        return Case(name, Command(()), group=group)

    compare([(case("one"), one), (case("other", "another"), other), (case("third", ""), other)])
    pair = [(case("one"), one), (case("other"), other)]
    if same:
        compare(pair)
    else:
        with pytest.raises(BenchError, match=r"other answers .*, one "):
            compare(pair)


def test_a_hunt_that_cannot_run_is_no_answer(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text('{"hunts": [{"name": "A", "status": "error", "messages": ["why"]}]}')
    with report.open("rb") as stream, pytest.raises(BenchError, match=r"A: .*why"):
        answers.of_hunts(stream)
