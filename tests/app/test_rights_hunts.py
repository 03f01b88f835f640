"""The corners of the hunts of rights: other ways to give them, and what gives none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.app.test_technique_hunts import ENGINE, audit, run

SOURCETYPE = "kube:apiserver:audit"

RBAC = {"apiGroup": "rbac.authorization.k8s.io", "apiVersion": "v1"}
KCM = {
    "user": {"username": "system:kube-controller-manager"},
    "userAgent": "kube-controller-manager/v1.36.2 (linux/amd64) kubernetes/0a1b2c3",
}
AGGREGATION = KCM | {
    "user": {"username": "system:serviceaccount:kube-system:clusterrole-aggregation-controller"}
}
ARGO = {
    "user": {"username": "system:serviceaccount:argocd:argocd-application-controller"},
    "userAgent": "argocd-application-controller/v2.12",
}
EVERYTHING = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}


def run_timed(name: str, *events: tuple[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """Run a hunt over events, each with its second."""
    rows = [
        {"_raw": json.dumps(event), "_time": 1_795_230_000 + second, "sourcetype": SOURCETYPE}
        for second, event in events
    ]
    return list(ENGINE.run(name, rows))


def rbac(verb: str, kind: str, request: Any, **changes: Any) -> dict[str, Any]:
    return audit(verb, kind, ref=RBAC | changes.pop("ref", {}), requestObject=request, **changes)


def role(*rules: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return rbac("create", "clusterroles", {"rules": list(rules)}, **changes)


def binding(name: str, *subjects: dict[str, str], **changes: Any) -> dict[str, Any]:
    request = {"roleRef": {"kind": "ClusterRole", "name": name}, "subjects": list(subjects)}
    return rbac("create", "clusterrolebindings", request, **changes)


def rule(resource: str, *verbs: str, group: str = "", **more: Any) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs), **more}


def patched(path: str, value: Any, response: Any = None, op: str = "add") -> dict[str, Any]:
    operations = [{"op": op, "path": path, "value": value}]
    return rbac("patch", "clusterroles", operations, responseObject=response or {})


def group(name: str) -> dict[str, str]:
    return {"kind": "Group", "name": name}


def subject_patch(*operations: dict[str, Any], name: str = "view") -> dict[str, Any]:
    response = {"roleRef": {"kind": "ClusterRole", "name": name}}
    return rbac("patch", "rolebindings", list(operations), responseObject=response)


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (binding("view", group("system:authenticated")), True),
        (binding("view", group("system:serviceaccounts")), True),
        (binding("view", group("system:serviceaccounts:shop")), False),
        (binding("view", {"kind": "User", "name": "authenticated"}), False),
        (binding("system:basic-user", group("system:authenticated")), False),
        (
            rbac("patch", "rolebindings", {"subjects": [group("system:unauthenticated")]}),
            True,
        ),
        (subject_patch({"op": "add", "path": "/subjects/-", "value": group("x")}), False),
        (
            subject_patch(
                {"op": "add", "path": "/subjects/-", "value": group("system:authenticated")}
            ),
            True,
        ),
        (
            subject_patch(
                {"op": "replace", "path": "/subjects/0/name", "value": "system:anonymous"}
            ),
            True,
        ),
        (
            subject_patch({"op": "test", "path": "/subjects/0/name", "value": "system:anonymous"}),
            False,
        ),
        (rbac("patch", "rolebindings", {"metadata": {"labels": {"a": "system:anonymous"}}}), False),
        # A role of the namespace that only has the name of a harmless one.
        (
            rbac(
                "create",
                "rolebindings",
                {
                    "roleRef": {"kind": "Role", "name": "system:basic-user"},
                    "subjects": [group("system:authenticated")],
                },
            ),
            True,
        ),
    ],
)
def test_bindings_for_everybody(event: dict[str, Any], found: bool) -> None:
    assert bool(run("Kubernetes Anonymous Binding", [event])) is found


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (role(rule("secrets", "*")), True),
        (role(rule("*", "get", group="apps")), True),
        (role(rule("pods", "get", group="*")), True),
        (role({"nonResourceURLs": ["*"], "verbs": ["get"]}), True),
        (role({"nonResourceURLs": ["/metrics", "/healthz/*"], "verbs": ["get"]}), False),
        (role(rule("*", "*", group="monitoring.coreos.com")), False),
        (role(rule("*", "get", group="custom.metrics.k8s.io")), False),
        (role(rule("deployments/*", "get", group="apps")), False),
        (role(rule("*/scale", "get", "update", group="*")), False),
        (role(rule("configmaps", "*", resourceNames=["lock"])), False),
        # Two harmless rules are not one that is none.
        (role(PODS, rule("*", "*", group="example.com")), False),
        (patched("/rules/-", EVERYTHING), True),
        (patched("/rules", [EVERYTHING], op="replace"), True),
        (patched("/rules/1/verbs/-", "*", {"rules": [EVERYTHING, PODS]}), False),
        (patched("/rules/1/verbs/-", "*", {"rules": [PODS, rule("pods", "get", "*")]}), True),
        (patched("/metadata/labels/a", "*", {"rules": [EVERYTHING]}), False),
        (role(EVERYTHING, code=403), False),
        (role(EVERYTHING, requestURI="/apis/x?dryRun=All"), False),
        (role(EVERYTHING, **ARGO), False),
        (role(EVERYTHING, ref={"apiGroup": "iam.example.com"}), False),
    ],
)
def test_wildcards(event: dict[str, Any], found: bool) -> None:
    assert bool(run("Kubernetes Wildcard Role", [event])) is found


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (role(rule("clusterroles", "bind", group="rbac.authorization.k8s.io")), True),
        (role(rule("clusterroles", "bind", resourceNames=["view"])), False),
        (role(rule("clusterroles", "bind", resourceNames=["cluster-admin"])), True),
        (role(rule("clusterroles", "escalate", resourceNames=["view"])), True),
        (role(rule("groups", "impersonate", resourceNames=["system:masters"])), True),
        (role(rule("serviceaccounts", "impersonate", resourceNames=["tenant"])), False),
        (role(rule("pods/exec", "get")), True),
        (role(rule("pods/*", "*")), True),
        (role(rule("pods/log", "get")), False),
        (role(rule("nodes/proxy", "get")), True),
        (role(rule("nodes/metrics", "get")), False),
        (role(rule("secrets", "list")), True),
        (role(rule("secrets", "create")), False),
        (role(rule("secrets", "get", resourceNames=["tls"])), False),
        (role(rule("secrets", "get", group="example.com")), False),
        (role(rule("serviceaccounts/token", "create")), True),
        (role(rule("signers", "approve", group="certificates.k8s.io")), True),
        (role(rule("pods", "get"), rule("secrets", "delete")), False),
        (patched("/rules/0/resources/-", "secrets", {"rules": [rule("secrets", "get")]}), True),
        (rbac("patch", "roles", {"rules": [rule("pods/attach", "create")]}), True),
    ],
)
def test_rights_that_lead_to_others(event: dict[str, Any], found: bool) -> None:
    assert bool(run("Kubernetes Dangerous Role", [event])) is found


@pytest.mark.parametrize(
    ("verb", "kind", "name", "changes", "found"),
    [
        ("update", "clusterrolebindings", "system:node", {}, True),
        ("delete", "rolebindings", "system:controller:token-cleaner", {}, True),
        ("patch", "clusterroles", "cluster-admin", {}, True),
        ("deletecollection", "clusterroles", None, {}, True),
        ("deletecollection", "roles", None, {}, False),
        ("patch", "roles", "admin", {}, False),
        ("create", "clusterroles", "system:mine", {"code": 201}, False),
        ("patch", "clusterroles", "system:mine", {"code": 201}, False),
        ("patch", "clusterroles", "team:system:ops", {}, False),
        (
            "patch",
            "clusterroles",
            "view",
            AGGREGATION,
            False,
        ),
    ],
)
def test_roles_of_the_system(
    verb: str, kind: str, name: str | None, changes: dict[str, Any], found: bool
) -> None:
    event = rbac(verb, kind, {}, ref={"name": name}, **changes)
    assert bool(run("Kubernetes System Role Changed", [event])) is found


ACCOUNT = {"kind": "ServiceAccount", "name": "default", "namespace": "shop"}


ADMIN, SECRETS = (
    binding("admin", ACCOUNT, id="rights"),
    role(rule("secrets", "list"), id="rights"),
)
OWN = binding("mine", ACCOUNT, id="own")
VIEW = binding("view", ACCOUNT, id="rights")
WORKLOAD = audit("patch", "deployments", id="workload", requestObject={})


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ([(0, ADMIN), (600, WORKLOAD)], True),
        ([(0, SECRETS), (5, WORKLOAD)], True),
        ([(0, role(EVERYTHING, id="rights")), (3, OWN), (5, WORKLOAD)], True),
        ([(0, ADMIN), (601, WORKLOAD)], False),
        ([(0, WORKLOAD), (5, ADMIN)], False),
        ([(0, VIEW), (5, WORKLOAD), (9, ADMIN)], False),
        ([(0, ADMIN), (5, WORKLOAD | {"user": {"username": "bob"}})], False),
        ([(0, VIEW), (5, WORKLOAD)], False),
        ([(0, binding("admin", group("developers"))), (5, WORKLOAD)], False),
        ([(0, role(PODS)), (5, WORKLOAD)], False),
        ([(0, ADMIN | ARGO), (5, WORKLOAD | ARGO)], False),
    ],
)
def test_rights_then_workload(events: list[tuple[int, dict[str, Any]]], found: bool) -> None:
    rows = run_timed("Kubernetes RBAC Change Then Workload", *events)
    evidence = {event["auditID"] for _, event in events}
    assert [set(row["audit_id"]) for row in rows] == ([evidence] if found else [])


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (audit("create", "serviceaccounts"), True),
        (audit("patch", "serviceaccounts", code=201), True),
        (audit("patch", "serviceaccounts"), False),
        (audit("create", "serviceaccounts/token"), False),
    ],
)
def test_service_accounts_that_are_new(event: dict[str, Any], found: bool) -> None:
    assert bool(run("Kubernetes Service Account Created", [event])) is found


WRITTEN, OTHER = audit("create", "secrets"), audit("create", "secrets", ref={"name": "other"})
FILLED = audit("update", "secrets", **KCM)


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ([(0, WRITTEN), (1, FILLED)], True),
        ([(0, WRITTEN), (61, FILLED)], False),
        ([(0, FILLED), (1, WRITTEN)], False),
        ([(0, WRITTEN), (1, audit("update", "secrets"))], False),
        ([(0, OTHER), (1, FILLED)], False),
    ],
)
def test_tokens_that_never_expire(events: list[tuple[int, dict[str, Any]]], found: bool) -> None:
    assert bool(run_timed("Kubernetes Long-Lived Token Created", *events)) is found


CLIENT = "kubernetes.io/kube-apiserver-client"


def certificate(signer: str, requester: str = "mallory", **changes: Any) -> dict[str, Any]:
    request = {"spec": {"signerName": signer, "username": requester}}
    return audit("create", "certificatesigningrequests", requestObject=request, **changes)


def approval(signer: str, requester: str, condition: str = "Approved") -> dict[str, Any]:
    return audit(
        "patch",
        "certificatesigningrequests/approval",
        requestObject=[{"op": "add", "path": "/status/conditions", "value": []}],
        responseObject={
            "spec": {"signerName": signer, "username": requester},
            "status": {"conditions": [{"type": condition, "status": "True"}]},
        },
    )


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (certificate(CLIENT), True),
        (certificate(f"{CLIENT}-kubelet"), True),
        (certificate("kubernetes.io/kubelet-serving"), False),
        (certificate("issuers.example.com/ca"), False),
        (
            certificate(
                f"{CLIENT}-kubelet",
                "system:bootstrap:abc123",
                user={"username": "system:bootstrap:abc123"},
                userAgent="kubelet/v1.36.2",
            ),
            False,
        ),
        (approval(CLIENT, "bob"), True),
        (approval(CLIENT, "bob", "Denied"), False),
        (approval(f"{CLIENT}-kubelet", "system:node:a"), False),
        (approval(f"{CLIENT}-kubelet", "bob"), True),
    ],
)
def test_client_certificates(event: dict[str, Any], found: bool) -> None:
    assert bool(run("Kubernetes Client Certificate Requested", [event])) is found


@pytest.mark.parametrize(
    ("user", "groups", "identity"),
    [
        ("nobody", ["system:masters", "system:authenticated"], "system:masters"),
        ("system:node:a", ["system:authenticated"], "system:node:a"),
        (
            "system:serviceaccount:kube-system:token-cleaner",
            ["system:serviceaccounts", "system:serviceaccounts:kube-system"],
            [
                "system:serviceaccount:kube-system:token-cleaner",
                "system:serviceaccounts:kube-system",
            ],
        ),
        ("system:serviceaccount:shop:default", ["system:serviceaccounts"], None),
        ("bob", ["developers"], None),
    ],
)
def test_identities_that_are_borrowed(
    user: str, groups: list[str], identity: str | list[str] | None
) -> None:
    event = audit("list", "secrets", impersonatedUser={"username": user, "groups": groups})
    rows = run("Kubernetes Impersonation Of Privileged Identity", [event])
    assert (rows[0]["identity"] if rows else None) == identity
