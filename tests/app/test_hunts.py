"""The corners of the hunts: what each must find, and what it must leave alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spl import Engine

ENGINE = Engine.from_app(Path(__file__).parents[2] / "app", timezone="UTC")

ANONYMOUS = {"username": "system:anonymous", "groups": ["system:unauthenticated"]}
ALICE = {"username": "alice", "groups": ["dev", "system:authenticated"]}
PODS = {"resource": "pods", "apiVersion": "v1"}


def audit(**changes: Any) -> dict[str, Any]:
    """Return an anonymous, refused list of pods, with some members changed; None takes one out."""
    event = {
        "kind": "Event",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/pods?limit=500",
        "verb": "list",
        "user": ANONYMOUS,
        "sourceIPs": ["203.0.113.57"],
        "userAgent": "curl/8.5.0",
        "objectRef": PODS,
        "responseStatus": {"reason": "Forbidden", "code": 403},
        **changes,
    }
    return {key: value for key, value in event.items() if value is not None}


UNAUTHORIZED = {"reason": "Unauthorized", "code": 401}
BAD_TOKEN = audit(user={}, stage="ResponseStarted", responseStatus=UNAUTHORIZED)


def blob(event: dict[str, Any], category: str = "kube-audit") -> dict[str, str]:
    log = json.dumps(event, separators=(",", ":")) + "\n"
    record = {"category": category, "properties": {"log": log, "pod": "kube-apiserver-1"}}
    return {"_raw": json.dumps(record), "sourcetype": "mscs:storage:blob:json"}


def hub(event: dict[str, Any], category: str = "kube-audit") -> dict[str, str]:
    record = {"body": json.loads(blob(event, category)["_raw"])}
    return {"_raw": json.dumps(record), "sourcetype": "mscs:azure:eventhub"}


both_inputs = pytest.mark.parametrize("deliver", [blob, hub])


@both_inputs
@pytest.mark.parametrize(
    ("event", "agent"),
    [
        (audit(), "curl/8.5.0"),
        (BAD_TOKEN, "curl/8.5.0"),
        (audit(userAgent=None), None),
        # A long URI stands before all that the hunt reads.
        (audit(requestURI="/api/v1/pods?x=" + "x" * 20_000), "curl/8.5.0"),
        (audit(userAgent='","user":{"groups":["system:authenticated"]},"x":"'), "same"),
        # A proxied backend's own 401 to a client without credentials.
        (audit(responseStatus=UNAUTHORIZED), "curl/8.5.0"),
    ],
    ids=["403", "401", "no user agent", "long URI", "user agent made of JSON", "anonymous 401"],
)
def test_azure_finds(deliver: Any, event: dict[str, Any], agent: str | None) -> None:
    rows = [
        *ENGINE.run("Kubernetes Azure scan fingerprint", [deliver(event)]),
        *ENGINE.run("Kubernetes Azure pod scan fingerprint", [deliver(event)]),
    ]
    assert len(rows) == 2
    for row in rows:
        assert row["sourceIPs{}"] == row["risk_object"] == "203.0.113.57"
        assert row["requestURI"] == event["requestURI"]
        assert row["responseStatus.code"] == str(event["responseStatus"]["code"])
        assert row.get("userAgent") == (event["userAgent"] if agent == "same" else agent)
    assert rows[1]["properties.pod"] == "kube-apiserver-1"


@both_inputs
@pytest.mark.parametrize(
    "event",
    [
        audit(responseStatus={"code": 200}),
        audit(stage="RequestReceived", responseStatus=None),
        audit(user=ALICE),
        # The API server passes a proxied backend's own 401 on to its authenticated client.
        audit(user=ALICE, responseStatus=UNAUTHORIZED),
        audit(responseStatus={"code": 404}, requestURI="/api/v1/pods/401"),
    ],
    ids=["granted", "not answered yet", "RBAC refuses a user", "401 of a backend", "404"],
)
def test_azure_leaves_alone(deliver: Any, event: dict[str, Any]) -> None:
    assert list(ENGINE.run("Kubernetes Azure scan fingerprint", [deliver(event)])) == []


@both_inputs
def test_azure_reads_one_category_only(deliver: Any) -> None:
    events = [deliver(audit(), "kube-audit"), deliver(audit(), "kube-audit-admin")]
    assert len(list(ENGINE.run("Kubernetes Azure scan fingerprint", events))) == 1


@both_inputs
@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ({**PODS, "namespace": "shop", "name": "db", "subresource": "exec"}, 1),
        ({**PODS, "apiGroup": "metrics.k8s.io"}, 1),
        ({"resource": "podtemplates"}, 0),
        ({"resource": "secrets", "name": "pods"}, 0),
        (None, 0),
    ],
)
def test_azure_pods_are_the_object(
    deliver: Any, reference: dict[str, str] | None, found: int
) -> None:
    event = deliver(audit(objectRef=reference))
    assert len(list(ENGINE.run("Kubernetes Azure pod scan fingerprint", [event]))) == found


def gke(
    method: str = "io.k8s.core.v1.pods.list",
    *,
    address: str = "203.0.113.57",
    status: dict[str, Any] | None = None,
    user: str | None = "system:anonymous",
) -> dict[str, str]:
    payload = {
        "authenticationInfo": {"principalEmail": user} if user else {},
        "methodName": method,
        "requestMetadata": {"callerIp": address},
        "resourceName": "core/v1/pods",
        "status": {"code": 7} if status is None else status,
    }
    entry = {"protoPayload": payload, "resource": {"labels": {"cluster_name": "demo"}}}
    return {
        "_raw": json.dumps({"data": entry}),
        "_time": "1795229100",
        "sourcetype": "google:gcp:pubsub:message",
    }


@pytest.mark.parametrize(
    ("event", "cluster", "pods"),
    [
        (gke(), 1, 1),
        (gke(status={"code": 7, "message": "PERMISSION_DENIED"}), 1, 1),
        (gke(address="2001:db8::7"), 1, 1),
        (gke("io.k8s.get"), 1, 0),
        (gke("io.k8s.core.v1.pods.exec.create"), 1, 1),
        (gke("io.k8s.core.v1.pods."), 1, 1),
        (gke("io.k8s.core.v1.podtemplates.list"), 1, 0),
        (gke(address="127.0.0.53"), 0, 0),
        (gke(address="::1"), 0, 0),
        (gke(status={}), 0, 0),
        (gke(status={"code": 5}), 0, 0),
        (gke(status={"code": 16}, user=None), 0, 0),
        (gke(user="alice@example.com"), 0, 0),
    ],
)
def test_gke(event: dict[str, str], cluster: int, pods: int) -> None:
    assert len(list(ENGINE.run("GCP Kubernetes cluster scan detection", [event]))) == cluster
    assert len(list(ENGINE.run("GCP Kubernetes cluster pod scan detection", [event]))) == pods


def test_gke_row() -> None:
    events = [gke(), gke("io.k8s.get"), gke(address="198.51.100.9")]
    rows = {
        row["src_ip"]: row for row in ENGINE.run("GCP Kubernetes cluster scan detection", events)
    }
    assert set(rows) == {"203.0.113.57", "198.51.100.9"}
    row = rows["203.0.113.57"]
    assert (row["count"], row["cluster_name"]) == ("2", "demo")
    assert row["method_name"] == ["io.k8s.core.v1.pods.list", "io.k8s.get"]
    assert row["firstTime"] == row["lastTime"] == "2026-11-21T02:45:00"
    assert row["risk_score"] == "25"
    assert row["risk_message"] == "GKE cluster demo refused 2 anonymous requests from 203.0.113.57"


def kube(event: dict[str, Any]) -> dict[str, str]:
    return {"_raw": json.dumps(event), "sourcetype": "kube:apiserver-audit"}


@pytest.mark.parametrize("address", ["10.0.0.7", "fd00::7", "203.0.113.57"])
def test_access_scanning_keeps_addresses_without_a_location(address: str) -> None:
    events = [kube(audit(sourceIPs=[address])) for _ in range(6)]
    [row] = ENGINE.run("Kubernetes Access Scanning", events)
    assert row["src_ip"] == address
    assert row["Country"] == row["City"] == "unknown"
    assert (row["count"], row["risk_score"]) == ("6", "49")
    assert row["risk_message"] == f"Kubernetes scanning from ip {address}"
    assert list(ENGINE.run("Kubernetes Access Scanning", events[:5])) == []
