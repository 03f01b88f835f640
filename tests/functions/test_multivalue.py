from __future__ import annotations

from typing import Any

import pytest

from spl.errors import SplError, SplSyntaxError
from tests.functions import Case, check, documented, evaluate, undocumented

PONIES = ["buttercup", "dash", "flutter", "honey", "ivory", "minty", "pinky", "rarity"]
FIELDS: dict[str, Any] = {
    "ponies": PONIES,
    "single": "only",
    "results": ["1", "2", "3"],
    "threshold": "4",
    "email": ["a@x.net", "b@y.com", "c@z.org"],
    "hosts": ["h1", "h2", "h3"],
    "ports": ["80", "443"],
    "mixed": ["b", "10", "a", "9", "B", "70", "100"],
    "doubled": ["x", "y", "x"],
    "user.groups{}": ["system:masters", "dev"],
}
DOCUMENTED: list[Case] = [
    ('commands("search foo | stats count | sort count")', ["search", "stats", "sort"]),
    ('mvappend("localhost",single)', ["localhost", "only"]),
    ('mvappend(mvappend("l",single),ports,"z")', ["l", "only", "80", "443", "z"]),
    ("mvcount(ponies)", 8),
    ("mvcount(single)", 1),
    ("mvcount(absent)", None),
    ('mvcount(split("a@b","@"))-1', 1),
    ("mvdedup(doubled)", ["x", "y"]),
    ('mvfilter(match(email,"\\.net$") OR match(email,"\\.org$"))', ["a@x.net", "c@z.org"]),
    ('mvfilter(email="nobody")', None),
    ("mvfilter(results>1)", ["2", "3"]),
    ('mvfind(ponies,"^h")', 3),
    ('mvfind(ponies,"err\\d+")', None),
    ("mvfind('user.groups{}',\"^system:masters$\")", 0),
    ("mvindex(ponies,2)", "flutter"),
    ("mvindex(ponies,0,3)", PONIES[:4]),
    ("mvindex(ponies,-1)", "rarity"),
    ("mvindex(ponies,-3)", "minty"),
    ("mvindex(ponies,-3,-1)", PONIES[-3:]),
    ("mvindex(ponies,8)", None),
    ("mvindex(ponies,-9)", None),
    ("mvindex(ponies,3,1)", None),
    ('mvjoin(mvrange(1,6)," OR ")', "1 OR 2 OR 3 OR 4 OR 5"),
    ('mvjoin(results,";")', "1;2;3"),
    ("mvmap(results,results*10)", ["10", "20", "30"]),
    ("mvmap(results,results*threshold)", ["4", "8", "12"]),
    ("mvmap(mvindex(results,1,2),results*threshold)", ["8", "12"]),
    ("mvrange(1,11,2)", ["1", "3", "5", "7", "9"]),
    ('mvreverse(split("1,2,3",","))', ["3", "2", "1"]),
    ("mvsort(mixed)", ["10", "100", "70", "9", "B", "a", "b"]),
    ("mvzip(hosts,ports)", ["h1,80", "h2,443"]),
    ('mvzip(mvzip(hosts,ports,"|"),results,"|")', ["h1|80|1", "h2|443|2"]),
    ('split("a;b;c",";")', ["a", "b", "c"]),
    ('split("abcd","")', ["a", "b", "c", "d"]),
    ('split("1a2b3c4def567890","def")', ["1a2b3c4", "567890"]),
    ('split("name::value","::")', ["name", "value"]),
]
CHOSEN: list[Case] = [
    (
        'commands("foo | eval a=\\"x | y\\" [search z | head] | where b")',
        ["search", "eval", "where"],
    ),
    ('commands("| makeresults")', "makeresults"),
    ("mvappend(absent)", None),
    ('mvappend(absent,"x")', "x"),
    ("mvindex(ponies,6,100)", ["pinky", "rarity"]),
    ("mvindex(single,0)", "only"),
    ("mvindex(ponies,absent)", None),
    ("mvindex(absent,0)", None),
    ('mvfilter(single!="other")', "only"),
    ("mvmap(results,if(results=2,null(),results))", ["1", "3"]),
    ("mvmap(absent,absent+1)", None),
    ("mvmap(single,upper(single))", "ONLY"),
    ("mvrange(5,1)", None),
    ("mvrange(5,1,-2)", ["5", "3"]),
    ("mvrange(0,1,0)", None),
    ("mvrange(0,1,0.25)", ["0", "0.25", "0.5", "0.75"]),
    ("mvrange(absent,3)", None),
    ("mvrange(1,3,absent)", None),
    ("mvjoin(absent,\",\")", None),
    ("mvzip(hosts,absent)", None),
    ('split("abc","x")', "abc"),
    ("split(absent,\",\")", None),
    ('split("a,,b",",")', ["a", "", "b"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "expected", "source"),
    documented("multivalue-eval-functions", *DOCUMENTED) + undocumented(*CHOSEN),
)
def test_value(expression: str, expected: Any, source: str) -> None:
    check(expression, expected, source, **FIELDS)


def test_range_of_weeks_keeps_the_wall_clock() -> None:
    """The documentation's example; the difference of an hour is daylight saving time."""
    found = evaluate('mvrange(1514834731,1524134919,"7d")', "America/Los_Angeles")
    assert isinstance(found, list)
    assert len(found) == 16
    assert [found[0], found[9], found[10], found[-1]] == [
        "1514834731",
        "1520277931",
        "1520879131",
        "1523903131",
    ]


@pytest.mark.parametrize("span", ["-1d", "@d", "0d"])
def test_range_that_does_not_advance(span: str) -> None:
    assert evaluate(f'mvrange(0,100000,"{span}")') is None


@pytest.mark.parametrize("expression", ["mvrange(0,1e12)", "mvrange(0,1,1e-9)"])
def test_range_too_long(expression: str) -> None:
    with pytest.raises(SplError, match="at most 1,000,000"):
        evaluate(expression)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("mvfilter(hosts=ports)", "one field at a time, found hosts, ports"),
        ("mvfilter(1=1)", "one field at a time, found none"),
        ("mvmap(mvappend(hosts,ports),hosts)", "one field at a time"),
        ('mvrange(0,1,"7x")', "unknown unit 'x'"),
        ('mvfind(hosts,"(")', "not a regular expression"),
    ],
)
def test_syntax_error(expression: str, message: str) -> None:
    with pytest.raises(SplSyntaxError, match=message):
        evaluate(expression, **FIELDS)
