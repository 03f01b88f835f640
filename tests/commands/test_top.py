"""search-commands/top"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | top u",
        table("u", "a", "b", "a", "-"),
        table("u count percent", "a 2 66.666667", "b 1 33.333333"),
        "u,count,percent",
    ),
    Case("* | top limit=1 u", table("u", "a", "b", "a"), table("u count percent", "a 2 66.666667")),
    Case(
        "* | top 1 u useother=t",
        table("u", "a", "b", "a", "c"),
        table("u count percent", "a 2 50.000000", "OTHER 2 50.000000"),
    ),
    Case("* | top 0 u showperc=f", table("u", "b", "a"), table("u count", "a 1", "b 1"), "u,count"),
    Case("* | top u showcount=f", table("u", "a"), table("u percent", "a 100.000000"), "u,percent"),
    Case(
        "* | top u v showperc=f",
        table("u v", "a 1", "a 2", "a 1", "b -"),
        table("u v count", "a 1 2", "a 2 1"),
    ),
    Case(
        "* | top 1 u BY h",
        table("u h", "a x", "b x", "b x", "a y"),
        table("h u count percent", "x b 2 66.666667", "y a 1 100.000000"),
        "h,u,count,percent",
    ),
    Case(
        "* | top countfield=n percentfield=p u",
        table("u", "a"),
        table("u n p", "a 1 100.000000"),
        "u,n,p",
    ),
    Case("* | top u showperc=f", table("u", "a|b", "b"), table("u count", "b 2", "a 1")),
    Case(
        '* | top otherstr=rest useother=t limit=1 "a b" showperc=f',
        [{"a b": "1"}, {"a b": "2"}],
        [{"a b": "1", "count": "1"}, {"a b": "rest", "count": "1"}],
    ),
    Case("* | top none", table("u", "a"), [], "none,count,percent"),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | top", "expected a field", ""),
    Wrong("* | top limt=1 u", "did you mean 'limit'", "limt"),
    Wrong("* | top limit=x u", "a whole number", "x"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
