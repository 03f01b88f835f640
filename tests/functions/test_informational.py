from __future__ import annotations

from typing import Any

import pytest

from tests.functions import Case, check, documented, undocumented

FIELDS: dict[str, Any] = {
    "number": "25",
    "fraction": "2.5",
    "text": "abc",
    "empty": "",
    "mv": ["1", "2"],
    "games": '{"type": "competitive", "name": "Ticket to Ride"}',
    "array": "[1, 2]",
    "word": "true",
}
DOCUMENTED: list[Case] = [
    ('isarray("[1, 2, 3]")', True),
    ("isarray(array)", True),
    ("isarray(1)", False),
    ("isarray(games)", False),
    ("isbool(1==2)", True),
    ("isbool(text)", False),
    ("isbool(word)", False),
    ('isbool(cidrmatch("10.0.0.0/8","10.1.1.1"))', True),
    ("isdouble(3.546)", True),
    ("isdouble(1000000)", False),
    ("isdouble(fraction)", True),
    ("isint(number)", True),
    ("isint(fraction)", False),
    ("isint(text)", False),
    ("isint(5)", True),
    ('ismv(split("1, 2, 3",","))', True),
    ("ismv(number)", False),
    ("isnotnull(number)", True),
    ("isnotnull(absent)", False),
    ("isnull(absent)", True),
    ("isnull(empty)", False),
    ("isnum(number)", True),
    ("isnum(fraction)", True),
    ("isnum(text)", False),
    ('isnum("anystring")', False),
    ('isnum("NaN")', False),
    ('isobject("games")', False),
    ("isobject(games)", True),
    ('isobject("{cities: \\"3\\"}")', False),
    ('isstr("anystring")', True),
    ("isstr(text)", True),
    ("isstr(number)", False),
    ('typeof(12)+typeof("string")+typeof(1==2)+typeof(badfield)', "NumberStringBoolInvalid"),
    ("typeof(number)", "Number"),
]
CHOSEN: list[Case] = [
    ('isnum("5")', False),
    ('isstr("5")', True),
    ("isstr(mv)", False),
    ("isnum(mv)", False),
    ("isstr(absent)", False),
    ("typeof(mv)", "Multivalue"),
    ('isbool(json_extract("{\\"a\\":true}","a"))', True),
]


@pytest.mark.parametrize(
    ("expression", "expected", "source"),
    documented("informational-functions", *DOCUMENTED) + undocumented(*CHOSEN),
)
def test_value(expression: str, expected: Any, source: str) -> None:
    check(expression, expected, source, **FIELDS)
