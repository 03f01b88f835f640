from __future__ import annotations

from typing import Any

import pytest

from spl.errors import SplSyntaxError
from tests.functions import Case, check, documented, evaluate, undocumented

PAGE = "text-functions"
FIELDS: dict[str, Any] = {
    "date": "1/14/2023",
    "dst": "54.81.233.206:443:X1",
    "greek": "ΑΒΓ😀",
    "names": ["Ann", "Bob"],
    "json": '{"a":{"b":["x","y"],"c":1.50}}',
    "path": "a.c",
    "tabs": "\t x\t ",
}
DOCUMENTED: list[Case] = [
    ('len("buttercup")', 9),
    ('length("buttercup")', 9),
    ("len(greek)", 4),
    ('len("")', 0),
    ('lower("ABC-Def")', "abc-def"),
    ('upper("abc")', "ABC"),
    ("lower(names)", ["ann", "bob"]),
    ("upper(names)", ["ANN", "BOB"]),
    ('ltrim("   ZZZZabcZZ "," Z")', "abcZZ "),
    ('rtrim("   ZZZZabcZZ "," Z")', "   ZZZZabc"),
    ('trim("   ZZZZabcZZ "," Z")', "abc"),
    ('ltrim("$12.50","$")', "12.50"),
    ("trim(tabs)", "x"),
    ("ltrim(tabs)", "x\t "),
    ("rtrim(tabs)", "\t x"),
    ('replace(date,"^(\\d{1,2})/(\\d{1,2})/","\\2/\\1/")', "14/1/2023"),
    ('replace(dst,":.*","")', "54.81.233.206"),
    ('replace("aaa","a","b")', "bbb"),
    ('replace("abc","x","y")', "abc"),
    ('replace("abc","(?i)B","-")', "a-c"),
    ('substr("string",1,3)+substr("string",-3)', "string"),
    ('substr("splunk",3)', "lunk"),
    ('substr("splunk",-3,2)', "un"),
    ('substr("splunk",10)', ""),
    ('substr("splunk",2,100)', "plunk"),
    ('substr("splunk",2,0)', ""),
    ('spath(json,"a.c")', "1.50"),
    ('spath(json,"a.b{}")', ["x", "y"]),
    ("spath(json,path)", "1.50"),
    ('spath(json,"a.b{1}")', "y"),
    ('spath(json,"nothing")', None),
    ('spath(json,"a.b")', '["x","y"]'),
    (
        'urldecode("http%3A%2F%2Fwww.splunk.com%2Fdownload%3Fr%3Dheader")',
        "http://www.splunk.com/download?r=header",
    ),
    # "This function is not supported on multivalue fields."
    ("len(names)", None),
    ("trim(names)", None),
    ('replace(names,"n","m")', None),
    ("substr(names,1,1)", None),
    ("urldecode(names)", None),
]
SQLITE: list[
    Case
] = [  # "The indexes follow SQLite semantics", https://sqlite.org/lang_corefunc.html#substr
    ('substr("hello",0)', "hello"),
    ('substr("hello",0,3)', "he"),
    ('substr("hello",-7,4)', "he"),
    ('substr("hello",-7)', "hello"),
    ('substr("hello",3,-2)', "he"),
    ('substr("hello",-1,-2)', "ll"),
    ('substr("hello",0,-2)', ""),
]
CHOSEN: list[Case] = [
    ("len(absent)", None),
    ("lower(absent)", None),
    ("len(12345)", 5),
    ('replace(absent,"a","b")', None),
    ('replace("a",absent,"b")', None),
    ('replace("a","a",absent)', None),
    ('replace("abc","(b)","[\\0\\9]")', "a[b]c"),
    ('replace("a.b","\\.","\\\\\\\\")', "a\\b"),
    ('replace("aXb","(x)?X","<\\1>")', "a<>b"),
    ('substr("splunk",absent)', None),
    ('substr("splunk",1,absent)', None),
    ('urldecode("a+b%zz")', "a+b%zz"),
    ('spath("no json","a")', None),
    ('trim("abc","")', "abc"),
]


@pytest.mark.parametrize(
    ("expression", "expected", "source"),
    documented(PAGE, *DOCUMENTED, *SQLITE) + undocumented(*CHOSEN),
)
def test_value(expression: str, expected: Any, source: str) -> None:
    check(expression, expected, source, **FIELDS)


def test_replace_with_a_pattern_that_is_none() -> None:
    with pytest.raises(SplSyntaxError, match="not a regular expression"):
        evaluate('replace("a","[","b")')
