"""search-commands/gentimes"""

from __future__ import annotations

import pytest

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table

ALL = "endhuman,endtime,starthuman,starttime"


@each(
    Case(
        "| gentimes start=10/1/07 end=10/2/07",
        [],
        [
            {
                "starttime": "1191196800",
                "starthuman": "Mon Oct  1 00:00:00 2007",
                "endtime": "1191283199",
                "endhuman": "Mon Oct  1 23:59:59 2007",
            }
        ],
        ALL,
    ),
    Case("| gentimes start=10/1/2007 end=10/5/07 | stats count", [], table("count", "4")),
    Case(
        "| gentimes start=10/1/07 end=10/5/07 increment=1h | stats count", [], table("count", "96")
    ),
    Case(
        "| gentimes start=10/1/07:22:00:00 end=10/2/07 increment=30m | stats count",
        [],
        table("count", "4"),
    ),
    Case(
        "| gentimes start=-3 | table starttime",
        [],
        table("starttime", "1699660800", "1699747200", "1699833600"),
    ),
    Case("| gentimes start=-30 end=-27 | stats count", [], table("count", "3")),
    Case("| gentimes start=-1 increment=45s | stats count", [], table("count", "1920")),
    Case("| gentimes start=1 end=0", [], [], ALL),
)
def test_results(case: Case) -> None:
    check(case)


def test_days_keep_the_wall_clock() -> None:
    search = (
        "| gentimes start=10/28/2023 end=10/31/2023 | eval h=(endtime-starttime+1)/3600 | table h"
    )
    check(Case(search, [], table("h", "24", "25", "24")), "Europe/Berlin")


@each_wrong(
    Wrong("| gentimes", "gentimes needs start=<time>", "gentimes"),
    Wrong("| gentimes start=x", "start= takes MM/DD/YYYY", "x"),
    Wrong("| gentimes start=-1 increment=1w", "increment= takes a length", "1w"),
    Wrong("| gentimes start=-1 increment=0d", "increment= takes a length", "0d"),
    Wrong("| gentimes start=13/40/2007", "is no day of the calendar", "gentimes"),
    Wrong("| gentimes start=-1 step=1d", "unknown option 'step'", "step"),
    Wrong("* | gentimes start=-1", "must be the first command", "gentimes"),
)
def test_what_is_refused(case: Wrong) -> None:
    check_wrong(case)


@pytest.mark.parametrize("timezone", ["UTC", "America/New_York"])
def test_midnight_is_local(timezone: str) -> None:
    search = (
        '| gentimes start=1/1/2024 end=1/2/2024 | eval h=strftime(starttime, "%H:%M") | table h'
    )
    check(Case(search, [], table("h", "00:00")), timezone)
