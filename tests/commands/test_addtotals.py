"""search-commands/addtotals"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | addtotals",
        table("a b u", "1 2 x", "3 - y"),
        table("a b u Total", "1 2 x 3", "3 - y 3"),
    ),
    Case(
        "* | addtotals fieldname=sum a*", table("a1 a2 b", "1 2 9"), table("a1 a2 b sum", "1 2 9 3")
    ),
    Case(
        "* | table a u | addtotals row=f col=t labelfield=u label=ALL",
        table("a u", "1 x", "2 y"),
        table("a u", "1 x", "2 y", "3 ALL"),
        "a,u",
    ),
    Case(
        "* | table a | addtotals col=t",
        table("a", "1", "2"),
        table("a Total", "1 1", "2 2", "3 3"),
        "a,Total",
    ),
    Case("* | addtotals", table("u", "x"), table("u Total", "x 0")),
    Case("* | addtotals", table("a m", "1 2|3"), table("a m Total", "1 2|3 1")),
    Case(
        '* | addtotals fieldname="the sum" "a b"',
        [{"a b": "1", "c": "5"}],
        [{"a b": "1", "c": "5", "the sum": "1"}],
    ),
    Case(
        "* | table a | addtotals row=f col=t labelfield=l",
        table("a", "0.5", "0.25"),
        table("a l", "0.5 -", "0.25 -", "0.75 Total"),
        "a,l",
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | addtotals row=maybe", "true or false", "maybe"),
    Wrong("* | addtotals lable=x", "did you mean 'label'", "lable"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
