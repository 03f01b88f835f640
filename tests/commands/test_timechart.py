"""search-commands/timechart"""

from __future__ import annotations

import pytest

from spl import SplError
from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, engine, table


@each(
    Case(
        "* | timechart span=10s count",
        table("x", "1", "2"),
        table("_time count", "1699999990 1", "1700000000 1"),
        "_time,count",
    ),
    Case(
        "* | timechart span=5s sum(x) AS s",
        table("x", "1", "2"),
        table("_time s", "1699999990 2", "1699999995 -", "1700000000 1"),
        "_time,s",
    ),
    Case(
        "* | timechart cont=f span=5s count",
        table("x", "1", "2"),
        table("_time count", "1699999990 1", "1700000000 1"),
        "_time,count",
    ),
    Case(
        "* | timechart span=1h count BY u",
        table("u", "b", "a", "-"),
        table("_time a b NULL", "1699999200 1 1 1"),
        "_time,a,b,NULL",
    ),
    Case(
        "* | timechart span=1h limit=1 useother=f usenull=f count BY u",
        table("u", "b", "b", "a", "-"),
        table("_time b", "1699999200 2"),
        "_time,b",
    ),
    Case(
        "* | timechart count BY u limit=1 span=1h",
        table("u", "b", "b", "a"),
        table("_time b OTHER", "1699999200 2 1"),
        "_time,b,OTHER",
    ),
    Case(
        "* | timechart span=1h avg(x) count BY u",
        table("u x", "a 1"),
        [{"_time": "1699999200", "avg(x): a": "1", "count: a": "1"}],
        "_time,avg(x): a,count: a",
    ),
    Case(
        "* | timechart span=1h avg(x) BY u limit=1",
        table("u x", "a 9", "b 1", "c 3"),
        table("_time a OTHER", "1699999200 9 2"),
        "_time,a,OTHER",
    ),
    Case(
        "* | timechart bins=2 count",
        table("x", "1", "2"),
        table("_time count", "1699999990 1", "1700000000 1"),
        "_time,count",
    ),
    Case(
        "* | timechart minspan=15m count",
        table("x", "1", "2"),
        table("_time count", "1699999200 2"),
        "_time,count",
    ),
    Case(
        "* | timechart span=1m per_hour(x) AS h",
        table("x", "1", "2"),
        table("_time h", "1699999980 180"),
        "_time,h",
    ),
    Case(
        "earliest=1699999970 latest=1700000021 * | timechart span=20s count",
        table("x", "1"),
        table("_time count", "1699999960 0", "1699999980 0", "1700000000 1", "1700000020 0"),
        "_time,count",
    ),
    Case(
        "earliest=1699999970 latest=1700000021 * | timechart span=20s partial=f count",
        table("x", "1"),
        table("_time count", "1699999980 0", "1700000000 1"),
        "_time,count",
    ),
    Case(
        "earliest=1699999970 latest=1700000021 * | timechart span=20s fixedrange=f count",
        table("x", "1"),
        table("_time count", "1700000000 1"),
        "_time,count",
    ),
    Case("* | timechart count", [], [], "_time,count"),
    Case(
        "* | timechart span=1h dc(u) list(u) AS l",
        table("u", "a", "b"),
        [{"_time": "1699999200", "dc(u)": "2", "l": ["a", "b"]}],
        "_time,dc(u),l",
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | timechart", "expected a statistical function", ""),
    Wrong("* | timechart span=0s count", "a time span", "0s"),
    Wrong("* | timechart spam=1h count", "did you mean 'span'", "spam"),
    Wrong("* | timechart count BY a b", "unexpected 'b'", "b"),
    Wrong("* | timechart count BY u where maxi in top3", "unknown statistical", "maxi"),
    Wrong("* | timechart eval(sum(x)) BY u", "does not run here", "eval"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)


def test_too_many_bins_are_refused() -> None:
    events = [{"_time": 0}, {"_time": 10_000_000}]
    with pytest.raises(SplError, match="50,000 bins"):
        engine().search("* | timechart span=1s count", events)


def test_days_begin_at_midnight_of_the_user_also_when_clocks_change() -> None:
    events = [{"_time": 1698710400}, {"_time": 1698538000}]
    results = engine("Europe/Berlin").search("* | timechart span=1d count", events)
    days = ["1698530400", "1698620400", "1698706800"]
    assert [row["_time"] for row in results] == days
    assert [row["count"] for row in results] == ["1", "0", "1"]
