"""Work in several processes: what comes back, in which order, and what is said when one fails."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

import pytest

from hunts import inputs as inputs_module
from hunts import parallel, runner
from hunts.content import default_app
from hunts.inputs import Inputs
from hunts.model import Hunt
from hunts.parallel import Numbers, WorkerError, Workers
from spl import Engine

pytestmark = pytest.mark.skipif(
    parallel.available_cores() == 1, reason="processes cannot be forked here"
)
EVENT = (
    '{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"%d","stage":"ResponseComplete",'
    '"verb":"get","stageTimestamp":"2026-11-21T00:00:00.000000Z"}'
)


Progress = Callable[[int], object]


def found(
    shares: list[int], work: Callable[[int, Progress], Iterable[Any]], on_progress: Progress = print
) -> list[Any]:
    with Workers(shares, work, on_progress) as workers:
        return [*workers.results()]


def test_results_come_in_the_order_of_the_shares() -> None:
    read: list[int] = []

    def work(share: int, progress: Progress) -> Iterator[tuple[int, int]]:
        progress(5 << 20)
        for part in range(2):
            yield share * 2 + part, os.getpid()

    results = found([3, 1, 2], work, read.append)
    assert [result for result, _ in results] == [6, 7, 2, 3, 4, 5]
    assert os.getpid() not in {process for _, process in results}
    assert read == [5 << 20] * 3


def test_progress_elsewhere_is_told_while_work_goes_on_here() -> None:
    read: list[int] = []

    def work(share: int, progress: Progress) -> list[int]:
        progress(share)
        return [share]

    with Workers([5 << 20], work, read.append) as workers:
        deadline = time.monotonic() + 60
        while 5 << 20 not in read and time.monotonic() < deadline:
            workers.progress(4 << 20)
        assert {4 << 20, 5 << 20} == {*read}
        assert [*workers.results()] == [5 << 20]


def test_no_share_needs_no_process() -> None:
    read: list[int] = []
    none: list[int] = []
    with Workers(none, lambda share, _progress: [share], read.append) as workers:
        workers.progress(5 << 20)
        assert [*workers.results()] == []
    assert read == [5 << 20]


def test_a_process_that_fails_says_why() -> None:
    with pytest.raises(WorkerError, match="failed: ZeroDivisionError"):
        found([1, 0], lambda share, _progress: [1 // share])


def test_a_process_that_is_killed_is_missed() -> None:
    def work(share: int, progress: Progress) -> list[int]:
        if share:
            os.kill(os.getpid(), signal.SIGKILL)
        return [share]

    with pytest.raises(WorkerError, match="--jobs 1"):
        found([0, 1], work)


def sleep(share: int, _progress: Progress) -> Iterator[int]:
    time.sleep(share)
    yield share


def test_no_process_outlives_its_workers() -> None:
    with Workers([60, 60], sleep, print) as workers:
        processes = [process.pid for process in workers.processes]
    for process in processes:
        assert process is not None
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_no_process_outlives_one_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int | None] = []
    start = ForkProcess.start

    def once(process: ForkProcess) -> None:
        if started:
            raise OSError("no more processes")
        start(process)
        started.append(process.pid)

    monkeypatch.setattr(ForkProcess, "start", once)
    workers = Workers([60, 60], sleep, print)
    with pytest.raises(OSError, match="no more"), workers:
        pass
    (process,) = started
    assert process is not None
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_processes_share_numbers() -> None:
    count = 2_000
    numbers = Numbers(count)

    def work(_share: int, _progress: Progress) -> Iterator[tuple[int, int]]:
        for number in numbers:
            time.sleep(0.000_1)
            yield number, os.getpid()

    with Workers([0, 0], work, print) as workers:
        here = [(number, os.getpid()) for number in numbers]
        there = [*workers.results()]
    assert sorted(number for number, _ in (*here, *there)) == [*range(count)]
    assert len({process for _, process in (*here, *there)}) > 1


@pytest.mark.parametrize(
    ("more", "processes"), [("", 1), ("| outputlookup seen.csv", 0), ("| collect index=notes", 0)]
)
def test_what_writes_is_finished_in_order(
    more: str, processes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "audit.log"
    path.write_text("".join(EVENT % number + "\n" for number in range(50)))
    searches = [f"`kube_audit` | stats count by verb {more}", "`kube_audit` | stats count by stage"]
    hunts = [Hunt(s, s, "Hunting", "", s, "kube_audit", (), (), 10, 10) for s in searches]
    started: list[int] = []

    class Watched(Workers[Any, Any]):
        def __init__(self, shares: Sequence[Any], work: Any, on_progress: Any) -> None:
            started.append(len(shares))
            super().__init__(shares, work, on_progress)

    monkeypatch.setattr(runner, "Workers", Watched)
    monkeypatch.setattr(inputs_module, "LEAST_SHARE", 100)
    engine = Engine.from_app(default_app(), lookups=tmp_path)
    report = runner.run_hunts(engine, hunts, Inputs([path]), jobs=2)
    assert started == [1, processes]
    assert [result.results for result in report.hunts] == [
        [{"verb": "get", "count": "50"}],
        [{"stage": "ResponseComplete", "count": "50"}],
    ]
    assert (tmp_path / "seen.csv").exists() == ("outputlookup" in more)
    assert bool(engine.collected) == ("collect" in more)


def read_in_shares(paths: list[Path], jobs: int) -> tuple[list[bytes], Inputs]:
    inputs = Inputs(paths)
    shares = inputs.shares(jobs)
    raws: list[bytes] = []
    for share in shares:
        for batch in share.batches(lambda _count: None):
            for views in batch if isinstance(batch, inputs_module.RawLines) else [batch]:
                raw = views[0].raw
                raws.append(raw if isinstance(raw, bytes) else raw.encode())
    inputs.close(shares)
    return raws, inputs


@pytest.mark.parametrize("jobs", [2, 3, 7])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_every_line_is_in_one_share(
    jobs: int, end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs_module, "LEAST_SHARE", 100)
    lines = [EVENT % number for number in range(97)]
    lines[40] = "{broken"
    lines[60] = EVENT % 60 + " " * 5_000
    lines[80] = ""
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    first.write_text((end or "\n").join(lines) + end)
    second.write_text(EVENT % 1_000 + "\n")
    raws, inputs = read_in_shares([first, second], jobs)
    there = [line.strip().encode() for line in (*lines, EVENT % 1_000) if line.startswith('{"')]
    assert [raw.strip() for raw in raws] == there
    assert [(r.path, r.events, r.bad_lines) for r in inputs.reports] == [
        (str(first), 95, 1),
        (str(second), 1, 0),
    ]
    assert [problem.partition(": ")[0] for problem in inputs.problems] == [f"{first}:41"]


def test_what_cannot_be_cut_stays_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs_module, "LEAST_SHARE", 100)
    path = tmp_path / "export.json"
    path.write_text("[" + ",\n".join(EVENT % number for number in range(20)) + "]")
    raws, inputs = read_in_shares([path], 4)
    assert len(raws) == inputs.reports[0].events == 20
