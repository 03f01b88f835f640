"""Each technique is found by its hunts in every shape, and its look-alikes by none of them."""

from __future__ import annotations

import pytest

from tests.techniques import proof, table

ROWS = sorted({row for hunt in proof.hunts().values() for row in hunt.coverage})
SERVED = [(name, row) for name, hunt in proof.hunts().items() for row in hunt.coverage]

every_shape = pytest.mark.parametrize("shape", proof.SHAPES)
every_hunt = pytest.mark.parametrize(("name", "row"), SERVED)


@every_shape
@pytest.mark.parametrize("row", ROWS)
def test_the_hunts_of_a_row_find_the_attack(row: int, shape: str) -> None:
    names = [name for name, served in SERVED if served == row]
    found = frozenset[str]().union(*(proof.outcome(name, row, shape).found for name in names))
    attack = proof.TECHNIQUES[row].ids("attack")
    missed = {
        audit_id
        for entry in proof.expected("missed")
        if entry["row"] == row and shape in entry["shapes"]
        for audit_id in (attack if entry["audit_ids"] == "all" else entry["audit_ids"])
    }
    assert attack - found == missed


@every_shape
@every_hunt
def test_a_hunt_leaves_the_look_alikes_alone(name: str, row: int, shape: str) -> None:
    false = {
        audit_id
        for entry in proof.expected("false_positives")
        if (entry["hunt"], entry["row"]) == (name, row) and shape in entry["shapes"]
        for audit_id in entry["audit_ids"]
    }
    assert proof.outcome(name, row, shape).false == false


@every_shape
@every_hunt
def test_a_hunt_names_who_did_it(name: str, row: int, shape: str) -> None:
    assert proof.outcome(name, row, shape).misattributed == frozenset()


@every_hunt
def test_a_hunt_serves_the_rows_that_it_names(name: str, row: int) -> None:
    outcomes = [proof.outcome(name, row, shape) for shape in proof.SHAPES]
    if name == "Kubernetes Cluster Stopped Sending":
        # What a silent log does not hold has no audit id.
        assert all(outcome.rows == 1 for outcome in outcomes)
    else:
        assert any(outcome.found for outcome in outcomes)


def test_what_is_expected_is_about_hunts_and_rows_that_are_there() -> None:
    assert {(entry["hunt"], entry["row"]) for entry in proof.expected("false_positives")} <= set(
        SERVED
    )
    assert {entry["row"] for entry in proof.expected("missed")} <= set(ROWS)
    assert all(e["reason"] for kind in ("missed", "false_positives") for e in proof.expected(kind))


# EKS is kube, and an Event Hub is a blob, to a hunt.
@pytest.mark.parametrize("shape", ["kube", "aks-blob", "gke"])
def test_the_ordinary_cluster_is_left_alone(shape: str) -> None:
    report = proof.run_all(proof.BENIGN, shape)
    assert not report.errors
    rows = {result.hunt.name: len(result.results) for result in report.hunts}
    most = {name: 0 if hunt.type == "TTP" else 1 for name, hunt in proof.hunts().items()}
    assert {name: count for name, count in rows.items() if count > most[name]} == {}
    assert all(result.events > 20_000 for result in report.hunts)


def test_the_table_is_current() -> None:
    assert table.FILE.read_text() == table.text(), "run: python -m tests.techniques.table"


def test_the_table_of_the_readme_is_current() -> None:
    assert table.README.read_text() == table.readme(), "run: python -m tests.techniques.table"
