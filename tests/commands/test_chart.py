"""search-commands/chart"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | chart count BY u",
        table("u", "a", "b", "a", "-"),
        table("u count", "a 2", "b 1"),
        "u,count",
    ),
    Case(
        "* | chart count OVER u BY v",
        table("u v", "a x", "b y", "a -"),
        table("u x y NULL", "a 1 0 1", "b 0 1 0"),
        "u,x,y,NULL",
    ),
    Case(
        "* | chart sum(n) BY u v",
        table("u v n", "a x 1", "b y 2"),
        table("u x y", "a 1 -", "b - 2"),
        "u,x,y",
    ),
    Case(
        "* | chart sum(n) BY u, v usenull=f",
        table("u v n", "a x 1", "b - 2"),
        table("u x", "a 1", "b -"),
        "u,x",
    ),
    Case(
        "* | chart limit=1 count BY u v",
        table("u v", "a x", "a x", "a y", "a z"),
        table("u x OTHER", "a 2 2"),
        "u,x,OTHER",
    ),
    Case(
        "* | chart limit=bottom1 useother=f count BY u v",
        table("u v", "a x", "a x", "a y"),
        table("u y", "a 1"),
        "u,y",
    ),
    Case(
        "* | chart limit=0 count BY u v",
        [{"u": "a", "v": str(n)} for n in range(12)],
        [{"u": "a", **{str(n): "1" for n in range(12)}}],
    ),
    Case(
        "* | chart count AS c sum(n) BY u v",
        table("u v n", "a x 1"),
        [{"u": "a", "c: x": "1", "sum(n): x": "1"}],
        "u,c: x,sum(n): x",
    ),
    Case(
        '* | chart sep="-" count avg(n) BY u v',
        table("u v n", "a x 1"),
        [{"u": "a", "count-x": "1", "avg(n)-x": "1"}],
    ),
    Case(
        '* | chart format="$VAL$ ($AGG$)" count OVER u BY v',
        table("u v", "a x"),
        [{"u": "a", "x (count)": "1"}],
    ),
    Case(
        "* | chart count BY n span=10",
        table("n", "5", "25"),
        table("n count", "0-10 1", "10-20 0", "20-30 1"),
    ),
    Case(
        "* | chart count BY n span=10 cont=f",
        table("n", "5", "125", "25"),
        table("n count", "0-10 1", "20-30 1", "120-130 1"),
    ),
    Case(
        "* | chart count OVER u BY n span=10",
        table("u n", "a 5", "a 105", "a 25"),
        table("u 0-10 20-30 100-110", "a 1 1 1"),
        "u,0-10,20-30,100-110",
    ),
    Case("* | chart count BY n bins=2", table("n", "0", "9"), table("n count", "0-5 1", "5-10 1")),
    Case("* | chart count", table("u", "a", "b"), table("count", "2"), "count"),
    Case(
        "* | chart count BY n", table("n", "10", "9", "x"), table("n count", "9 1", "10 1", "x 1")
    ),
    Case("* | chart count BY u", table("u", "a|b"), table("u count", "a 1", "b 1")),
    Case("* | chart dedup_splitvals=t count BY u", table("u", "a|a"), table("u count", "a 1")),
    Case(
        "* | chart nullstr=none otherstr=more limit=1 count OVER u BY v",
        table("u v", "a x", "a x", "a y", "a -"),
        table("u x none more", "a 2 1 1"),
        "u,x,none,more",
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | chart", "expected a statistical function", ""),
    Wrong("* | chart count BY", "expected a field", ""),
    Wrong("* | chart count OVER u BY v w", "unexpected 'w'", "w"),
    Wrong("* | chart limit=some count", "top<N>", "some"),
    Wrong("* | chart count BY u v where count in first5", "in top5", "count"),
    Wrong("* | chart agg=count BY u", "does not run here", "agg=count"),
    Wrong("* | chart sparkline(count) BY u", "sparklines", "sparkline"),
    Wrong("* | chart count BY u spn=1", "did you mean 'span'", "spn"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
