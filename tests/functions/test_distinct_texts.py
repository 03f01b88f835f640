"""However texts come together, they are a set in order."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spl.functions import distinct_texts
from spl.functions.distinct_texts import DistinctTexts

TEXTS = st.lists(st.sampled_from(["", "a", "b", "a\nb", "é", *map(str, range(20))]), min_size=1)


@given(st.lists(st.tuples(st.sampled_from(["update", "merge", "move", "read"]), TEXTS)))
def test_they_are_a_set(steps: list[tuple[str, list[str]]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distinct_texts, "MANY", 5)
        patch.setattr(distinct_texts, "SOME", 2)
        patch.setattr(distinct_texts, "COUNTED_AT_ONCE", 8)
        do(steps)


def do(steps: list[tuple[str, list[str]]]) -> None:
    expected: set[str] = set()
    texts = DistinctTexts()
    for step, given_texts in steps:
        if step == "update":
            texts.update(given_texts)
        elif step == "merge":
            other = DistinctTexts()
            other.update(given_texts)
            texts.merge(other)
            assert other.in_order() == sorted({*given_texts})
        elif step == "move":
            texts.put_away()
            texts = pickle.loads(pickle.dumps(texts))
            continue
        else:
            assert (len(texts), texts.in_order()) == (len(expected), sorted(expected))
            continue
        expected |= {*given_texts}
    assert (len(texts), texts.in_order()) == (len(expected), sorted(expected))


def test_many_take_less_memory_until_they_are_read() -> None:
    many = [f"{number:036}" for number in range(distinct_texts.MANY * 2)]
    texts = DistinctTexts()
    for start in range(0, len(many), 100):
        texts.update(many[start : start + 100])
    assert texts.in_memory < distinct_texts.MANY
    assert texts.in_order() == many
    assert texts.in_memory == len(many)
    texts.update(["x" * number for number in range(1, 200)])
    assert texts.in_memory == len(texts) == len(many) + 199
