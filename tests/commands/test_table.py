"""search-commands/table"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case("* | table b, a", table("a b c", "1 2 3"), table("b a", "2 1"), "b,a"),
    Case("* | table a none", table("a", "1"), table("a", "1"), "a,none"),
    Case("* | table x* a", table("a x1 x2", "1 2 3"), table("x1 x2 a", "2 3 1"), "x1,x2,a"),
    Case("* | table *", table("b a", "1 2"), table("a b", "2 1")),
    Case('* | table "a b"', [{"a b": "1"}], [{"a b": "1"}], "a b"),
    Case("* | table m", table("m", "1|2", "-"), table("m", "1|2", "-")),
    Case("* | table a a", table("a", "1"), table("a", "1"), "a"),
    Case(
        "* | stats count BY a | table count a", table("a", "x"), table("count a", "1 x"), "count,a"
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | table", "expected a field", ""),
    Wrong("* | table a=b", "expected a field", "a"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
