from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import targets
from bench.process import ROOT, BenchError, Command, Run, run
from bench.risk import records
from bench.run import stand_for
from bench.targets import Measured, Result

PARENT_OF_TWO = """
import subprocess, sys
child = [sys.executable, "-c", "import time; data = b'x' * 150_000_000; time.sleep(0.5)"]
for process in [subprocess.Popen(child), subprocess.Popen(child)]:
    process.wait()
"""


def test_run_takes_time_and_answer(tmp_path: Path) -> None:
    (tmp_path / "input").write_bytes(b"from a file")
    wait = (sys.executable, "-c", "import sys, time; time.sleep(0.2); print(sys.stdin.read())")
    from_file = run(Command(wait, stdin=tmp_path / "input"), answer=lambda out: out.read())
    assert from_file.answer == b"from a file\n"
    assert 0.2 < from_file.seconds < 5
    assert from_file.memory > 1e6
    piped = run(Command(wait, feed=("echo", "piped")), answer=lambda out: out.read())
    assert piped.answer == b"piped\n\n"
    assert run(Command(wait, to_null=True), answer=lambda out: out.read()).answer == b""


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux")
def test_memory_of_processes_at_the_same_time_is_added() -> None:
    command = Command((sys.executable, "-c", PARENT_OF_TWO))
    # A process that is just forked counts the memory of its parent: no upper bound here.
    assert run(command).memory > 150e6
    assert 300e6 < run(command, watch_memory=True).memory < 450e6


def test_a_failure_says_what_the_command_said() -> None:
    with pytest.raises(BenchError, match="exit 3: no such thing"):
        run(Command(("sh", "-c", "echo no such thing >&2; exit 3")))


def test_the_first_run_only_warms_up() -> None:
    runs = [Run(9, 5, None), Run(1, 1, None), Run(3, 1, None), Run(2, 7, None)]
    assert stand_for(runs) == Measured(runs[1:], 2, 7)
    assert stand_for(runs[:1]) == Measured(runs[:1], 9, 5)


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        (Result(1, "", 1.0, 1.0, counts=1.5), "reached"),
        (Result(1, "", 1.2, 1.0, counts=1.5), "counts"),
        (Result(1, "", 1.6, 1.0, counts=1.5), "missed"),
        (Result(1, "", 1.6, 1.0), "missed"),
        (Result(1, "", 5, 5, at_most=False), "reached"),
        (Result(1, "", 4.9, 5, at_most=False), "missed"),
        (Result(1, "", None, 5), "not measured"),
    ],
)
def test_verdict(result: Result, verdict: str) -> None:
    assert result.verdict == verdict


def test_results() -> None:
    def of(seconds: float, memory: int = 0) -> Measured:
        return Measured([], seconds, memory)

    measured = {
        targets.EIGHT: of(2, 100_000_000),
        targets.EIGHT_TENTH: of(0.2),
        targets.GREP: of(4),
        targets.JQ: of(50),
    }
    found = {(r.item, r.what): r.value for r in targets.results(measured, 0)}
    assert {item for item, _ in found} == set(range(1, 10))
    assert {key: value for key, value in found.items() if value is not None} == {
        (1, "eight hunts / grep"): 0.5,
        (1, "jq, one hunt / eight hunts"): 25,
        (5, "memory of hunts, eight"): 100,
        (7, "growth exponent, hunts, eight, a tenth to hunts, eight"): pytest.approx(1),
    }


@pytest.mark.parametrize("script", ["bench/risk/plain_command.py", "bench/risk/csv_loop.py"])
def test_commands_score_as_riskscore_does(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "RECORDS_A_CHUNK", 20)
    for arguments, command in ((records.ARGUMENTS, "app/bin/riskscore.py"), ((), script)):
        records.write(tmp_path / "chunks", 3, 6, arguments)
        process = Command((sys.executable, str(ROOT / command)), tmp_path / "chunks")
        assert run(process, answer=records.scored).answer == 60
