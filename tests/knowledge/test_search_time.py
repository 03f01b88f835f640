"""The sequence of search-time operations, each rule from the documentation named beside it.

https://docs.splunk.com/Documentation/Splunk/9.4.0/Knowledge/Searchtimeoperationssequence
https://docs.splunk.com/Documentation/Splunk/9.4.0/Admin/Propsconf
https://docs.splunk.com/Documentation/Splunk/9.4.0/Admin/Transformsconf
"""

from __future__ import annotations

from typing import Any

import pytest

from spl.fields import Event, Record
from spl.key_values import clean_key, key_value_pairs, xml_fields
from tests.knowledge.conftest import WriteApp

TEXT = "user=anna ip=10.0.0.7 bytes=512 verb=get"
JSON = '{"user": {"name": "anna"}, "verb": "get", "n": 1}'


def bound(engine: Any, raw: str, **more: Any) -> Event:
    event: Event = engine.bind({"_raw": raw, "sourcetype": "st", **more})
    return event


def fields(event: Event) -> dict[str, Any]:
    """Return all fields that the sequence gave the event."""
    given = ("_raw", "sourcetype", "source", "host")
    everything = {name: value for name, value in event.items() if name not in given}
    assert everything == {name: event.get(name) for name in everything}, "all at once as by name"
    return everything


# name: props, transforms, event, the fields it gets
EXTRACTIONS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "EXTRACT takes the named groups": (
        r"EXTRACT-a = user=(?<user>\w+) ip=(?<ip>\S+)",
        "",
        TEXT,
        {"user": "anna", "ip": "10.0.0.7"},
    ),
    "EXTRACT takes its first match only": (
        r"EXTRACT-a = (?<word>\w+)=",
        "",
        TEXT,
        {"word": "user"},
    ),
    "EXTRACT is dotall and multiline": (
        r"EXTRACT-a = ^b(?<rest>.*)$",
        "",
        "a\nbc\nd",
        {"rest": "c\nd"},
    ),
    "EXTRACT in a field that an earlier class found": (
        "EXTRACT-ZZZ = ip=(?<ip>\\S+)\nEXTRACT-aaa = ^(?<first>\\d+) in ip",
        "",
        TEXT,
        {"ip": "10.0.0.7", "first": "10"},
    ),
    "EXTRACT in a field of a later class finds nothing": (
        "EXTRACT-b = ip=(?<ip>\\S+)\nEXTRACT-a = ^(?<first>\\d+) in ip",
        "",
        TEXT,
        {"ip": "10.0.0.7"},
    ),
    "EXTRACT ends with a text, not a field": (
        "EXTRACT-a = (?<where>\\w+) [i]n here",
        "",
        "we are in here",
        {"where": "are"},
    ),
    "classes in ASCII order: the first to find a field wins": (
        "EXTRACT-b = (?<x>anna)\nEXTRACT-B = (?<x>get)",
        "",
        TEXT,
        {"x": "get"},
    ),
    "an empty value is no field": (
        r"EXTRACT-a = user=(?<none>z*)(?<u>\w+)",
        "",
        TEXT,
        {"u": "anna"},
    ),
    "EXTRACT goes before JSON": (
        r"EXTRACT-a = (?<verb>anna)",
        "",
        JSON,
        {"verb": "anna", "n": "1", "user.name": "anna"},
    ),
    "REPORT with named groups": (
        "REPORT-a = t",
        r"[t]" "\n" r"REGEX = user=(?<user>\w+)",
        TEXT,
        {"user": "anna"},
    ),
    "REPORT goes after EXTRACT": (
        "REPORT-a = t\nEXTRACT-z = (?<user>anna)",
        "[t]\nREGEX = (get)\nFORMAT = user::$1",
        TEXT,
        {"user": "anna"},
    ),
    "FORMAT with names, groups and texts": (
        "REPORT-a = t",
        "[t]\nCLEAN_KEYS = 0\nREGEX = user=(\\w+) ip=(\\S+)\n"
        'FORMAT = u::$1 "a b"::"$2" kind::"x y" c:d::z',
        TEXT,
        {"u": "anna", "a b": "10.0.0.7", "kind": "x y", "c:d": "z"},
    ),
    "FORMAT with a name from the event goes on and on": (
        "REPORT-a = t",
        "[t]\nREGEX = (\\w+)=(\\S+)\nFORMAT = $1::$2",
        TEXT,
        {"user": "anna", "ip": "10.0.0.7", "bytes": "512", "verb": "get"},
    ),
    "_KEY_ and _VAL_ groups do so too": (
        "REPORT-a = t",
        "[t]\nREGEX = (?<_KEY_1>[a-z]+)=(?<_VAL_1>[a-z]+)",
        TEXT,
        {"user": "anna", "verb": "get"},
    ),
    "without MV_ADD later values are discarded": (
        "REPORT-a = t, u",
        "[t]\nREGEX = (anna)\nFORMAT = x::$1\n[u]\nREGEX = (get)\nFORMAT = x::$1",
        TEXT,
        {"x": "anna"},
    ),
    "MV_ADD adds values": (
        "REPORT-a = t",
        "[t]\nREGEX = ([a-z]+)=\nFORMAT = x::$1\nMV_ADD = true",
        TEXT,
        {"x": ["user", "ip", "bytes", "verb"]},
    ),
    "SOURCE_KEY is a field found before": (
        "REPORT-a = t\nEXTRACT-a = ip=(?<ip>\\S+)",
        "[t]\nREGEX = ^(\\d+)\nFORMAT = first::$1\nSOURCE_KEY = ip",
        TEXT,
        {"ip": "10.0.0.7", "first": "10"},
    ),
    "SOURCE_KEY of several fields is their values, a blank between": (
        "REPORT-a = t\nEXTRACT-a = ip=(?<ip>\\S+) bytes=(?<b>\\S+)",
        "[t]\nREGEX = (7 5)\nFORMAT = x::$1\nSOURCE_KEY = fields:ip,b",
        TEXT,
        {"ip": "10.0.0.7", "b": "512", "x": "7 5"},
    ),
    "keys are cleaned": (
        "REPORT-a = t",
        "[t]\nREGEX = ([^ =]+)=(\\S+)\nFORMAT = $1::$2",
        "_9a-b=1 x.y=2 __=3",
        {"a_b": "1", "x_y": "2"},
    ),
    "unless CLEAN_KEYS is false": (
        "REPORT-a = t",
        "[t]\nREGEX = ([^ =]+)=(\\S+)\nFORMAT = $1::$2\nCLEAN_KEYS = false",
        "_9a-b=1 x.y=2",
        {"_9a-b": "1", "x.y": "2"},
    ),
    "KEEP_EMPTY_VALS": (
        "REPORT-a = t",
        "[t]\nREGEX = (\\w+)=(\\w*);\nFORMAT = $1::$2\nKEEP_EMPTY_VALS = true",
        "a=;b=1;",
        {"a": "", "b": "1"},
    ),
    "DELIMS of pairs": (
        "REPORT-a = t",
        '[t]\nDELIMS = "|;", "=:"',
        'a=1||b:2;c="x|y"|d=p=q|nothing',
        {"a": "1", "b": "2", "c": "x|y", "d": "p=q"},
    ),
    "DELIMS and FIELDS: an empty value counts": (
        "REPORT-a = t",
        '[t]\nDELIMS = ","\nFIELDS = a, "b c", d\nCLEAN_KEYS = false',
        '1,"2,2",,4',
        {"a": "1", "b c": "2,2"},
    ),
    "DELIMS alone: names and values in turn": (
        "REPORT-a = t",
        '[t]\nDELIMS = "\\t"',
        "a\t\t1\tb\t2\tc",
        {"a": "1", "b": "2"},
    ),
    "KV_MODE=none": ("KV_MODE = none", "", JSON, {}),
    "KV_MODE=json": ("KV_MODE = json", "", JSON, {"user.name": "anna", "verb": "get", "n": "1"}),
    "KV_MODE=json of no JSON": ("KV_MODE = json", "", TEXT, {}),
    "pairs need KV_MODE=auto": ("SHOULD_LINEMERGE = 0", "", TEXT, {}),
    "KV_MODE=auto": (
        "KV_MODE = auto",
        "",
        TEXT,
        {"user": "anna", "ip": "10.0.0.7", "bytes": "512", "verb": "get"},
    ),
    "KV_MODE=auto takes JSON, too": (
        "KV_MODE = auto",
        "",
        '{"verb": "get", "uri": "/x?limit=5"}',
        {"verb": "get", "uri": "/x?limit=5", "limit": "5"},
    ),
    "AUTO_KV_JSON=false": (
        "KV_MODE = auto\nAUTO_KV_JSON = false",
        "",
        '{"uri": "/x?limit=5"}',
        {"limit": "5"},
    ),
    "KV_TRIM_SPACES=false": (
        "KV_MODE = auto\nKV_TRIM_SPACES = false",
        "",
        'a=" b "',
        {"a": " b "},
    ),
    "KV_MODE=auto_escaped": (
        "KV_MODE = auto_escaped",
        "",
        r'a="say \"x\" \\ " b=1',
        {"a": 'say "x" \\', "b": "1"},
    ),
    "KV_MODE=xml": (
        "KV_MODE = xml",
        "",
        '<e><id n="7">42</id><d k="a">x</d><d k="b">y</d></e>',
        {"e.id": "42", "e.id{@n}": "7", "e.d": ["x", "y"], "e.d{@k}": ["a", "b"]},
    ),
    "an extraction goes before pairs": (
        "KV_MODE = auto\nEXTRACT-a = (?<user>get)",
        "",
        "user=anna get",
        {"user": "get"},
    ),
    "AS replaces": (
        "FIELDALIAS-a = n AS verb",
        "",
        JSON,
        {"user.name": "anna", "n": "1", "verb": "1"},
    ),
    "AS removes the alias where the field is missing": (
        "FIELDALIAS-a = nothing AS verb",
        "",
        JSON,
        {"user.name": "anna", "n": "1"},
    ),
    "ASNEW leaves an alias that exists, and one whose field is missing": (
        'FIELDALIAS-a = n ASNEW verb nothing asnew user.name, "user.name" ASNEW "the user"',
        "",
        JSON,
        {"user.name": "anna", "n": "1", "verb": "get", "the user": "anna"},
    ),
    "an alias is of a field, not of an alias": (
        "FIELDALIAS-a = n AS m\nFIELDALIAS-b = m AS o",
        "",
        '{"n": 1}',
        {"n": "1", "m": "1"},
    ),
    "calculated fields see aliases, not each other": (
        "FIELDALIAS-a = n AS y\nEVAL-x = y*2\nEVAL-y = 100\nEVAL-user.name = upper('user.name')",
        "",
        '{"n": 4, "user": {"name": "anna"}}',
        {"n": "4", "x": "8", "y": "100", "user.name": "ANNA"},
    ),
    "a calculated field that is null is no field": ("EVAL-n = null()", "", '{"n": 4}', {}),
    "an alias of a calculated field finds nothing": (
        "EVAL-c = 1\nFIELDALIAS-a = c AS d",
        "",
        "{}",
        {"c": "1"},
    ),
}


@pytest.mark.parametrize(
    ("props", "transforms", "raw", "expected"), EXTRACTIONS.values(), ids=EXTRACTIONS
)
def test_fields(
    app: WriteApp, props: str, transforms: str, raw: str, expected: dict[str, Any]
) -> None:
    engine = app(props=f"[st]\n{props}\n", transforms=transforms)
    assert fields(bound(engine, raw)) == expected
    assert engine.app.problems == []


USERS = "name,dept,mail\nanna,ops,a@x\nben,dev,\n"

LOOKUPS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "OUTPUT": ("LOOKUP-a = u name AS user OUTPUT dept", {"user": "anna"}, {"dept": "ops"}),
    "no output list gives all other fields": (
        "LOOKUP-a = u name AS user",
        {"user": "anna"},
        {"dept": "ops", "mail": "a@x"},
    ),
    "OUTPUT replaces": (
        "LOOKUP-a = u name AS user OUTPUT dept",
        {"user": "anna", "dept": "old"},
        {"dept": "ops"},
    ),
    "OUTPUT clears where nothing matches": (
        "LOOKUP-a = u name AS user OUTPUT dept",
        {"user": "zoe", "dept": "old"},
        {},
    ),
    "without its input it leaves all": (
        "LOOKUP-a = u name AS user OUTPUT dept",
        {"dept": "old"},
        {"dept": "old"},
    ),
    "OUTPUTNEW leaves what is there": (
        "LOOKUP-a = u name AS user OUTPUTNEW dept, mail as address",
        {"user": "anna", "dept": "old"},
        {"dept": "old", "address": "a@x"},
    ),
    "by a calculated field": (
        "EVAL-who = lower(user)\nLOOKUP-a = u name AS who OUTPUT dept",
        {"user": "ANNA"},
        {"who": "anna", "dept": "ops"},
    ),
    "by an earlier lookup": (
        "LOOKUP-a = u mail OUTPUT name\nLOOKUP-b = u name OUTPUT dept",
        {"mail": "a@x"},
        {"name": "anna", "dept": "ops"},
    ),
    "the word in any case": (
        "lookup_a = u name AS user OUTPUT dept",
        {"user": "ben"},
        {"dept": "dev"},
    ),
}


@pytest.mark.parametrize(("props", "given", "expected"), LOOKUPS.values(), ids=LOOKUPS)
def test_automatic_lookup(
    app: WriteApp, props: str, given: dict[str, Any], expected: dict[str, Any]
) -> None:
    engine = app(
        props=f"[st]\n{props}\n", transforms="[u]\nfilename = users.csv\n", lookup_users=USERS
    )
    kept = {name: value for name, value in given.items() if name in ("user", "mail")}
    assert fields(bound(engine, "x", **given)) == {**kept, **expected}
    assert engine.app.problems == []


def test_an_automatic_lookup_sees_what_outputlookup_wrote(app: WriteApp) -> None:
    engine = app(
        props="[st]\nLOOKUP-a = u name AS user OUTPUT dept\n",
        transforms="[u]\nfilename = users.csv\n",
        lookup_users=USERS,
    )
    event = {"_raw": "x", "sourcetype": "st", "user": "ben"}
    search = "* | table dept"
    assert list(engine.search(search, [event])) == [{"dept": "dev"}]
    engine.search('| makeresults | eval name="ben", dept="new" | table name dept | outputlookup u')
    assert list(engine.search(search, [event])) == [{"dept": "new"}]


RENAMES: dict[str, tuple[str, dict[str, Any]]] = {
    "the event has the new name, and the old one in _sourcetype": (
        "[old]\nrename = new",
        {"sourcetype": "new", "_sourcetype": "old"},
    ),
    "only the settings of the new name hold": (
        "[old]\nrename = new\nEVAL-x = 1\nEVAL-z = 1\n[new]\nEVAL-x = 2",
        {"sourcetype": "new", "x": "2", "z": None},
    ),
    "others keep theirs": ("[other]\nrename = new", {"sourcetype": "old", "_sourcetype": None}),
}


@pytest.mark.parametrize(("props", "expected"), RENAMES.values(), ids=RENAMES)
def test_rename_of_a_sourcetype(app: WriteApp, props: str, expected: dict[str, Any]) -> None:
    engine = app(props=props)
    given = {"_raw": "x", "sourcetype": "old"}
    event = engine.bind(given)
    assert {name: event.get(name) for name in expected} == expected
    assert len(list(engine.search(f"sourcetype={expected['sourcetype']}", [given]))) == 1


PRECEDENCE: dict[str, tuple[str, str]] = {
    "source over host over sourcetype": (
        "[st]\nEVAL-x = 1\n[host::h]\nEVAL-x = 2\n[source::/var/log/a.log]\nEVAL-x = 3",
        "3",
    ),
    "host over sourcetype": ("[st]\nEVAL-x = 1\n[host::h]\nEVAL-x = 2", "2"),
    "host in any case": ("[host::H]\nEVAL-x = 2", "2"),
    "host in this case": ("[host::(?-i)H]\nEVAL-x = 2", "none"),
    "a host pattern in any case": ("[host::H*]\nEVAL-x = 2", "2"),
    "source in this case": ("[source::/VAR/...]\nEVAL-x = 2", "none"),
    "the default stanza is the last": ("[default]\nEVAL-x = 0\n[st]\nEVAL-x = 1", "1"),
    "the default stanza alone": ("[default]\nEVAL-x = 0", "0"),
    "above the first stanza": ("EVAL-x = 0\n[st]\nKV_MODE = none", "0"),
    "the default stanza does not hide a stanza of lower precedence": (
        "[default]\nEVAL-x = 0\n[st]\nEVAL-x = 1\n[source::/var/log/a.log]\nKV_MODE = none",
        "1",
    ),
    "... is any text": ("[source::...a.log]\nEVAL-x = 1", "1"),
    "* is any text without a slash": ("[source::/var/*/a.log]\nEVAL-x = 1", "1"),
    "* does not match a slash": ("[source::/var/*.log]\nEVAL-x = 1", "none"),
    "a full stop is one": ("[source::/var/.../aXlog]\nEVAL-x = 1", "none"),
    "the whole source": ("[source::/var/*]\nEVAL-x = 1", "none"),
    "a regular expression beside wildcards": ("[source::.../(a|b).(?<!x.)log]\nEVAL-x = 1", "1"),
    "a sourcetype is no pattern": ("[s*]\nEVAL-x = 1", "none"),
    "unless it is written so": ("[(?::){0}s*]\nEVAL-x = 1", "1"),
    "a literal stanza over a pattern": ("[(?::){0}s*]\nEVAL-x = 1\n[st]\nEVAL-x = 2", "2"),
    "of patterns the first in ASCII order": (
        "[source::...log...]\nEVAL-x = 1\n[source::...a...]\nEVAL-x = 2",
        "2",
    ),
    "unless priority says otherwise": (
        "[source::...g]\nEVAL-x = 1\npriority = 9\n[source::...a...]\nEVAL-x = 2\npriority = 5",
        "1",
    ),
    "priority over 100 wins over a literal stanza": (
        "[source::...log...]\nEVAL-x = 1\npriority = 101\n[source::/var/log/a.log]\nEVAL-x = 2",
        "1",
    ),
    "setting by setting": (
        "[st]\nEVAL-x = y\nEVAL-z = 1\nFIELDALIAS-a = n AS y\n[host::h]\nEVAL-z = 2",
        "7",
    ),
    "a rule is no stanza of events": ("[rule::st]\nEVAL-x = 1", "none"),
}


@pytest.mark.parametrize(("props", "expected"), PRECEDENCE.values(), ids=PRECEDENCE)
def test_stanza_precedence(app: WriteApp, props: str, expected: str) -> None:
    engine = app(props=props)
    event = bound(engine, "", n="7", source="/var/log/a.log", host="h")
    assert event.get("x", "none") == expected
    assert engine.app.problems == []


def test_local_wins_over_default(app: WriteApp) -> None:
    engine = app(
        props="[st]\nEVAL-x = 1\nEVAL-y = 1\nREPORT-a = t\n",
        local_props="[st]\nEVAL-x = 2\n",
        transforms="[t]\nREGEX = (a)\nFORMAT = z::$1\n",
        local_transforms="[t]\nREGEX = (b)\n",
    )
    assert fields(bound(engine, "ab")) == {"x": "2", "y": "1", "z": "b"}


TIMES: dict[str, tuple[str, str, str | None]] = {
    "TIME_FORMAT at the beginning": (
        "TIME_FORMAT = %Y-%m-%d %H:%M:%S",
        "2023-11-14 22:13:20 x",
        "1700000000",
    ),
    "after TIME_PREFIX": (
        'TIME_PREFIX = "ts":\\s*"\nTIME_FORMAT = %Y-%m-%dT%H:%M:%S.%6N%Z',
        '{"ts": "2023-11-14T22:13:20.123456Z"}',
        "1700000000.123456",
    ),
    "TIME_PREFIX not found": ("TIME_PREFIX = ts=\nTIME_FORMAT = %s", "1700000000", None),
    "TZ": (
        "TIME_FORMAT = %Y-%m-%d %H:%M:%S\nTZ = Europe/Vienna",
        "2023-11-14 23:13:20",
        "1700000000",
    ),
    "the user's zone": ("TIME_FORMAT = %Y-%m-%d %H:%M:%S", "2023-11-14 22:13:20", "1700000000"),
    "MAX_TIMESTAMP_LOOKAHEAD from the prefix": (
        "TIME_PREFIX = at\nTIME_FORMAT = %s\nMAX_TIMESTAMP_LOOKAHEAD = 5",
        "x at 1700000000",
        "1700",
    ),
    "no time there": ("TIME_FORMAT = %Y-%m-%d", "nothing", None),
    "TIME_PREFIX alone": ("TIME_PREFIX = a", "a 1700000000", None),
}


@pytest.mark.parametrize(("props", "raw", "expected"), TIMES.values(), ids=TIMES)
def test_time_of_an_event_without_one(
    app: WriteApp, props: str, raw: str, expected: str | None
) -> None:
    engine = app(props=f"[st]\n{props}\n")
    event = bound(engine, raw)
    assert event.get("_time") == expected
    assert event.time == (None if expected is None else float(expected))
    assert bound(engine, raw, _time=5).get("_time") == "5"
    assert engine.app.problems == []


PROBLEMS: dict[str, tuple[dict[str, str], str]] = {
    "EXTRACT is no regular expression": (
        {"props": "[st]\nEXTRACT-a = (?<x>"},
        "props.conf: [st] EXTRACT-a: '(?ms)(?<x>' is not a regular expression",
    ),
    "EXTRACT has no group": ({"props": "[st]\nEXTRACT-a = x"}, "[st] EXTRACT-a: the regular"),
    "an unknown transform": (
        {"props": "[st]\nREPORT-a = tt", "transforms": "[t]\nREGEX = (?<a>x)"},
        "[st] REPORT-a: transforms.conf has no stanza [tt]: did you mean 't'?",
    ),
    "REGEX is none": (
        {"props": "[st]\nREPORT-a = t", "transforms": "[t]\nREGEX = ("},
        "transforms.conf: [t] '(' is not a regular expression",
    ),
    "a group that is not there": (
        {"props": "[st]\nREPORT-a = t", "transforms": "[t]\nREGEX = (a)\nFORMAT = x::$2"},
        "transforms.conf: [t] FORMAT names the group $2, REGEX has 1",
    ),
    "FORMAT puts together": (
        {"props": "[st]\nREPORT-a = t", "transforms": "[t]\nREGEX = (a)\nFORMAT = x::$1.b"},
        "transforms.conf: [t] FORMAT cannot put texts together",
    ),
    "FORMAT is no pair": (
        {"props": "[st]\nREPORT-a = t", "transforms": "[t]\nREGEX = (a)\nFORMAT = x=$1"},
        "transforms.conf: [t] FORMAT takes",
    ),
    "no FORMAT and no name": (
        {"props": "[st]\nREPORT-a = t", "transforms": "[t]\nREGEX = (a)"},
        "transforms.conf: [t] REGEX has no named group",
    ),
    "neither REGEX nor DELIMS": (
        {"props": "[st]\nREPORT-a = t", "transforms": "[t]\nFORMAT = x::$1"},
        "transforms.conf: [t] a field transform needs REGEX or DELIMS",
    ),
    "DELIMS without quotes": (
        {"props": "[st]\nREPORT-a = t", "transforms": "[t]\nDELIMS = |"},
        "transforms.conf: [t] DELIMS takes",
    ),
    "KV_MODE=multi": ({"props": "[st]\nKV_MODE = multi"}, "[st] KV_MODE: KV_MODE=multi does not"),
    "an unknown KV_MODE": ({"props": "[st]\nKV_MODE = yaml"}, "[st] KV_MODE: KV_MODE is one of"),
    "an alias without a name": (
        {"props": "[st]\nFIELDALIAS-a = a AS"},
        "[st] FIELDALIAS-a: expected",
    ),
    "an EVAL that is none": ({"props": "[st]\nEVAL-x = a +"}, "props.conf: [st] EVAL-x: "),
    "an unknown function": ({"props": "[st]\nEVAL-x = lowr(a)"}, "did you mean 'lower'?"),
    "an unknown lookup": ({"props": "[st]\nLOOKUP-a = nope a OUTPUT b"}, "unknown lookup 'nope'"),
    "a lookup without a field": (
        {"props": "[st]\nLOOKUP-a = u"},
        "[st] LOOKUP-a: expected <lookup>",
    ),
    "a lookup without outputs": (
        {"props": "[st]\nLOOKUP-a = u a OUTPUT"},
        "expected a field after",
    ),
    "an unknown zone": ({"props": "[st]\nTIME_FORMAT = %s\nTZ = Mars"}, "unknown time zone 'Mars'"),
    "a lookahead": (
        {"props": "[st]\nTIME_FORMAT = %s\nMAX_TIMESTAMP_LOOKAHEAD = x"},
        "MAX_TIMESTAMP_LOOKAHEAD takes a whole number",
    ),
    "a priority": ({"props": "[st]\npriority = high"}, "props.conf: [st] priority takes"),
    "a wrong pattern": ({"props": "[source::...(]\nEVAL-x = 1"}, "props.conf: [source::...(] "),
}


@pytest.mark.parametrize(("files", "words"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_is_wrong_is_a_problem_and_left_out(
    app: WriteApp, files: dict[str, str], words: str
) -> None:
    engine = app(**files)
    event = bound(engine, '{"a": 1}')
    assert event.get("x") is None
    assert event.get("b") is None
    (problem,) = engine.app.problems
    assert words in problem
    engine.app.check()
    assert engine.app.problems == [problem], "once"


def test_check_reads_what_no_event_needs(app: WriteApp) -> None:
    engine = app(props="[a]\nEVAL-x = (\n[source::b]\nREPORT-t = none\n", macros="[m]\nargs = a\n")
    engine.app.check()
    assert [problem.split(":")[0] for problem in engine.app.problems] == [
        "macros.conf",
        "props.conf",
        "props.conf",
    ]


def test_a_field_is_read_alone(app: WriteApp, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = app(
        props="[st]\nEXTRACT-a = (?<x>a)\nEVAL-y = m\nLOOKUP-a = u x OUTPUT dept\n",
        transforms="[u]\nfilename = missing.csv\n",
        eventtypes="[e]\nsearch = x=1\n",
        tags="[x=1]\nt = enabled\n",
    )
    read: list[str] = []
    field = Record.field
    monkeypatch.setattr(Record, "text", property(lambda _: read.append("_raw")))

    def note(record: Record, name: str) -> Any:
        read.append(name)
        return field(record, name)

    monkeypatch.setattr(Record, "field", note)
    event = bound(engine, '{"n": 1}')
    assert event.get("n") == "1"
    assert read == ["n"]
    assert engine.app.problems == []


@pytest.mark.parametrize(
    ("props", "place"),
    [
        ("[st]\nEXTRACT-a = (?<x>(?:a+)+)$b", "[st] EXTRACT-a: the regular expression"),
        (
            "[st]\nTIME_PREFIX = (a+)+$b\nTIME_FORMAT = %s",
            "[st] TIME_PREFIX: the regular expression",
        ),
        ("[source::(a|aa)+...b]\nEVAL-x = 1", "[source::(a|aa)+...b] the pattern"),
        ('[st]\nEVAL-x = mvfind(_raw,"^(a|aa)+$")', '[st] mvfind(_raw, "^(a|aa)+$") takes'),
    ],
)
def test_a_pattern_that_takes_too_long_is_a_problem(app: WriteApp, props: str, place: str) -> None:
    engine = app(props=props)
    event = bound(engine, "a" * 3000 + "c", source="a" * 100 + "c")
    assert (event.get("x"), event.get("_time")) == (None, None)
    (problem,) = engine.app.problems
    assert place in problem
    assert "too long" in problem


def test_an_event_is_bound_anew_for_each_environment(app: WriteApp) -> None:
    engine = app(props='[st]\nEVAL-x = strftime(0, "%H")\n')
    assert bound(engine, "").get("x") == "00"
    other = type(engine)(engine.app, timezone="Asia/Tokyo")
    assert bound(other, "").get("x") == "09"


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("a=1, b=2;c=3|d=4&e=5", {"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"}),
        ("a = 1 a=2 b= c=3", {"a": "1", "b": "c"}),
        ("GET /x?q=1&r=%20 code='a b' empty=\"\"", {"q": "1", "r": "%20", "code": "a b"}),
        ("1=2 x==y", {}),
    ],
)
def test_pairs_of_a_text(text: str, fields: dict[str, str]) -> None:
    assert {name: values for name, (values,) in key_value_pairs(text).items()} == fields


@pytest.mark.parametrize(
    ("name", "clean"), [("a-b.c", "a_b_c"), ("__x", "x"), ("9_a", "a"), ("é", ""), ("_1", "")]
)
def test_clean_key(name: str, clean: str) -> None:
    assert clean_key(name) == clean


BAD_XML = [
    "no xml",
    "<a>",
    '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "<a>\x00</a>",
]


@pytest.mark.parametrize("text", BAD_XML)
def test_bad_xml_has_no_fields(text: str) -> None:
    assert xml_fields(text) == {}


def test_xml_names() -> None:
    assert xml_fields('<x:a xmlns:x="u" x:k="1"><b/> </x:a>') == {"a{@k}": ["1"]}
    deep = "<a>" * 5000 + "x" + "</a>" * 5000
    assert xml_fields(deep) == {}
