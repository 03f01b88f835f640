"""No value makes an eval function raise anything but SplError."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from spl.errors import SplError
from spl.evaluation import compile_eval, evaluate_text, to_field
from spl.functions.registry import Environment, JsonBoolean, Literal, eval_functions
from spl.lang.eval_expression import Call, Field, String
from spl.lang.reader import Span
from spl.lookups import Definition, Lookup, Table
from spl.pcre import TimeLimit

MOST = 5
LARGEST = 10**300
"""No expression yields a larger whole number."""
HERE = Span(0, 0)
ODD_TEXTS = [
    *["", " ", "nan", "inf", "-0", "1e999", "-1d@d", "7d", "%Y-%m-%d %V %Z", "%s", "%*.*f", "%c"],
    *["10.0.0.0/8", "::/0", '{"a":[1,{"b":null}]}', "[1,[2]]", "a{}.b", "{0}", "(", "\\1", "hex"],
    *["1" * 400, "[" * 5_000, '{"a":1e999}', '{"a":' + "9" * 5_000 + "}", "\ud800", "🙂"],
]
TEXTS = st.one_of(
    st.text(max_size=20),
    st.text(st.characters(categories=["Cs", "Nd", "Zs"]), max_size=5),
    st.from_regex(r"[%\-+0-9.*#' a-zA-Z]{0,10}", fullmatch=True),
    st.sampled_from(ODD_TEXTS),
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 40),
    st.integers(-LARGEST, LARGEST),
    st.floats(),
    TEXTS,
    TEXTS.map(Literal),
    st.sampled_from(["true", "false"]).map(JsonBoolean),
    st.lists(TEXTS, min_size=2, max_size=4),
)
ENVIRONMENTS = [
    Environment(ZoneInfo("UTC"), 0.0),
    Environment(
        ZoneInfo("America/St_Johns"),
        1_700_000_000.5,
        lookup=lambda name: Lookup(Definition(name, name), Table(("x",), [["1"]])),
    ),
]
FORMS = sorted(name for name, function in eval_functions().items() if function.form)
VALUE_FUNCTIONS = sorted(set(eval_functions()) - set(FORMS))


PAIRED = {"json_object": 0, "json_set": 1, "json_set_exact": 1, "json_append": 1, "json_extend": 1}


def shown(error: Exception) -> None:
    assert isinstance(error, TimeoutError) or str(error)


@pytest.mark.parametrize("name", VALUE_FUNCTIONS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(values=st.lists(VALUES, max_size=MOST), environment=st.sampled_from(ENVIRONMENTS))
@example(values=[LARGEST, LARGEST], environment=ENVIRONMENTS[0])
@example(values=[1e308, -1e308, 1e-300], environment=ENVIRONMENTS[0])
def test_function_of_any_values(name: str, values: list[Any], environment: Environment) -> None:
    function = eval_functions()[name]
    count = max(function.least, min(len(values), MOST if function.most is None else function.most))
    values = [*values, *[None] * (count - len(values))][:count]
    arguments: list[Any] = [*values]
    if function.lazy:
        arguments = [{}, *([lambda _, value=value: value for value in values])]
        if name in ("case", "validate") and count % 2:
            arguments.append(lambda _: None)
    elif name in PAIRED and (count - PAIRED[name]) % 2:
        arguments.append(None)
    if function.timed:
        arguments = [TimeLimit(lambda: None), *arguments]
    if function.needs_environment:
        arguments = [environment, *arguments]
    try:
        result = function.call(*arguments)
    except (SplError, TimeoutError) as error:
        shown(error)
    else:
        field = to_field(result)
        assert field is None or type(field) in (str, list)
        for text in [field] if isinstance(field, str) else field or []:
            assert type(text) is str


@pytest.mark.parametrize("name", sorted({*FORMS} - {"searchmatch"}))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(value=st.one_of(TEXTS, st.lists(TEXTS, min_size=2, max_size=4)))
def test_form_of_any_field(name: str, value: Any) -> None:
    count = eval_functions()[name].least
    fields = [Field("x", span=HERE) for _ in range(count)]
    first = String("table", span=HERE) if name == "lookup" else fields[0]
    compiled = compile_eval(Call(name, (first, *fields[1:]), span=HERE), ENVIRONMENTS[1])
    for row in ({"x": value}, {}):
        to_field(compiled(row))


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(sorted(eval_functions())),
    arguments=st.lists(
        st.sampled_from(['"x"', "x", "1", "-1.5", "null()", "'a{}'", '"("']), max_size=4
    ),
)
def test_expression_of_any_arguments(name: str, arguments: list[str]) -> None:
    text = f"{name}({','.join(arguments)})"
    try:
        evaluate_text(text, {"x": "5", "a{}": ["1", "b"]}, ENVIRONMENTS[0])
    except SplError as error:
        shown(error)


DOCUMENTED = """
bit_and bit_or bit_not bit_xor bit_shift_left bit_shift_right
case cidrmatch coalesce false if in like lookup match null nullif searchmatch true validate
ipmask printf toarray tobool todouble toint tomv tonumber toobject tostring
md5 sha1 sha256 sha512
now relative_time strftime strptime time
isarray isbool isdouble isint ismv isnotnull isnull isnum isobject isstr typeof
json_object json json_append json_array json_array_to_mv json_delete json_entries json_extend
json_extract json_extract_exact json_has_key_exact json_keys json_set json_set_exact json_valid
abs ceil ceiling exact exp floor ln log pi pow round sigfig sqrt sum
commands mvappend mvcount mvdedup mvfilter mvfind mvindex mvjoin mvmap mvrange mvreverse mvsort
mvzip mv_to_json_array split
avg max min random
len length lower ltrim replace rtrim spath substr trim upper urldecode
acos acosh asin asinh atan atan2 atanh cos cosh hypot sin sinh tan tanh
"""


def test_the_functions_are_those_of_the_documentation() -> None:
    """https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/evaluation-functions"""
    assert sorted(eval_functions()) == sorted(DOCUMENTED.split())
