"""What is read, in every shape and layout in which audit logs come."""

import gzip
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spl.sources
from hunts.inputs import Inputs, Views
from hunts.shapes import epoch

TESTS = Path(__file__).parent.parent
SCANS = TESTS / "datasets/datasets/attack_techniques/T1526"
RECORDING = SCANS / "kube_hunter/kube_hunter.jsonl"
LINES = RECORDING.read_bytes().splitlines()
EVENTS = [json.loads(line) for line in LINES]
KUBE, EKS = "kube:apiserver:audit", "aws:cloudwatchlogs:eks"
BLOB, HUB, GKE = "mscs:storage:blob:json", "mscs:azure:eventhub", "google:gcp:pubsub:message"


def read(path: Path, **options: Any) -> list[Views]:
    """Read all views, and hold that nothing was wrong."""
    inputs = Inputs([path], **options)
    views = list(inputs)
    assert inputs.problems == []
    assert sum(report.bad_lines for report in inputs.reports) == 0
    return views


def times(views: list[Views]) -> list[float]:
    return [float(str(event["_time"])) for event, *_ in views]


def stage_times(events: list[dict[str, Any]]) -> list[float]:
    return [datetime.fromisoformat(e["stageTimestamp"]).timestamp() for e in events]


def microseconds(times: list[float]) -> object:
    """Compare to the microsecond, which is what `_time` keeps."""
    return pytest.approx(times, abs=2e-6, rel=0)


def convert(tmp_path: Path, *arguments: str) -> Path:
    """Write the recording in a platform's shape, by the project's own converter."""
    out = tmp_path / "converted"
    run = [sys.executable, str(TESTS / "convert_audit.py"), *arguments, str(RECORDING)]
    out.write_bytes(subprocess.run(run, check=True, capture_output=True).stdout)
    return out


@pytest.mark.parametrize(
    ("arguments", "sourcetypes", "field", "value"),
    [
        (["--to", "raw"], [KUBE, EKS], "userAgent", "python-requests/2.32.5"),
        (["--to", "eks"], [KUBE, EKS], "userAgent", "python-requests/2.32.5"),
        (["--to", "aks-blob"], [BLOB], "category", "kube-audit"),
        (["--to", "aks-eventhub"], [HUB], "body.category", "kube-audit"),
        (["--to", "aks-eventhub-message"], [HUB], "body.category", "kube-audit"),
        (["--to", "gke"], [GKE], "data.protoPayload.serviceName", "k8s.io"),
        (["--to", "raw", "--hec"], [KUBE], "userAgent", "python-requests/2.32.5"),
        (["--to", "eks", "--hec"], [EKS], "userAgent", "python-requests/2.32.5"),
        (["--to", "aks-blob", "--hec"], [BLOB], "category", "kube-audit"),
        (["--to", "aks-eventhub", "--hec"], [HUB], "body.category", "kube-audit"),
        (["--to", "gke", "--hec"], [GKE], "data.protoPayload.serviceName", "k8s.io"),
    ],
)
def test_each_platforms_shape(
    tmp_path: Path, arguments: list[str], sourcetypes: list[str], field: str, value: str
) -> None:
    path = convert(tmp_path, *arguments)
    views = read(path)
    assert len(views) == len(EVENTS)
    assert [event["sourcetype"] for event in views[0]] == sourcetypes
    assert all(event[field] == value for event in views[0])
    if "--hec" in arguments:
        assert views[0][0]["host"] == "splunk-hf-1"
        assert views[0][0]["source"] != str(path)
    else:
        assert views[0][0]["source"] == str(path)


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("raw", stage_times(EVENTS)),
        ("aks-blob", [float(int(t)) for t in stage_times(EVENTS)]),
        ("aks-eventhub-message", [float(int(t)) for t in stage_times(EVENTS)]),
        ("gke", [epoch(e["requestReceivedTimestamp"]) for e in EVENTS]),
    ],
)
def test_time_is_the_platforms_own(tmp_path: Path, to: str, expected: list[float]) -> None:
    assert times(read(convert(tmp_path, "--to", to))) == microseconds(expected)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-21T02:44:58Z", 1795229098.0),
        ("2026-11-21T02:44:58.5000000Z", 1795229098.5),
        ("2026-11-21T02:44:58.500000123Z", 1795229098.5),
        ("2026-11-21T03:44:58.5+01:00", 1795229098.5),
        ("2026-11-21 02:44:58.500", 1795229098.5),
        ("yesterday", None),
        (5, None),
    ],
)
def test_epoch(text: object, seconds: float | None) -> None:
    assert epoch(text) == seconds


def log_entries(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(x)["data"] for x in convert(tmp_path, "--to", "gke").open()]


@pytest.mark.parametrize("as_array", [True, False])
def test_bare_log_entries_get_the_add_ons_envelope(tmp_path: Path, as_array: bool) -> None:
    entries = log_entries(tmp_path)
    path = tmp_path / "entries.json"
    path.write_text(
        json.dumps(entries, indent=2) if as_array else "\n".join(map(json.dumps, entries))
    )
    ((event,), *_) = views = read(path)
    assert len(views) == len(entries)
    assert event["data.protoPayload.methodName"] == entries[0]["protoPayload"]["methodName"]
    assert json.loads(str(event["_raw"]))["data"] == entries[0]
    assert float(str(event["publish_time"])) == epoch(entries[0]["receiveTimestamp"])


MILLISECONDS = 1795229098900
S3_LINES = b"".join(b"2026-11-21T02:44:58.900Z %s\n" % line for line in LINES)
FILTERED = {
    "events": [
        {
            "logStreamName": "kube-apiserver-audit-0b1c",
            "timestamp": MILLISECONDS,
            "message": line.decode(),
            "ingestionTime": MILLISECONDS + 900,
            "eventId": str(n),
        }
        for n, line in enumerate(LINES)
    ],
    "searchedLogStreams": [{"logStreamName": "x", "searchedCompletely": True}],
    "nextToken": "}]",
}
SUBSCRIPTION = {
    "messageType": "DATA_MESSAGE",
    "owner": "123456789012",
    "logGroup": "/aws/eks/prod/cluster",
    "logStream": "kube-apiserver-audit-0b1c",
    "subscriptionFilters": ["splunk"],
    "logEvents": [
        {"id": str(n), "timestamp": MILLISECONDS, "message": line.decode()}
        for n, line in enumerate(LINES)
    ],
}
CONTROL = {"messageType": "CONTROL_MESSAGE", "logEvents": [{"id": "", "message": "CWL CONTROL"}]}


@pytest.mark.parametrize(
    ("content", "source"),
    [
        (S3_LINES, None),
        (gzip.compress(S3_LINES, mtime=0), None),
        (json.dumps(FILTERED).encode(), None),
        (json.dumps(FILTERED, indent=4).encode(), None),
        (json.dumps(SUBSCRIPTION).encode(), "/aws/eks/prod/cluster:kube-apiserver-audit-0b1c"),
        # A delivery stream compresses compressed messages, and puts nothing between them.
        (
            gzip.compress(
                gzip.compress(json.dumps(CONTROL).encode(), mtime=0)
                + gzip.compress(json.dumps(SUBSCRIPTION).encode(), mtime=0)
            ),
            "/aws/eks/prod/cluster:kube-apiserver-audit-0b1c",
        ),
    ],
    ids=["s3", "s3.gz", "filter", "filter-pretty", "subscription", "firehose"],
)
@pytest.mark.parametrize("block", [500, 1 << 20])
def test_cloudwatch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, source: str | None, block: int
) -> None:
    monkeypatch.setattr(spl.sources, "BLOCK", block)
    monkeypatch.setattr(spl.sources, "HEAD", block)
    path = tmp_path / "export"
    path.write_bytes(content)
    views = read(path)
    assert [event.record.json for (event,) in views] == EVENTS
    assert {event["sourcetype"] for (event,) in views} == {EKS}
    assert {event["source"] for (event,) in views} == {source or str(path)}
    assert set(times(views)) == {MILLISECONDS / 1000}
    assert [event.raw for (event,) in views] == LINES


def test_other_streams_of_the_log_group_are_no_bad_lines(tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_bytes(
        b"2026-11-21T02:44:58.900Z I1121 02:44:58 httplog.go:132] GET /\n"
        b"2026-11-21T02:44:58.900Z " + LINES[0] + b"\n"
        b'2026-11-21T02:44:58.900Z {"level":"info","msg":"access granted"}\n'
    )
    inputs = Inputs([path])
    assert len(list(inputs)) == 1
    assert inputs.reports[0].bad_lines == 0
    assert inputs.problems == [
        f"{path}: 2 records are no Kubernetes audit events, first at {path}:1"
    ]


SPLUNK_ROW = {
    "_raw": LINES[0].decode(),
    "_time": "2026-11-21 02:44:58.900 UTC",
    "source": "kubernetes",
    "sourcetype": "_json",
    "host": "h1",
    "index": "k8s",
}


@pytest.mark.parametrize(
    "export",
    [
        {"preview": False, "offset": 0, "lastrow": True, "result": SPLUNK_ROW},
        {"preview": False, "messages": [], "results": [SPLUNK_ROW]},
        {"result": {**SPLUNK_ROW, "_time": "1795229098.900"}},
    ],
)
def test_splunks_own_export(tmp_path: Path, export: dict[str, Any]) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps(export))
    [(event,)] = read(path)
    assert event.raw == LINES[0]
    assert times([(event,)]) == [1795229098.9]
    for name in ("source", "sourcetype", "host", "index"):
        assert event[name] == SPLUNK_ROW[name]


def test_a_webhook_batch(tmp_path: Path) -> None:
    path = tmp_path / "batch.json"
    items = [{k: v for k, v in e.items() if k not in ("kind", "apiVersion")} for e in EVENTS]
    path.write_text(json.dumps({"kind": "EventList", "metadata": {}, "items": items}))
    assert [event.record.json for event, _ in read(path)] == items


@pytest.mark.parametrize(
    ("options", "identities"),
    [
        ({}, [("FILE", KUBE), ("FILE", EKS)]),
        ({"shape": "kube"}, [("FILE", KUBE)]),
        ({"shape": "eks"}, [("FILE", EKS)]),
        ({"source": "prod"}, [("prod", KUBE), ("prod", EKS)]),
        ({"sourcetype": "st"}, [("FILE", "st")]),
        ({"shape": "eks", "source": "prod", "sourcetype": "st"}, [("prod", "st")]),
    ],
)
def test_options_decide_the_identities(
    options: dict[str, Any], identities: list[tuple[str, str]]
) -> None:
    views = read(RECORDING, **options)
    found = [(event["source"], event["sourcetype"]) for event in views[0]]
    assert found == [(source.replace("FILE", str(RECORDING)), name) for source, name in identities]


@pytest.mark.parametrize(("to", "shape"), [("gke", "aks"), ("aks-blob", "gke"), ("raw", "gke")])
def test_another_platforms_records_are_named(
    tmp_path: Path, to: str, shape: Literal["aks", "gke"]
) -> None:
    path = convert(tmp_path, "--to", to)
    inputs = Inputs([path], shape=shape)
    assert list(inputs) == []
    [problem] = inputs.problems
    assert f"10 records are no {shape} records, first at {path}:1; its keys: " in problem


def test_with_a_sourcetype_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text('plain text\n{"a":1}\n')
    assert [e["_raw"] for (e,) in read(path, sourcetype="x")] == ["plain text", '{"a":1}']


# Layouts


def one_array(lines: list[bytes]) -> bytes:
    return b"[" + b",".join(lines) + b"]"


def pretty(lines: list[bytes]) -> bytes:
    return b"\n".join(json.dumps(json.loads(line), indent=2).encode() for line in lines)


LAYOUTS = {
    "ndjson": b"\n".join,
    "blank lines": b"\n\n \n".join,
    "crlf": lambda lines: b"\r\n".join(lines) + b"\r\n",
    "bom": lambda lines: b"\xef\xbb\xbf" + b"\n".join(lines),
    "utf-16": lambda lines: b"\r\n".join(lines).decode().encode("utf-16"),
    "array": one_array,
    "array over lines": lambda lines: b"[\n" + b",\n".join(lines) + b"\n]\n",
    "pretty array": lambda lines: json.dumps([json.loads(x) for x in lines], indent=4).encode(),
    "pretty objects": pretty,
    "glued objects": b"".join,
    "two arrays": lambda lines: one_array(lines[:1]) + b"\n" + one_array(lines[1:]),
    "gzip": lambda lines: gzip.compress(b"\n".join(lines)),
    "gzip members": lambda lines: b"".join(gzip.compress(line + b"\n") for line in lines),
    "gzip padded": lambda lines: gzip.compress(b"\n".join(lines)) + bytes(1000),
    "gzip of pretty": lambda lines: gzip.compress(pretty(lines)),
    "event list": lambda lines: b'{"kind":"EventList","items":' + one_array(lines) + b"}",
    "filter-log-events": lambda lines: json.dumps(
        {"events": [{"message": line.decode()} for line in lines], "searchedLogStreams": []},
        indent=1,
    ).encode(),
    "cloudwatch s3": lambda lines: b"".join(b"2026-11-21T00:00:00Z %s\n" % x for x in lines),
}


@st.composite
def audit_events(draw: st.DrawFn) -> dict[str, Any]:
    moment = datetime(2026, 11, 21, tzinfo=UTC) + timedelta(microseconds=draw(st.integers(0, 9**9)))
    return {
        "kind": "Event",
        "auditID": draw(st.uuids()).hex,
        "stage": "ResponseComplete",
        "userAgent": draw(st.text(st.characters(codec="utf-8"), max_size=40)),
        "sourceIPs": draw(st.lists(st.sampled_from(["192.0.2.1", "]}", '"{[']), max_size=3)),
        "responseStatus": {"code": draw(st.integers(100, 599)), "details": {"kind": "{"}},
        "stageTimestamp": moment.isoformat().replace("+00:00", "Z"),
    }


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("layouts") / "log"


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
@settings(deadline=None)  # the machine may be busy
@given(
    events=st.lists(audit_events(), min_size=1, max_size=4),
    block=st.sampled_from([64, 333, 1 << 20]),
    ascii_only=st.booleans(),
)
def test_every_layout_holds_the_same_events(
    scratch: Path,
    layout: Callable[[list[bytes]], bytes],
    events: list[dict[str, Any]],
    block: int,
    ascii_only: bool,
) -> None:
    lines = [json.dumps(e, ensure_ascii=ascii_only, separators=(",", ":")).encode() for e in events]
    scratch.write_bytes(layout(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spl.sources, "BLOCK", block)
        patch.setattr(spl.sources, "HEAD", block)
        views = read(scratch)
    assert [view[0].record.json for view in views] == events
    if layout is not LAYOUTS["cloudwatch s3"]:
        assert times(views) == microseconds(stage_times(events))


def test_raw_is_the_line_itself() -> None:
    assert [event.raw for event, _ in read(RECORDING)] == LINES


# Places


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input(monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]) -> None:
    stdin = SimpleNamespace(buffer=io.BytesIO(pack(RECORDING.read_bytes())))
    monkeypatch.setattr(sys, "stdin", stdin)
    inputs = Inputs(["-"])
    assert inputs.total_bytes is None
    assert len(list(inputs)) == len(LINES)
    assert inputs.reports[0].path == "-"


def test_a_named_pipe_is_read_as_a_stream(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=[RECORDING.read_bytes()])
    writer.start()
    assert len(read(pipe)) == len(LINES)
    writer.join()


def test_progress_counts_the_bytes_on_disk(tmp_path: Path) -> None:
    packed = tmp_path / "a"
    packed.write_bytes(gzip.compress(RECORDING.read_bytes()))
    steps: list[int] = []
    inputs = Inputs([packed, RECORDING], on_progress=steps.append)
    list(inputs)
    assert sum(steps) == inputs.total_bytes == packed.stat().st_size + RECORDING.stat().st_size


def test_a_directory_is_read_by_content(tmp_path: Path) -> None:
    for name, content in {
        "b/audit": RECORDING.read_bytes(),
        "a.txt": gzip.compress(RECORDING.read_bytes()),
        "c.truth.json": b'{\n "scenario": "x",\n "events": 10\n}\n',
        "d.yml": b"apiVersion: audit.k8s.io/v1\nkind: Policy\n",
        "e.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        "f.js": b"{\n  broken: 'json'\n}\n",
        "g": b"",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    inputs = Inputs([tmp_path, tmp_path / "a.txt"])
    assert len(list(inputs)) == 2 * len(LINES)
    assert [report.path for report in inputs.reports] == [
        str(tmp_path / "a.txt"),
        str(tmp_path / "b/audit"),
    ]
    assert inputs.problems == []


def test_a_directory_without_logs_names_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing here\n")
    (tmp_path / "core").write_bytes(bytes(100))
    inputs = Inputs([tmp_path])
    assert list(inputs) == []
    assert inputs.reports == []
    assert inputs.problems == [
        f"{tmp_path}: no Kubernetes audit logs in this directory, "
        "found core (is a binary file), notes.txt (no audit events)"
    ]
