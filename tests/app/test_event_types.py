"""The event types and their tags, for the data models Change and Authentication."""

from __future__ import annotations

import pytest

from spl import Engine
from tests.techniques import proof

ENGINE = Engine.from_app(proof.ROOT / "app")


@pytest.mark.parametrize("shape", proof.SHAPES)
def test_changes_are_tagged(shape: str) -> None:
    rows = ENGINE.search("search tag=change tag=audit", proof.events(13, shape)).rows
    assert proof.TECHNIQUES[13].ids("attack") <= {row["audit_id"] for row in rows}
    assert not proof.TECHNIQUES[13].ids("refused") & {row["audit_id"] for row in rows}
    assert {row["action"] for row in rows} <= {"created", "modified", "deleted"}
    assert {row["eventtype"] for row in rows} == {"kubernetes_audit_change"}


@pytest.mark.parametrize("shape", proof.SHAPES)
def test_refusals_at_authentication_are_tagged(shape: str) -> None:
    rows = ENGINE.search("search tag=authentication", proof.events(2, shape)).rows
    assert {row["audit_id"] for row in rows} == {
        event["auditID"]
        for event in proof.read(proof.TECHNIQUES[2].data)
        if event["responseStatus"]["code"] == 401
    }
    assert {row["action"] for row in rows} == {"failure"}
