from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spl.errors import SplSyntaxError
from spl.evaluation import to_field
from spl.functions import json_functions
from tests.functions import Case, check, documented, evaluate, undocumented

PAGE = "json-functions"
LONDON = {
    "name": "London",
    "Bridges": [
        {"name": "Tower Bridge", "length": 801},
        {"name": "Millennium Bridge", "length": 1066},
    ],
}
VENICE = {"name": "Venice", "Bridges": [{"name": "Rialto Bridge", "length": 157}]}


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


FIELDS: dict[str, Any] = {
    "cities": json.dumps({"cities": [LONDON, VENICE]}),
    "gamelist": '["Pandemic","Castle Panic"]',
    "games": '{"coop":[{"name":"Pandemic"},{"name":"Castle Panic"}]}',
    "account": '{"name":"Wei Zhang", "SSN":"123", "accounts":["a","b"], '
    '"at": {"email":"x", "zip": 1}}',
    "splunk_path": '{"system.splunk.path":"/opt/splunk/"}',
    "flags": '{"yes":true,"no":false,"none":null,"n":1.50,"text":"5"}',
    "ponies": ['"Buttercup"', '"Rarity"', "true", "null", "7", "not json"],
    "mv": ["a", "b"],
    "plain": "Golden Gate Bridge",
    "n": "5",
    "code": "007",
}
DOCUMENTED: list[Case] = [
    ('json_object("name","maria")', '{"name":"maria"}'),
    ('json_object("name",json_array("maria","arun"))', '{"name":["maria","arun"]}'),
    ('json_object("name",mv)', '{"name":["a","b"]}'),
    ("json_object()", "{}"),
    (
        'json_object("category",json_object("coop",gamelist))',
        '{"category":{"coop":["Pandemic","Castle Panic"]}}',
    ),
    ('json_object("a",1,"b",1.5,"c",true(),"d",null())', '{"a":1,"b":1.5,"c":true,"d":null}'),
    ("json(games)", FIELDS["games"]),
    ("json(plain)", None),
    ('json(json_object("animal","pony"))', '{"animal":"pony"}'),
    ('json_append(json_object("l",json_array("a")),"l","b")', '{"l":["a","b"]}'),
    ('json_append(json_object("l",json_array()),"l","b")', '{"l":["b"]}'),
    ('json_append(json_object("l","a"),"l","b")', '{"l":["a","b"]}'),
    (
        'json_append(json_object("l",json_array("a")),"l",json_array("d","e"))',
        '{"l":["a",["d","e"]]}',
    ),
    (
        'json_append(json_object("F",json_object("s",json_array("run"))),"F.s","jump")',
        '{"F":{"s":["run","jump"]}}',
    ),
    ('json_append(json_object("l","a"),"x","b")', '{"l":"a"}'),
    ('json_append(json_object("l","a"),"l","b","l","c")', '{"l":["a","b","c"]}'),
    ('json_append(plain,"l","b")', None),
    ('json_array("dubois",json_object("name","patel"))', '["dubois",{"name":"patel"}]'),
    ('json_array_to_mv(json_array("Buttercup","Rarity"))', ["Buttercup", "Rarity"]),
    ('json_array_to_mv(json_array("Buttercup","Rarity"),true())', ['"Buttercup"', '"Rarity"']),
    ("json_array_to_mv(games)", None),
    ("json_array_to_mv(plain)", None),
    (
        'json_delete(account,"SSN","accounts")',
        '{"name":"Wei Zhang","at":{"email":"x","zip":1}}',
    ),
    ('json_delete(account,json_array("SSN","accounts","name"))', '{"at":{"email":"x","zip":1}}'),
    ('json_delete(json_object("a",1),"b")', '{"a":1}'),
    (
        'json_delete(json_object("n","C","at",json_object("email","x","zip",1)),"at.email")',
        '{"n":"C","at":{"zip":1}}',
    ),
    ('json_delete(splunk_path,"system.splunk.path")', compact(json.loads(FIELDS["splunk_path"]))),
    (
        'json_entries("{\\"a\\": 1, \\"b\\": 2}")',
        '[{"key":"a","value":1},{"key":"b","value":2}]',
    ),
    ("json_entries(gamelist)", None),
    (
        'json_extend(json_object("l",json_array("a")),"l",json_array("d","e"))',
        '{"l":["a","d","e"]}',
    ),
    (
        'json_extend(json_object("l",json_array("a")),"l",json_array(json_object("x","y")))',
        '{"l":["a",{"x":"y"}]}',
    ),
    ('json_extend(json_object("l","a"),"l",json_array("b"))', '{"l":["a","b"]}'),
    ('json_extract(cities,"{}")', compact({"cities": [LONDON, VENICE]})),
    ('json_extract(cities,"{0}")', compact(LONDON)),
    ('json_extract(cities,"{2}")', None),
    ('json_extract(cities,"{}.name")', '["London","Venice"]'),
    (
        'json_extract(cities,"{}.Bridges{}")',
        compact([*LONDON["Bridges"], *VENICE["Bridges"]]),
    ),
    (
        'json_extract(cities,"{}.Bridges{}.name")',
        '["Tower Bridge","Millennium Bridge","Rialto Bridge"]',
    ),
    ('json_extract(cities,"{1}.Bridges{0}")', compact(VENICE["Bridges"][0])),
    ('json_extract(cities,"{1}.Bridges{0}.length")', 157),
    ('json_extract(cities,"cities{1}.name")', "Venice"),
    ('json_extract(account,"name")', "Wei Zhang"),
    ('json_extract(account,"accounts")', '["a","b"]'),
    ('json_extract(account,"name","at.zip","nothing")', '["Wei Zhang",1,null]'),
    ('json_extract(splunk_path,"system.splunk.path")', None),
    ('json_extract(flags,"yes")', "true"),
    ('json_extract(flags,"none")', None),
    ("json_extract(gamelist)", FIELDS["gamelist"]),
    ('json_extract("\\"text\\"")', "text"),
    ('if(json_extract(flags,"yes"),1,0)', 1),
    ('if(json_extract(flags,"no"),1,0)', 0),
    ('json_extract_exact(splunk_path,"system.splunk.path")', "/opt/splunk/"),
    ('json_extract_exact(account,"name","SSN")', '["Wei Zhang","123"]'),
    ('json_extract_exact(account,"at.zip")', None),
    ('json_has_key_exact(json_object("name","charlie"),"name")', True),
    ('json_has_key_exact("{\\"charlie.garcia\\":10}","charlie.garcia")', True),
    ('json_has_key_exact(account,"status")', False),
    ("json_keys(account)", '["name","SSN","accounts","at"]'),
    ("json_keys(gamelist)", None),
    (
        'json_set(games,"coop{1}",json_object("name","Sherlock"))',
        '{"coop":[{"name":"Pandemic"},{"name":"Sherlock"}]}',
    ),
    (
        'json_set(games,"board.war",json_array("Risk"))',
        '{"coop":[{"name":"Pandemic"},{"name":"Castle Panic"}],"board":{"war":["Risk"]}}',
    ),
    (
        'json_set(games,"coop{}.available",true())',
        '{"coop":[{"name":"Pandemic","available":true},{"name":"Castle Panic","available":true}]}',
    ),
    ('json_set("{\\"a\\":\\"b\\"}","a.c","d")', '{"a":"b"}'),
    ('json_set("{\\"a\\":1}","a",false())', '{"a":false}'),
    (
        'json_set(json_object(),"system.splunk.path","/opt/splunk")',
        '{"system":{"splunk":{"path":"/opt/splunk"}}}',
    ),
    (
        'json_set_exact(json_object(),"system.splunk.path","/opt/splunk")',
        '{"system.splunk.path":"/opt/splunk"}',
    ),
    ('json_valid("{ \\"names\\": [\\"maria\\", \\"arun\\"] }")', True),
    ("json_valid(plain)", False),
]
MULTIVALUE: list[Case] = [
    (
        "mv_to_json_array(ponies)",
        '["\\"Buttercup\\"","\\"Rarity\\"","true","null","7","not json"]',
    ),
    (
        "mv_to_json_array(ponies,false())",
        '["\\"Buttercup\\"","\\"Rarity\\"","true","null","7","not json"]',
    ),
    ("mv_to_json_array(ponies,true())", '["Buttercup","Rarity",true,null,7,null]'),
]
CHOSEN: list[Case] = [
    ('json_object("n",n,"code",code,"text","5","t",tostring(5))',
     '{"n":5,"code":"007","text":"5","t":"5"}'),
    ('json_object("a",json_object("b",1.50))', '{"a":{"b":1.5}}'),
    ('json_object("a","[1]")', '{"a":"[1]"}'),
    ('json_object("ü","😀")', '{"ü":"😀"}'),
    ('json_extract(flags,"n")', 1.5),
    ('json_extract(flags,"text")', "5"),
    ('json_extract(flags,"yes")="true"', True),
    ('json_extract(absent,"a")', None),
    ('json_extract(flags,"a{")', None),
    ('json_extract(gamelist,"{1}")', "Castle Panic"),
    ('json_extract(gamelist,"{}")', '["Pandemic","Castle Panic"]'),
    ('json_set(games,"coop{9}",1)', compact(json.loads(FIELDS["games"]))),
    ('json_append("[1]","",2)', "[1,2]"),
    ("json_valid(absent)", None),
    ('json_valid("NaN")', False),
    ('json_array_to_mv("[1,null,true,{\\"a\\": 1.50}]")', ["1", "null", "true", '{"a":1.5}']),
    ('json_array_to_mv("[]")', None),
    ("mv_to_json_array(absent)", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "expected", "source"),
    documented(PAGE, *DOCUMENTED)
    + documented("multivalue-eval-functions", *MULTIVALUE)
    + undocumented(*CHOSEN),
)
def test_value(expression: str, expected: Any, source: str) -> None:
    check(expression, expected, source, **FIELDS)


def test_a_field_holds_plain_text_of_a_json_boolean() -> None:
    value = to_field(evaluate('json_extract(flags,"yes")', **FIELDS))
    assert value == "true"
    assert type(value) is str


@pytest.mark.parametrize(
    "expression",
    ['json_object("a")', 'json_set("{}","a")', 'json_append("{}","a",1,"b")', 'json_delete("{}")'],
)
def test_arguments_out_of_pairs(expression: str) -> None:
    with pytest.raises(SplSyntaxError, match=r"no value|at least"):
        evaluate(expression)


@pytest.mark.parametrize("depth", [100, 990, 1_010, 100_000])
def test_a_path_into_deeply_nested_json(depth: int) -> None:
    nested = "[" * depth + "]" * depth
    found = evaluate('json_extract(x, "a")', x=f'{{"a":{nested},"b":"c"}}')
    assert found == nested or (found is None and depth > 900)


def test_json_nested_beyond_reason_is_none() -> None:
    assert evaluate("json_valid(x)", x="[" * 100_000 + "]" * 100_000) is False


NUMBERS = [
    "0",
    "-0",
    "1",
    "-1",
    "1.0",
    "1.5",
    "-0.0",
    "1e2",
    "1e999",
    "18446744073709551616",
    "NaN",
]
SCALARS = st.sampled_from(
    [*NUMBERS, "true", "false", "null", '"x"', '""', '"1"', '"\\ud800"', "01"]
)
KEYS = st.sampled_from(['"a"', '"b"', '"a.b"', '""'])
TEXTS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda members: f"[{', '.join(members)}]"),
        st.lists(st.tuples(KEYS, inner), max_size=3).map(
            lambda members: "{" + ",".join(f"{key}:{value}" for key, value in members) + "}"
        ),
    ),
    max_leaves=8,
)
PATHS = st.sampled_from(
    ["a", "b", "a.b", "", "{}", "{0}", "a{}", "a{1}.b", "a{}.b", "{}.a", "a{", "b.a.b"]
)


@given(
    TEXTS, PATHS, st.sampled_from([json_functions.json_extract, json_functions.json_extract_exact])
)
@example('{"b":1e999,"a":"x"}', "a", json_functions.json_extract)
@example('{"a":[1,0]}', "a", json_functions.json_extract)
@example('{"a":{"b":-0.0}}', "a", json_functions.json_extract)
def test_what_is_read_quickly_is_exact(text: str, path: str, extract: Any) -> None:
    quick = extract(text, path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_functions, "_is_exact", lambda _value: False)
        exact = extract(text, path)
    assert (type(quick), quick) == (type(exact), exact)
