"""Relative time: `-1d@d`, `@w1`, `+2mon`, `now`, and the absolute times beside it.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/time-format-variables-and-modifiers/time-modifiers
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from spl.errors import SplSyntaxError, UnsupportedSplError

_UNITS = {
    "us": "us",
    "ms": "ms",
    "cs": "cs",
    "ds": "ds",
    "second": "s sec secs second seconds",
    "minute": "m min mins minute minutes",
    "hour": "h hr hrs hour hours",
    "day": "d day days",
    "week": "w week weeks",
    "month": "mon mons month months",
    "quarter": "q qtr qtrs quarter quarters",
    "year": "y yr yrs year years",
}
TIME_UNITS = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_SUBSECONDS = {"us": 1_000_000, "ms": 1_000, "cs": 100, "ds": 10}
"""How many make a second."""
_SECONDS = {"second": 1, "minute": 60, "hour": 3_600}
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_STEP = re.compile(r"([+-])(\d*)([a-z]+)|(\d+)([a-z]+)|@([a-z]+[0-7]?)", re.ASCII)
_BARE_UNIT = re.compile(r"[a-z]+")
_EPOCH = re.compile(r"\d+(?:\.\d*)?", re.ASCII)
_MAX_AMOUNT = 10**9
_FORMS = (
    "expected a time such as -24h@h, @d, now, 1700000000, 11/21/2026:02:44:58 or "
    "2026-11-21T02:44:58Z"
)

Step = tuple[str, int]
"""(unit, amount) moves; ("@" + unit, weekday) snaps."""


def resolve(modifier: str, now: float, timezone: ZoneInfo) -> float:
    """Return the time, in epoch seconds, that `modifier` means at `now`.

    It is relative (offset, then snap, and so on: `-1mon@mon+1d`), `now`, epoch seconds,
    `MM/DD/YYYY:HH:MM:SS`, or ISO 8601; without a zone it is local in `timezone`. Raises
    SplSyntaxError.
    """
    text = modifier.strip()
    if text in ("now", "now()"):
        return now
    if _EPOCH.fullmatch(text) and len(text) < 20:
        return float(text) if "." in text else int(text)
    if text.startswith("rt"):
        raise UnsupportedSplError(f"'{modifier}': real-time searches do not run here")
    absolute = _absolute(text, timezone)
    if absolute is not None:
        return absolute
    try:
        return shift(text, now, timezone)
    except ValueError as error:
        raise SplSyntaxError(str(error)) from None


def shift(modifier: str, time: float, timezone: ZoneInfo) -> float:
    """Return `time` moved by a relative modifier, in the local calendar of `timezone`.

    Days and more keep the wall clock over a change to daylight saving time. A day that the month
    does not have becomes its last day (not documented). Raises SplSyntaxError for what is no
    modifier, and ValueError where it leads out of the calendar.
    """
    for unit, amount in parse_modifier(modifier):
        try:
            time = _step(time, unit, amount, timezone)
        except (ValueError, OverflowError, OSError):
            raise ValueError(f"'{modifier}' leads out of the calendar") from None
    return time


@lru_cache(maxsize=1_000)
def parse_modifier(modifier: str) -> tuple[Step, ...]:
    """Return the steps of a relative modifier, in their order; raise SplSyntaxError."""
    text = modifier.strip()
    steps: list[Step] = []
    position = 0
    if found := _BARE_UNIT.match(text):
        steps.append((_unit(found.group(), modifier), 1))
        position = found.end()
    while position < len(text):
        found = _STEP.match(text, position)
        if found is None or (position and found.group(4)):
            raise SplSyntaxError(f"'{modifier}' is no time: {_FORMS}")
        sign, amount, word, bare, bare_word, snap = found.groups()
        if snap:
            steps.append(_snap_step(snap, modifier))
        else:
            count = min(int((amount or bare or "1")[:12]), _MAX_AMOUNT)
            steps.append((_unit(word or bare_word, modifier), -count if sign == "-" else count))
        position = found.end()
    if not steps:
        raise SplSyntaxError(f"'{modifier}' is no time: {_FORMS}")
    return tuple(steps)


def _unit(word: str, modifier: str) -> str:
    if word not in TIME_UNITS:
        raise SplSyntaxError(f"'{modifier}' is no time: unknown unit '{word}'; {_FORMS}")
    return TIME_UNITS[word]


def _snap_step(word: str, modifier: str) -> Step:
    if word[-1].isdigit():
        if word[0] != "w" or len(word) != 2:
            raise SplSyntaxError(f"'{modifier}' is no time: unknown unit '{word}'; {_FORMS}")
        return "@week", int(word[1]) % 7
    return "@" + _unit(word, modifier), 0


def _step(time: float, unit: str, amount: int, timezone: ZoneInfo) -> float:
    if unit in _SECONDS:
        return time + amount * _SECONDS[unit]
    if unit in _SUBSECONDS:
        return round(time + amount / _SUBSECONDS[unit], 6)
    if unit[1:] in _SUBSECONDS:
        return math.floor(time * _SUBSECONDS[unit[1:]]) / _SUBSECONDS[unit[1:]]
    whole = math.floor(time)
    local = datetime.fromtimestamp(whole, timezone)
    wall = local.replace(tzinfo=None)
    if unit[0] == "@":
        return _snap(whole, local, wall, unit[1:], amount, timezone)
    if unit in _DAYS:
        moved = wall + timedelta(days=amount * _DAYS[unit])
    else:
        moved = _add_months(wall, amount * _MONTHS[unit])
    fraction = time - whole
    result = _epoch(moved, timezone, local.fold)
    return result + fraction if fraction else result


def _snap(
    time: int, local: datetime, wall: datetime, unit: str, weekday: int, timezone: ZoneInfo
) -> int:
    if unit in _SECONDS:
        # The offset of a zone may be half an hour: what is cut is the wall clock.
        past = {
            "second": 0,
            "minute": wall.second,
            "hour": wall.minute * 60 + wall.second,
        }[unit]
        return time - past
    day = wall.replace(hour=0, minute=0, second=0)
    if unit == "week":
        day -= timedelta(days=(day.isoweekday() - weekday) % 7)
    elif unit == "month":
        day = day.replace(day=1)
    elif unit == "quarter":
        day = day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1)
    elif unit == "year":
        day = day.replace(day=1, month=1)
    return _epoch(day, timezone, 0)


def _add_months(wall: datetime, months: int) -> datetime:
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    first = wall.replace(year=year, month=month + 1, day=1)
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first.replace(day=min(wall.day, (following - timedelta(days=1)).day))


def _epoch(wall: datetime, timezone: ZoneInfo, fold: int) -> int:
    return int(wall.replace(tzinfo=timezone, fold=fold).timestamp() // 1)


def _absolute(text: str, timezone: ZoneInfo) -> float | None:
    if not text[:1].isdigit() or len(text) < 8:
        return None
    try:
        moment = datetime.strptime(text, "%m/%d/%Y:%H:%M:%S")
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
    try:
        moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone)
        seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    except OverflowError:
        return None
    return int(seconds) if seconds == int(seconds) else seconds
