"""When events were matched, in few enough buckets for any span of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

_WIDTHS = (1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800)
_MOST_BUCKETS = 240


class Timeline:
    """Counts of events by time; the buckets widen as the span grows."""

    def __init__(self) -> None:
        self.width = _WIDTHS[0]
        """Length of a bucket, in seconds."""
        self.counts: Counter[int] = Counter()
        """Start of a bucket, in epoch seconds -> events."""

    def add(self, time: float, count: int = 1) -> None:
        """Count so many events."""
        self.counts[int(time // self.width) * self.width] += count
        if len(self.counts) > _MOST_BUCKETS:
            self.widen(_wider(self.width))

    def absorb(self, other: Timeline) -> None:
        """Add the counts of another."""
        self.widen(other.width)
        other.widen(self.width)
        self.counts += other.counts
        if len(self.counts) > _MOST_BUCKETS:
            self.widen(_wider(self.width))

    def widen(self, width: int) -> None:
        """Make the buckets at least `width` seconds long."""
        if width <= self.width:
            return
        counts: Counter[int] = Counter()
        for start, count in self.counts.items():
            counts[start // width * width] += count
        self.width, self.counts = width, counts


def align(timelines: Sequence[Timeline]) -> int:
    """Give all timelines the same buckets, few enough to show; return their width in seconds."""
    starts = [start for timeline in timelines for start in timeline.counts]
    span = max(starts) - min(starts) if starts else 0
    width = max((timeline.width for timeline in timelines), default=_WIDTHS[0])
    while span / width > _MOST_BUCKETS and width < _WIDTHS[-1]:
        width = _wider(width)
    for timeline in timelines:
        timeline.widen(width)
    return width


def _wider(width: int) -> int:
    return next((w for w in _WIDTHS if w > width), width * 2)
