"""search-commands/fields"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case("* | fields a c", table("a b c", "1 2 3"), table("a c", "1 3")),
    Case("* | fields + a", table("a b", "1 2"), table("a", "1")),
    Case("* | fields - a", table("a b", "1 2"), table("b", "2")),
    Case("* | fields - a, b", table("a b c", "1 2 3"), table("c", "3")),
    Case("* | fields x*", table("a x1 x2", "1 2 3"), table("x1 x2", "2 3")),
    Case(
        "* | fields a | table a _time",
        table("a b", "1 2"),
        [{"a": "1", "_time": "1700000000"}],
        "a,_time",
    ),
    Case("* | fields - _* | table a _time", table("a", "1"), [{"a": "1"}], "a,_time"),
    Case("* | table b a | fields a b", table("a b", "1 2"), table("a b", "1 2"), "a,b"),
    Case('* | fields "a b"', [{"a b": "1", "c": "2"}], [{"a b": "1"}]),
    Case("* | fields none", table("a", "1"), [{}]),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | fields", "expected a field", ""),
    Wrong("* | fields -", "expected a field", ""),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
