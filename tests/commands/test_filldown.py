"""search-commands/filldown"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | filldown m",
        table("m n", "a 1", "- 2", "b 3", "- 4"),
        table("m n", "a 1", "a 2", "b 3", "b 4"),
    ),
    Case(
        "* | table m n | filldown",
        table("m n", "a 1", "- -", "b -"),
        table("m n", "a 1", "a 1", "b 1"),
    ),
    Case("* | filldown m", table("m n", "- 1", "a 2"), table("m n", "- 1", "a 2")),
    Case(
        "* | filldown m*",
        table("m1 m2 n", "a b 1", "- - 2", "- - -"),
        table("m1 m2 n", "a b 1", "a b 2", "a b -"),
    ),
    Case("* | filldown m n", table("m n o", "a 1 x", "- - -"), table("m n o", "a 1 x", "a 1 -")),
    Case("* | filldown m", table("m n", "a|b 1", "- 2"), table("m n", "a|b 1", "a|b 2")),
    Case('* | filldown "a b"', [{"a b": "1"}, {"x": "2"}], [{"a b": "1"}, {"x": "2", "a b": "1"}]),
    Case("* | filldown none", table("m", "a"), table("m", "a")),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | filldown value=x m", "unexpected 'value'", "value"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
