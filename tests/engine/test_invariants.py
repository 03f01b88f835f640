"""What holds for all events: laws between commands, and the merging of statistics."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spl import Engine
from spl.commands.aggregation import Aggregator, Group
from spl.commands.stats import Stats
from spl.functions.aggregates import find_aggregate
from spl.knowledge import App
from spl.values import to_number

WORDS = st.sampled_from(["a", "b", "B", "10", "9", "1.5", "-3", "", "x y", "é"])
MEMBERS = st.one_of(WORDS, st.integers(-5, 20), st.lists(WORDS, max_size=3))
OBJECTS = st.dictionaries(st.sampled_from(["f", "g", "h"]), MEMBERS, max_size=3)
EVENTS = st.lists(OBJECTS, max_size=12).map(
    lambda objects: [
        {"_raw": json.dumps(o), "_time": 1_700_000_000 - i} for i, o in enumerate(objects)
    ]
)
MERGEABLE = [
    "count",
    "dc",
    "estdc",
    "values",
    "list",
    "min",
    "max",
    "avg",
    "sum",
    "sumsq",
    "stdev",
    "stdevp",
    "var",
    "varp",
    "median",
    "mode",
    "range",
    "p95",
    "exactperc10",
    "first",
    "last",
    "earliest",
    "latest",
    "earliest_time",
    "latest_time",
    "rate",
]
VALUES = st.lists(
    st.tuples(st.lists(WORDS, min_size=1, max_size=3), st.integers(0, 50)), max_size=20
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(App(tmp_path_factory.mktemp("app")))


def alike(one: Any, other: Any) -> bool:
    """Compare results; sums of floats may differ in the last digits."""
    numbers = [to_number(v) if isinstance(v, str) else None for v in (one, other)]
    if None in numbers:
        return bool(one == other)
    return bool(numbers[0] == pytest.approx(numbers[1], rel=1e-9, abs=1e-9))


@pytest.mark.parametrize("name", MERGEABLE)
@given(VALUES, VALUES)
def test_statistics_of_two_halves_merge_to_those_of_the_whole(
    name: str, one: list[tuple[list[str], int]], other: list[tuple[list[str], int]]
) -> None:
    first, second, whole = (find_aggregate(name)() for _ in range(3))
    for accumulator, rows in ((first, one), (second, other), (whole, one + other)):
        for values, time in rows:
            accumulator.add(values, float(time))
    first.merge(second)
    assert alike(first.result(), whole.result())


@given(EVENTS, WORDS.filter(lambda w: w and w.islower() and w.isalpha()))
def test_search_and_where_agree_on_a_lower_case_word(
    engine: Engine, events: list[dict[str, Any]], word: str
) -> None:
    """Values compare without case in search, with case in where: the same for folded values."""
    searched = engine.search(f'search f="{word}" | table f g', events)
    where = engine.search(f'* | where lower(f)="{word}" OR f="{word}" | table f g', events)
    single = [row for row in searched if isinstance(row.get("f"), str)]
    assert single == [row for row in where if isinstance(row.get("f"), str)]


@given(EVENTS, st.integers(-5, 20))
def test_search_and_where_agree_on_the_order_of_numbers(
    engine: Engine, events: list[dict[str, Any]], number: int
) -> None:
    numeric = "* | where isnum(f) | "
    searched = engine.search(f"{numeric} search f>{number} | table f g", events)
    assert searched.rows == engine.search(f"{numeric} where f>{number} | table f g", events).rows


@given(EVENTS)
def test_not_of_a_comparison_is_the_rest(engine: Engine, events: list[dict[str, Any]]) -> None:
    matched = engine.search("f=a | stats count", events).rows[0]["count"]
    others = engine.search("NOT f=a | stats count", events).rows[0]["count"]
    assert int(matched) + int(others) == len(events)


@given(EVENTS)
def test_renaming_there_and_back_changes_nothing(
    engine: Engine, events: list[dict[str, Any]]
) -> None:
    there_and_back = engine.search("* | table f g | rename f AS z | rename z AS f", events)
    assert there_and_back.rows == engine.search("* | table f g", events).rows


@given(EVENTS)
def test_counts_by_a_field_add_up_to_its_values(
    engine: Engine, events: list[dict[str, Any]]
) -> None:
    by = engine.search("* | stats count by f | stats sum(count) AS n", events).rows[0].get("n", "0")
    assert by == engine.search("* | stats count(f) AS n", events).rows[0]["n"]


@given(EVENTS)
def test_expanding_a_multivalue_and_listing_it_gives_it_back(
    engine: Engine, events: list[dict[str, Any]]
) -> None:
    expanded = engine.search("* | mvexpand f | stats list(f) AS f", events).rows
    assert expanded == engine.search("* | stats list(f) AS f", events).rows


@given(EVENTS)
def test_the_order_of_input_does_not_matter_to_a_search_over_events(
    engine: Engine, events: list[dict[str, Any]]
) -> None:
    text = "* | stats first(f) AS first list(g) AS g earliest(h) AS h count by f"
    assert engine.search(text, events).rows == engine.search(text, events[::-1]).rows


@given(EVENTS, st.integers(0, 12))
def test_stats_over_two_parts_of_the_events_merge_to_those_over_all(
    engine: Engine, events: list[dict[str, Any]], cut: int
) -> None:
    text = (
        "* | stats count dc(f) values(g) list(h) sum(f) avg(g) max(h) p90(f) stdev(g) "
        "count(eval(f>1)) AS more sum(eval(g*2)) AS twice earliest(h) latest(f) mode(*)"
    )
    stats = engine.parse(text).commands[1]
    assert isinstance(stats, Stats)
    aggregator = Aggregator(stats.aggregations, engine.environment)
    first, second = Group(aggregator), Group(aggregator)
    for group, part in ((first, events[:cut]), (second, events[cut:])):
        for event in part:
            aggregator.add(group, engine.bind(event))
    aggregator.merge(first, second)
    merged, [whole] = aggregator.results(first), engine.search(text, events).rows
    assert merged.keys() == whole.keys()
    assert all(alike(value, whole[name]) for name, value in merged.items())
