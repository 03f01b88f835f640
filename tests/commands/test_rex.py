"""search-commands/rex"""

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
    Case(
        '* | rex field=m "user=(?<user>\\w+)"',
        table("m", "user=ann", "none"),
        table("m user", "user=ann ann", "none -"),
    ),
    Case(
        '* | rex field=m "(?<a>\\d)(?<b>\\d)" max_match=2',
        table("m", "12a34b56"),
        table("m a b", "12a34b56 1|3 2|4"),
    ),
    Case(
        '* | rex max_match=0 field=m "(?<d>\\d)"',
        table("m", "a1b2c3", "a1"),
        table("m d", "a1b2c3 1|2|3", "a1 1"),
    ),
    Case('* | rex field=m "(?<c>[^|]+)$"', table("m", "xy1|xz2"), table("m c", "xy1|xz2 xy1|xz2")),
    Case(
        '* | rex field=m "x=(?<m2>a)|y=(?<n>b)"',
        table("m m2", "y=b old"),
        table("m m2 n", "y=b old b"),
    ),
    Case(
        '* | rex offset_field=o field=m "(?<mid>fgh)"',
        table("m", "abcdefghij"),
        table("m mid o", "abcdefghij fgh mid=5-7"),
    ),
    Case(
        '* | rex field=m "say \\"(?<w>[^\\"]*)\\""',
        [{"m": 'say "hi"'}],
        [{"m": 'say "hi"', "w": "hi"}],
    ),
    Case('* | rex field=m "a\\|(?<w>b)"', [{"m": "a|b"}], [{"m": "a|b", "w": "b"}]),
    Case("* | rex field=m (?<w>b+)", table("m", "abb"), table("m w", "abb bb")),
    Case('* | rex field="a b" "(?i)(?<w>B)"', [{"a b": "xb"}], [{"a b": "xb", "w": "b"}]),
    Case('* | rex field=none "(?<w>b)"', table("m", "b"), table("m", "b")),
    Case(
        '* | rex field=m mode=sed "s/(\\d{4}-){3}/XXXX-/g"',
        table("m", "1111-2222-3333-4444"),
        table("m", "XXXX-4444"),
    ),
    Case('* | rex field=m mode=sed "s/o/0/2"', table("m", "foo"), table("m", "fo0")),
    Case('* | rex field=m mode=sed "s/o/0/"', table("m", "foo"), table("m", "f0o")),
    Case(
        '* | rex field=m mode=sed "s/O(.)/<\\1>/gi"', table("m", "foobop"), table("m", "f<o>b<p>")
    ),
    Case('* | rex field=m mode=sed "y/abc/xyz/"', table("m", "aabbcd"), table("m", "xxyyzd")),
    Case(
        '* | rex field=m mode=sed "s/a/b/ s/b/c/g"',
        table("m", "ab", "a|b"),
        table("m", "cc", "c|c"),
    ),
    Case('* | rex field=m mode=sed "s|/|-|g"', table("m", "a/b/c"), table("m", "a-b-c")),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong('* | rex field=x "(\\d)"', "needs a group", '"(\\d)"'),
    Wrong('* | rex field=x "(?<a>"', "not a regular expression", '"(?<a>"'),
    Wrong("* | rex", "expected a regular expression", ""),
    Wrong('* | rex fild=x "(?<a>b)"', "did you mean 'field'", "fild"),
    Wrong('* | rex max_match=x "(?<a>b)"', "a whole number", "x"),
    Wrong('* | rex mode=sed "s/a/b"', "is missing", '"s/a/b"'),
    Wrong('* | rex mode=sed "y/ab/c/"', "as many characters", '"y/ab/c/"'),
    Wrong('* | rex mode=sed "s/a/b/q"', "unknown flag 'q'", '"s/a/b/q"'),
    Wrong('* | rex mode=sed "s/a/\\2/"', "no group 2", '"s/a/\\2/"'),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)


def test_a_pattern_without_end_leaves_the_row_and_says_so() -> None:
    rows = [{"m": "a" * 60 + "b"}, {"m": "aac"}]
    results = engine().search('* | rex field=m "^(?<k>(a|aa)+)c$"', timed(rows))
    assert [row.get("k") for row in results] == [None, "aa"]
    assert [message.level for message in results.messages] == ["WARN"]
    assert "rex: '^(?<k>(a|aa)+)c$' takes too long" in results.messages[0].text
