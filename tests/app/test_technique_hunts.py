"""The corners of the hunts of techniques: other ways to do the same, and mere look-alikes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spl import Engine

ENGINE = Engine.from_app(Path(__file__).parents[2] / "app")
ADMIN = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
VIEW = ADMIN | {"name": "view"}
RBAC = {"apiGroup": "rbac.authorization.k8s.io", "apiVersion": "v1"}
CONTROLLER = {
    "user": {"username": "system:serviceaccount:kube-system:daemon-set-controller"},
    "userAgent": "kube-controller-manager/v1.36.2 (linux/amd64) kubernetes/0a1b2c3",
}
OPERATOR = {
    "user": {"username": "system:serviceaccount:monitoring:prometheus-operator"},
    "userAgent": "PrometheusOperator/0.75.0",
}


def audit(verb: str, resource: str, **changes: Any) -> dict[str, Any]:
    """Return an event in which `mallory` was granted `verb` on `resource` (`pods/exec`: both)."""
    kind, _, sub = resource.partition("/")
    reference = {"resource": kind, "namespace": "shop", "name": "x"} | changes.pop("ref", {})
    if sub:
        reference["subresource"] = sub
    return {
        "kind": "Event",
        "level": "RequestResponse",
        "auditID": changes.pop("id", "1"),
        "stage": "ResponseComplete",
        "requestURI": f"/api/v1/namespaces/shop/{kind}/x",
        "verb": verb,
        "user": {"username": "mallory", "groups": ["system:authenticated"]},
        "sourceIPs": ["203.0.113.7"],
        "userAgent": "curl/8.5.0",
        "objectRef": {k: v for k, v in reference.items() if v is not None},
        "responseStatus": {"code": changes.pop("code", 200)},
        **changes,
    }


def run(name: str, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(
        ENGINE.run(
            name, [{"_raw": json.dumps(e), "sourcetype": "kube:apiserver:audit"} for e in events]
        )
    )


def pod(**container: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"image": "evil:1", **container}]}}


ROOT = {"securityContext": {"privileged": True}}
EXEC = "/api/v1/namespaces/shop/pods/x/exec?stdout=true&command="
PRIVILEGED = "Kubernetes Privileged Container"
EXECUTED = "Kubernetes Exec Into Pod"
BOUND = "Kubernetes Cluster Admin Binding"
SECRETS = "Kubernetes Secrets Collected"


@pytest.mark.parametrize(
    ("name", "event"),
    [
        (PRIVILEGED, audit("create", "pods", requestObject=pod(**ROOT), code=201)),
        (
            PRIVILEGED,
            audit(
                "update",
                "cronjobs",
                requestObject={"spec": {"jobTemplate": {"spec": {"template": pod(**ROOT)}}}},
            ),
        ),
        (
            PRIVILEGED,
            audit("patch", "statefulsets", requestObject={"spec": {"template": pod(**ROOT)}}),
        ),
        (
            PRIVILEGED,
            audit(
                "patch",
                "daemonsets",
                requestObject=[
                    {
                        "value": True,
                        "op": "add",
                        "path": "/spec/template/spec/containers/0/securityContext/privileged",
                    }
                ],
            ),
        ),
        (
            PRIVILEGED,
            audit(
                "patch",
                "pods/ephemeralcontainers",
                requestObject={"spec": {"ephemeralContainers": [{"image": "d", **ROOT}]}},
            ),
        ),
        (
            PRIVILEGED,
            audit(
                "create",
                "pods",
                requestObject=pod(**ROOT),
                requestURI="/api/v1/namespaces/shop/pods?fieldManager=dryRun=All",
            ),
        ),
        (
            PRIVILEGED,
            audit(
                "create",
                "pods",
                requestObject=pod(**ROOT),
                **(CONTROLLER | {"userAgent": "curl/8.5.0"}),
            ),
        ),
        (EXECUTED, audit("get", "pods/exec", requestURI=EXEC + "bash", code=101)),
        (EXECUTED, audit("create", "pods/attach", code=101)),
        (
            EXECUTED,
            audit(
                "create", "pods/exec", requestURI=EXEC + "sh&command=-c&command=nginx+-t", code=101
            ),
        ),
        (
            EXECUTED,
            audit(
                "create",
                "pods/exec",
                requestURI=EXEC + "id",
                **(OPERATOR | {"userAgent": "curl/8.5.0"}),
            ),
        ),
        (
            BOUND,
            audit(
                "create",
                "rolebindings",
                ref=RBAC,
                requestObject={"roleRef": ADMIN, "subjects": [{"name": "m"}]},
                code=201,
            ),
        ),
        (
            BOUND,
            audit(
                "patch",
                "clusterrolebindings",
                ref=RBAC,
                requestObject=[{"op": "add", "path": "/subjects/-", "value": {"name": "m"}}],
                responseObject={"roleRef": ADMIN},
            ),
        ),
        (
            BOUND,
            audit(
                "patch",
                "clusterrolebindings",
                ref=RBAC,
                requestObject={"subjects": [{"name": "m"}]},
                responseObject={"roleRef": ADMIN},
            ),
        ),
        (SECRETS, audit("list", "secrets", ref={"namespace": None, "name": None})),
        (SECRETS, audit("watch", "secrets", ref={"namespace": None, "name": None})),
    ],
)
def test_found(name: str, event: dict[str, Any]) -> None:
    [row] = run(name, [event])
    assert row["user"] == row["risk_object"] == event["user"]["username"]
    assert (row["src"], row["audit_id"], row["count"]) == ("203.0.113.7", "1", "1")


@pytest.mark.parametrize(
    ("name", "event"),
    [
        (
            PRIVILEGED,
            audit("create", "pods", requestObject=pod(securityContext={"privileged": False})),
        ),
        (PRIVILEGED, audit("create", "pods", requestObject=pod(**ROOT), code=403)),
        (
            PRIVILEGED,
            audit(
                "create",
                "pods",
                requestObject=pod(**ROOT),
                requestURI="/api/v1/namespaces/shop/pods?dryRun=All",
            ),
        ),
        (PRIVILEGED, audit("create", "pods", requestObject=pod(**ROOT), **CONTROLLER)),
        (
            PRIVILEGED,
            audit(
                "create",
                "controllerrevisions",
                requestObject={"data": {"spec": {"template": pod(**ROOT)}}},
            ),
        ),
        (
            PRIVILEGED,
            audit(
                "patch",
                "pods",
                requestObject={"metadata": {"labels": {"a": "b"}}},
                responseObject=pod(**ROOT),
            ),
        ),
        (PRIVILEGED, audit("update", "pods/status", requestObject=pod(**ROOT))),
        (
            PRIVILEGED,
            audit(
                "create",
                "pods",
                ref={"namespace": "kube-system"},
                requestObject=pod(**ROOT, image="registry.k8s.io/sig-storage/csi:v1"),
            ),
        ),
        (EXECUTED, audit("create", "pods/exec", requestURI=EXEC + "nginx&command=-t", code=101)),
        (EXECUTED, audit("create", "pods/exec", requestURI=EXEC + "id", code=403)),
        (EXECUTED, audit("create", "pods/exec", requestURI=EXEC + "sh", code=101, **OPERATOR)),
        (EXECUTED, audit("get", "pods/log")),
        (
            BOUND,
            audit(
                "create",
                "rolebindings",
                ref=RBAC,
                requestObject={"roleRef": VIEW},
                annotations={"reason": 'bound to "cluster-admin"'},
            ),
        ),
        (
            BOUND,
            audit(
                "patch",
                "clusterrolebindings",
                ref=RBAC,
                requestObject={"metadata": {"labels": {"a": "b"}}},
                responseObject={"roleRef": ADMIN},
            ),
        ),
        (
            BOUND,
            audit(
                "create",
                "clusterrolebindings",
                ref=RBAC,
                requestObject={"roleRef": ADMIN},
                code=403,
            ),
        ),
        (SECRETS, audit("list", "secrets", ref={"name": None})),
        (SECRETS, audit("list", "secrets", ref={"namespace": None, "name": None}, code=403)),
        (SECRETS, audit("get", "secrets")),
    ],
)
def test_left_alone(name: str, event: dict[str, Any]) -> None:
    assert run(name, [event]) == []


@pytest.mark.parametrize(("count", "rows"), [(9, 0), (10, 1), (150, 1)])
def test_many_secrets(count: int, rows: int) -> None:
    events = [audit("get", "secrets", id=f"{n:03}", ref={"name": f"s{n}"}) for n in range(count)]
    found = run(SECRETS, events + events)
    assert len(found) == rows
    if rows:
        assert (found[0]["count"], found[0]["secrets"]) == (str(count), str(count))
        assert len(found[0]["audit_id"]) == min(count, 100)


def test_a_request_that_logs_twice_counts_once() -> None:
    event = audit("create", "pods/exec", requestURI=EXEC + "id", code=101)
    [row] = run(EXECUTED, [event | {"stage": "ResponseStarted"}, event])
    assert row["count"] == "1"
