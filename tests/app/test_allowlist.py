"""The allow-list: what an entry drops from a hunt's results, and for how long."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from spl import Engine

APP = Path(__file__).parents[2] / "app"
NOW = 1795262400  # 2026-11-21 12:00 UTC
FIELDS = ("hunt", "field", "value", "reason", "expiry")
RESULT = '| makeresults | eval user="alice", src="10.1.2.3", object=split("web,db", ",")'


OWN = "kubernetes_hunts_allowlist.csv"
SOURCE = {"kubernetes_hunts_allowlist_source": f"inputlookup {OWN}"}
ALLOW = "`kubernetes_hunts_allow(kubernetes_exec_into_pod)`"


def engine(folder: Path, *entries: tuple[str, ...]) -> Engine:
    """An app whose user has an own list, with these entries."""
    found = Engine.from_app(APP, now=NOW, macros=SOURCE)
    with (folder / OWN).open("w", newline="") as file:
        csv.writer(file).writerows([FIELDS, *entries])
    found.app.lookups.overlay = folder
    return found


@pytest.mark.parametrize(
    ("entry", "left"),
    [
        (("Kubernetes Exec Into Pod", "user", "alice", "on call", ""), 0),
        (("Kubernetes Exec Into Pod", "user", "AL*", "on call", ""), 0),
        (("Kubernetes Exec *", "src", "10.0.0.0/8", "office", ""), 0),
        (("*", "object", "db", "test database", ""), 0),
        (("*", "user", "alice", "until today", "2026-11-21"), 0),
        (("*", "user", "alice", "until yesterday", "2026-11-20"), 1),
        (("*", "user", "alice", "no date", "next week"), 1),
        (("Kubernetes Exec", "user", "alice", "another hunt", ""), 1),
        (("*", "user", "bob", "another user", ""), 1),
        (("*", "nothing", "*", "no such column", ""), 1),
        (("*", "user", 'x") OR user="alice', "a value with quotes", ""), 1),
        (("*", "user", "alice\\", "a value with a backslash", ""), 1),
    ],
    ids=lambda value: value[3] if isinstance(value, tuple) else "",
)
def test_an_entry(tmp_path: Path, entry: tuple[str, ...], left: int) -> None:
    assert len(engine(tmp_path, entry).search(f"{RESULT} | {ALLOW}")) == left


def test_an_app_as_installed_has_an_empty_list() -> None:
    found = Engine.from_app(APP)
    assert len(found.search(f"{RESULT} | {ALLOW}")) == 1
    shipped = found.app.lookups.open("kubernetes_hunts_allowlist_default.csv")
    assert (shipped.table.fields, shipped.table.rows) == (FIELDS, [])


def test_an_upgrade_replaces_no_list_of_a_user() -> None:
    assert not (APP / "lookups" / OWN).exists()


def test_entries_that_stopped_working_are_reported(tmp_path: Path) -> None:
    entries = [
        ("*", "user", expiry, "", expiry) for expiry in ("", "2026-11-20", "2026-11-21", "soon")
    ]
    rows = engine(tmp_path, *entries).run("Kubernetes Hunts expired allow-list entries")
    assert [row["value"] for row in rows] == ["2026-11-20", "soon"]


def test_the_first_entry_is_added_by_a_search_that_makes_the_file(tmp_path: Path) -> None:
    found = Engine.from_app(APP, now=NOW, macros=SOURCE)
    found.app.lookups.overlay = tmp_path
    for user in ("bob", "alice"):
        found.search(
            f'| makeresults | eval hunt="*", field="user", value="{user}", reason="on call", '
            f'expiry="" | table {" ".join(FIELDS)} | outputlookup append=true {OWN}'
        )
    assert len(found.search(f"{RESULT} | {ALLOW}")) == 0
    assert len(found.search(f'{RESULT} | eval user="bob" | {ALLOW}')) == 0
    assert len(found.search(f'{RESULT} | eval user="eve" | {ALLOW}')) == 1


def test_results_of_a_hunt_become_entries(tmp_path: Path) -> None:
    found = engine(tmp_path)
    found.search(
        f'{RESULT} | eval hunt="Kubernetes Exec Into Pod", field="user", value=user, reason="", '
        f'expiry="" | table {" ".join(FIELDS)} | outputlookup append=true {OWN}'
    )
    assert len(found.search(f"{RESULT} | {ALLOW}")) == 0
