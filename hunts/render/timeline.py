"""When the matched events happened: every hunt's timeline on one common axis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from hunts.model import Report
from hunts.render.rows import ranked
from hunts.render.text import counted

MAX_BARS = 120
_MIN_BARS = 12  # so that a scan of one minute is a bar, not a wall
_MAX_TICKS = 8
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_FIRST, _LAST = -62_135_424_000, 253_402_128_000  # a day inside what a datetime can hold
_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 6, 12)),
    *(n * _DAY for n in (1, 2, 7, 14, 28, 91, 182, 364, 1820)),
)
"""Lengths of time, in seconds, that read well on an axis."""


@dataclass(frozen=True)
class Bar:
    """The matched events of one stretch of time."""

    x: int
    """Its place from the left, in bars."""
    height: float
    """Its share of the lane's highest bar, in percent."""
    label: str


@dataclass(frozen=True)
class Lane:
    """One hunt's bars, scaled to its own peak."""

    name: str
    bars: list[Bar]
    events: int
    peak: int


@dataclass(frozen=True)
class Timeline:
    """All lanes, `width` bars wide, and the axis beneath them."""

    lanes: list[Lane]
    width: int
    ticks: list[tuple[float, str]]
    """Distance from the left in percent, and what is written there."""
    bar: str
    """How much time a bar stands for, for example `5 minutes`."""
    start: str
    end: str


def _duration(seconds: int) -> str:
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds % unit == 0:
            return counted(seconds // unit, name)
    return counted(seconds, "second")


def _local(epoch: int, zone: tzinfo) -> datetime:
    # A date outside the years 1 to 9999 is a broken clock: it is drawn at the end it fell off.
    return datetime.fromtimestamp(min(max(epoch, _FIRST), _LAST), zone)


def _floor(epoch: int, step: int, zone: tzinfo) -> int:
    """The last multiple of `step` up to `epoch`, on the zone's clock."""
    offset = _local(epoch, zone).utcoffset()
    shift = int(offset.total_seconds()) if offset else 0
    return (epoch + shift) // step * step - shift


def timeline(report: Report) -> Timeline | None:
    """The timelines of all hunts that matched anything; None where there is nothing to draw."""
    zone = ZoneInfo(report.timezone)
    drawn = [hunt for hunt in ranked(report.hunts) if any(hunt.timeline.values())]
    times = [epoch for hunt in drawn for epoch in hunt.timeline]
    if not times:
        return None
    first, last = min(times), max(times)

    def bars(step: int) -> int:
        return (last - _floor(first, step, zone)) // step + 1

    # Merge whole buckets only: a bar must not share one with its neighbour.
    steps = [s for s in _STEPS if s % report.bucket_seconds == 0] or [report.bucket_seconds]
    while bars(steps[-1]) > MAX_BARS:
        steps.append(steps[-1] * 2)
    step = next(s for s in steps if bars(s) <= MAX_BARS)
    start, width = _floor(first, step, zone), bars(step)
    if width < _MIN_BARS:
        start -= (_MIN_BARS - width) // 2 * step
        width = _MIN_BARS
    end = start + width * step

    def clock(epoch: int, pattern: str) -> str:
        return _local(epoch, zone).strftime(pattern)

    second = "%H:%M:%S" if step % _MINUTE else "%H:%M"
    lanes = []
    for hunt in drawn:
        merged: dict[int, int] = {}
        for epoch, events in hunt.timeline.items():
            x = (epoch - start) // step
            merged[x] = merged.get(x, 0) + events
        peak = max(merged.values())
        lanes.append(
            Lane(
                hunt.hunt.name,
                [
                    Bar(
                        x,
                        100 * merged[x] / peak,
                        f"{clock(start + x * step, f'%Y-%m-%d {second}')}, {_duration(step)}: "
                        + counted(merged[x], "event"),
                    )
                    for x in sorted(merged)
                    if merged[x]
                ],
                sum(merged.values()),
                peak,
            )
        )

    tick = next((s for s in _STEPS if s >= step and s * _MAX_TICKS >= end - start), end - start)
    pattern = "%Y-%m-%d" if tick >= _DAY else f"%m-%d {second}" if end - start > _DAY else second
    begin = _floor(start, tick, zone)
    return Timeline(
        lanes,
        width,
        [
            (100 * (at - start) / (end - start), clock(at, pattern))
            for at in range(begin, end, tick)
            if 0 <= at - start < 0.93 * (end - start)  # a label needs room to its right
        ],
        _duration(step),
        clock(first, "%Y-%m-%d %H:%M:%S"),
        clock(last + report.bucket_seconds, "%Y-%m-%d %H:%M:%S"),
    )
