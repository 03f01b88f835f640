"""Bad input: each fault is named with file and line, and the rest is still read."""

import gzip
import json
import os
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spl.sources
from hunts.inputs import MAX_MESSAGES, Inputs

DATASETS = Path(__file__).parent.parent / "datasets/datasets"
RECORDING = DATASETS / "attack_techniques/T1526/kube_hunter/kube_hunter.jsonl"
LINES = RECORDING.read_bytes().splitlines()
A, B, C = LINES[:3]
PRETTY = [json.dumps(json.loads(line), indent=2).encode() for line in (A, B, C)]
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 10\n"


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("content", "events", "bad_lines", "message"),
    [
        (A + b"\n{broken\n" + B, 2, 1, r":2: not JSON: .*column 2"),
        (b"{broken\n" + A + b"\n" + B, 2, 1, r":1: not JSON"),
        (A[:200] + b"\n" + B, 1, 1, r":1: not JSON: the line is cut short"),
        (A + b"\n" + B[:-40], 1, 1, r":2: not JSON: the line is cut short"),
        (A + b"\nE1121 a text line\n" + B, 2, 1, r":2: not JSON$"),
        (A + b"\n" + bytes(5000) + b"\n" + B, 2, 1, r":2: holds NUL bytes only"),
        (A + b"\n" + bytes(5000) + B + b"\n" + C, 3, 0, r":2: NUL bytes around the record"),
        (A.replace(b"python", b"py\0hon") + b"\n" + B, 1, 1, r":1: not JSON"),
        (A.replace(b"python", b"py\xff\xfehon") + b"\n" + B, 2, 0, r":1: bytes that are not UTF-8"),
        (A + b"\n" + b"[" * 5000 + b"\n" + B, 2, 1, r":2: not JSON"),
        (A + b'\n{"a":' + b"[" * 900 + b"]" * 900 + b"}\n" + B, 2, 0, r"first at .*:2; its keys"),
        (
            gzip.compress(RECORDING.read_bytes(), 0, mtime=0)[:-2000],
            7,
            1,
            r": the gzip data is cut short",
        ),
        (flip(gzip.compress(A + b"\n" + B, mtime=0), -6), 2, 0, r": the gzip data is damaged"),
        (b"\x1f\x8bnot gzip at all", 0, 0, r": the gzip data is damaged"),
        (b"", 0, 0, r": is empty$"),
        (b"\n \n", 0, 0, r": holds no records$"),
        (b"[]", 0, 0, r": holds no records$"),
        (b"\x7fELF\x02\x01\x01" + bytes(99), 0, 0, r": is a binary file$"),
        (b"PK\x03\x04" + bytes(99), 0, 0, r": is a zip archive; unpack it first$"),
        (LFS, 0, 0, r": is a Git LFS pointer.*git lfs pull --include=log$"),
        (gzip.compress(LFS, mtime=0), 0, 0, r": is a Git LFS pointer"),
        (b"[" + A + b"," + B, 2, 1, r":1: the file ends within an array"),
        (b"[" + A + b"," + B[:99], 1, 1, r":1: not JSON: the file ends within this value"),
        (b"[" + A[:50] + b"," + B + b"," + C + b"]", 2, 1, r":1: not JSON: "),
        (b"\n".join((PRETTY[0], PRETTY[1][:90], PRETTY[2])), 2, 1, r":\d+: not JSON: .*line \d+"),
        (b"\n".join((PRETTY[0], PRETTY[1][:90])), 1, 1, r":\d+: not JSON: the file ends"),
        (b'{"time":1,"event":"text"}\n' + A, 1, 0, r"1 record is no .*:1$"),
        (b'{"a\\u001b[31m<b>":1}\n' + A, 1, 0, r"its keys: a\?\?31m\?b\?$"),
    ],
)
def test_the_rest_is_read(
    tmp_path: Path, content: bytes, events: int, bad_lines: int, message: str
) -> None:
    path = tmp_path / "log"
    path.write_bytes(content)
    inputs = Inputs([path])
    assert len(list(inputs)) == events
    assert inputs.reports[0].bad_lines == bad_lines
    [problem] = [p for p in inputs.problems if re.search(message, p)]
    assert problem.startswith(f"{path}:")


def test_a_pretty_record_that_breaks_is_named_where_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"\n".join((PRETTY[0], PRETTY[1][:90], PRETTY[2])))
    inputs = Inputs([path])
    list(inputs)
    begin = PRETTY[0].count(b"\n") + 2
    assert inputs.problems[0].startswith(f"{path}:{begin}: not JSON")


def test_many_faults_make_few_messages(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"{x\n" * 1000 + A)
    inputs = Inputs([path])
    assert len(list(inputs)) == 1
    assert inputs.reports[0].bad_lines == 1000
    assert len(inputs.problems) == MAX_MESSAGES + 1
    assert inputs.problems[-1] == f"{path}: and 980 more like it"


@pytest.mark.parametrize("layout", [A + b"\n%s\n", b"[" + A + b",%s,"], ids=["line", "value"])
def test_a_record_above_the_limit_is_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: bytes
) -> None:
    monkeypatch.setattr(spl.sources, "BLOCK", 1 << 16)
    monkeypatch.setattr(spl.sources, "MAX_RECORD", 1 << 20)
    long = b'{"kind":"Event","auditID":"%s"}' % (b"x" * (40 << 20))
    path = tmp_path / "log"
    path.write_bytes((layout % long) + B)
    del long
    inputs = Inputs([path])
    tracemalloc.start()
    events = sum(1 for _ in inputs)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert events == 2
    assert peak < 12 << 20
    assert inputs.reports[0].bad_lines >= 1
    assert re.search(
        r":\d: this (line|JSON value) is longer than 1 MB, skipped", inputs.problems[0]
    )


@pytest.mark.parametrize("layout", [b"%s\n%s\n%s", b"%s,\n%s,\n%s"], ids=["lines", "values"])
def test_a_broken_first_line_above_a_block_hides_nothing(tmp_path: Path, layout: bytes) -> None:
    broken = b'{"first":"%s",broken}' % (b"x" * (spl.sources.HEAD + 1))
    path = tmp_path / "log"
    path.write_bytes(layout % (broken, A, B))
    inputs = Inputs([path])
    assert sum(1 for _ in inputs) == 2
    assert inputs.reports[0].bad_lines == 1


def test_a_line_of_50_mb_is_an_event(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(A + b"\n" + B.replace(b"python", b"x" * (50 << 20)) + b"\n" + C)
    inputs = Inputs([path])
    assert len(list(inputs)) == 3
    assert inputs.problems == []


def test_a_file_that_grows_is_read_to_its_size_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.write_bytes(A + b"\n")

    def append(_: int) -> None:
        with path.open("ab") as file:
            file.write(B + b"\n")

    inputs = Inputs([path], on_progress=append)
    assert len(list(inputs)) == 1
    assert inputs.problems == [
        f"{path}: changed while it was read; its first {len(A) + 1:,} bytes were read"
    ]


@pytest.mark.parametrize("name", ["missing.log", "missing.yml"])
def test_a_missing_file(tmp_path: Path, name: str) -> None:
    inputs = Inputs([tmp_path / name, RECORDING])
    assert len(list(inputs)) == len(LINES)
    [problem] = inputs.problems
    assert problem.startswith(f"{tmp_path / name}: ")


def test_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(spl.sources, "open", refuse, raising=False)
    inputs = Inputs([RECORDING])
    assert list(inputs) == []
    assert inputs.problems == [f"{RECORDING}: Permission denied"]


def test_a_pipe_in_a_directory_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "log").write_bytes(A)
    (tmp_path / "loop").symlink_to("loop")
    inputs = Inputs([tmp_path])
    assert len(list(inputs)) == 1
    assert any("pipe: is not a regular file" in problem for problem in inputs.problems)
    assert any("loop: " in problem for problem in inputs.problems)


@pytest.mark.parametrize("content", [A[:-9], LFS, gzip.compress(A, mtime=0)[:-9], b"PK\x03\x04"])
def test_damaged_data_in_a_directory_is_not_passed_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "log").write_bytes(content)
    inputs = Inputs([tmp_path])
    list(inputs)
    assert any(problem.startswith(f"{tmp_path / 'log'}:") for problem in inputs.problems)


def test_the_pointer_is_named_as_the_repository_knows_it(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets/x.json").write_bytes(LFS)
    inputs = Inputs([tmp_path])
    list(inputs)
    assert "git lfs pull --include=datasets/x.json" in inputs.problems[0]


KEYS = st.sampled_from(
    [
        "auditID",
        "stage",
        "stageTimestamp",
        "kind",
        "items",
        "logEvents",
        "messageType",
        "events",
        "message",
        "timestamp",
        "records",
        "body",
        "category",
        "properties",
        "log",
        "time",
        "event",
        "host",
        "source",
        "sourcetype",
        "result",
        "results",
        "_raw",
        "_time",
        "data",
        "protoPayload",
        "publish_time",
        "receiveTimestamp",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "log"


@settings(deadline=None)  # the machine may be busy
@given(values=st.lists(st.dictionaries(KEYS, VALUES, min_size=1), min_size=1, max_size=4))
def test_no_json_whatever_raises(scratch: Path, values: list[Any]) -> None:
    scratch.write_text("\n".join(map(json.dumps, values)))
    for views in Inputs([scratch]):
        for event in views:
            assert isinstance(event["_raw"], str)
            assert isinstance(event["sourcetype"], str)


@settings(deadline=None)  # the machine may be busy
@given(data=st.data())
def test_no_damage_raises_and_each_is_named(scratch: Path, data: st.DataObject) -> None:
    content = data.draw(
        st.sampled_from(
            [
                b"\n".join(LINES),
                b"\n".join(PRETTY),
                b"[" + b",".join(LINES) + b"]",
                gzip.compress(b"\n".join(LINES), mtime=0),
            ]
        )
    )
    at = data.draw(st.integers(0, len(content) - 1))
    damage = data.draw(st.binary(max_size=20))
    cut = data.draw(st.integers(0, 30))
    scratch.write_bytes(content[:at] + damage + content[at + cut :])
    whole = len(PRETTY) if content.startswith(b"{\n") else len(LINES)
    inputs = Inputs([scratch])
    events = sum(1 for _ in inputs)
    assert events >= whole or inputs.problems
