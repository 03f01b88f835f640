"""search-commands/delta"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | delta x",
        table("x", "1", "4", "2"),
        [{"x": "1"}, {"x": "4", "delta(x)": "3"}, {"x": "2", "delta(x)": "-2"}],
    ),
    Case("* | delta x AS d", table("x", "1", "4"), table("x d", "1 -", "4 3")),
    Case("* | delta x AS d p=2", table("x", "1", "4", "9"), table("x d", "1 -", "4 -", "9 8")),
    Case("* | delta p=2 x AS d", table("x", "1", "4", "9"), table("x d", "1 -", "4 -", "9 8")),
    Case(
        "* | delta x AS d", table("x", "1", "w", "3", "4"), table("x d", "1 -", "w -", "3 -", "4 1")
    ),
    Case("* | table x | delta x AS d", table("x", "1"), table("x", "1"), "x,d"),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | delta", "expected a field", ""),
    Wrong("* | delta x p=0", "at least 1", "delta x p=0"),
    Wrong("* | delta x q=1", "unknown option", "q"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
