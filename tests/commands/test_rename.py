"""search-commands/rename"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case("* | rename a AS b", table("a c", "1 2"), table("c b", "2 1")),
    Case(
        '* | rename a AS "the a", b AS "the b"', table("a b", "1 2"), [{"the a": "1", "the b": "2"}]
    ),
    Case("* | rename a AS b b AS c", table("a", "1"), table("c", "1")),
    Case("* | rename x_* AS *", table("x_a x_b", "1 2"), table("a b", "1 2")),
    Case("* | rename none AS a", table("a c", "1 2"), table("c", "2")),
    Case("* | rename sourceIPs{} AS src", [{"sourceIPs{}": "1"}], table("src", "1")),
    Case(
        "* | rename * AS y_* | table y_a _time",
        table("a", "1"),
        [{"y_a": "1", "_time": "1700000000"}],
        "y_a,_time",
    ),
    Case("* | rename _t* AS t* | table time", table("a", "1"), [{"time": "1700000000"}], "time"),
    Case("* | table b a | rename a AS c", table("a b", "1 2"), table("b c", "2 1"), "b,c"),
    Case("* | rename m AS n", table("m", "1|2"), table("n", "1|2")),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | rename a", "expected AS after 'a'", ""),
    Wrong("* | rename a* AS b", "do not match in number", "a* AS b"),
    Wrong("* | rename 'a' AS b", "double quotes", "'"),
    Wrong("* | rename", "expected a field to rename", ""),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
