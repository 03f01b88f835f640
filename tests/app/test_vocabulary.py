"""One request has the same fields in every shape, but for what docs/fields.md says of GKE."""

from __future__ import annotations

import pytest

from spl import Engine
from spl.values import Row
from tests.techniques import proof

# Recordings with 401s, forged addresses, exec, generated names, templates, impersonation, patches.
ROWS = (2, 6, 8, 12, 13, 27, 31, 37, 42, 44, 51)
FIELDS = [
    "user",
    "src",
    "src_ip",
    "forwarded_for",
    "http_user_agent",
    "groups",
    "credential_id",
    "impersonated_user",
    "impersonated_groups",
    "verb",
    "resource",
    "object_category",
    "subresource",
    "api_group",
    "namespace",
    "object",
    "object_name",
    "object_id",
    "request_uri",
    "request_object",
    "response_object",
    "is_dry_run",
    "response_code",
    "result",
    "status",
    "action",
    "decision",
    "decision_reason",
    "stage",
    "audit_id",
    "audit_level",
    "change_type",
    "vendor_product",
]
GKE_CANNOT = {
    *(
        "groups",
        "credential_id",
        "impersonated_user",
        "impersonated_groups",
        "object_id",
        "stage",
        "audit_level",
    ),
    *("request_uri", "result", "forwarded_for", "is_dry_run"),
}
ENGINE = Engine.from_app(proof.ROOT / "app")


def fields(row: int, shape: str) -> dict[tuple[str, str], Row]:
    """Return the fields of each event of a recording by audit id and stage."""
    rows = ENGINE.search(
        "search `kubernetes_audit` | table " + " ".join(FIELDS), proof.events(row, shape)
    )
    return {(str(r["audit_id"]), str(r.get("stage", ""))): r for r in rows}


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("shape", ["eks", "aks-blob", "aks-eventhub"])
def test_shapes_that_carry_the_audit_event_agree(row: int, shape: str) -> None:
    wanted, found = fields(row, "kube"), fields(row, shape)
    assert found == wanted
    assert all(one["status"] for one in found.values())


@pytest.mark.parametrize("row", ROWS)
def test_gke_agrees_where_it_can(row: int) -> None:
    raw: dict[str, Row] = {}
    for (audit_id, stage), one in fields(row, "kube").items():
        if stage == "ResponseComplete" or audit_id not in raw:
            raw[audit_id] = one
    for one in fields(row, "gke").values():
        wanted = raw[str(one["audit_id"])]
        for name in FIELDS:
            if name == "response_code" and wanted["status"] == "success":
                assert one[name] == "200"
            elif name in ("src", "src_ip"):
                assert one[name] == values(wanted["src_ip"])[0], (
                    "Google sees the first address only"
                )
            elif name == "namespace" and wanted.get("resource") == "namespaces":
                # Its path does not tell the object from the namespace.
                assert one.get(name) in (wanted.get(name), one.get("object_name"))
            elif name not in GKE_CANNOT:
                assert one.get(name) == wanted.get(name), name


def values(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def test_the_cluster_is_named_where_the_platform_names_it() -> None:
    named = {
        shape: {
            row["cluster"]
            for row in ENGINE.search("search * | table cluster", proof.events(27, shape))
        }
        for shape in proof.SHAPES
    }
    assert named.pop("kube") == {"unknown"}
    assert all(names == {"demo"} for names in named.values())
