"""The tests of the example app: docs/pytest.md shows them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spl import SplError
from spl.pytest_plugin import Searcher


def login(time: int, user: str, action: str, address: str = "203.0.113.7") -> dict[str, Any]:
    fields = {"user": user, "action": action, "client_ip": address}
    return {"_raw": json.dumps(fields), "_time": time, "sourcetype": "example:login"}


SPRAY = [login(1_700_000_000 + n, f"user{n}", "failure") for n in range(5)]
GUESSED = [
    *(login(1_700_000_000 + n, "alice", "failure") for n in range(5)),
    login(1_700_000_009, "alice", "success"),
]


def test_many_failures_from_one_address_are_found(search: Searcher) -> None:
    results = search.saved("Failed Logins From One Address", SPRAY)
    assert results.rows == [{"src": "203.0.113.7", "count": "5", "users": "5"}]


def test_a_known_scanner_is_left_out(search: Searcher) -> None:
    scanners = {"known_scanners.csv": [{"src": "203.0.113.7", "owner": "red team"}]}
    assert not search.saved("Failed Logins From One Address", SPRAY, lookups=scanners).rows


def test_the_threshold_is_a_macro(search: Searcher) -> None:
    assert not search.saved(
        "Failed Logins From One Address", SPRAY, macros={"many_failures": "6"}
    ).rows


@pytest.mark.parametrize(
    ("events", "users"), [(GUESSED, ["alice"]), (GUESSED[1:], []), (SPRAY, [])]
)
def test_a_login_after_failures_is_found(
    search: Searcher, events: list[dict[str, Any]], users: list[str]
) -> None:
    assert [row["user"] for row in search.saved("Login After Failures", events)] == users


def test_a_macro_selects_events_of_a_day(search: Searcher) -> None:
    results = search("`logins` | stats count", SPRAY, earliest="-1d", now=1_700_080_002)
    assert results.rows == [{"count": "5"}]
    results = search("`logins` | stats count", SPRAY, earliest="-1d", now=1_700_086_402)
    assert results.rows == [{"count": "3"}]


def test_what_a_search_writes_later_searches_of_the_test_read(search: Searcher) -> None:
    search("`logins` | stats count BY user | outputlookup seen.csv", SPRAY)
    assert len(search("| inputlookup seen.csv")) == 5


def test_other_tests_do_not_read_it(search: Searcher) -> None:
    with pytest.raises(SplError, match=r"seen\.csv"):
        search("| inputlookup seen.csv")
