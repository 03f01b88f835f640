"""search-commands/strcat"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case('* | strcat a "/" b c', table("a b", "1 2"), table("a b c", "1 2 1/2")),
    Case('* | strcat a "/" b c', table("a b", "1 -"), table("a b c", "1 - 1/")),
    Case(
        '* | strcat allrequired=t a "/" b c',
        table("a b", "1 -", "1 2"),
        table("a b c", "1 - -", "1 2 1/2"),
    ),
    Case("* | strcat a b a", table("a b", "1 2"), table("a b", "12 2")),
    Case('* | strcat "x y" a "c d"', [{"a": "1"}], [{"a": "1", "c d": "x y1"}]),
    Case('* | strcat "" a c', table("a", "1"), table("a c", "1 1")),
    Case("* | strcat a b c", table("a b", "1|2 3"), [{"a": ["1", "2"], "b": "3", "c": "1\n23"}]),
    Case("* | table a | strcat a a c", table("a", "1"), table("a c", "1 11"), "a,c"),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | strcat a", "needs what to join", "strcat a"),
    Wrong("* | strcat alrequired=t a b c", "did you mean 'allrequired'", "alrequired"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
