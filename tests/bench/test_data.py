from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path

import pytest

from bench import data

SIZE = 300_000


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "audit.ndjson"
    data.write(path, SIZE, 0.2, seed=1)
    return path


def test_a_log_is_as_large_as_asked_and_whole(log: Path) -> None:
    assert SIZE <= log.stat().st_size < SIZE + 10_000
    events = [json.loads(line) for line in log.read_bytes().splitlines()]
    assert {event["kind"] for event in events} == {"Event"}
    times = [event["requestReceivedTimestamp"] for event in events]
    assert times == sorted(times)
    assert all(event["stageTimestamp"] >= event["requestReceivedTimestamp"] for event in events)
    assert len({event["auditID"] for event in events}) == len(events)


def test_the_recordings_are_kept_but_for_ids_and_times() -> None:
    recorded = set()
    for path in data.RECORDINGS.rglob("*.jsonl*"):
        lines = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        recorded |= {kept(line) for line in lines.splitlines()}
    assert {kept(line) for line in islice(data.lines(0.5, seed=3), 500)} <= recorded


def kept(line: bytes) -> str:
    changing = ("auditID", "requestReceivedTimestamp", "stageTimestamp")
    return json.dumps({k: v for k, v in json.loads(line).items() if k not in changing})


@pytest.mark.parametrize("share", [0, 0.005, 0.2, 1])
def test_share_of_events_without_credentials(share: float) -> None:
    count = 20_000
    users = [json.loads(line)["user"] for line in islice(data.lines(share, seed=1), count)]
    without = [u for u in users if u.get("username", "system:anonymous") == "system:anonymous"]
    assert len(without) / count == pytest.approx(share, rel=0.2)


def test_the_seed_decides(log: Path, tmp_path: Path) -> None:
    again, another = tmp_path / "again", tmp_path / "another"
    data.write(again, SIZE, 0.2, seed=1)
    data.write(another, SIZE, 0.2, seed=2)
    assert again.read_bytes() == log.read_bytes() != another.read_bytes()


@pytest.mark.parametrize("size", [1, 100_000, 2 * SIZE])
def test_head_ends_with_a_whole_line(log: Path, tmp_path: Path, size: int) -> None:
    head = tmp_path / "head"
    data.head(log, size, head)
    text = head.read_bytes()
    assert log.read_bytes().startswith(text)
    assert text.endswith(b"\n")
    assert min(size, log.stat().st_size) <= len(text) < size + 10_000


def test_compress_and_link(log: Path, tmp_path: Path) -> None:
    data.compress(log, tmp_path / "log.gz")
    assert gzip.decompress((tmp_path / "log.gz").read_bytes()) == log.read_bytes()
    names = data.link(log, 3, log.parent / "links")
    assert len(set(names)) == 3
    assert all(name.samefile(log) for name in names)
