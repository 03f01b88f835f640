"""Event types and tags.

https://docs.splunk.com/Documentation/Splunk/9.4.0/Admin/Eventtypesconf
https://docs.splunk.com/Documentation/Splunk/9.4.0/Admin/Tagsconf
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.knowledge.conftest import WriteApp

RAW = '{"verb": "get", "code": 403, "user": "anna"}'

EVENT_TYPES: dict[str, tuple[str, Any]] = {
    "one": ("[denied]\nsearch = code=403", "denied"),
    "none": ("[denied]\nsearch = code=200", None),
    "terms": ("[a]\nsearch = ANNA AND NOT ben", "a"),
    "disabled": ("[a]\nsearch = *\ndisabled = 1", None),
    "a macro in the search": ("[a]\nsearch = `denied(403)`", "a"),
    "by name in ASCII order": (
        "[b]\nsearch = *\n[B]\nsearch = *\n[a]\nsearch = *",
        ["B", "a", "b"],
    ),
    "priority 1 before 10": (
        "[a]\nsearch = *\npriority = 10\n[z]\nsearch = *\npriority = 1",
        ["z", "a"],
    ),
    "of others": (
        "[a]\nsearch = eventtype=z verb=get\n[z]\nsearch = code=403\n[n]\nsearch = eventtype=x",
        ["a", "z"],
    ),
    "of others, by wildcard and IN": (
        "[a]\nsearch = eventtype=z_*\n[b]\nsearch = eventtype IN (a, q)\n[z_1]\nsearch = code=403",
        ["a", "b", "z_1"],
    ),
    "not of others": ("[a]\nsearch = NOT eventtype=z\n[z]\nsearch = code=1", "a"),
    "a field in the name": ("[code-%code%-%nope%]\nsearch = *", "code-403-%nope%"),
    "by an alias, a calculated field and a lookup": (
        "[a]\nsearch = who=anna\n[b]\nsearch = WHO=ANNA loud=ANNA\n[c]\nsearch = dept=ops",
        ["a", "c"],
    ),
}


@pytest.mark.parametrize(("conf", "expected"), EVENT_TYPES.values(), ids=EVENT_TYPES)
def test_event_types(app: WriteApp, conf: str, expected: Any) -> None:
    engine = app(
        eventtypes=conf,
        macros="[denied(1)]\nargs = c\ndefinition = code=$c$\n",
        props="[st]\nFIELDALIAS-a = user AS who\nEVAL-loud = upper(who)\nLOOKUP-u = u who\n",
        transforms="[u]\nfilename = u.csv\n",
        lookup_u="who,dept\nanna,ops\n",
    )
    event = engine.bind({"_raw": RAW, "sourcetype": "st"})
    assert event.get("eventtype") == expected
    assert dict(event).get("eventtype") == expected
    assert engine.app.problems == []


@pytest.mark.parametrize(
    ("conf", "expected", "problems"),
    [
        (
            "[a]\nsearch = eventtype=b\n[b]\nsearch = eventtype=a\n[c]\nsearch = *",
            "c",
            [
                "eventtypes.conf: [a] the event types refer to themselves",
                "eventtypes.conf: [b] the event types refer to themselves",
            ],
        ),
        ("[a]\nsearch = eventtype=a", None, ["[a] the event types refer to themselves: a → a"]),
        (
            "[a]\nsearch = * | head 1\n[b]\nsearch = *",
            "b",
            ["eventtypes.conf: [a] expected a search"],
        ),
        ("[a]\nsearch = [search x]", None, ["eventtypes.conf: [a] a subsearch"]),
        ("[a]\nsearch = `no`", None, ["eventtypes.conf: [a] unknown macro 'no'"]),
        ("[a]\nsearch = (", None, ["eventtypes.conf: [a] "]),
        ("[a]\ndescription = x", None, ["eventtypes.conf: [a] has no search"]),
        ("[a]\nsearch = *\npriority = 11", None, ["eventtypes.conf: [a] priority takes a number"]),
        ("[a]\nsearch = tag=x", None, ["eventtypes.conf: [a] refers to tags"]),
    ],
)
def test_a_wrong_event_type_is_left_out(
    app: WriteApp, conf: str, expected: Any, problems: list[str]
) -> None:
    engine = app(eventtypes=conf)
    assert engine.bind({"_raw": RAW}).get("eventtype") == expected
    assert len(engine.app.problems) == len(problems)
    for words, problem in zip(problems, engine.app.problems, strict=True):
        assert words in problem


TAGS: dict[str, tuple[str, dict[str, Any]]] = {
    "of a value": ("[verb=get]\nread = enabled", {"tag": "read", "tag::verb": "read"}),
    "disabled": ("[verb=get]\nread = disabled", {"tag": None, "tag::verb": None}),
    "in any case": ("[verb=GET]\nread = enabled", {"tag": "read"}),
    "not of another value": ("[verb=list]\nread = enabled", {"tag": None}),
    "by wildcard": ("[user=an*]\nfriend = enabled", {"tag": "friend"}),
    "written as in an address": ("[path=%2Fa%20b%3D]\nx = enabled", {"tag": "x"}),
    "of several fields in ASCII order": (
        "[verb=get]\nz = enabled\nread = enabled\n[user=anna]\nread = enabled\nB = enabled",
        {"tag": ["B", "read", "z"], "tag::verb": ["read", "z"], "tag::user": ["B", "read"]},
    ),
    "of an event type": (
        "[eventtype=denied]\nalert = enabled",
        {"tag": "alert", "tag::eventtype": "alert"},
    ),
    "of each value": ("[m=a]\none = enabled\n[m=b]\ntwo = enabled", {"tag": ["one", "two"]}),
}


@pytest.mark.parametrize(("conf", "expected"), TAGS.values(), ids=TAGS)
def test_tags(app: WriteApp, conf: str, expected: dict[str, Any]) -> None:
    engine = app(tags=conf, eventtypes="[denied]\nsearch = code=403\n")
    event = engine.bind({"_raw": RAW, "m": ["a", "b"], "path": "/a b="})
    assert {name: event.get(name) for name in expected} == expected
    assert engine.app.problems == []


def test_local_disables_a_tag(app: WriteApp) -> None:
    engine = app(
        tags="[verb=get]\nread = enabled\nb = enabled\n", local_tags="[verb=get]\nb = disabled\n"
    )
    assert engine.bind({"_raw": RAW}).get("tag") == "read"


def test_wrong_tags_are_problems(app: WriteApp) -> None:
    engine = app(tags="[verb]\nx = enabled\n[verb=get]\ny = on\nz = enabled\n")
    assert engine.bind({"_raw": RAW}).get("tag") == "z"
    assert engine.app.problems == [
        "tags.conf: [verb] a stanza of tags is [<field>=<value>]",
        "tags.conf: [verb=get] y is enabled or disabled, not 'on'",
    ]


@pytest.mark.parametrize(
    ("search", "count"),
    [
        ("eventtype=denied", 2),
        ("tag=bad", 1),
        ("tag::verb=bad", 1),
        ("NOT tag=*", 2),
        ("tag=b*", 1),
    ],
)
def test_searches_by_event_type_and_tag(app: WriteApp, search: str, count: int) -> None:
    engine = app(eventtypes="[denied]\nsearch = code=403\n", tags="[verb=delete]\nbad = enabled\n")
    events = [
        {"_raw": '{"code": 403, "verb": "get"}'},
        {"_raw": '{"code": 403, "verb": "delete"}'},
        {"_raw": '{"code": 200, "verb": "get"}'},
    ]
    assert engine.search(f"{search} | stats count", events).rows == [{"count": str(count)}]
