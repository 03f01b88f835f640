from __future__ import annotations

import math
from typing import Any

import pytest

from spl.errors import SplSyntaxError
from spl.evaluation import to_field
from tests.functions import Case, check, documented, evaluate, undocumented

FIELDS: dict[str, Any] = {
    "number": "-3.5",
    "avg": "3.990000000000215",
    "bytes": "1024",
    "mv": ["1", "2", "x"],
    "text": "somedata",
    "five": "5.0",
    "nine": "9",
}
DOCUMENTED: list[Case] = [
    ("abs(number)", 3.5),
    ("abs(-7)", 7),
    ("ceil(1.9)", 2),
    ("ceiling(-1.9)", -1),
    ("floor(1.9)", 1),
    ("floor(-1.1)", -2),
    ("floor(7)", 7),
    ("exact(3.14 * 2)", 6.28),
    ("round(exp(3),4)", 20.0855),
    ("round(ln(bytes),4)", 6.9315),
    ("log(bytes,2)", 10),
    ("log(1000)", 3),
    ("log(bytes,32)", 2),
    ("pi()", 3.14159265358),
    ("pow(2,10)", 1024),
    ("pow(10,9)", 1_000_000_000),
    ("pow(2,-1)", 0.5),
    ("pow(2.5,2)", 6.25),
    ("round(3.5)", 4),
    ("round(2.555,2)", 2.56),
    ("round(2.5)", 3),
    ("round(89.982058,3)", 89.982),
    ("round(7)", 7),
    ("sigfig(1.00*1111)", 1110),
    ("sigfig(123.0+4.567)", 127.6),
    ("sigfig(avg*1.00)", 3.99),
    ("sqrt(9)", 3),
    ("sum(five,nine,absent)", 14),
    ("sum(1,2,3)", 6),
    ('sum(1,2,tonumber("3"))', 6),
    ("sum(nine,2,3)", 14),
    ("sum(text,2,3)", 5),
    ("sum(mv)", 3),
]
CHOSEN: list[Case] = [
    ("abs(text)", None),
    ('abs("5")', None),
    ("abs(mv)", None),
    ("round(-2.5)", -3),
    ("round(1.005,2)", 1.01),
    ("round(absent)", None),
    ("round(1.5,absent)", None),
    ("ln(0)", -math.inf),
    ("exp(1000)", math.inf),
    ("pow(0,-1)", math.inf),
    ("pow(10,400)", math.inf),
    ("sum(text)", None),
    ("sigfig(7.25)", 7.25),
    ("sigfig(1.5*absent)", None),
    ("sigfig(2.0/3.00)", 0.67),
    ("sigfig(10.5-(2.25*2.0))", 6.0),
    ("sigfig(-(1.00*1111))", -1110),
]
BITWISE: list[Case] = [
    ("bit_and(12,9)", 8),
    ("bit_or(4,2)", 6),
    ("bit_xor(3,2)", 1),
    ("bit_and(7,6,12)", 4),
    ("bit_not(9)", 9007199254740982),
    ("bit_not(0)", 9007199254740991),
    ('bit_not(9,tonumber("1111",2))', 6),
    ('tostring(bit_not(9,tonumber("1111",2)),"binary")', "110"),
    ('tostring(bit_not(9),"binary")', "11111111111111111111111111111111111111111111111110110"),
    ("bit_shift_left(2,1)", 4),
    ("bit_shift_left(1,53)", 0),
    ("bit_shift_left(3,1)", 6),
    ("bit_shift_left(3,52)", 4503599627370496),
    ("bit_shift_left(3,57)", 0),
    ("bit_shift_left(3,9007199254740991)", 0),
    ("bit_shift_left(3,9007199254740992)", None),
    ("bit_shift_left(67,1)", 134),
    ("bit_shift_left(9007199254740992,1)", None),
    ("bit_shift_left(3,-2)", None),
    ("bit_shift_right(-3,1)", None),
    ("bit_shift_right(4,1)", 2),
    ("bit_shift_right(2,1)", 1),
    ("bit_and(pow(2,53),1)", None),
    ('bit_or(tonumber("00010",2),tonumber("11001",2))', 27),
    ("bit_and(1.5,1)", None),
    ("bit_and(text,1)", None),
]


@pytest.mark.parametrize(
    ("expression", "expected", "source"),
    documented("mathematical-functions", *DOCUMENTED)
    + documented("bitwise-functions", *BITWISE)
    + undocumented(*CHOSEN),
)
def test_value(expression: str, expected: Any, source: str) -> None:
    check(expression, expected, source, **FIELDS)


@pytest.mark.parametrize("expression", ["sqrt(-1)", "ln(-1)", "log(8,1)", "pow(-8,0.5)"])
def test_not_a_number(expression: str) -> None:
    """https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/search-commands/eval"""
    assert to_field(evaluate(expression)) == "nan"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("round(5.0)", "5"),
        ("exact(1.0/3.0)", "0.3333333333333333"),
        ("1/3", "0.333333333333333"),
        ("8.250*0.2", "2"),
        ("8.250*0.20", "1.7"),
        ("8.250*0.200", "1.65"),
        ("8.250*exact(0.2)", "1.65"),
        ("exact(8.250*0.5)", "4.125"),
        ("8.250*0.2*2", "3.3"),
        ("1.0/3.0", "0.33"),
        ("1.00*1111", "1111"),
        ("0.0*2.5", "0"),
        ("0.1+0.2", "0.3"),
        ("pow(2,62)", "4611686018427387904"),
        ("ln(0)", "-inf"),
    ],
)
def test_text_of_a_number(expression: str, text: str) -> None:
    assert to_field(evaluate(expression)) == text


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('sum(1,2,"3")', 'found the text "3"'),
        ('sum("somedata",2,3)', "a number or a field"),
        ("round(2.5,-1)", "0 or more, found -1"),
        ("bit_and(1)", "at least 2"),
    ],
)
def test_syntax_error(expression: str, message: str) -> None:
    with pytest.raises(SplSyntaxError, match=message):
        evaluate(expression)
