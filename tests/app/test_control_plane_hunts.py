"""The corners of the hunts of secrets, tokens, proxies, admission and protections."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from tests.app.test_technique_hunts import CONTROLLER, ENGINE, OPERATOR, audit, run

SECRETS = "Kubernetes Secret Access Denied"
DENIED = "Kubernetes Service Account Denied"
CREDENTIALS = "Kubernetes Credentials In ConfigMap"
TOKEN = "Kubernetes Token Used From Two Places"
PROXY = "Kubernetes API Server Proxy"
WEBHOOK = "Kubernetes Admission Webhook Changed"
AWS_AUTH = "Kubernetes aws-auth ConfigMap Changed"
DNS = "Kubernetes DNS ConfigMap Changed"
EVENTS = "Kubernetes Events Deleted"
POD_SECURITY = "Kubernetes Pod Security Weakened"
GUARDS = "Kubernetes Network Policy Or Quota Deleted"
API_SERVICE = "Kubernetes API Service Redirected"
POLICY = "Kubernetes Admission Policy Weakened"
CRD = "Kubernetes Custom Resource Definition Hijacked"

MUTATING = "mutatingwebhookconfigurations"
VALIDATING = "validatingwebhookconfigurations"
ENFORCE = "pod-security.kubernetes.io/enforce"
ENFORCE_PATH = "/metadata/labels/pod-security.kubernetes.io~1enforce"
ACCOUNT = {"user": {"username": "system:serviceaccount:shop:web"}}
NAMESPACE_CONTROLLER = CONTROLLER | {
    "user": {"username": "system:serviceaccount:kube-system:namespace-controller"}
}
GITOPS = {
    "user": {"username": "system:serviceaccount:argocd:argocd-application-controller"},
    "userAgent": "argocd-application-controller/v2",
}
FORBIDDEN = {"code": 403, "annotations": {"authorization.k8s.io/decision": "forbid"}}
REFUSED_BY_ADMISSION = {"code": 403, "annotations": {"authorization.k8s.io/decision": "allow"}}


def refused(*requests: str, **changes: Any) -> list[dict[str, Any]]:
    """Return a refused event for each `verb resource namespace [name]`; `-` is no namespace."""
    return [
        audit(
            verb,
            resource,
            ref={
                "namespace": None if namespace == "-" else namespace,
                "name": name[0] if name else None,
            },
            id=str(number),
            **FORBIDDEN | changes,
        )
        for number, (verb, resource, namespace, *name) in enumerate(map(str.split, requests))
    ]


KINDS = [f"list {kind} shop" for kind in ("pods", "nodes", "roles", "jobs", "services")]


@pytest.mark.parametrize(
    ("name", "events", "count"),
    [
        (SECRETS, refused("get secrets shop a", "get secrets shop b", "get secrets shop c"), 3),
        (SECRETS, refused("list secrets a", "watch secrets b", "create pods/exec c"), 3),
        (SECRETS, refused("get secrets shop a", "list secrets shop"), 2),
        (SECRETS, refused("get secrets shop a", "get secrets shop b", userAgent="shop/1"), None),
        (SECRETS, refused("list secrets -"), 1),
        (SECRETS, refused("deletecollection secrets -", **ACCOUNT), 1),
        (SECRETS, refused(*["get secrets shop a"] * 9), None),
        (SECRETS, refused("get secrets shop a", "list pods -"), None),
        (SECRETS, refused(*KINDS), None),
        (SECRETS, refused("list secrets -", user={"username": "system:anonymous"}), None),
        (SECRETS, refused("list secrets -", **OPERATOR), None),
        (SECRETS, refused("list secrets -", **REFUSED_BY_ADMISSION), None),
        (SECRETS, [audit("list", "secrets", ref={"namespace": None, "name": None})], None),
        (DENIED, refused(*KINDS, **ACCOUNT), 5),
        (DENIED, refused(*KINDS), None),
        (DENIED, refused(*KINDS[:4] * 2, **ACCOUNT), None),
    ],
)
def test_refusals(name: str, events: list[dict[str, Any]], count: int | None) -> None:
    assert [row["count"] for row in run(name, events)] == ([] if count is None else [str(count)])


def config_map(**data: str) -> dict[str, Any]:
    return {"data": data}


def binary(**data: str) -> dict[str, Any]:
    return {"binaryData": {k: b64encode(v.encode()).decode() for k, v in data.items()}}


KEY = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("request_object", "keys"),
    [
        (config_map(dbPassword="hunter2!"), "dbPassword"),
        (config_map(API_KEY="0123456789abcdef", LOG="info"), "API_KEY"),
        (config_map(GITHUB_TOKEN="abcdefghijkl"), "GITHUB_TOKEN"),
        (config_map(**{"app.properties": "db.url=x\ndb.password = hunter2\n"}), "app.properties"),
        (config_map(**{"config.yaml": 'db:\n  password: "hunter2"\n'}), "config.yaml"),
        (config_map(**{"config.json": '{"client_secret": "hunter2"}'}), "config.json"),
        (config_map(**{".env": "export AWS_SECRET_ACCESS_KEY='abcdefgh'"}), ".env"),
        (config_map(url="postgres://shop:hunter2@db:5432/shop"), "url"),
        (config_map(x="AKIAABCDEFGHIJKLMNOP"), "x"),
        (config_map(k="eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2ln"), "k"),
        (config_map(k=KEY), "k"),
        (binary(k=KEY), "k"),
        (binary(k="x" + KEY), "k"),
        (binary(k="xy" + KEY), "k"),
        (binary(env="PASSWORD=hunter2"), "env"),
        ([{"op": "add", "path": "/data/db.password", "value": 'hunter"2'}], "db.password"),
        ([{"op": "replace", "path": "/data", "value": {"password": "hunter2"}}], "password"),
        (config_map(password_min_length="12", token_ttl="3600", secretName="db-pass"), None),
        (config_map(password="${DB_PASSWORD}", token="", apiKey="true"), None),
        (config_map(password="/run/secrets/password", token="vault:kv/shop#token"), None),
        (config_map(**{"a.yaml": "password:\n  secretKeyRef:\n    name: db\n"}), None),
        (config_map(**{"nginx.conf": "proxy_pass http://web:8080;"}), None),
        (config_map(ca="-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----"), None),
        (binary(ca="-----BEGIN CERTIFICATE-----\nMIIE"), None),
        (config_map(url="postgres://shop:$(PASSWORD)@db:5432/shop"), None),
        ({"metadata": {"labels": {"password": "hunter2"}}}, None),
        ([{"op": "add", "path": "/metadata/labels/token", "value": "hunter2"}], None),
        ([{"op": "remove", "path": "/data/password"}], None),
    ],
)
def test_credentials(request_object: Any, keys: str | None) -> None:
    rows = run(CREDENTIALS, [audit("patch", "configmaps", requestObject=request_object)])
    assert [row["credential"] for row in rows] == ([] if keys is None else [keys])


def used(src: str, agent: str, *, token: str = "JTI=1", user: str = "shop:web") -> dict[str, Any]:
    extra = {"authentication.kubernetes.io/credential-id": [token]}
    account = {"username": f"system:serviceaccount:{user}", "extra": extra}
    return audit("list", "pods", user=account, sourceIPs=[src], userAgent=agent)


KUBE = "kube:apiserver:audit"
HOME = used("10.0.3.41", "Go-http-client/2.0")


@pytest.mark.parametrize(
    ("events", "thief"),
    [
        ([HOME, used("203.0.113.9", "kubectl/v1.29.0")], 1),
        ([HOME, used("10.0.4.7", "curl/8.5.0")], 1),
        ([HOME, used("2001:db8::9", "Go-http-client/2.0")], 1),
        ([HOME, used("10.0.3.41", "curl/8.5.0")], 1),
        ([HOME, used("203.0.113.9", "x") | {"responseStatus": {"code": 403}}], 1),
        ([used("203.0.113.9", "Go-http-client/2.0"), HOME], 0),
        ([used("10.0.4.7", "curl/8.5.0"), HOME], 0),
        ([HOME, used("10.0.3.42", "Go-http-client/2.0", token="JTI=2")], None),
        ([HOME, used("10.0.3.41", "shop/2.0")], None),
        ([used("10.0.3.41", "kubectl/v1.29"), used("10.0.3.41", "curl/8.5")], None),
        ([used("10.0.9.30", a, user="ci:ci-deployer") for a in ("Helm/3.15", "kubectl/v1")], None),
        ([used(s, "x", token="X509SHA256=1") for s in ("192.0.2.1", "192.0.2.2")], None),
    ],
)
def test_tokens(events: list[dict[str, Any]], thief: int | None) -> None:
    timed = [
        {"_raw": json.dumps(event | {"auditID": str(n)}), "_time": n, "sourcetype": KUBE}
        for n, event in enumerate(events)
    ]
    found = [(row["src"], row["audit_id"]) for row in ENGINE.run(TOKEN, timed)]
    assert found == ([] if thief is None else [(events[thief]["sourceIPs"][0], str(thief))])


def proxied(kind: str, path: str, verb: str = "get", **changes: Any) -> dict[str, Any]:
    return audit(verb, f"{kind}/proxy", requestURI=f"/api/v1/{kind}/x/proxy{path}", **changes)


def patch(resource: str, request: Any, **changes: Any) -> dict[str, Any]:
    return audit("patch", resource, requestObject=request, **changes)


def operation(path: str, value: Any = None, op: str = "replace") -> list[dict[str, Any]]:
    return [{"op": op, "path": path} | ({} if value is None else {"value": value})]


def named(verb: str, name: str, namespace: str = "kube-system", **changes: Any) -> dict[str, Any]:
    return audit(verb, "configmaps", ref={"name": name, "namespace": namespace}, **changes)


def labels(**values: str | None) -> dict[str, Any]:
    return {"metadata": {"labels": {ENFORCE: values.get("enforce")}}}


def webhook(**client: Any) -> dict[str, Any]:
    return {"webhooks": [{"name": "a.example.com", "clientConfig": client}]}


def api_service(name: str, namespace: str, service: str) -> dict[str, Any]:
    spec = {"service": {"namespace": namespace, "name": service, "port": 443}}
    return audit(
        "create", "apiservices", ref={"name": name}, requestObject={"spec": spec}, code=201
    )


def crd(verb: str, name: str, request: Any = None, **changes: Any) -> dict[str, Any]:
    changes |= {"requestObject": request} if request else {}
    return audit(verb, "customresourcedefinitions", ref={"name": name}, **changes)


METRICS = {"ref": {"name": "v1beta1.metrics.k8s.io"}}
BINDINGS = "validatingadmissionpolicybindings"
POLICIES = "validatingadmissionpolicies"
OUTSIDE = {"url": "https://203.0.113.5/mutate"}
INSIDE = {"service": {"namespace": "shop", "name": "a"}}
CONVERSION = {"webhook": {"clientConfig": OUTSIDE}}


@pytest.mark.parametrize(
    ("name", "event"),
    [
        (PROXY, proxied("nodes", "/pods")),
        (PROXY, proxied("nodes", "/", ref={"name": "https:x:10250"})),
        (PROXY, proxied("nodes", "/exec/shop/db/db?command=id&output=1", code=101)),
        (PROXY, proxied("nodes", "/metrics/../run/shop/db/db")),
        (PROXY, proxied("nodes", "/metrics/%2e%2e/run/shop/db/db")),
        (PROXY, proxied("services", "/admin", "create", code=503)),
        (PROXY, proxied("pods", "", "delete", code=404)),
        (WEBHOOK, audit("create", MUTATING, requestObject=webhook(**INSIDE), code=201)),
        (WEBHOOK, audit("create", VALIDATING, requestObject=webhook(**OUTSIDE), **GITOPS)),
        (WEBHOOK, audit("update", VALIDATING, requestObject=webhook(caBundle="eA==", **INSIDE))),
        (WEBHOOK, audit("delete", VALIDATING)),
        (WEBHOOK, audit("deletecollection", MUTATING)),
        (
            WEBHOOK,
            patch(MUTATING, operation("/webhooks/0/clientConfig/url", "https://x"), **GITOPS),
        ),
        (WEBHOOK, patch(MUTATING, operation("/webhooks/0/failurePolicy", "Ignore"))),
        (WEBHOOK, patch(MUTATING, operation("/webhooks/0", op="remove"))),
        (WEBHOOK, patch(MUTATING, webhook(caBundle="eA==", **INSIDE))),
        (WEBHOOK, audit("patch", MUTATING)),
        *((AWS_AUTH, named(verb, "aws-auth")) for verb in ("create", "update", "patch", "delete")),
        (DNS, named("update", "coredns")),
        (DNS, named("patch", "coredns-custom", code=201)),
        (DNS, named("delete", "kube-dns")),
        (EVENTS, audit("delete", "events")),
        (EVENTS, audit("deletecollection", "events", ref={"apiGroup": "events.k8s.io"})),
        (POD_SECURITY, patch("namespaces", labels(enforce="privileged"))),
        (POD_SECURITY, patch("namespaces", labels(enforce=None))),
        (POD_SECURITY, patch("namespaces", {"metadata": {"labels": None}})),
        (POD_SECURITY, patch("namespaces", operation(ENFORCE_PATH, op="remove"))),
        (POD_SECURITY, patch("namespaces", operation(ENFORCE_PATH, "privileged"))),
        (POD_SECURITY, patch("namespaces", operation("/metadata/labels", op="remove"))),
        (POD_SECURITY, patch("namespaces", operation("/metadata/labels", {"team": "x"}))),
        (POD_SECURITY, audit("update", "namespaces", requestObject=labels(enforce="privileged"))),
        (POD_SECURITY, audit("create", "namespaces", requestObject=labels(enforce="privileged"))),
        (GUARDS, audit("deletecollection", "limitranges")),
        (GUARDS, audit("delete", "networkpolicies", **ACCOUNT)),
        (GUARDS, audit("delete", "ciliumclusterwidenetworkpolicies")),
        (API_SERVICE, api_service("v1.auth.example.net", "shop", "proxy")),
        (API_SERVICE, api_service("v1beta1.metrics.k8s.io", "shop", "metrics-server")),
        (
            API_SERVICE,
            patch(
                "apiservices", {"spec": {"service": {"namespace": "shop", "name": "p"}}}, **METRICS
            ),
        ),
        (
            API_SERVICE,
            patch("apiservices", operation("/spec/service/namespace", "shop"), **METRICS),
        ),
        (API_SERVICE, patch("apiservices", operation("/spec/service", {"name": "p"}), **METRICS)),
        (POLICY, audit("delete", POLICIES)),
        (POLICY, audit("deletecollection", BINDINGS)),
        (POLICY, patch(BINDINGS, {"spec": {"validationActions": ["Audit"]}})),
        (POLICY, patch(BINDINGS, operation("/spec/validationActions/0", "Warn"))),
        (POLICY, patch(BINDINGS, operation("/spec/validationActions/0", op="remove"))),
        (POLICY, patch(POLICIES, {"spec": {"validations": [{"expression": "true"}]}})),
        (POLICY, patch(POLICIES, operation("/spec/validations/0/expression", "true"))),
        (POLICY, patch(POLICIES, operation("/spec/failurePolicy", "Ignore"))),
        (POLICY, audit("update", POLICIES, requestObject={"spec": {"validations": []}})),
        (POLICY, audit("create", "mutatingadmissionpolicies", code=201)),
        (CRD, crd("create", "policies.kyverno.io", code=201)),
        (CRD, crd("delete", "k8srequiredlabels.constraints.gatekeeper.sh")),
        (CRD, crd("patch", "x.example.io", {"spec": {"conversion": CONVERSION}})),
    ],
)
def test_is_found(name: str, event: dict[str, Any]) -> None:
    assert [row["user"] for row in run(name, [event])] == [event["user"]["username"]]


@pytest.mark.parametrize(
    ("name", "event"),
    [
        (PROXY, proxied("nodes", "/metrics/cadvisor")),
        (PROXY, proxied("nodes", "/stats/summary?only_cpu_and_memory=true")),
        (PROXY, proxied("pods", "/healthz")),
        (PROXY, proxied("nodes", "/pods", code=403)),
        (PROXY, audit("get", "pods/log")),
        (WEBHOOK, audit("list", MUTATING)),
        (WEBHOOK, audit("create", VALIDATING, requestObject=webhook(**INSIDE), **GITOPS)),
        (WEBHOOK, patch(VALIDATING, operation("/webhooks/0/clientConfig/caBundle", "eA=="))),
        (WEBHOOK, patch(VALIDATING, webhook(caBundle="eA=="))),
        (WEBHOOK, audit("delete", VALIDATING, code=403)),
        (AWS_AUTH, named("get", "aws-auth")),
        (AWS_AUTH, named("patch", "aws-auth", "shop")),
        (AWS_AUTH, named("patch", "aws-auth", requestURI="/x?dryRun=All")),
        (
            AWS_AUTH,
            named(
                "update",
                "aws-auth",
                user={"username": "eks:node-manager"},
                userAgent="vpcLambda/v0.0.0 (linux/amd64) kubernetes/$Format",
            ),
        ),
        (DNS, named("patch", "coredns", "shop")),
        (DNS, named("patch", "app-config")),
        (
            DNS,
            named(
                "update",
                "coredns",
                user={"username": "kubernetes-admin"},
                userAgent="kubeadm/v1.32.0",
            ),
        ),
        (EVENTS, audit("deletecollection", "events", **NAMESPACE_CONTROLLER)),
        (EVENTS, audit("create", "events")),
        (POD_SECURITY, patch("namespaces", labels(enforce="restricted"))),
        (POD_SECURITY, patch("namespaces", {"metadata": {"labels": {"team": None}}})),
        (POD_SECURITY, patch("namespaces", operation(ENFORCE_PATH, "restricted"))),
        (POD_SECURITY, patch("namespaces", operation("/metadata/labels/team", op="remove"))),
        (
            POD_SECURITY,
            patch("namespaces", operation("/metadata/labels", {ENFORCE: "baseline"})),
        ),
        (
            POD_SECURITY,
            audit("create", "namespaces", requestObject=labels(), **NAMESPACE_CONTROLLER),
        ),
        (GUARDS, audit("deletecollection", "networkpolicies", **NAMESPACE_CONTROLLER)),
        (GUARDS, patch("networkpolicies", {"metadata": {"labels": {"v": "2"}}})),
        (API_SERVICE, api_service("v1beta1.metrics.k8s.io", "kube-system", "metrics-server")),
        (API_SERVICE, patch("apiservices", {"spec": {"caBundle": "eA=="}}, **METRICS)),
        (API_SERVICE, patch("apiservices/status", {"spec": {"service": {"name": "p"}}})),
        (API_SERVICE, api_service("v1.x.example.io", "shop", "p") | GITOPS),
        (POLICY, audit("create", POLICIES, code=201)),
        (POLICY, patch(BINDINGS, {"spec": {"validationActions": ["Deny", "Audit"]}})),
        (POLICY, patch(BINDINGS, operation("/spec/validationActions/0", "Deny"))),
        (POLICY, patch(POLICIES, {"metadata": {"labels": {"v": "2"}}})),
        (POLICY, patch(f"{POLICIES}/status", {"spec": {"validations": []}})),
        (CRD, crd("create", "certificates.example.io", code=201)),
        (CRD, crd("create", "policies.kyverno.io", code=201, **GITOPS)),
        (CRD, crd("patch", "x.example.io", {"spec": {"conversion": {"webhook": INSIDE}}})),
    ],
)
def test_is_left_alone(name: str, event: dict[str, Any]) -> None:
    assert run(name, [event]) == []
