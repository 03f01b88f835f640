"""Work in several processes: what comes back, in which order, and what is said when one fails."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from hunts import inputs as inputs_module
from hunts import parallel
from hunts.inputs import Inputs
from hunts.parallel import WorkerError, on_each

pytestmark = pytest.mark.skipif(
    parallel.available_cores() == 1, reason="processes cannot be forked here"
)
EVENT = (
    '{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"%d","stage":"ResponseComplete",'
    '"verb":"get","stageTimestamp":"2026-11-21T00:00:00.000000Z"}'
)


def test_results_come_in_the_order_of_the_shares() -> None:
    read: list[int] = []

    def work(share: int, progress: Callable[[int], object]) -> tuple[int, int]:
        progress(5 << 20)
        return share * 2, os.getpid()

    found = on_each([3, 1, 2], work, read.append)
    assert [result for result, _ in found] == [6, 2, 4]
    assert os.getpid() not in {process for _, process in found}
    assert read == [5 << 20] * 3


def test_a_process_that_fails_says_why() -> None:
    def work(share: int, progress: Callable[[int], object]) -> int:
        return 1 // share

    with pytest.raises(WorkerError, match="failed: ZeroDivisionError"):
        on_each([1, 0], work, print)


def test_a_process_that_is_killed_is_missed() -> None:
    def work(share: int, progress: Callable[[int], object]) -> int:
        if share:
            os.kill(os.getpid(), signal.SIGKILL)
        return share

    with pytest.raises(WorkerError, match="--jobs 1"):
        on_each([0, 1], work, print)


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
