"""search-commands/bin"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | bin x span=10",
        table("x", "12", "7", "100", "10"),
        table("x", "10-20", "0-10", "100-110", "10-20"),
    ),
    Case("* | bin span=10 x AS y", table("x", "12", "-5"), table("x y", "12 10-20", "-5 -10-0")),
    Case("* | bin x span=0.1", table("x", "0.3", "0.35"), table("x", "0.3-0.4", "0.3-0.4")),
    Case("* | bin x span=10", table("x n", "word 1", "- 2"), table("x n", "word 1", "- 2")),
    Case("* | bin x span=10", table("x", "1|12"), table("x", "0-10|10-20")),
    Case("* | bin x span=log2", table("x", "1", "5", "0"), table("x", "1-2", "4-8", "0")),
    Case("* | bin x span=2log3", table("x", "7"), table("x", "6-18")),
    Case("* | bucket x bins=2", table("x", "0", "9"), table("x", "0-5", "5-10")),
    Case("* | bin x bins=2 end=100", table("x", "0", "9"), table("x", "0-100", "0-100")),
    Case("* | bin x minspan=10", table("x", "0", "99"), table("x", "0-10", "90-100")),
    Case("* | bin t span=1h", table("t", "1700000000"), table("t", "1699999200-1700002800")),
    Case(
        "* | bin _time span=5m | table _time", table("x", "1"), [{"_time": "1699999800"}], "_time"
    ),
    Case("* | bin _time span=300 AS b", table("x", "1"), table("x b", "1 1699999800")),
    Case(
        '* | eval _time="1700000000.25" | bin _time span=100ms | table _time',
        table("x", "1"),
        [{"_time": "1700000000.2"}],
        "_time",
    ),
    Case(
        "* | bin _time span=12h aligntime=@d+3h | table _time",
        table("x", "1"),
        [{"_time": "1699974000"}],
        "_time",
    ),
    Case(
        "* | bin _time span=1w@w1 | table _time",
        table("x", "1"),
        [{"_time": "1699833600"}],
        "_time",
    ),
    Case(
        "* | bin _time span=1w | table _time", table("x", "1"), [{"_time": "1699488000"}], "_time"
    ),
    Case(
        "* | bin _time span=1mon | table _time", table("x", "1"), [{"_time": "1698796800"}], "_time"
    ),
    Case(
        "* | bin _time bins=2 | table _time",
        table("x", "1", "2"),
        [{"_time": "1700000000"}, {"_time": "1699999990"}],
        "_time",
    ),
    Case('* | bin "a b" span=5', [{"a b": "7"}], [{"a b": "5-10"}]),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | bin span=10", "expected a field", ""),
    Wrong("* | bin x span=abc", "a span such as", "abc"),
    Wrong("* | bin x span=0", "above 0", "0"),
    Wrong("* | bin x span=5log2", "base is above 1", "5log2"),
    Wrong("* | bin _time span=300ms", "divide a second", "300ms"),
    Wrong("* | bin _time span=1d@h", "its own unit", "1d@h"),
    Wrong("* | bin _time span=log10", "does not cut _time", "bin"),
    Wrong("* | bin _time span=1h aligntime=earliest", "aligntime=earliest", "bin"),
    Wrong("* | bin x spam=1", "did you mean 'span'", "spam"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)


@each(
    Case("* | bin _time span=1d | table _time", [{}], [{"_time": "1699916400"}], "_time"),
    Case("* | bin _time span=1mon | table _time", [{}], [{"_time": "1698793200"}], "_time"),
    Case("* | bin _time span=1h | table _time", [{}], [{"_time": "1699999200"}], "_time"),
)
def test_days_begin_at_midnight_of_the_user(case: Case) -> None:
    check(case, timezone="Europe/Berlin")
