"""What props.conf makes of one audit event in each shape, and that it leaves other events alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spl.fields import Event
from spl.knowledge import App

APP = App.open(Path(__file__).parents[2] / "app")

AUDIT: dict[str, Any] = {
    "kind": "Event",
    "stage": "ResponseComplete",
    "requestURI": "/api/v1/namespaces/shop/secrets/db?x=" + "x" * 6000,
    "verb": "get",
    "user": {"username": "system:anonymous", "groups": ["system:unauthenticated"]},
    "sourceIPs": ["198.51.100.9", "203.0.113.57"],
    "userAgent": "curl/8.5.0",
    "objectRef": {"resource": "secrets", "namespace": "shop", "name": "db"},
    "responseStatus": {"code": 403, "reason": "Forbidden"},
}
RAW_NAMES = {
    "src_ip": ["198.51.100.9", "203.0.113.57"],
    "src": "203.0.113.57",
    "src_user": "system:anonymous",
    "user": "system:anonymous",
    "http_user_agent": "curl/8.5.0",
    "object": "db",
    "object_category": "secrets",
    "status": "failure",
    "action": "read",
}
AKS_NAMES = {
    name: RAW_NAMES[name] for name in ("src_ip", "src", "src_user", "user", "http_user_agent")
}
GKE_NAMES = {**AKS_NAMES, "src_ip": "198.51.100.9", "src": "198.51.100.9"}

AKS_RECORD = {"category": "kube-audit", "properties": {"log": json.dumps(AUDIT) + "\n"}}
GKE_RECORD = {
    "data": {
        "protoPayload": {
            "authenticationInfo": {"principalEmail": "system:anonymous"},
            "requestMetadata": {
                "callerIp": "198.51.100.9",
                "callerSuppliedUserAgent": "curl/8.5.0",
            },
        }
    }
}


def fields(body: object, sourcetype: str, source: str = "") -> Event:
    raw = body if isinstance(body, str) else json.dumps(body)
    event = Event(raw, sourcetype=sourcetype, source=source)
    extraction = APP.extraction(event)
    assert extraction is not None, f"no stanza for {sourcetype}"
    return event.view(extraction)


@pytest.mark.parametrize(
    ("sourcetype", "source", "body", "expected"),
    [
        ("aws:cloudwatchlogs:eks", "", AUDIT, RAW_NAMES),
        ("kube:apiserver:audit", "", AUDIT, RAW_NAMES),
        ("kube:apiserver-audit", "", AUDIT, RAW_NAMES),
        ("_json", "kubernetes", AUDIT, RAW_NAMES),
        ("mscs:storage:blob", "", AKS_RECORD, AKS_NAMES),
        ("mscs:storage:blob:json", "", AKS_RECORD, AKS_NAMES),
        ("mscs:azure:eventhub", "", {"body": AKS_RECORD}, AKS_NAMES),
        ("google:gcp:pubsub:message", "", GKE_RECORD, GKE_NAMES),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_names_of_an_audit_event(
    sourcetype: str, source: str, body: object, expected: dict[str, object]
) -> None:
    event = fields(body, sourcetype, source)
    assert {name: event.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("code", "verb", "status", "action"),
    [
        (101, "create", "success", "created"),
        (200, "watch", "success", "read"),
        (201, "patch", "success", "modified"),
        (200, "deletecollection", "success", "deleted"),
        (401, "list", "failure", "failure"),
        (404, "propfind", "failure", None),
        (None, "get", None, "read"),
    ],
)
def test_status_and_action(
    code: int | None, verb: str, status: str | None, action: str | None
) -> None:
    response = {} if code is None else {"responseStatus": {"code": code}}
    event = fields({"verb": verb, **response}, "kube:apiserver:audit")
    assert (event.get("status"), event.get("action")) == (status, action)


@pytest.mark.parametrize("sourcetype", sorted(s for s in APP.conf("props") if "::" not in s))
def test_other_events_keep_their_fields(sourcetype: str) -> None:
    names = ("src_ip", "src", "src_user", "user", "http_user_agent", "status", "action", "object")
    own = {name: f"own {name}" for name in names}
    event = fields(
        {"category": "StorageRead", "body": {"category": "AuditEvent"}, **own}, sourcetype
    )
    assert {name: event.get(name) for name in names} == own
    nothing = fields("level=info msg=started", sourcetype)
    assert [name for name in names if nothing.get(name) is not None] == []


def test_props_are_read_without_a_problem() -> None:
    for sourcetype in APP.conf("props"):
        APP.extraction(Event("{}", sourcetype=sourcetype))
    APP.extraction(Event("{}", source="kubernetes"))
    assert APP.problems == []
