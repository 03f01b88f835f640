"""search-commands/head"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case("* | head 2", table("x", "1", "2", "3"), table("x", "1", "2")),
    Case("* | head", [{"x": str(n)} for n in range(12)], [{"x": str(n)} for n in range(10)]),
    Case("* | head limit=1", table("x", "1", "2"), table("x", "1")),
    Case("* | head (x<2)", table("x", "1", "2", "1"), table("x", "1")),
    Case("* | head limit=1 (x<3)", table("x", "1", "2"), table("x", "1")),
    Case("* | head 5 (x<2)", table("x", "1", "2"), table("x", "1")),
    Case("* | head x<2 keeplast=t", table("x", "1", "2", "1"), table("x", "1", "2")),
    Case("* | head (x<2) null=t", table("x n", "1 a", "- b", "3 c"), table("x n", "1 a", "- b")),
    Case("* | head (x<2)", table("x n", "1 a", "- b"), table("x n", "1 a")),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | head limit=x", "a whole number", "x"),
    Wrong("* | head (x<", "expected an expression", ""),
    Wrong("* | head lmit=1", "did you mean 'limit'", "lmit"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
