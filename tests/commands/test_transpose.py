"""search-commands/transpose"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | table u n | transpose",
        table("u n", "a 1", "b 2"),
        [{"column": "u", "row 1": "a", "row 2": "b"}, {"column": "n", "row 1": "1", "row 2": "2"}],
        "column,row 1,row 2",
    ),
    Case(
        "* | table u n | transpose header_field=u",
        table("u n", "a 1", "b 2"),
        table("column a b", "n 1 2"),
        "column,a,b",
    ),
    Case(
        "* | table u n | transpose 1 column_name=field",
        table("u n", "a 1", "b 2"),
        [{"field": "u", "row 1": "a"}, {"field": "n", "row 1": "1"}],
    ),
    Case(
        "* | table u | transpose",
        [{"u": str(n)} for n in range(7)],
        [{"column": "u", **{f"row {n + 1}": str(n) for n in range(5)}}],
    ),
    Case(
        "* | table u | transpose 0",
        [{"u": str(n)} for n in range(7)],
        [{"column": "u", **{f"row {n + 1}": str(n) for n in range(7)}}],
    ),
    Case(
        "* | table u none | transpose",
        table("u", "a"),
        [{"column": "u", "row 1": "a"}, {"column": "none"}],
    ),
    Case(
        "* | table u none | transpose include_empty=f",
        table("u", "a"),
        [{"column": "u", "row 1": "a"}],
    ),
    Case(
        "* | table u n | transpose header_field=u",
        table("u n", "- 1"),
        [{"column": "n", "row 1": "1"}],
    ),
    Case(
        "* | table b a | transpose",
        table("a b", "1 -", "2 3"),
        [{"column": "b", "row 2": "3"}, {"column": "a", "row 1": "1", "row 2": "2"}],
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | transpose x", "unexpected 'x'", "x"),
    Wrong("* | transpose header=u", "did you mean 'header_field'", "header"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
