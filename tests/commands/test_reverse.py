"""search-commands/reverse"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case("* | reverse", table("x", "1", "2", "3"), table("x", "3", "2", "1")),
    Case("* | reverse | reverse", table("x", "1", "2"), table("x", "1", "2")),
    Case("* | reverse | head 1", table("x", "1", "2"), table("x", "2")),
    Case("* | table x y | reverse", table("x y", "1 a", "2 -"), table("x y", "2 -", "1 a"), "x,y"),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | reverse x", "unexpected 'x'", "x"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
