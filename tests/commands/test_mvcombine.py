"""search-commands/mvcombine"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | fields - _* | mvcombine m",
        table("m n", "a 1", "b 1", "c 2"),
        table("m n", "a|b 1", "c 2"),
    ),
    Case(
        "* | fields - _* | mvcombine m",
        table("m n", "a 1", "b 2", "c 1"),
        table("m n", "a|c 1", "b 2"),
    ),
    Case("* | fields - _* | mvcombine m", table("m n", "a 1", "a 1"), table("m n", "a|a 1")),
    Case(
        "* | fields - _* | mvcombine m",
        table("m n", "- 1", "- 1", "a 1"),
        table("m n", "- 1", "- 1", "a 1"),
    ),
    Case("* | fields - _* | mvcombine m", table("m n", "a|b 1", "c 1"), table("m n", "a|b|c 1")),
    Case("* | mvcombine m", table("m n", "a 1", "b 1"), table("m n", "a 1", "b 1")),
    Case(
        '* | fields - _* | mvcombine delim=":" "m x"',
        [{"m x": "1"}, {"m x": "2"}],
        [{"m x": ["1", "2"]}],
    ),
    Case(
        "* | fields - _* | mvcombine m",
        table("m n", "a 1|2", "b 1|2", "c 1"),
        table("m n", "a|b 1|2", "c 1"),
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | mvcombine", "expected a field", ""),
    Wrong("* | mvcombine delm=, x", "did you mean 'delim'", "delm"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
