"""search-commands/makemv"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case('* | makemv delim="," m', table("m", "a,b,,c"), table("m", "a|b|c")),
    Case('* | makemv delim="," allowempty=t m', table("m", "a,,c"), [{"m": ["a", "", "c"]}]),
    Case("* | makemv m", [{"m": "a b  c"}], table("m", "a|b|c")),
    Case('* | makemv delim="::" m', table("m", "a::b:c"), table("m", "a|b:c")),
    Case('* | makemv tokenizer="([^,]+),?" m', table("m", "a,b"), table("m", "a|b")),
    Case(
        '* | makemv tokenizer="(\\d)" m',
        table("m n", "a1b2 1", "none 2"),
        table("m n", "1|2 1", "- 2"),
    ),
    Case('* | makemv delim="," m', table("m n", "- 1", "a 2"), table("m n", "- 1", "a 2")),
    Case('* | makemv delim="," m', [{"m": ["a,b", "c"]}], table("m", "a|b|c")),
    Case('* | makemv delim="," "a b"', [{"a b": "1,2"}], [{"a b": ["1", "2"]}]),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong('* | makemv delim="" x', "at least one character", '""'),
    Wrong('* | makemv tokenizer="\\d" x', "with a group", '"\\d"'),
    Wrong('* | makemv tokenizer="(" x', "a regular expression", '"("'),
    Wrong('* | makemv delim=","', "expected a field", ""),
    Wrong("* | makemv setsv=t x", "setsv=true does not run here", "makemv"),
    Wrong("* | makemv deli=, x", "did you mean 'delim'", "deli"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
