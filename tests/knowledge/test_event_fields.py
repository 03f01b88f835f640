"""The fields of an event's JSON: the same by name as all at once, whatever the event holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spl.fields import (
    MOST_PARSED_BYTES,
    PARSED,
    Event,
    Record,
    find,
    flatten,
    parse_json,
)

KEYS = st.text(alphabet=".{}0a/é ", max_size=4)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
DOCUMENTS = st.one_of(st.dictionaries(KEYS, VALUES, max_size=5), st.lists(VALUES, max_size=4))


@given(DOCUMENTS)
@example({"a.b": 1, "a": {"b": 2}})
@example({"": {"": {"a": 1}}, "a": 2})
@example({"a": [1], "a{}": 2, "a{0}": 3})
@example({"": [[1]]})
@example([{"{}": 1}, {"": 2}])
@example({"a{}": {"b": 1}, "a": [{"b": 2}, {"b": -0.0}]})
def test_a_field_by_name_is_that_of_all_fields(document: Any) -> None:
    raw = json.dumps(document).encode()
    for name, value in Record(raw).fields().items():
        assert Record(raw).field(name) == value, name


def test_fields_are_the_same_once_what_was_parsed_is_forgotten() -> None:
    raws = [f'{{"a":{{"b":1.50}},"c":"{number}","d":-0}}'.encode() for number in range(1_000)]
    records = [Record(raw, json.loads(raw)) if n % 2 else Record(raw) for n, raw in enumerate(raws)]
    assert {record.field("a.b") for record in records} == {"1.50"}
    for number, record in enumerate(records):
        assert record.field("c") == str(number)
        assert record.fields() == {"a.b": "1.50", "c": str(number), "d": "-0"}


def test_little_is_kept_of_what_was_parsed_of_large_events() -> None:
    large = ["x" * (MOST_PARSED_BYTES // size) for size in (1, 3, 2, 5, 4) * 4]
    records = [Record(json.dumps({"a": text, "b": [text]}).encode()) for text in large]
    for record, text in zip(records, large, strict=True):
        assert record.field("a") == text
        assert PARSED.size <= MOST_PARSED_BYTES
    assert [record.field("b{}") for record in records] == large


@given(st.one_of(st.binary(max_size=40), st.text(max_size=40)), st.text(max_size=8))
@example(b"[1]", "{x}")
@example(b"[1]", "{99999999999}")
@example(b"[[1]]", "{}{x}")
@example(b'{"a":1}', "")
@example(b'{"a":"\xff"}', "a")
@example(b"[" * 5000, "{}")
@example(b'{"a":' * 1000 + b"1.5" + b"}" * 1000, ".".join("a" * 1000))
@example(b'{"a":' + b"9" * 5000 + b"}", "a")
def test_no_event_and_no_name_raises(raw: str | bytes, name: str) -> None:
    event = Event(raw)
    event.get(name)
    assert event["_raw"] == event.record.text
    for field, value in dict(event).items():
        assert event[field] == value
    find(parse_json(raw), name)


NUMBERS = "0 -0 1 1.50 1e5 1E+5 -0.0 123456789012345678901234567890 0.1000000000000000055511 1e400"


@pytest.mark.parametrize("number", NUMBERS.split())
def test_a_number_keeps_its_text(number: str) -> None:
    raw = f'{{"n": {number}, "list": [{number}, 7], "other": "text"}}'
    assert Event(raw).get("n") == number
    assert Event(raw).get("list{}") == [number, "7"]
    assert dict(Event(raw))["n"] == number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'{"a": "\ud800"}', "\ufffd"),
        (r'{"a": "\ud83d\ude00"}', "\U0001f600"),
        (r'{"a": "\ud800\ud83d\ude00 \udc00"}', "\ufffd\U0001f600 \ufffd"),
        (r'{"a": "\\ud800", "b": "\ud800"}', r"\ud800"),
        (r'{"a": "\ud800\\", "b": 1}', "\ufffd\\"),
    ],
)
def test_a_lone_surrogate_is_replaced(text: str, value: str) -> None:
    found = Event(text).get("a")
    assert found == value
    assert found.encode()


def test_names_in_the_order_of_the_text() -> None:
    fields = flatten({"b": {"x": 1}, "a": [{"x": 2}, {"x": 3}], "b.x": 4})
    assert list(fields.items()) == [("b.x", ["1", "4"]), ("a{}.x", ["2", "3"])]


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("a{1}.x", [3]),
        ("a{9}.x", []),
        ("a{}.x", [2, 3]),
        ("a{0}{}", []),
        ("a", [[{"x": 2}, {"x": 3}]]),
    ],
)
def test_a_path_may_have_indexes(path: str, values: list[Any]) -> None:
    document = {"a": [{"x": 2}, {"x": 3}]}
    assert find(document, path) == values
    indexed = "{0}" in path or "{1}" in path or "{9}" in path
    assert (Event(json.dumps(document)).get(path) is None) == (indexed or path == "a")


def test_other_given_fields_are_indexed_fields() -> None:
    event = Event.from_mapping({"_raw": "{}", "_time": 5, "n": 7, "m": ["a", "b"], "one": ["c"]})
    assert {name: event[name] for name in ("_time", "n", "m", "one")} == {
        "_time": "5",
        "n": "7",
        "m": ["a", "b"],
        "one": "c",
    }
    assert event.indexed("n") == "7"


def test_a_view_has_its_own_changes() -> None:
    event = Event('{"a": 1, "b": 2}')
    view = event.view(host="other")
    view["a"] = "changed"
    del view["b"]
    assert dict(view) == {"_raw": '{"a": 1, "b": 2}', "a": "changed", "host": "other"}
    assert dict(event) == {"_raw": '{"a": 1, "b": 2}', "a": "1", "b": "2"}
