"""search-commands/replace"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case("* | replace a WITH b", table("x y", "a aa", "c a"), table("x y", "b aa", "c b")),
    Case("* | replace a WITH b IN x", table("x y", "a a"), table("x y", "b a")),
    Case(
        '* | replace "*.com" WITH "*.org" IN x',
        table("x", "a.com", "b.net"),
        table("x", "a.org", "b.net"),
    ),
    Case("* | replace *a* WITH any IN x", table("x", "bar", "b"), table("x", "any", "b")),
    Case(
        '* | replace 0 WITH Critical, 1 WITH "Not so" IN x',
        table("x", "0", "1", "2"),
        table("x", "Critical", "Not_so", "2"),
    ),
    Case("* | replace A WITH b IN x", table("x", "a"), table("x", "a")),
    Case(
        "* | replace * WITH any, a WITH exact IN x",
        table("x", "a", "b"),
        table("x", "exact", "any"),
    ),
    Case("* | replace a WITH b, a WITH c IN x", table("x", "a"), table("x", "c")),
    Case("* | replace a WITH b IN x y*", table("x y1 z", "a a a"), table("x y1 z", "b b a")),
    Case("* | replace a WITH b IN x", table("x", "a|c"), table("x", "b|c")),
    Case(
        '* | replace "" WITH none IN x',
        [{"x": "", "y": "1"}, {"y": "2"}],
        [{"x": "none", "y": "1"}, {"y": "2"}],
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | replace", "expected a value to replace", ""),
    Wrong("* | replace a b", "expected WITH after 'a'", "b"),
    Wrong("* | replace a* WITH *b*", "do not match in number", "a* WITH *b*"),
    Wrong("* | replace a WITH b IN", "expected a field", ""),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
