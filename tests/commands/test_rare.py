"""search-commands/rare"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | rare u",
        table("u", "a", "b", "a"),
        table("u count percent", "b 1 33.333333", "a 2 66.666667"),
        "u,count,percent",
    ),
    Case("* | rare limit=1 u showperc=f", table("u", "a", "b", "a"), table("u count", "b 1")),
    Case(
        "* | rare u BY h showperc=f",
        table("u h", "a x", "b x", "b x"),
        table("h u count", "x a 1", "x b 2"),
    ),
    Case("* | rare u", table("v", "a"), []),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | rare", "expected a field", ""),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
