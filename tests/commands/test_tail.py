"""search-commands/tail"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case("* | tail 2", table("x", "1", "2", "3"), table("x", "3", "2")),
    Case("* | tail", [{"x": str(n)} for n in range(12)], [{"x": str(n)} for n in range(11, 1, -1)]),
    Case("* | tail 5", table("x", "1", "2"), table("x", "2", "1")),
    Case("* | tail 0", table("x", "1"), []),
    Case("* | tail 1 | eval y=x", table("x", "1", "2"), table("x y", "2 2")),
    Case("* | stats count by x | tail 1", table("x", "b", "a"), table("x count", "b 1"), "x,count"),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | tail x", "unexpected 'x'", "x"),
    Wrong("* | tail -1", "unexpected '-1'", "-1"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
