"""search-commands/addcoltotals"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | table a u | addcoltotals",
        table("a u", "1 x", "2 y"),
        table("a u", "1 x", "2 y", "3 -"),
        "a,u",
    ),
    Case(
        "* | table a b | addcoltotals a",
        table("a b", "1 1", "2 1"),
        table("a b", "1 1", "2 1", "3 -"),
    ),
    Case(
        "* | table a u | addcoltotals labelfield=u label=sum a",
        table("a u", "1 x"),
        table("a u", "1 x", "1 sum"),
    ),
    Case(
        "* | table a | addcoltotals labelfield=l",
        table("a", "1"),
        table("a l", "1 -", "1 Total"),
        "a,l",
    ),
    Case("* | table u | addcoltotals", table("u", "x"), table("u", "x", "-")),
    Case(
        "* | stats count BY u | addcoltotals count",
        table("u", "x", "x", "y"),
        table("u count", "x 2", "y 1", "- 3"),
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | addcoltotals col=t", "unknown option 'col'", "col"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
