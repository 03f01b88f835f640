"""Events that are alike: when they were, first and last, and in which parts of time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hunts.judge import Alike
from hunts.shapes import epoch

STAMPS = (
    "2026-11-21T00:00:09.5Z",
    "2026-11-21T00:00:09.123456Z",
    "2026-11-21T00:00:10Z",
    "2026-11-21T00:10:00.000001Z",
    "2026-11-20T23:59:59.999999Z",
)
MIDNIGHT = 1_795_219_200.0


def alike(stamps: tuple[str, ...] = STAMPS) -> Alike:
    ids = [f"id-{number}" for number in range(len(stamps))]
    return Alike(len(stamps), {"stageTimestamp": stamps, "auditID": ids})


def test_the_first_and_the_last_time_whatever_the_digits() -> None:
    assert sorted(alike().values("_time")) == ["1795219199.999999", "1795219800.000001"]
    assert sorted(alike(STAMPS[:2]).values("_time")) == ["1795219209.123456", "1795219209.5"]


def test_what_the_first_and_the_last_event_have() -> None:
    assert sorted(alike().at_ends("auditID")) == [
        (1_795_219_199.999999, "id-4"),
        (1_795_219_800.000001, "id-3"),
    ]
    assert alike(("2026-11-21T00:00:00Z",) * 3).at_ends("auditID") == [(MIDNIGHT, "id-0")]


@pytest.mark.parametrize(
    ("width", "parts"),
    [
        (1, {-1.0: 1, 9.0: 2, 10.0: 1, 600.0: 1}),
        (10, {-10.0: 1, 0.0: 2, 10.0: 1, 600.0: 1}),
        (15, {-1.0: 1, 9.0: 2, 10.0: 1, 600.0: 1}),
        (30, {-10.0: 1, 0.0: 2, 10.0: 1, 600.0: 1}),
        (60, {-60.0: 1, 0.0: 3, 600.0: 1}),
        (600, {-600.0: 1, 0.0: 3, 600.0: 1}),
        (21_600, {-3_600.0: 1, 0.0: 4}),
        (604_800, {-86_400.0: 1, 0.0: 4}),
    ],
)
def test_parts_of_time(width: int, parts: dict[float, int]) -> None:
    expected = {MIDNIGHT + begin: count for begin, count in parts.items()}
    assert alike().times(width) == expected
    assert {begin: part.count for begin, part in alike().by_time(width)} == expected


@given(st.lists(st.integers(0, 10**9), min_size=1), st.sampled_from([1, 7, 10, 60, 90, 3_600]))
def test_parts_hold_every_event_once_and_lie_in_one_multiple(
    offsets: list[int], width: int
) -> None:
    stamps = tuple(
        f"2026-11-{1 + offset % 28:02}T{offset % 24:02}:{offset % 60:02}:{offset % 59:02}."
        f"{offset % 10**6:06}Z"
        for offset in offsets
    )
    parts = alike(stamps).by_time(width)
    assert sum(part.count for _, part in parts) == len(stamps)
    for begin, part in parts:
        times = [epoch(stamp) for stamp in part.values("stageTimestamp")]
        assert {time // width for time in times if time is not None} == {begin // width}
        assert len(part.values("auditID")) == part.count


def test_events_that_nobody_tells_apart() -> None:
    assert Alike(7, {}).count == 7
    with pytest.raises(KeyError):
        Alike(7, {}).values("auditID")
    assert not Alike(7, {}).times(60)
