"""The corners of the hunts of deletions, unknown namespaces and untrusted nodes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spl import Engine

APP = Path(__file__).parents[2] / "app"
NOW = 1_795_262_400  # 2026-11-21 12:00 UTC
ENGINE = Engine.from_app(APP, now=NOW)

WORKLOAD = "Kubernetes Workload Deleted"
MASS = "Kubernetes Mass Deletion"
NAMESPACE = "Kubernetes Unknown Namespace Created"
NODE = "Kubernetes Untrusted Node Joined"
CONTROLLER = "system:serviceaccount:kube-system:namespace-controller"


def request(
    verb: str,
    resource: str,
    name: str | None = "web",
    *,
    namespace: str | None = "shop",
    subresource: str | None = None,
    user: str = "mallory",
    agent: str = "terraform-provider-kubernetes/2.31",
    src: str = "203.0.113.57",
    code: int = 200,
    uri: str = "/apis",
    at: float = 0,
    body: Any = None,
) -> dict[str, str]:
    """Return a request, `at` seconds after the first."""
    reference = {
        "resource": resource,
        "name": name,
        "namespace": name if resource == "namespaces" else namespace,
        "subresource": subresource,
    }
    event = {
        "kind": "Event",
        "level": "RequestResponse",
        "auditID": f"{verb} {resource} {name} {user} {at}",
        "stage": "ResponseComplete",
        "requestURI": uri,
        "verb": verb,
        "user": {"username": user},
        "sourceIPs": [src],
        "userAgent": agent,
        "objectRef": {k: v for k, v in reference.items() if v},
        "responseStatus": {"code": code},
        "requestObject": body,
    }
    raw = json.dumps({k: v for k, v in event.items() if v is not None})
    return {"_raw": raw, "_time": f"{NOW - 3_600 + at}", "sourcetype": "kube:apiserver:audit"}


def run(name: str, *events: dict[str, str]) -> list[dict[str, Any]]:
    """Return the results of a hunt before they are scored: that would start a process each time."""
    search = ENGINE.app.saved_search(name)["search"].partition("| riskscore")[0]
    return list(ENGINE.search(search, events))


ZERO = {"spec": {"replicas": 0}}


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ([request("delete", "namespaces", "shop")], 1),
        ([request("delete", "namespaces", "shop", uri="/api?dryRun=All")], 0),
        ([request("delete", "namespaces", "shop", code=403)], 0),
        ([request("delete", "deployments")], 0),
        ([request("delete", "deployments"), request("delete", "statefulsets", at=1)], 1),
        ([request("delete", "deployments"), request("delete", "deployments", at=1)], 0),
        ([request("deletecollection", "deployments", None)], 1),
        ([request("update", "namespaces", "shop", subresource="finalize", body=ZERO)], 0),
        ([request("delete", "namespaces", user=CONTROLLER, agent="kube-controller-manager/v1")], 0),
        ([request("delete", "namespaces", user=CONTROLLER)], 1),
        ([request("patch", "deployments", subresource="scale", body=ZERO)], 1),
        ([request("patch", "statefulsets", body=ZERO)], 1),
        (
            [request("patch", "deployments", subresource="scale", body={"spec": {"replicas": 10}})],
            0,
        ),
        ([request("patch", "deployments", subresource="status", body=ZERO)], 0),
        ([request("patch", "deployments", body=[{"op": "add", "path": "/x", "value": 0}])], 0),
        (
            [
                request(
                    "patch",
                    "deployments",
                    body=[{"op": "replace", "path": "/spec/replicas", "value": 0}],
                )
            ],
            1,
        ),
        (
            [
                request(
                    "patch",
                    "deployments",
                    body=[{"value": 0, "path": "/spec/replicas", "op": "replace"}],
                )
            ],
            1,
        ),
        # A Scale leaves out the zero, a Deployment does not.
        ([request("update", "deployments", subresource="scale", body={"spec": {}})], 1),
        (
            [request("update", "deployments", subresource="scale", body={"spec": {"replicas": 1}})],
            0,
        ),
        ([request("update", "deployments", subresource="scale")], 0),
        ([request("update", "deployments", body=ZERO)], 1),
        ([request("update", "deployments", body={"spec": {"replicas": 2}})], 0),
        ([request("create", "deployments", code=201, body=ZERO)], 0),
        (
            [
                request("create", "namespaces", "review", code=201),
                request("create", "deployments", "app", namespace="review", code=201, at=1),
                request("delete", "deployments", "app", namespace="review", at=8),
                request("delete", "namespaces", "review", at=9),
            ],
            0,
        ),
        (
            [
                request("create", "namespaces", "shop", code=201, user="bob"),
                request("delete", "namespaces", "shop", at=9),
            ],
            1,
        ),
        (
            [
                request("delete", "namespaces", "shop"),
                request("create", "namespaces", "shop", code=201, at=9),
            ],
            1,
        ),
    ],
)
def test_workload_deleted(events: list[dict[str, str]], found: int) -> None:
    assert len(run(WORKLOAD, *events)) == found


def deletions(count: int, seconds: float, **changes: Any) -> list[dict[str, str]]:
    return [
        request("delete", "secrets", f"s{i}", at=i * seconds / count, **changes)
        for i in range(count)
    ]


@pytest.mark.parametrize(
    ("events", "found"),
    [
        (deletions(20, 200), 1),
        (deletions(19, 200), 0),
        (deletions(20, 200) + deletions(20, 200), 1),
        (deletions(19, 200) * 2, 0),
        (deletions(40, 4_000), 0),
        (deletions(30, 30, user="system:node:n1", agent="kubelet/v1.36.2"), 0),
        (deletions(30, 30, user="system:node:n1"), 1),
        (deletions(30, 30, code=404), 0),
        (deletions(10, 10) + deletions(10, 10, user="bob"), 0),
        ([request("deletecollection", "secrets", None, at=i) for i in range(2)], 1),
        ([request("deletecollection", "secrets", None)], 0),
        ([request("create", "pods", f"p{i}", subresource="eviction") for i in range(30)], 0),
    ],
)
def test_mass_deletion(events: list[dict[str, str]], found: int) -> None:
    rows = run(MASS, *events)
    assert [row["user"] for row in rows] == [
        json.loads(e["_raw"])["user"]["username"] for e in events
    ][:found]


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (request("create", "namespaces", "kube-systern", code=201), 1),
        (request("create", "namespaces", "kube-system", code=201), 0),
        (request("create", "namespaces", "xmr", code=409), 0),
        (request("create", "namespaces", "xmr", code=201, uri="/api?dryRun=All"), 0),
        (request("create", "namespaces", None, code=201, body={"metadata": {"name": "xmr"}}), 1),
        (request("create", "projectrequests", "xmr", code=201), 1),
        (request("patch", "namespaces", "xmr", code=201), 1),
        (request("patch", "namespaces", "xmr"), 0),
        (
            request(
                "create",
                "namespaces",
                "review-7",
                code=201,
                user="system:serviceaccount:ci:ci-deployer",
                agent="Helm/3.15.2",
            ),
            0,
        ),
    ],
)
def test_unknown_namespace(event: dict[str, str], found: int) -> None:
    assert len(run(NAMESPACE, event)) == found


def joining(src: str, name: str | None = "rogue", **changes: Any) -> dict[str, str]:
    kubelet = {"user": "system:node:rogue", "agent": "kubelet/v1.30.0", "namespace": None}
    return request("create", "nodes", name, **{**kubelet, "code": 201, **changes}, src=src)


BOOTSTRAP: dict[str, Any] = {"user": "system:bootstrap:abcdef", "namespace": None, "code": 201}


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (joining("203.0.113.99"), 1),
        (joining("203.0.113.99", code=403), 0),
        (joining("10.9.8.7"), 0),
        (joining("fd00::7"), 0),
        (joining("2001:db8::7"), 1),
        (joining("203.0.113.99", user="mallory", agent="curl/8.5"), 1),
        (request("create", "certificatesigningrequests", "node-csr", **BOOTSTRAP), 1),
        (request("create", "certificatesigningrequests", "c", src="10.1.2.3", **BOOTSTRAP), 0),
        (request("create", "certificatesigningrequests", "bob", namespace=None, code=201), 0),
    ],
)
def test_untrusted_node(event: dict[str, str], found: int) -> None:
    assert len(run(NODE, event)) == found


def test_the_names_and_networks_of_ones_own_nodes(tmp_path: Path) -> None:
    own = "node,network,reason\nip-10-0-*,10.0.0.0/16,Ours\n"
    (tmp_path / "kubernetes_hunts_known_nodes.csv").write_text(own)
    engine = Engine.from_app(APP, now=NOW)
    engine.app.lookups.overlay = tmp_path
    events = [
        joining(src, name, user=f"system:node:{name}", at=at)
        for at, (src, name) in enumerate(
            [("10.0.1.1", "ip-10-0-1-1"), ("10.0.1.2", "rogue"), ("10.1.0.1", "ip-10-0-9-9")]
        )
    ]
    search = engine.app.saved_search(NODE)["search"].partition("| riskscore")[0]
    assert {row["object"] for row in engine.search(search, events)} == {"rogue", "ip-10-0-9-9"}
