"""Order, columns, addresses and time of what is shown."""

from __future__ import annotations

from datetime import datetime

import pytest

from hunts.model import HuntResult, Report, Row
from hunts.render.rows import addresses, constants, is_numeric, ranked, top_rows
from hunts.render.timeline import MAX_BARS, timeline

from . import sample
from .sample import START, hunt


def test_hunts_come_by_risk_then_by_urgency() -> None:
    order = [(r.status, r.risk_score) for r in ranked(sample.report().hunts)]
    assert order[:3] == [("findings", 49.0), ("findings", 25.0), ("error", None)]
    assert [status for status, _ in order[3:]] == ["no data"] * 3 + ["clean"] * 2


def test_rows_come_by_risk_then_by_count() -> None:
    result = HuntResult(
        hunt("x"),
        "findings",
        results=[
            {"n": "a", "risk_score": "9", "count": "1"},
            {"n": "b", "risk_score": "25", "count": "9"},
            {"n": "c", "risk_score": "25", "count": "10"},
            {"n": "d", "risk_score": ["3", "49"]},
            {"n": "e"},
        ],
    )
    assert [row["n"] for row in top_rows(result, 4)] == ["d", "c", "b", "a"]


def test_what_every_row_says_is_said_once() -> None:
    rows: list[Row] = [
        {"src_ip": "203.0.113.7", "verb": ["get", "list"], "n": str(n)} for n in range(3)
    ]
    result = HuntResult(hunt("x"), "findings", fields=["src_ip", "verb", "n"], results=rows)
    assert constants(result) == {"verb": ["get", "list"]}
    result.results = rows[:1]
    assert constants(result) == {}


@pytest.mark.parametrize(
    ("cells", "numeric"),
    [
        (["1", "2.5"], True),
        (["1", None], True),
        ([None], False),
        (["1", "x"], False),
        ([["1", "2"]], False),
        (["203.0.113.7"], False),
    ],
)
def test_columns_of_numbers(cells: list[str | list[str] | None], numeric: bool) -> None:
    rows = [{"f": cell} if cell is not None else {} for cell in cells]
    assert is_numeric("f", rows) is numeric


def test_addresses_of_all_hunts() -> None:
    report = Report(
        [
            HuntResult(
                hunt("A"),
                "findings",
                risk_score=25,
                results=[
                    {"src_ip": "203.0.113.7", "count": "6", "risk_score": "25"},
                    {"sourceIPs{}": ["203.0.113.7", "198.51.100.1"], "count": "2"},
                ],
            ),
            HuntResult(
                hunt("B"),
                "findings",
                risk_score=49,
                results=[
                    {
                        "src": "203.0.113.7",
                        "src_ip": "203.0.113.7",
                        "count": "10",
                        "risk_score": "49",
                        "City": "Hamburg",
                        "Country": "Germany",
                    },
                    {"src": "192.0.2.9", "City": "unknown", "Country": "unknown"},
                ],
            ),
        ],
        [],
    )
    found = {a.address: (a.events, a.risk, a.hunts, a.locations) for a in addresses(report)}
    assert list(found) == ["203.0.113.7", "198.51.100.1", "192.0.2.9"]
    assert found["203.0.113.7"] == (18, 49, ["B", "A"], ["Hamburg, Germany"])
    assert found["198.51.100.1"] == (2, 0, ["A"], [])
    assert found["192.0.2.9"] == (0, 0, ["B"], [])


def _timed(times: dict[int, int], **changes: object) -> Report:
    report = Report([HuntResult(hunt("x"), "findings", timeline=times)], [])
    for name, value in changes.items():
        setattr(report, name, value)
    return report


@pytest.mark.parametrize("bucket", [1, 7, 60, 3600])
@pytest.mark.parametrize("buckets", [1, 2, 119, 120, 121, 5000, 1_000_000])
def test_a_timeline_keeps_every_event_in_few_bars(buckets: int, bucket: int) -> None:
    start = START // bucket * bucket
    times = {start + n * bucket: 3 for n in {0, buckets // 2, buckets - 1}}
    drawn = timeline(_timed(times, bucket_seconds=bucket))
    assert drawn is not None
    (lane,) = drawn.lanes
    assert drawn.width <= MAX_BARS
    assert all(0 <= bar.x < drawn.width and 0 < bar.height <= 100 for bar in lane.bars)
    assert lane.events == 3 * len(times)
    assert drawn.ticks


@pytest.mark.parametrize(
    ("zone", "start", "label"),
    [
        ("UTC", "2026-11-21 02:44:00", "2026-11-21 02:44, 1 minute: 3 events"),
        ("Asia/Kolkata", "2026-11-21 08:14:00", "2026-11-21 08:14, 1 minute: 3 events"),
        ("America/New_York", "2026-11-20 21:44:00", "2026-11-20 21:44, 1 minute: 3 events"),
    ],
)
def test_a_timeline_is_in_the_report_s_time_zone(zone: str, start: str, label: str) -> None:
    drawn = timeline(_timed({START: 3, START + 3600: 1}, timezone=zone))
    assert drawn is not None
    assert drawn.start == start
    assert drawn.lanes[0].bars[0].label == label


def test_days_begin_at_the_zone_s_midnight() -> None:
    times = {START + n * 86400: 1 for n in range(60)}
    drawn = timeline(_timed(times, timezone="Asia/Kolkata"))
    assert drawn is not None
    assert drawn.bar == "12 hours"
    at, label = drawn.ticks[0]
    first = datetime.fromisoformat(f"{label} 00:00+05:30").timestamp()
    zero = datetime.fromisoformat("2026-11-21 00:00+05:30").timestamp()
    assert at == pytest.approx(100 * (first - zero) / (drawn.width * 43200))
    assert {bar.label[11:16] for bar in drawn.lanes[0].bars} == {"00:00"}


@pytest.mark.parametrize("times", [{}, {START: 0}])
def test_no_event_is_no_timeline(times: dict[int, int]) -> None:
    assert timeline(_timed(times)) is None


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
@pytest.mark.parametrize("epoch", [0, -(10**12), 10**12, 253_402_300_740])
def test_a_broken_clock_breaks_no_timeline(epoch: int, zone: str) -> None:
    drawn = timeline(_timed({epoch // 60 * 60: 1, START: 2}, timezone=zone))
    assert drawn is not None
    assert drawn.lanes[0].events == 3
    assert drawn.width <= MAX_BARS
