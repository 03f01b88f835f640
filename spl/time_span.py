"""Stretches of time that `_time` is cut into: `5m`, `1d`, `1w@w1`, `100ms`.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/search-commands/bin
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from spl.relative_time import TIME_UNITS
from spl.values import Number

_MICROSECONDS = {
    "us": 1,
    "ms": 1_000,
    "cs": 10_000,
    "ds": 100_000,
    "second": 1_000_000,
    "minute": 60_000_000,
    "hour": 3_600_000_000,
}
_SECOND = 1_000_000
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_NOMINAL_DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}
_WRITTEN = {"second": "s", "minute": "m", "hour": "h", "day": "d", "week": "w"} | {
    "month": "mon",
    "quarter": "q",
    "year": "y",
}
_SPAN = re.compile(r"(\d{0,9})([a-z]+)(?:@([a-z]+)([0-7])?)?", re.ASCII)
_FIRST_DAY = date(1970, 1, 1)
_FORMS = "a time span such as 30s, 5m, 1h, 1d, 1w@w1 or 1mon"


@dataclass(frozen=True)
class TimeSpan:
    """`amount` times a unit (`us`, `ms`, `cs`, `ds`, `second` … `year`).

    Spans up to hours begin at multiples of the span since the epoch; days and more at local
    midnight, counted from 1 January 1970: a week begins on Thursday unless `weekday` (0 Sunday)
    says otherwise, as in `1w@w1`.
    """

    amount: int
    unit: str
    weekday: int | None = None

    @classmethod
    def parse(cls, text: str) -> TimeSpan:
        """Read a span as it is written; raise ValueError that says what is expected."""
        found = _SPAN.fullmatch(text.strip().lower())
        if not found:
            raise ValueError(_FORMS)
        number, word, snap, weekday = found.groups()
        unit = TIME_UNITS.get(word, word)
        amount = int(number or 1)
        if not amount or (unit not in _MICROSECONDS and unit not in _NOMINAL_DAYS):
            raise ValueError(_FORMS)
        if _MICROSECONDS.get(unit, _SECOND) < _SECOND and _SECOND % (amount * _MICROSECONDS[unit]):
            raise ValueError("spans below a second that divide a second, such as 100ms")
        if unit in ("month", "quarter") and 12 % (amount * _MONTHS[unit]):
            raise ValueError("1, 2, 3, 4, 6 or 12 months, or 1, 2 or 4 quarters")
        if snap is None:
            return cls(amount, unit)
        if TIME_UNITS.get(snap) != unit or (weekday and unit != "week"):
            raise ValueError("a snap to its own unit, such as 1d@d or 1w@w1")
        return cls(amount, unit, int(weekday or 0) % 7 if unit == "week" else None)

    def __str__(self) -> str:
        snap = "" if self.weekday is None else f"@w{self.weekday}"
        return f"{self.amount}{_WRITTEN.get(self.unit, self.unit)}{snap}"

    @property
    def seconds(self) -> float:
        """The length; of a month 30 days, of a year 365."""
        if self.unit in _MICROSECONDS:
            return self.amount * _MICROSECONDS[self.unit] / _SECOND
        return float(self.amount * _NOMINAL_DAYS[self.unit] * 86_400)

    @property
    def fixed(self) -> bool:
        """It has the same length at any time and in every time zone."""
        return self.unit in _MICROSECONDS

    def floor(self, time: Number, timezone: ZoneInfo, align: Number = 0) -> Number:
        """Return the beginning of the span that `time` (epoch seconds) is in.

        `align`, a time, moves the beginnings of spans up to hours. Raises ValueError,
        OverflowError or OSError for a time out of the calendar.
        """
        if self.unit in _MICROSECONDS:
            length = self.amount * _MICROSECONDS[self.unit]
            micros, offset = round(time * _SECOND), round(align * _SECOND)
            return _seconds(micros - (micros - offset) % length)
        day = datetime.fromtimestamp(time // 1, timezone).date()
        if self.unit in _DAYS:
            first = 0 if self.weekday is None else self.weekday + 3
            past = ((day - _FIRST_DAY).days - first) % (self.amount * _DAYS[self.unit])
            return _midnight(day - timedelta(days=past), timezone)
        months = (day.year - 1970) * 12 + day.month - 1
        return _month_start(months - months % (self.amount * _MONTHS[self.unit]), timezone)

    def following(self, start: Number, timezone: ZoneInfo) -> Number:
        """Return the beginning of the span after the one that begins at `start`."""
        if self.unit in _MICROSECONDS:
            length = self.amount * _MICROSECONDS[self.unit]
            return _seconds(round(start * _SECOND) + length)
        day = datetime.fromtimestamp(start, timezone).date()
        if self.unit in _DAYS:
            return _midnight(day + timedelta(days=self.amount * _DAYS[self.unit]), timezone)
        months = (day.year - 1970) * 12 + day.month - 1
        return _month_start(months + self.amount * _MONTHS[self.unit], timezone)

    def between(self, first: Number, last: Number, timezone: ZoneInfo) -> Iterator[Number]:
        """Yield the beginnings of all spans from the one at `first` to the one at `last`."""
        while first <= last:
            yield first
            first = self.following(first, timezone)


_AUTOMATIC = tuple(
    TimeSpan(amount, unit)
    for unit, amounts in (
        ("second", (1, 5, 10, 30)),
        ("minute", (1, 5, 10, 30)),
        ("hour", (1,)),
        ("day", (1,)),
        ("month", (1,)),
    )
    for amount in amounts
)


def fitting_span(
    first: Number, last: Number, bins: int, timezone: ZoneInfo, least: float = 0
) -> TimeSpan:
    """Return the smallest of Splunk's own spans that cuts first … last into at most `bins`.

    `least` is the shortest length in seconds (minspan). The spans are those of "Spans used when
    minspan is specified" (timechart).
    """
    allowed = [span for span in _AUTOMATIC if span.seconds >= least] or [_AUTOMATIC[-1]]
    for span in allowed:
        begin, end = span.floor(first, timezone), span.floor(last, timezone)
        if (end - begin) / span.seconds + 1 <= bins:
            return span
    return allowed[-1]


def _seconds(micros: int) -> Number:
    return micros / _SECOND if micros % _SECOND else micros // _SECOND


def _midnight(day: date, timezone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=timezone).timestamp())


def _month_start(months: int, timezone: ZoneInfo) -> int:
    years, month = divmod(months, 12)
    return _midnight(date(1970 + years, month + 1, 1), timezone)
