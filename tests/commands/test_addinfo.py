"""search-commands/addinfo"""

from __future__ import annotations

import pytest

from tests.commands.harness import (
    NOW,
    Case,
    Wrong,
    check,
    check_wrong,
    each,
    each_wrong,
    engine,
    table,
    timed,
)

ROWS = table("n", "1", "2")


@each(
    Case(
        "n=1 | table n | addinfo",
        ROWS,
        [
            {
                "n": "1",
                "info_min_time": "0.000",
                "info_max_time": "+Infinity",
                "info_search_time": f"{NOW}.000",
                "info_sid": f"{NOW}.1",
            }
        ],
        "n,info_min_time,info_max_time,info_search_time,info_sid",
    ),
    Case(
        "n=1 earliest=-1h | addinfo | table info_min_time",
        ROWS,
        [{"info_min_time": f"{NOW - 3600}.000"}],
    ),
    Case("n=1 latest=now() | addinfo | table info_max_time", ROWS, []),
    Case(
        "n=1 latest=+1s | addinfo | table info_max_time",
        ROWS,
        [{"info_max_time": f"{NOW + 1}.000"}],
    ),
    Case("| makeresults | addinfo | table info_max_time", [], [{"info_max_time": "+Infinity"}]),
    Case("n=9 | addinfo | table n", ROWS, []),
    Case('* | addinfo | where info_max_time="+Infinity" | stats count', ROWS, table("count", "2")),
    Case(
        "n=1 earliest=-1h | table n | append [search n=2 | addinfo | table info_min_time]",
        ROWS,
        table("n info_min_time", "1 -", "- 0.000"),
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | addinfo x", "unexpected 'x'", "x"),
    Wrong("* | addinfo x=1", "unexpected 'x'", "x"),
)
def test_what_is_refused(case: Wrong) -> None:
    check_wrong(case)


@pytest.mark.parametrize("inside", [False, True])
def test_the_range_that_the_search_was_given(inside: bool) -> None:
    search = "* | addinfo | head 1 | table info_min_time info_max_time"
    if inside:
        search = f"| makeresults | append [search {search}] | tail 1 | table info*"
    results = engine().search(search, timed(ROWS), earliest="-2h", latest=str(NOW + 5))
    assert list(results) == [
        {"info_min_time": f"{NOW - 7200}.000", "info_max_time": f"{NOW + 5}.000"}
    ]
