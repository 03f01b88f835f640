"""search-commands/regex"""

from __future__ import annotations

from tests.commands.harness import (
    Case,
    Wrong,
    check,
    check_wrong,
    each,
    each_wrong,
    engine,
    table,
    timed,
)


@each(
    Case('* | regex m="^a\\d"', table("m", "a1", "ab", "A1"), table("m", "a1")),
    Case('* | regex m!="^a"', table("m n", "a1 1", "b1 2", "- 3"), table("m n", "b1 2", "- 3")),
    Case('* | regex m="x"', table("m n", "- 1"), []),
    Case('* | regex m="^b$"', table("m", "a|b", "a|c"), table("m", "a|b")),
    Case('* | regex m!="^b$"', table("m", "a|b", "a|c"), table("m", "a|c")),
    Case(
        '* | regex "secret"',
        [{"_raw": "a secret", "n": "1"}, {"_raw": "none", "n": "2"}],
        table("n", "1"),
    ),
    Case(
        '* | regex _raw="(?i)SECRET" | regex n=1', [{"_raw": "secret", "n": "1"}], table("n", "1")
    ),
    Case('* | regex "a b" = "c"', [{"a b": "c"}, {"a b": "d"}], [{"a b": "c"}]),
    Case('* | regex user.name="an{2}"', table("user.name", "ann", "an"), table("user.name", "ann")),
    Case('* | regex m="a\\|b"', [{"m": "a|b"}, {"m": "a"}], [{"m": "a|b"}]),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong('* | regex x="(a"', "not a regular expression", '"(a"'),
    Wrong("* | regex", "expected a regular expression", ""),
    Wrong('* | regex x="a', "no closing quote", '"'),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)


def test_a_row_that_takes_too_long_passes() -> None:
    rows = [{"m": "a" * 60 + "b"}, {"m": "d"}]
    results = engine().search('* | regex m="^(a|aa)+c$"', timed(rows))
    assert [row["m"][0] for row in results] == ["a"]
    assert [message.level for message in results.messages] == ["WARN"]
