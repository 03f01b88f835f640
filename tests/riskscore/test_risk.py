from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.bin.risk import THREAT_OBJECT_TYPES, RiskFields, Value, expand, problems, risk_score


@pytest.mark.parametrize(
    ("impact", "confidence", "score"),
    [
        ("70", "70", "49"),
        ("50", "50", "25"),
        ("33", "33", "10.89"),
        ("70.1", "70", "49.07"),
        ("100", "100", "100"),
        ("0", "70", "0"),
        ("-0", "71", "0"),
        ("0.10", "10", "0.01"),
        (" 70 ", "+7e1", "49"),
        (".5", "5.", "0.025"),
        (["10", "70", "9"], "70", "49"),
        (["70"], ["70", "50.0"], "49"),
    ],
)
def test_risk_score(impact: Value, confidence: Value, score: str) -> None:
    assert risk_score(impact, confidence) == score
    assert risk_score(confidence, impact) == score


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "high",
        "nan",
        "inf",
        "-inf",
        "-1",
        "100.01",
        "1e3",
        "70%",
        "7_0",
        "0x10",
        "\u0667\u0660",
        "1e-999999999",
        "0." + "0" * 50 + "1",
        "70\n80",
        "7\x000",
        [],
        ["70", ""],
        ["70", "high"],
        ["70", "101"],
    ],
)
def test_no_score(value: Value) -> None:
    assert risk_score(value, "70") == ""
    assert risk_score("70", value) == ""


NUMBERS = st.decimals(0, 100, places=6).map(str) | st.floats(1e-99, 100).map(repr)


@given(NUMBERS, NUMBERS)
@example("33.333333333333336", "99.99999999999999")
def test_risk_score_is_exact_and_plain(impact: str, confidence: str) -> None:
    score = risk_score(impact, confidence)
    assert Fraction(score) == Fraction(impact) * Fraction(confidence) / 100
    assert 0 <= Fraction(score) <= 100
    assert re.fullmatch(r"(0|[1-9]\d*)(\.\d*[1-9])?", score)


@given(st.text(), st.text() | st.lists(st.text()))
def test_any_value_has_a_score_in_range_or_none(impact: str, confidence: Value) -> None:
    score = risk_score(impact, confidence)
    assert score == "" or 0 <= Fraction(score) <= 100


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("scan from ip $src_ip$", "scan from ip 192.0.2.1"),
        ("$user.groups{}$!", "system:unauthenticated, system:masters!"),
        ("by $missing$.", "by ."),
        ("$$src_ip$$", "$src_ip$"),
        ("$5 to $10 for $src_ip$", "$5 to $10 for 192.0.2.1"),
        ("100$ from $src_ip$", "100$ from 192.0.2.1"),
        ("$agent$", "$src_ip$ {0} \\1"),
        ("{src_ip} %s", "{src_ip} %s"),
        ("", ""),
    ],
)
def test_expand(message: str, expected: str) -> None:
    record: dict[str, Value] = {
        "src_ip": "192.0.2.1",
        "user.groups{}": ["system:unauthenticated", "system:masters"],
        "agent": "$src_ip$ {0} \\1",
    }
    assert expand(message, record) == expected


SCORED = {"impact": "70", "confidence": "level"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ["impact is missing: write impact=70, or impact=<field>", "confidence is missing"]),
        ({"impact": "70"}, ["confidence is missing: write confidence=70, or confidence=<field>"]),
        ({**SCORED, "impact": " "}, ["impact is empty: write impact=70"]),
        *(
            ({**SCORED, "impact": text}, [f"impact={text} is not a number from 0 to 100"])
            for text in ("101", "-1", "nan", "Infinity", "70%", "7e9", "$x$", "0x10")
        ),
        ({**SCORED, "object": ""}, ["object is empty: write object=<field>"]),
        ({**SCORED, "object_type": " "}, ["object_type is empty: write object_type=user|system|"]),
        (
            {**SCORED, "object": "user", "object_type": "device"},
            ["object_type=device is unknown: write one of user, system, other"],
        ),
        (
            {**SCORED, "threat_object": "src_ip", "threat_object_type": "ip"},
            ["threat_object_type=ip is unknown: write one of certificate_common_name, "],
        ),
        (
            {**SCORED, "object_type": "user"},
            ["object_type=user is the type of nothing: write object=<field> too"],
        ),
    ],
)
def test_problems(options: dict[str, str | None], words: list[str]) -> None:
    found = list(problems(options))
    assert len(found) == len(words)
    for problem, start in zip(found, words, strict=True):
        assert problem.startswith(start)


@pytest.mark.parametrize("text", ["0", "100", "33.3", "impact", "risk.level{}", "my field", "höhe"])
def test_no_problems(text: str) -> None:
    assert not list(problems({"impact": text, "confidence": text}))


def test_every_threat_object_type_is_accepted() -> None:
    assert len(set(THREAT_OBJECT_TYPES)) == 26
    for kind in THREAT_OBJECT_TYPES:
        options = {**SCORED, "threat_object": "src_ip", "threat_object_type": kind}
        assert not list(problems(options))


@pytest.mark.parametrize(
    ("options", "added"),
    [
        ({}, {"risk_score": "49"}),
        (
            {"object": "user"},
            {"risk_score": "49", "risk_object": ["a", "b"], "risk_object_type": "other"},
        ),
        (
            {"object": "user", "object_type": "user", "threat_object": "nothing"},
            {
                "risk_score": "49",
                "risk_object": ["a", "b"],
                "risk_object_type": "user",
                "threat_object": "",
            },
        ),
        (
            {"threat_object": "src", "threat_object_type": "ip_address", "message": "$risk_score$"},
            {
                "risk_score": "49",
                "threat_object": "192.0.2.1",
                "threat_object_type": "ip_address",
                "risk_message": "49",
            },
        ),
    ],
)
def test_risk_fields(options: dict[str, str], added: dict[str, Value]) -> None:
    record: dict[str, Value] = {"user": ["a", "b"], "src": "192.0.2.1", "level": "70"}
    before = dict(record)
    assert RiskFields({"impact": "70", "confidence": "level", **options}).add(record)
    assert record == {**before, **added}


def test_a_record_without_a_score_still_has_the_fields() -> None:
    record: dict[str, Value] = {"level": "high"}
    assert not RiskFields({"impact": "70", "confidence": "level", "message": "m"}).add(record)
    assert record == {"level": "high", "risk_score": "", "risk_message": "m"}
