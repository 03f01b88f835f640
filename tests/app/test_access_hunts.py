"""The corners of the hunts of who gets in, from where and with what, and who looks around."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spl import Engine

APP = Path(__file__).parents[2] / "app"
NOW = 1_795_229_100
ENGINE = Engine.from_app(APP, now=NOW)
ANONYMOUS = {"username": "system:anonymous", "groups": ["system:unauthenticated"]}
NOBODY: dict[str, Any] = {}
PEER = "203.0.113.57"

ALLOWED = "Kubernetes Anonymous Request Allowed"
SCANNING = "Kubernetes Unauthenticated Scanning"
DISCOVERY = "Kubernetes Discovery Burst"
PERMISSIONS = "Kubernetes Self Permission Enumeration"
AGENT = "Kubernetes Odd User Agent"
SYSTEM = "Kubernetes System Identity From Public Address"
THREAT = "Kubernetes Request From Threat Address"


def account(name: str) -> dict[str, Any]:
    return {
        "username": name,
        "groups": ["system:serviceaccounts", "system:authenticated"],
    }


def person(name: str = "mallory") -> dict[str, Any]:
    return {"username": name, "groups": ["system:authenticated"]}


def request(
    target: str = "pods",
    *,
    verb: str = "list",
    user: dict[str, Any] | None = None,
    ips: tuple[str, ...] = (PEER,),
    agent: str | None = "kubectl/v1.36.2 (linux/amd64) kubernetes/0a1b2c3",
    code: int = 200,
    at: float = 0.0,
    body: Any = None,
) -> dict[str, str]:
    """Return a request for a kind of objects (`pods`, `secrets/shop/db`), or for a path (`/api`),
    `at` seconds after the first."""
    resource, namespace, name, *_ = [*target.split("/"), "", ""]
    reference = {"resource": resource, "namespace": namespace, "name": name}
    path = target.startswith("/")
    event = {
        "kind": "Event",
        "auditID": f"{target} {verb} {ips} {at} {agent} {body}",
        "stage": "ResponseStarted" if code == 401 else "ResponseComplete",
        "requestURI": target if path else f"/api/v1/{target}",
        "verb": verb,
        "user": person() if user is None else user,
        "sourceIPs": list(ips),
        "userAgent": agent,
        "objectRef": None if path else {k: v for k, v in reference.items() if v},
        "responseStatus": {"code": code},
        "requestObject": body,
    }
    raw = json.dumps({k: v for k, v in event.items() if v is not None})
    at = NOW - 3_600 + at
    return {"_raw": raw, "_time": f"{at}", "sourcetype": "kube:apiserver:audit"}


def run(name: str, events: list[dict[str, str]], engine: Engine = ENGINE) -> list[dict[str, Any]]:
    return list(engine.run(name, events))


@pytest.mark.parametrize(
    ("target", "verb", "found"),
    [
        ("pods", "list", 1),
        ("pods/shop", "create", 1),
        ("configmaps/kube-public/cluster-info", "get", 0),
        ("configmaps/kube-public/cluster-info", "delete", 1),
        ("configmaps/kube-public/other", "get", 1),
        ("/livez?verbose", "get", 0),
        ("/readyz/etcd", "get", 0),
        ("/healthz", "head", 0),
        ("/version", "get", 0),
        ("/.well-known/openid-configuration", "get", 0),
        ("/metrics", "get", 1),
        ("/logs/livez", "get", 1),
    ],
)
def test_granted_without_credentials(target: str, verb: str, found: int) -> None:
    rows = run(ALLOWED, [request(target, verb=verb, user=ANONYMOUS)])
    assert [row["risk_object"] for row in rows] == [PEER] * found
    assert run(ALLOWED, [request(target, verb=verb, user=ANONYMOUS, code=403)]) == []


KINDS = ["pods", "secrets", "nodes", "services", "endpoints", "configmaps", "jobs", "cronjobs"]


def refused(user: dict[str, Any], targets: list[str], **changes: Any) -> list[dict[str, str]]:
    code = 403 if user else 401
    return [
        request(target, user=user, code=code, at=i, **changes) for i, target in enumerate(targets)
    ]


def spread(
    addresses: int, targets: list[str], user: dict[str, Any], network: str = "198.51.100"
) -> Any:
    return [
        request(
            targets[i % len(targets)],
            user=user,
            code=403 if user else 401,
            ips=(f"{network}.{i}",),
            at=i,
        )
        for i in range(addresses)
    ]


KUBELET: dict[str, Any] = {"ips": ("10.0.1.21",), "agent": "kubelet/v1.36.2 (linux/amd64)"}


@pytest.mark.parametrize(
    ("events", "addresses"),
    [
        (refused(ANONYMOUS, KINDS), {PEER}),
        (refused(NOBODY, KINDS), {PEER}),
        (refused(NOBODY, ["/api", "/apis", "/", "/metrics", "/ui"], agent=None), {PEER}),
        (refused(ANONYMOUS, KINDS[:3]) + refused(NOBODY, KINDS[3:6]), {PEER}),
        (refused(NOBODY, KINDS, ips=("8.8.8.8", "10.0.4.15")), {"10.0.4.15"}),
        (refused(NOBODY, KINDS, ips=("10.0.3.66",), agent="curl/8.5.0"), {"10.0.3.66"}),
        (refused(NOBODY, KINDS, ips=("10.0.3.66",), agent=None), {"10.0.3.66"}),
        (refused(NOBODY, KINDS, agent="kubelet/v1.36.2"), {PEER}),
        (spread(12, KINDS, ANONYMOUS), {f"198.51.100.{i}" for i in range(12)}),
        (spread(12, ["/", "pods"], ANONYMOUS), {f"198.51.100.{i}" for i in range(12)}),
        (spread(12, KINDS, NOBODY), {f"198.51.100.{i}" for i in range(12)}),
    ],
    ids=[
        *("403", "401", "URLs, no user agent", "both", "balancer", "pod", "pod, no user agent"),
        *("imitates a node", "many addresses, 403", "two requests", "many addresses, 401"),
    ],
)
def test_scans(events: list[dict[str, str]], addresses: set[str]) -> None:
    rows = run(SCANNING, events)
    assert {row["src"] for row in rows} == {row["risk_object"] for row in rows} == addresses
    assert sum(int(row["count"]) for row in rows) == len(events)


def test_a_spread_scan_is_told_from_a_checker() -> None:
    checker = [
        request("/", user=ANONYMOUS, code=403, ips=("10.0.9.30",), agent="Blackbox", at=i)
        for i in range(20)
    ]
    health = [request("/livez", user=NOBODY, code=401, ips=("10.0.4.15",), at=i) for i in range(9)]
    rows = run(SCANNING, [*spread(12, KINDS, ANONYMOUS), *checker, *health])
    assert {row["src"] for row in rows} == {f"198.51.100.{i}" for i in range(12)}


@pytest.mark.parametrize(
    "events",
    [
        refused(ANONYMOUS, ["/"] * 50),
        refused(ANONYMOUS, ["/api"] * 5),
        refused(NOBODY, KINDS, **KUBELET),
        [request(k, code=403) for k in KINDS],
        [request(k, user=ANONYMOUS) for k in KINDS],
        [
            request(k, user=ANONYMOUS, code=403, at=700 * i, ips=(PEER,))
            for i, k in enumerate(KINDS)
        ],
        spread(12, ["/"], ANONYMOUS),
        spread(12, KINDS, NOBODY, network="10.0.3"),
    ],
    ids=[
        *("one URL again and again", "kubectl gives up", "a node's certificate ran out"),
        *("authenticated", "granted", "slow", "a checker of many places", "pods' tokens ran out"),
    ],
)
def test_no_scans(events: list[dict[str, str]]) -> None:
    assert run(SCANNING, events) == []


MANY = [f"kind{i}s" for i in range(12)]
ARGO: dict[str, Any] = {
    "user": account("system:serviceaccount:argocd:argocd-application-controller"),
    "agent": "argocd-application-controller/v2.13",
}


@pytest.mark.parametrize(
    ("events", "count"),
    [
        ([request(k) for k in MANY], 12),
        ([request(k, verb="watch") for k in MANY], 12),
        ([request(k, code=403 if i < 6 else 200) for i, k in enumerate(MANY)], 6),
        ([request(k, **ARGO | {"agent": "curl/8.5.0"}) for k in MANY], 12),
        ([request(k, **ARGO) for k in MANY], 0),
        ([request(k) for k in MANY[:10] * 2], 0),
        ([request(k, at=100 * i) for i, k in enumerate(MANY)], 0),
        ([request(k + "/shop/x", verb="get") for k in MANY], 0),
        ([request(k, ips=(f"203.0.113.{i}",)) for i, k in enumerate(MANY)], 0),
    ],
    ids=[
        *("list", "watch", "half refused", "controller's token", "controller", "kubectl get all"),
        *("slow", "one object each", "many addresses"),
    ],
)
def test_discovery(events: list[dict[str, str]], count: int) -> None:
    assert [int(row["count"]) for row in run(DISCOVERY, events)] == [count] * (count > 0)


APP_ACCOUNT = account("system:serviceaccount:shop:app")
ACCESS = "selfsubjectaccessreviews"


def ask(
    resource: str, questions: list[str], user: dict[str, Any] | None = None, **changes: Any
) -> Any:
    return [
        request(resource, verb="create", code=201, user=user, body={"spec": {"what": q}}, **changes)
        for q in questions
    ]


@pytest.mark.parametrize(
    ("events", "found"),
    [
        (ask("selfsubjectrulesreviews", ["shop"], APP_ACCOUNT), 1),
        (ask("selfsubjectreviews", [""], APP_ACCOUNT), 1),
        (ask(ACCESS, ["a", "b", "c", "d", "e"], APP_ACCOUNT), 1),
        (ask(ACCESS, ["a", "b", "c", "d", "e"]), 1),
        (ask(ACCESS, ["a"], APP_ACCOUNT), 0),
        (ask(ACCESS, ["a"] * 20), 0),
        (ask("selfsubjectrulesreviews", ["shop"]), 0),
        (ask("subjectaccessreviews", ["a", "b", "c", "d", "e"]), 0),
    ],
)
def test_permissions(events: list[dict[str, str]], found: int) -> None:
    rows = run(PERMISSIONS, events)
    assert len(rows) == found
    assert all(int(row["count"]) == len(events) for row in rows)


POD: dict[str, Any] = {"user": APP_ACCOUNT, "ips": ("10.0.3.21",)}


@pytest.mark.parametrize(
    ("changes", "odd"),
    [
        ({"agent": "kube-hunter/0.6.8"}, "attack tool"),
        ({"agent": "Mozilla/5.0 (compatible; Nuclei - x)"}, "scanner"),
        ({"agent": "Mozilla/5.0 (X11; Linux)"}, "browser"),
        ({"agent": "curl/8.5.0"}, "command line"),
        ({"agent": "curl/8.5.0", **POD}, "command line"),
        ({"agent": "python-requests/2.32.3"}, "library"),
        ({"agent": "Go-http-client/2.0", "user": APP_ACCOUNT}, "library"),
        ({"agent": None}, "nameless"),
        ({"agent": "kubectl/v1.99.0 (linux/amd64) x"}, "a kubectl that was never released"),
        ({"agent": "kubectl/v3.2.1"}, "a kubectl that was never released"),
        ({"agent": "curl/8.5.0", "user": NOBODY, "code": 401}, "command line"),
        ({"agent": "Go-http-client/2.0", **POD}, None),
        ({"agent": "OpenAPI-Generator/29.0.0/python", **POD}, None),
        ({"agent": "kubectl/v1.38.0 (darwin/arm64) x"}, None),
        ({"agent": "kubectl/v1.29.3-eks-adc7111 (linux/amd64)"}, None),
        ({"agent": "Lens/2024.6.30824-latest"}, None),
        ({"agent": "OpenLens/6.5.2-366"}, None),
        ({"agent": "HashiCorp/1.0 Terraform/1.9.5"}, None),
        ({"agent": "vmagent"}, None),
        ({"agent": "k9s/v0.32.5"}, None),
        ({"agent": "curl/8.5.0", "target": "/livez", "verb": "get"}, None),
    ],
)
def test_user_agents(changes: dict[str, Any], odd: str | None) -> None:
    assert [row["odd"] for row in run(AGENT, [request(**changes)])] == [odd] * (odd is not None)


NODE = account("system:node:ip-10-0-1-21")


@pytest.mark.parametrize(
    ("user", "ips", "found"),
    [
        (NODE, ("203.0.113.88",), 1),
        (NODE, ("203.0.113.88", "10.0.4.15"), 1),
        (NODE, ("2001:db8::88",), 1),
        (account("system:kube-scheduler"), ("192.0.2.9",), 1),
        (account("system:bootstrap:abcdef"), ("192.0.2.9",), 1),
        (account("system:serviceaccount:kube-system:coredns"), ("198.51.100.88",), 1),
        (NODE, ("10.0.1.21",), 0),
        (NODE, ("100.64.3.2",), 0),
        (NODE, ("fd00::7",), 0),
        (account("system:kube-controller-manager"), ("::1",), 0),
        (account("system:serviceaccount:ci:deployer"), ("192.0.2.200",), 0),
        (ANONYMOUS, ("203.0.113.88",), 0),
        (person("alice"), ("192.0.2.40",), 0),
    ],
)
def test_system_identities(user: dict[str, Any], ips: tuple[str, ...], found: int) -> None:
    assert len(run(SYSTEM, [request(user=user, ips=ips)])) == found
    assert run(SYSTEM, [request(user=user, ips=ips, code=403)]) == []


@pytest.mark.parametrize(
    ("ips", "user", "address"),
    [
        (("203.0.113.250",), person(), "203.0.113.250"),
        (("203.0.113.250", "10.0.4.15"), person(), "203.0.113.250"),
        (("192.0.2.7",), NOBODY, "192.0.2.7"),
        (("203.0.113.249",), person(), None),
    ],
    ids=["peer", "header", "network, refused", "neighbour"],
)
def test_threat_addresses(
    tmp_path: Path, ips: tuple[str, ...], user: dict[str, Any], address: str | None
) -> None:
    (tmp_path / "kubernetes_hunts_threat_addresses.csv").write_text(
        "address,list\n203.0.113.250,Tor exits\n192.0.2.0/24,Spamhaus DROP\n"
    )
    engine = Engine.from_app(APP, now=NOW)
    engine.app.lookups.overlay = tmp_path
    event = request(ips=ips, user=user, code=200 if user else 401)
    rows = run(THREAT, [event], engine)
    assert [row["threat_object"] for row in rows] == [address] * (address is not None)
    assert run(THREAT, [event]) == []
