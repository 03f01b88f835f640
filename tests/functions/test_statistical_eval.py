from __future__ import annotations

from typing import Any

import pytest

from spl.errors import SplSyntaxError
from tests.functions import Case, check, documented, evaluate, undocumented

FIELDS: dict[str, Any] = {
    "five": "5.0",
    "nine": "9",
    "baz": "baz",
    "zaz": "zaz",
    "series": ["1", "3", "5", "6", "4", "10"],
    "text": "somedata",
}
DOCUMENTED: list[Case] = [
    ("avg(five,nine,absent)", 7),
    ("avg(1,2,3)", 2),
    ('avg(1,2,tonumber("3"))', 2),
    ("avg(text,2,3)", 2.5),
    ("avg(series,1)", 30 / 7),
    ('max(1,3,6,7,"foo",baz)', "foo"),
    ('max(1,3,6,7,"foo",zaz)', "zaz"),
    ("max(series)", "10"),
    ("max(1,3,2)", 3),
    ('min(3,6,7,"maria",nine)', 3),
    ("min(series)", "1"),
    ('min("b","a")', "a"),
]
CHOSEN: list[Case] = [
    ("avg(text)", None),
    ("max(absent)", None),
    ("max(absent,1)", 1),
    ('max(10,"9")', "9"),
]


@pytest.mark.parametrize(
    ("expression", "expected", "source"),
    documented("statistical-eval-functions", *DOCUMENTED) + undocumented(*CHOSEN),
)
def test_value(expression: str, expected: Any, source: str) -> None:
    check(expression, expected, source, **FIELDS)


def test_average_of_a_text() -> None:
    with pytest.raises(SplSyntaxError, match='found the text "3"'):
        evaluate('avg(1,2,"3")')


def test_random() -> None:
    found = [evaluate("random()") for _ in range(100)]
    assert all(isinstance(n, int) and 0 <= n < 2**31 for n in found)
    assert len(set(found)) > 90
