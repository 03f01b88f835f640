"""search-commands/xyseries"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | xyseries u v n",
        table("u v n", "b x 1", "a y 2", "a x 3"),
        table("u x y", "a 3 2", "b 1 -"),
        "u,x,y",
    ),
    Case(
        "* | xyseries grouped=t u v n",
        table("u v n", "b x 1", "a y 2"),
        table("u x y", "b 1 -", "a - 2"),
    ),
    Case(
        "* | xyseries u v n m",
        table("u v n m", "a x 1 2"),
        [{"u": "a", "n: x": "1", "m: x": "2"}],
        "u,n: x,m: x",
    ),
    Case(
        '* | xyseries sep="_" u v n m',
        table("u v n m", "a x 1 2"),
        [{"u": "a", "n_x": "1", "m_x": "2"}],
    ),
    Case(
        '* | xyseries u v n format="$VAL$.$AGG$"', table("u v n", "a x 1"), [{"u": "a", "x.n": "1"}]
    ),
    Case("* | xyseries u v n", table("u v n", "a x 1", "a x 2"), table("u x", "a 2")),
    Case(
        "* | xyseries u v n",
        table("u v n", "- x 1", "a - 2", "b x -"),
        table("u x", "a -", "b -"),
        "u,x",
    ),
    Case(
        "* | xyseries u v n", table("u v n", "a 10 1", "a 9 2"), table("u 9 10", "a 2 1"), "u,9,10"
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | xyseries u v", "expected a field", ""),
    Wrong("* | xyseries spe=x u v n", "did you mean 'sep'", "spe"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
