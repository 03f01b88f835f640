"""search-commands/eventstats"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | eventstats max(x) AS m",
        table("x", "1", "10", "9"),
        table("x m", "1 10", "10 10", "9 10"),
    ),
    Case(
        "* | eventstats count BY u",
        table("u x", "a 1", "b 2", "a 3"),
        table("u x count", "a 1 2", "b 2 1", "a 3 2"),
    ),
    Case(
        "* | eventstats count BY u",
        table("u x", "- 1", "b 2"),
        table("u x count", "- 1 -", "b 2 1"),
    ),
    Case(
        "* | eventstats sum(x) AS s BY u v",
        table("u v x", "a 1 5", "a 2 6", "a 1 7"),
        table("u v x s", "a 1 5 12", "a 2 6 6", "a 1 7 12"),
    ),
    Case(
        "* | eventstats avg(x) AS a", table("x y", "- 1", "4 2"), table("x y a", "- 1 4", "4 2 4")
    ),
    Case("* | eventstats sum(none) AS x", table("x", "1"), [{}]),
    Case(
        "* | eventstats dc(u) AS d count(eval(x>1)) AS c",
        table("u x", "a 1", "b 2"),
        table("u x d c", "a 1 2 1", "b 2 2 1"),
    ),
    Case("* | eventstats allnum=t sum(x) AS s", table("x", "1", "word"), table("x", "1", "word")),
    Case(
        "* | eventstats allnum=f sum(x) AS s",
        table("x", "1", "word"),
        table("x s", "1 1", "word 1"),
    ),
    Case("* | table u | eventstats count", table("u", "a"), table("u count", "a 1"), "u,count"),
    Case("* | eventstats count BY u", table("u", "a|b", "b"), table("u count", "a|b 1", "b 2")),
    Case('* | eventstats count AS "how many" BY u', table("u", "a"), [{"u": "a", "how many": "1"}]),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | eventstats", "expected a statistical function", ""),
    Wrong("* | eventstats counts", "did you mean 'count'", "counts"),
    Wrong("* | eventstats alnum=t count", "unknown option", "alnum"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
