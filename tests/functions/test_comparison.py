from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from spl.errors import SplError, SplSyntaxError, UnsupportedSplError
from spl.evaluation import evaluate_text
from spl.functions.registry import Environment
from spl.lang.reader import Reader
from spl.lookups import Definition, Lookup, Table
from spl.pcre import TimeLimit, compile_pattern
from spl.values import Row
from tests.functions import Case, check, documented, evaluate, undocumented

PAGE = "comparison-and-conditional-functions"
FIELDS: dict[str, Any] = {
    "status": "404",
    "ip": "123.132.32.9",
    "ipv6": "2001:0db8:ffff:ffff:ffff:ffff:ffff:ff99",
    "name": "foo\nbar",
    "groups": ["system:masters", "dev"],
    "port": "70000",
    "quoted": '"yes"',
    "number": "4.0",
}
DOCUMENTED: list[Case] = [
    ('case(status==200,"OK",status==404,"Not found",status==500,"Internal")', "Not found"),
    ('case(status==200,"OK",status==500,"Internal")', None),
    ('case(status==200,"OK",true(),"Other")', "Other"),
    ('case(absent==200,"OK",absent!=200,"not")', None),
    ('case(status==404,"first",status<500,"second")', "first"),
    ('if(status == 404,"OK","Error")', "OK"),
    ('if(status == 200,"OK","Error")', "Error"),
    ('if(absent == 200,"OK","Error")', "Error"),
    ('if(null(),"OK","Error")', "Error"),
    ('if(1=1,null(),"x")', None),
    ("coalesce(absent,ip)", "123.132.32.9"),
    ("coalesce(status,ip)", "404"),
    ("coalesce(absent,null())", None),
    ('coalesce(absent,"")', ""),
    ("null()", None),
    ("true()", True),
    ("false()", False),
    ("nullif(status,status)", None),
    ("nullif(status,ip)", "404"),
    ("nullif(status,absent)", "404"),
    ("nullif(absent,status)", None),
    ("nullif(status,404)", None),
    ('in(status,"error","404","severe")', True),
    ('in(status,"error","failure","severe")', False),
    ('status in("400","401","404")', True),
    ('NOT status in("400","401","404")', False),
    ('!isnull(status) AND !(status="1")', True),
    ('"123.132.32.9" in(status,ip)', True),
    ('"203.0.113.255" in(status,ip)', False),
    ('in(status,"40*")', False),
    ('in(ip,"123.132.32.0/24")', False),
    ("in(status,404,405)", True),
    ('like("foobar","foo%")', True),
    ('like("xfoobar","foo%")', False),
    ('like("foobar","foo")', False),
    ('like("foobar","FOO%")', False),
    ('like(ip,"123.%")', True),
    ('like("axxbz","a%b_")', True),
    ('like("axxb","a%b_")', False),
    ('ip LIKE "123.132.32._"', True),
    ('like("a.c","a.c")', True),
    ('like("abc","a.c")', False),
    ('like("a[c","a[%")', True),
    ('match(ip,"^\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}$")', True),
    ('match("hello","ell")', True),
    ('match("hello","^ell")', False),
    ('match("hello","ELL")', False),
    ('match("hello","(?i)ELL")', True),
    ('match("hello","yes|el")', True),
    ('match(quoted,"\\"yes\\"")', True),
    ('cidrmatch("123.132.32.0/25",ip)', True),
    ('cidrmatch("192.0.2.0/24","192.0.3.0")', False),
    ('cidrmatch("192.0.2.0/24","192.0.2.56")', True),
    ('cidrmatch("2001:0db8:ffff:ffff:ffff:ffff:ffff:ff00/120",ipv6)', True),
    ('cidrmatch("2001:db8:1::/48",ipv6)', False),
    (
        'validate(isint(port),"not an integer",port>=1 AND port<=65535,"out of range")',
        "out of range",
    ),
    ('validate(isint(ip),"not an integer",port>=1,"out of range")', "not an integer"),
    ('validate(isint(port),"not an integer",port>=1,"out of range")', None),
]
CHOSEN: list[Case] = [
    ('in(groups,"dev","ops")', True),
    ('in(groups,"ops")', False),
    ("in(absent,1)", None),
    ('in(status,absent,"404")', True),
    ('like(groups,"system:%")', True),
    ('like(name,"foo%bar")', True),
    ('like(name,"foo_bar")', True),
    ('like(absent,"%")', None),
    ("like(name,absent)", None),
    ('match(groups,"^dev$")', True),
    ('match(absent,".")', None),
    ("match(name,absent)", None),
    ('cidrmatch("10.0.0.1/8","10.9.9.9")', True),
    ('cidrmatch("10.0.0.0/8","nonsense")', False),
    ('cidrmatch("nonsense","10.0.0.1")', False),
    ('cidrmatch("10.0.0.0/33","10.0.0.1")', False),
    ('cidrmatch("10.0.0.0/8",ipv6)', False),
    ('cidrmatch("10.0.0.0/8",absent)', None),
    ("nullif(number,4)", None),
    ('validate(absent>1,"a",1=2,"b")', "b"),
]


@pytest.mark.parametrize(
    ("expression", "expected", "source"), documented(PAGE, *DOCUMENTED) + undocumented(*CHOSEN)
)
def test_value(expression: str, expected: Any, source: str) -> None:
    check(expression, expected, source, **FIELDS)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('case(1=1,"a",2=2)', "a value after each condition"),
        ('validate(1=1,"a",2=2)', "a value after each condition"),
        ("case(1=1)", "at least 2 arguments"),
        ("if(1=1,2)", "takes 3 arguments, found 2"),
        ("null(1)", "takes 0 arguments"),
        ('match(x,"(")', "not a regular expression"),
        ("match(x,pattern)", "not a regular expression"),
        ("searchmatch(x)", "a search in double quotes"),
        ("iff(1=1,2,3)", "unknown function 'iff': did you mean 'if'?"),
    ],
)
def test_syntax_error(expression: str, message: str) -> None:
    with pytest.raises(SplSyntaxError, match=message.replace("?", r"\?")):
        evaluate(expression, x="1", pattern="[")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('json_object("user",u),json_array("group")', '{"group":"admins"}'),
        ('json_object("user",us),json_array("group")', '{"group":["admins","guests"]}'),
        ('json_object("user",u),json_array("group","user")', '{"group":"admins","user":"root"}'),
        ('json_object("user",absent),json_array("group")', None),
        ('json_object("user","nobody"),json_array("group")', None),
        ('json_object(),json_array("group")', None),
        ('json_object("user",u),json_array()', None),
        ("u,us", None),
    ],
)
def test_lookup(arguments: str, expected: str | None) -> None:
    rows: list[Sequence[str]] = [["root", "admins"], ["eve", "guests"]]
    users = Lookup(Definition("users", "users.csv"), Table(("user", "group"), rows))
    environment = Environment(lookup=lambda name: {"users": users}[name])
    fields: Row = {"u": "root", "us": ["root", "eve"]}
    assert evaluate_text(f'lookup("users",{arguments})', fields, environment) == expected


def test_lookup_of_an_unknown_field() -> None:
    users = Lookup(Definition("users", "users.csv"), Table(("user",), []))
    environment = Environment(lookup=lambda _name: users)
    with pytest.raises(SplError, match="no field 'group'"):
        evaluate_text('lookup("u",json_object("user","x"),json_array("group"))', {}, environment)


def test_lookup_where_there_are_none() -> None:
    with pytest.raises(UnsupportedSplError):
        evaluate('lookup("users.csv",json_object("user",u),json_array("group"))')
    with pytest.raises(SplSyntaxError, match="in double quotes"):
        evaluate('lookup(u,json_object("user",u),json_array("group"))')


@pytest.mark.parametrize("call", ["match({})", "mvfind({})", 'replace({},"")'])
def test_a_slow_pattern_is_null_and_said(call: str) -> None:
    said: list[str] = []
    environment = Environment(warn=said.append)
    expression = call.format('x,"^(a|aa)+c$"')
    assert evaluate_text(expression, {"x": "a" * 60}, environment) is None
    assert len(said) == 1
    assert "takes too long" in said[0]


@pytest.mark.parametrize(
    ("pattern", "seconds"),
    [("(?i)^system:admin|x?$", None), ("(a|aa)+c", 0.5), ("a*", 0.5), ("[ab]{2,}", 0.5)],
)
def test_only_repetition_has_a_time_limit(pattern: str, seconds: float | None) -> None:
    assert TimeLimit(lambda: None).of(compile_pattern(pattern)) == seconds


def test_error_shows_the_call() -> None:
    with pytest.raises(SplError) as raised:
        evaluate('1 + case(1=1,"a",2=2)')
    assert (raised.value.start, raised.value.end) == (4, 21)


def test_case_does_not_evaluate_later_values() -> None:
    assert evaluate('case(1=1,"a",1=1,tonumber("seven"))') == "a"


def test_searchmatch() -> None:
    seen: list[str] = []

    def compile_search(search: str) -> Any:
        seen.append(search)
        return lambda row: row.get("x") == "hi"

    environment = Environment(search_matches=compile_search)
    rows: list[Row] = [{"x": "hi"}, {"x": "bye"}]
    expression = 'if(searchmatch("x=hi y=*"),"yes","no")'
    assert [evaluate_text(expression, row, environment) for row in rows] == ["yes", "no"]
    assert set(seen) == {"x=hi y=*"}


def test_searchmatch_where_no_search_can_run() -> None:
    with pytest.raises(UnsupportedSplError):
        evaluate('if(searchmatch("x=hi"),1,0)')


def test_reader_is_spent() -> None:
    """A text after the expression is an error, so that a case above tests all of its text."""
    with pytest.raises(SplSyntaxError):
        evaluate("true() true()")
    assert Reader("").at_end()
