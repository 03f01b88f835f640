"""search-commands/stats"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | stats count sum(x) AS s BY u",
        table("u x", "b 1", "a 2", "b -", "- 9"),
        table("u count s", "a 1 2", "b 2 1"),
        "u,count,s",
    ),
    Case(
        "* | stats allnum=t sum(x) values(x) AS v avg(y)",
        table("x y", "1 1", "w 3"),
        [{"v": ["1", "w"], "avg(y)": "2"}],
        "sum(x),v,avg(y)",
    ),
    Case("* | stats allnum=f sum(x)", table("x", "1", "w"), [{"sum(x)": "1"}]),
    Case("* | stats allnum=t max(x)", table("x", "1", "w"), [{"max(x)": "w"}]),
    Case(
        '* | stats delim=":" list(x) AS l BY u | nomv l',
        table("u x", "a 2", "a 1"),
        table("u l", "a 2:1"),
    ),
    Case(
        "* | stats values(x*) AS v_* BY u",
        table("u x1 x2", "a 1 2"),
        [{"u": "a", "v_1": "1", "v_2": "2"}],
    ),
    Case(
        "* | stats count BY u dedup_splitvals=t",
        table("u", "a|a|b"),
        table("u count", "a 1", "b 1"),
    ),
    Case(
        "* | stats count BY u v",
        table("u v", "a|b 1|2"),
        table("u v count", "a 1 1", "a 2 1", "b 1 1", "b 2 1"),
    ),
    Case("* | stats count", [], table("count", "0"), "count"),
    Case(
        '* | stats partitions=2 count AS "how many"',
        table("u", "a"),
        [{"how many": "1"}],
        "how many",
    ),
    Case(
        "* | stats count(eval(x>1)) AS c, sum(eval(x*2)) AS s",
        table("x", "1", "2", "-"),
        table("c s", "1 6"),
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | stats", "expected a statistical function", ""),
    Wrong("* | stats sum(x", "expected ')'", ""),
    Wrong("* | stats sparkline(count, 1h) BY u", "sparklines are not drawn here", "sparkline"),
    Wrong("* | stats eval(sum(x)/2)", "does not run here", "eval"),
    Wrong("* | stats delm=x count", "did you mean 'delim'", "delm"),
    Wrong("* | stats count BY u delim=x", "unknown option", "delim"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
