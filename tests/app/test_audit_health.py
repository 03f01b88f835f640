"""The hunts of the log itself: silent clusters, lost events, low levels, macros without events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from spl import Engine
from tests.techniques import proof
from tools import audit_levels

APP = Path(__file__).parents[2] / "app"
NOW = 1_795_262_400
BEGIN = NOW - 3_600
ENGINE = Engine.from_app(APP, now=NOW)

SILENT = "Kubernetes Cluster Stopped Sending"
TRUNCATED = "Kubernetes Audit Event Truncated"
UNREADABLE = "Kubernetes Audit Event Unreadable"
LEVEL = "Kubernetes Audit Level Too Low"
SOURCE = "Kubernetes Data Source Missing"
EKS = {
    "sourcetype": "aws:cloudwatchlogs:eks",
    "source": "eu-west-1:/aws/eks/prod/cluster:kube-apiserver-audit-1",
}
GKE = {"sourcetype": "google:gcp:pubsub:message"}
SELF_MANAGED = {"sourcetype": "kube:apiserver:audit"}


def event(at: float = 0, shape: dict[str, str] = SELF_MANAGED, **changes: Any) -> dict[str, str]:
    """Return an update of a Deployment, `at` seconds after the first."""
    audit = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse",
        "auditID": f"id-{at}",
        "stage": "ResponseComplete",
        "requestURI": "/apis/apps/v1/namespaces/shop/deployments/web",
        "verb": "update",
        "user": {"username": "mallory"},
        "sourceIPs": ["203.0.113.57"],
        "userAgent": "kubectl/v1.36.2",
        "objectRef": {"resource": "deployments", "namespace": "shop", "name": "web"},
        "responseStatus": {"code": 200},
        "requestObject": {"spec": {}},
        **changes,
    }
    raw = json.dumps({k: v for k, v in audit.items() if v is not None})
    return {"_raw": raw, "_time": f"{BEGIN + at}", **shape}


def run(
    name: str, events: Sequence[Any], engine: Engine = ENGINE, time: tuple[str, str] = ("", "")
) -> list[dict[str, Any]]:
    """Return the results of a hunt before they are scored: that would start a process each time."""
    search = engine.app.saved_search(name)["search"].partition("| riskscore")[0]
    return list(engine.search(search, events, earliest=time[0], latest=time[1]))


def with_lookup(folder: Path, name: str, text: str) -> Engine:
    (folder / f"{name}.csv").write_text(text)
    engine = Engine.from_app(APP, now=NOW)
    engine.app.lookups.overlay = folder
    return engine


HOUR = ("-60m", "now")
STEADY = [event(at) for at in range(0, 3_600, 300)]


@pytest.mark.parametrize(
    ("events", "silences"),
    [
        (STEADY, []),
        ([e for e in STEADY if not 600 < float(e["_time"]) - BEGIN < 1_500], []),
        ([e for e in STEADY if not 600 < float(e["_time"]) - BEGIN < 1_800], ["1200"]),
        (STEADY[:4], ["2700"]),
        (STEADY[:4] + [event(at, verb="get") for at in range(900, 3_600, 60)], ["2700"]),
        ([*STEADY[:4], event(3_000)], ["2100"]),
        ([*STEADY, event(0, EKS)], ["3600"]),
    ],
    ids=["steady", "short", "gap", "stopped", "reads only", "came back", "another cluster"],
)
def test_silence(events: list[dict[str, str]], silences: list[str]) -> None:
    assert [row["silence"] for row in run(SILENT, events, time=HOUR)] == silences


BUSY = [event(at) for at in range(0, 3_600, 2)]


@pytest.mark.parametrize(
    ("begin", "end", "silences"), [(600, 660, ["62"]), (600, 630, []), (3_500, 3_600, [])]
)
def test_a_sudden_pause_of_a_busy_cluster(begin: int, end: int, silences: list[str]) -> None:
    """At the end of the search it may only be late."""
    events = [e for e in BUSY if not begin <= float(e["_time"]) - BEGIN < end]
    assert [row["silence"] for row in run(SILENT, events, time=HOUR)] == silences


@pytest.mark.parametrize(("seconds", "found"), [("900", 0), ("", 1)])
def test_a_cluster_with_its_own_silence_has_no_sudden_one(
    tmp_path: Path, seconds: str, found: int
) -> None:
    text = f"cluster,max_silence,reason\nunknown,{seconds},Ours\n"
    engine = with_lookup(tmp_path, "kubernetes_hunts_expected_clusters", text)
    events = [e for e in BUSY if not 600 <= float(e["_time"]) - BEGIN < 660]
    assert len(run(SILENT, events, engine, time=HOUR)) == found


def test_silence_is_told_by_its_last_request_and_its_end() -> None:
    [row] = run(SILENT, [*STEADY[:4], event(3_000), event(3_400)], time=HOUR)
    assert (row["cluster"], row["audit_id"]) == ("unknown", "id-900")
    assert (row["firstTime"], row["lastTime"]) == ("2026-11-21T11:15:00", "2026-11-21T11:50:00")


def test_without_an_end_of_time_no_cluster_is_silent_now() -> None:
    assert run(SILENT, STEADY[:4]) == []
    assert len(run(SILENT, [*STEADY[:4], STEADY[-1]])) == 1


def test_an_expected_cluster_that_sent_nothing(tmp_path: Path) -> None:
    expected = "cluster,max_silence,reason\nprod,,Ours\nunknown,,Ours\nslow,7200,Ours\n"
    engine = with_lookup(tmp_path, "kubernetes_hunts_expected_clusters", expected)
    rows = run(SILENT, STEADY, engine, time=HOUR)
    assert [(row["cluster"], row["silence"]) for row in rows] == [("prod", "3600")]
    assert run(SILENT, STEADY, engine) == []


@pytest.mark.parametrize(("seconds", "found"), [(240, 1), (7_200, 0)])
def test_a_cluster_has_its_own_silence(tmp_path: Path, seconds: int, found: int) -> None:
    text = f"cluster,max_silence,reason\nunknown,{seconds},Ours\n"
    engine = with_lookup(tmp_path, "kubernetes_hunts_expected_clusters", text)
    assert len(run(SILENT, STEADY, engine, time=HOUR)) == found


@pytest.mark.parametrize("shape", proof.SHAPES)
def test_the_recorded_silence_but_not_the_restart(shape: str) -> None:
    """The audit policy was None for most of 52 seconds; a plain restart took 19."""
    engine = proof.engine(50)
    [row] = run(SILENT, proof.events(50, shape), engine)
    assert row["silence"] == "52"
    assert row["lastTime"] > row["firstTime"] > "2026-11-21T03:54:4"


CUT = {"annotations": {"audit.k8s.io/truncated": "true"}, "requestObject": None}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        (CUT, 1),
        ({"requestObject": {"metadata": {"annotations": {"audit.k8s.io/truncated": "true"}}}}, 0),
        ({**CUT, "annotations": {}}, 0),
        ({**CUT, "verb": "list"}, 0),
        ({**CUT, "objectRef": {"resource": "customresourcedefinitions", "name": "x"}}, 0),
        ({**CUT, "responseStatus": {"code": 422}}, 0),
        ({**CUT, "user": {"username": "system:apiserver"}}, 0),
    ],
)
def test_truncated(changes: dict[str, Any], found: int) -> None:
    assert len(run(TRUNCATED, [event(**changes)])) == found


WHOLE = event()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (WHOLE["_raw"], None),
        (event(stage="RequestReceived", responseStatus=None)["_raw"], None),
        (WHOLE["_raw"][:-40], "cut off"),
        ("<14>Nov 21 11:00:00 api: " + WHOLE["_raw"], "no JSON"),
        (event(responseStatus=None)["_raw"], "fields missing"),
        (event(auditID=None)["_raw"], "fields missing"),
        ('time="2026-11-21" level=info msg="a line of the authenticator"', None),
    ],
)
def test_unreadable(raw: str, reason: str | None) -> None:
    rows = run(UNREADABLE, [{**WHOLE, "_raw": raw}, WHOLE])
    assert [row["reason"] for row in rows] == [reason] * bool(reason)


def test_an_unreadable_event_still_has_its_id() -> None:
    [row] = run(UNREADABLE, [{**WHOLE, "_raw": WHOLE["_raw"][:-40]}])
    assert row["audit_id"] == "id-0"
    assert row["length"] == str(len(WHOLE["_raw"]) - 40)


def needing(level: str) -> set[str]:
    lines = audit_levels.table().splitlines()[1:]
    rows = (line.split(",", 2) for line in lines)
    return {hunt for resource, needs, hunt in rows if resource == "deployments" and needs == level}


@pytest.mark.parametrize(
    ("level", "blind"),
    [
        ("Metadata", needing("Request") | needing("RequestResponse")),
        ("Request", needing("RequestResponse")),
        ("RequestResponse", set()),
    ],
)
def test_level_names_the_blind_hunts(level: str, blind: set[str]) -> None:
    rows = run(LEVEL, [event(level=level)])
    names = {name for row in rows for name in _values(row["blind_hunt"])}
    assert names == blind
    assert len(rows) == bool(blind)
    assert needing("Request") >= {"Kubernetes Privileged Container"}
    assert needing("RequestResponse")


@pytest.mark.parametrize(
    "changes",
    [
        {"user": {"username": "system:kube-scheduler"}},
        {"objectRef": {"resource": "deployments", "subresource": "status"}},
        {"objectRef": {"resource": "leases"}},
        {"responseStatus": {"code": 403}},
        {"verb": "delete"},
    ],
)
def test_a_level_that_no_hunt_misses(changes: dict[str, Any]) -> None:
    assert run(LEVEL, [event(level="Metadata", **changes)]) == []


def test_gke_has_no_level_but_shows_what_is_missing() -> None:
    events = proof.events(13, "gke")
    assert run(LEVEL, events) == []
    bare = []
    for gke in events:
        record = json.loads(str(gke["_raw"]))
        record["data"]["protoPayload"].pop("request", None)
        bare.append({"_raw": json.dumps(record), "_time": gke["_time"], **GKE})
    [row] = run(LEVEL, bare)
    assert "Kubernetes Privileged Container" in _values(row["blind_hunt"])


def test_the_lookup_of_levels_is_current() -> None:
    path = APP / "lookups/kubernetes_hunts_audit_levels.csv"
    assert path.read_text() == audit_levels.table(), (
        f"run: python -m tools.audit_levels > {path.relative_to(APP.parent)}"
    )


SOURCES = ["aws_cloudwatchlogs_eks", "google_gcp_pubsub_message", "kube_audit", "kubernetes_azure"]
ALL = ("0", "now")
OF_SHAPE = dict(zip(proof.SHAPES, [2, 0, 3, 3, 1], strict=True))


@pytest.mark.parametrize("shape", proof.SHAPES)
def test_each_data_source_that_is_there(shape: str) -> None:
    rows = run(SOURCE, proof.events(13, shape), time=ALL)
    missing = [name for name in SOURCES if name != SOURCES[OF_SHAPE[shape]]]
    assert [row["data_source"] for row in rows] == missing


def test_no_events_at_all() -> None:
    assert [row["data_source"] for row in run(SOURCE, [], time=ALL)] == SOURCES


def test_without_an_end_of_time_nothing_is_missing() -> None:
    assert run(SOURCE, [WHOLE]) == []


def test_a_macro_of_ones_own_and_the_sources_that_one_has() -> None:
    macros = {
        "kube_audit": 'index=other sourcetype="kube:apiserver:audit"',
        "kubernetes_expected_data_sources": "data_source IN (kube_audit, aws_cloudwatchlogs_eks)",
    }
    engine = Engine.from_app(APP, now=NOW, macros=macros)
    created, on_eks = event(verb="create"), event(1, EKS, verb="create")
    rows = run(SOURCE, [created, on_eks], engine, time=ALL)
    assert [row["data_source"] for row in rows] == ["kube_audit"]
    assert run(SOURCE, [{**created, "index": "other"}, on_eks], engine, time=ALL) == []


def _values(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
