"""search-commands/streamstats"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spl import SplError
from tests.commands.harness import (
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


@each(
    Case(
        "* | streamstats count sum(x) AS s",
        table("x", "1", "2", "-"),
        table("x count s", "1 1 1", "2 2 3", "- 3 3"),
    ),
    Case(
        "* | streamstats count BY u",
        table("u x", "a 1", "b 2", "a 3", "- 4"),
        table("u x count", "a 1 1", "b 2 1", "a 3 2", "- 4 -"),
    ),
    Case(
        "* | streamstats current=f last(x) AS p",
        table("x", "1", "2", "3"),
        table("x p", "1 -", "2 1", "3 2"),
    ),
    Case("* | streamstats current=f count", table("x", "1", "2"), table("x count", "1 0", "2 1")),
    Case(
        "* | streamstats window=2 sum(x) AS s",
        table("x", "1", "2", "3"),
        table("x s", "1 1", "2 3", "3 5"),
    ),
    Case(
        "* | streamstats window=1 current=f sum(x) AS x",
        table("x", "1", "2", "3"),
        table("x", "-", "1", "2"),
    ),
    Case(
        "* | streamstats window=2 count BY u",
        table("u x", "a 1", "b 2", "a 3"),
        table("u x count", "a 1 1", "b 2 1", "a 3 1"),
    ),
    Case(
        "* | streamstats window=2 global=f count BY u",
        table("u x", "a 1", "b 2", "a 3"),
        table("u x count", "a 1 1", "b 2 1", "a 3 2"),
    ),
    Case(
        "* | streamstats time_window=15s count",
        table("x", "1", "2", "3"),
        table("x count", "1 1", "2 2", "3 2"),
    ),
    Case(
        "* | streamstats reset_on_change=t count BY u",
        table("u", "a", "a", "b", "a"),
        table("u count", "a 1", "a 2", "b 1", "a 1"),
    ),
    Case(
        "* | streamstats count reset_before=(x==2)",
        table("x", "1", "2", "3"),
        table("x count", "1 1", "2 1", "3 2"),
    ),
    Case(
        '* | streamstats reset_after="("count>=2")" count',
        table("x", "1", "2", "3"),
        table("x count", "1 1", "2 2", "3 1"),
    ),
    Case(
        "* | streamstats allnum=t sum(x) AS s",
        table("x", "1", "w", "2"),
        table("x s", "1 1", "w -", "2 -"),
    ),
    Case("* | table x | streamstats count AS n", table("x", "1"), table("x n", "1 1"), "x,n"),
    Case("* | streamstats count BY u", table("u", "a|b", "b"), table("u count", "a|b 1", "b 2")),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | streamstats", "expected a statistical function", ""),
    Wrong("* | streamstats windw=2 count", "did you mean 'window'", "windw"),
    Wrong("* | streamstats window=10001 count", "at most 10000", "streamstats"),
    Wrong("* | streamstats time_window=x count", "a time span", "x"),
    Wrong("* | streamstats reset_before=(x== count", "expected ')' after the condition", ""),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)


def test_a_time_window_needs_rows_in_order() -> None:
    search = "* | sort x | streamstats time_window=1m count"
    with pytest.raises(SplError, match=r"sorted by _time"):
        engine().search(search, timed(table("x", "1", "3", "2")))


ROWS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from("ab"),
        st.one_of(st.none(), st.integers(0, 5).map(str)),
    ),
    max_size=25,
).map(lambda rows: sorted(rows, key=lambda row: row[0]))


@given(ROWS, st.sampled_from([(0, 5), (0, 12), (1, 0), (3, 0), (2, 12)]), st.booleans())
def test_a_window_holds_its_last_rows_and_no_other(
    rows: list[tuple[int, str, str | None]], window: tuple[int, int], current: bool
) -> None:
    size, seconds = window
    options = f"global=false current={'t' if current else 'f'}"
    options += f" window={size}" if size else ""
    options += f" time_window={seconds}s" if seconds else ""
    events = [
        {"_time": 1_000 - time, "n": str(n), "u": u, **({} if x is None else {"x": x})}
        for n, (time, u, x) in enumerate(rows)
    ]
    search = f"* | streamstats {options} dc(x) AS d first(x) AS f max(x) AS m BY u | sort 0 n"
    found = engine().search(search, events)
    for n, row in enumerate(found.rows):
        time, group, _ = rows[int(str(row["n"]))]
        last = [
            x for other, u, x in rows[: n + current] if u == group and _near(time, other, seconds)
        ]
        values = [x for x in last[-size:] if x is not None]
        assert row.get("d") == str(len(set(values)))
        assert row.get("f") == (values[0] if values else None)
        assert row.get("m") == (max(values) if values else None)


def _near(time: int, other: int, seconds: int) -> bool:
    return not seconds or time - other < seconds
