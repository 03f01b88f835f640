"""search-commands/autoregress"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case("* | autoregress x", table("x", "1", "2"), table("x x_p1", "1 -", "2 1")),
    Case("* | autoregress x AS before", table("x", "1", "2"), table("x before", "1 -", "2 1")),
    Case("* | autoregress x p=2", table("x", "1", "2", "3"), table("x x_p2", "1 -", "2 -", "3 1")),
    Case(
        "* | autoregress x p=1-2",
        table("x", "1", "2", "3"),
        table("x x_p1 x_p2", "1 - -", "2 1 -", "3 2 1"),
    ),
    Case(
        "* | autoregress x",
        table("x n", "- a", "2 b", "3 c"),
        table("x n x_p1", "- a -", "2 b -", "3 c 2"),
    ),
    Case("* | table x | autoregress x p=1-2", table("x", "1"), table("x", "1"), "x,x_p1,x_p2"),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | autoregress x p=3-1", "a range such as 1-3", "3-1"),
    Wrong("* | autoregress x p=0", "a number from 1 on", "0"),
    Wrong("* | autoregress x AS y p=1-2", "AS names one field", "autoregress x AS y p=1-2"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
