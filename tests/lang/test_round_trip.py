"""What a search prints is the same search, and no text raises anything but SplError."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spl import Engine, SplError
from spl.commands import parse_pipeline
from spl.knowledge import App
from tests.lang.searches import NEARLY_SEARCHES, PIPELINES


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(App(tmp_path_factory.mktemp("app")))


@given(PIPELINES)
@example('| tstats count where "groupby"=a "by/x"=b NOT "from"=c')
@example("* | timechart span=1h count BY h where max(x) notin bottom5 useother=f")
@example("* | chart count OVER a BY b limit=3 where sum<-2.5")
@example("* | stats max('a b') AS 'c d' BY 'e f', count(x)")
def test_printing_a_search_and_parsing_it_gives_the_same_search(text: str) -> None:
    pipeline = parse_pipeline(text)
    assert parse_pipeline(str(pipeline)) == pipeline


@given(PIPELINES)
def test_what_is_printed_does_not_change_any_more(text: str) -> None:
    printed = str(parse_pipeline(text))
    assert str(parse_pipeline(printed)) == printed


@given(st.one_of(NEARLY_SEARCHES, st.text(max_size=60)))
@example("(" * 10_000)
@example("x=" + "[" * 5_000)
@example("* | eval x=" + "-" * 10_000 + "1")
@example("* | where " + "NOT " * 5_000 + "x")
@example("NOT " * 10_000 + "x")
@example("* | eval x=1" + "0" * 5_000)
@settings(max_examples=300, deadline=None)
def test_no_text_raises_anything_but_spl_errors(engine: Engine, text: str) -> None:
    event = {"_raw": '{"x": 1, "a": ["b", "c"]}', "_time": 1}
    problem = None
    problems = engine.problems(text)
    assert bool(problems) >= fails(engine, text)
    try:
        engine.search(text, [event])
    except SplError as error:
        problem = error
    assert problem is None or str(problem)
    for found in problems if problem is None else [*problems, problem]:
        assert found.text is None or 0 <= found.start <= len(found.text)


def fails(engine: Engine, text: str) -> bool:
    """Tell whether a search cannot be run, even over no events."""
    try:
        engine.search(text)
    except SplError:
        return True
    return False
