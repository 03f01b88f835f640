"""search-commands/nomv"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case("* | nomv m", table("m", "a|b", "c"), [{"m": "a\nb"}, {"m": "c"}]),
    Case("* | nomv none", table("m", "a|b"), table("m", "a|b")),
    Case("* | nomv m", table("m n", "- 1"), table("m n", "- 1")),
    Case('* | nomv "a b"', [{"a b": ["1", "2"]}], [{"a b": "1\n2"}]),
    Case('* | stats delim="," values(m) as m | nomv m', table("m", "b", "a"), table("m", "a,b")),
    Case("* | stats values(m) as m | nomv m", table("m", "b", "a"), [{"m": "a\nb"}]),
    Case(
        '* | fields - _* | mvcombine delim=";" m | nomv m',
        table("m n", "a 1", "b 1"),
        table("n m", "1 a;b"),
    ),
    Case("* | nomv m | makemv m", [{"m": ["a b", "c"]}], [{"m": ["a", "b\nc"]}]),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | nomv", "expected a field", ""),
    Wrong("* | nomv x y", "unexpected 'y'", "y"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
