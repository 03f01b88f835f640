"""search-commands/accum"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case("* | accum x", table("x", "1", "2", "3"), table("x", "1", "3", "6")),
    Case("* | accum x AS t", table("x", "1", "2.5"), table("x t", "1 1", "2.5 3.5")),
    Case(
        "* | accum x AS t",
        table("x n", "1 a", "- b", "w c", "2 d"),
        table("x n t", "1 a 1", "- b -", "w c -", "2 d 3"),
    ),
    Case('* | accum "a b" AS "c d"', [{"a b": "1"}], [{"a b": "1", "c d": "1"}]),
    Case("* | table x | accum x AS t", table("x", "1"), table("x t", "1 1"), "x,t"),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | accum", "expected a field", ""),
    Wrong("* | accum x AS", "expected a name after AS", ""),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
