"""search-commands/convert"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case("* | convert ctime(t)", table("t", "0", "w"), [{"t": "01/01/1970 00:00:00"}, {}]),
    Case(
        '* | convert timeformat="%H:%M" ctime(t) AS c',
        table("t", "3660"),
        table("t c", "3660 01:01"),
    ),
    Case(
        '* | convert timeformat="%Y-%m-%d" mktime(t) AS e',
        table("t", "1970-01-02"),
        table("t e", "1970-01-02 86400"),
    ),
    Case(
        "* | convert dur2sec(d) AS s",
        table("d", "01:01:01", "1+00:00:01", "w"),
        table("d s", "01:01:01 3661", "1+00:00:01 86401", "w -"),
    ),
    Case(
        "* | convert mstime(d) AS s",
        table("d", "01:02.5", "3.25"),
        table("d s", "01:02.5 62.5", "3.25 3.25"),
    ),
    Case(
        "* | convert memk(m) AS k",
        table("m", "10", "2m", "1g", "w"),
        table("m k", "10 10", "2m 2048", "1g 1048576", "w -"),
    ),
    Case(
        "* | convert rmcomma(n) rmunit(u) AS v",
        [{"n": "1,234", "u": "10ms"}],
        [{"n": "1234", "u": "10ms", "v": "10"}],
    ),
    Case("* | convert num(n)", table("n m", "1 a", "w b"), table("n m", "1 a", "- b")),
    Case("* | convert num(x*) AS y* none(x2)", table("x1 x2", "1 2"), table("x1 x2 y1", "1 2 1")),
    Case("* | convert auto(n)", table("n", "1,000|x"), table("n", "1,000|x")),
    Case("* | convert rmcomma(n)", [{"n": ["1,0", "2,0"]}], table("n", "10|20")),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | convert", "expected a conversion function", ""),
    Wrong("* | convert ctim(x)", "did you mean 'ctime'", "ctim"),
    Wrong("* | convert num(x* AS y", "expected ')'", "AS"),
    Wrong("* | convert num(x*) AS y", "do not match in number", "num(x*) AS y"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
