"""Times as text and back, in Splunk's date and time format variables.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/time-format-variables-and-modifiers/date-and-time-format-variables
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from datetime import timezone as fixed_offset
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_VARIABLE = re.compile(r"%(Ez|:{1,3}z|:Z|[1-9]?[NQ]|[A-Za-z+%])")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EXPANDED: Final = {
    "+": "%a %b %e %H:%M:%S %Z %Y",
    "c": "%a %b %e %H:%M:%S %Y",
    "D": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "h": "%b",
    "R": "%H:%M",
    "r": "%I:%M:%S %p",
    "T": "%H:%M:%S",
    "v": "%e-%b-%Y",
}
_MAX_DECIMALS = 9
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_MONTHS = "January February March April May June July August September October November December"
_DAY_NAMES = _DAYS.split()
_MONTH_NAMES = ["", *_MONTHS.split()]  # counted from 1
_DAY_ABBREVIATIONS = [name[:3] for name in _DAY_NAMES]
_MONTH_ABBREVIATIONS = [name[:3] for name in _MONTH_NAMES]


class Moment:
    """A point in time with its wall clock in a zone, exact to the nanosecond given."""

    __slots__ = ("epoch", "local", "nanoseconds")

    def __init__(self, time: float, timezone: ZoneInfo) -> None:
        # A float of today's epoch seconds is exact to microseconds: more digits are noise.
        micros = time * 1_000_000 if isinstance(time, int) else round(time * 1_000_000)
        self.epoch, rest = divmod(micros, 1_000_000)
        self.nanoseconds = rest * 1_000
        self.local = (_EPOCH + timedelta(seconds=self.epoch)).astimezone(timezone)

    def offset(self) -> tuple[str, int, int, int]:
        """Return the offset from UTC: sign, hours, minutes, seconds."""
        delta = self.local.utcoffset() or timedelta()
        seconds = int(delta.total_seconds())
        minutes, second = divmod(abs(seconds), 60)
        return ("-" if seconds < 0 else "+", *divmod(minutes, 60), second)


def _zone(moment: Moment, colons: int) -> str:
    sign, hours, minutes, seconds = moment.offset()
    return (
        sign
        + (
            f"{hours:02}{minutes:02}",
            f"{hours:02}:{minutes:02}",
            f"{hours:02}:{minutes:02}:{seconds:02}",
            f"{hours:02}",
        )[colons]
    )


def _offset_minutes(moment: Moment) -> str:
    sign, hours, minutes, _ = moment.offset()
    return f"{sign}{hours * 60 + minutes}"


def _week(local: datetime, first_weekday: int) -> int:
    """Count weeks from the year's first Sunday (0) or Monday (1)."""
    weekday = (local.isoweekday() - first_weekday) % 7
    return (local.timetuple().tm_yday + 6 - weekday) // 7


_WRITERS: Final[dict[str, Callable[[Moment], str]]] = {
    "%": lambda _: "%",
    "A": lambda m: _DAY_NAMES[m.local.weekday()],
    "a": lambda m: _DAY_ABBREVIATIONS[m.local.weekday()],
    "B": lambda m: _MONTH_NAMES[m.local.month],
    "b": lambda m: _MONTH_ABBREVIATIONS[m.local.month],
    "C": lambda m: f"{m.local.year // 100:02}",
    "d": lambda m: f"{m.local.day:02}",
    "Ez": _offset_minutes,
    "e": lambda m: f"{m.local.day:2}",
    "f": lambda m: f"{m.nanoseconds // 1000:06}",
    "G": lambda m: f"{m.local.isocalendar()[0]:04}",
    "g": lambda m: f"{m.local.isocalendar()[0] % 100:02}",
    "H": lambda m: f"{m.local.hour:02}",
    "I": lambda m: f"{(m.local.hour + 11) % 12 + 1:02}",
    "j": lambda m: f"{m.local.timetuple().tm_yday:03}",
    "k": lambda m: f"{m.local.hour:2}",
    "l": lambda m: f"{(m.local.hour + 11) % 12 + 1:2}",
    "M": lambda m: f"{m.local.minute:02}",
    "m": lambda m: f"{m.local.month:02}",
    "n": lambda _: "\n",
    "P": lambda m: "am" if m.local.hour < 12 else "pm",
    "p": lambda m: "AM" if m.local.hour < 12 else "PM",
    "S": lambda m: f"{m.local.second:02}",
    "s": lambda m: str(m.epoch),
    "t": lambda _: "\t",
    "U": lambda m: f"{_week(m.local, 0):02}",
    "u": lambda m: str(m.local.isoweekday()),
    # The documentation counts Sunday, 14 August 2022, to week 33: ISO weeks, begun on Sunday.
    "V": lambda m: f"{(m.local + timedelta(days=1)).isocalendar()[1]:02}",
    "W": lambda m: f"{_week(m.local, 1):02}",
    "w": lambda m: str(m.local.isoweekday() % 7),
    "X": lambda m: f"{m.local.hour}:{m.local:%M:%S}",
    "x": lambda m: f"{m.local.month}/{m.local.day}/{m.local.year:04}",
    "Y": lambda m: f"{m.local.year:04}",
    "y": lambda m: f"{m.local.year % 100:02}",
    "Z": lambda m: m.local.tzname() or "",
    "z": lambda m: _zone(m, 0),
    ":z": lambda m: _zone(m, 1),
    "::z": lambda m: _zone(m, 2),
    ":::z": lambda m: _zone(m, 3),
}


def strftime(time: float, form: str, timezone: ZoneInfo) -> str | None:
    """Write `time`, in epoch seconds, in the variables of `form`; None where it is no date.

    What is no variable stands as it is written.
    """
    try:
        moment = Moment(time, timezone)
    except (OverflowError, ValueError):
        return None
    try:
        return "".join(
            [part if isinstance(part, str) else part(moment) for part in _compile_writer(form)]
        )
    except OverflowError:
        return None


@lru_cache(maxsize=500)
def _compile_writer(form: str) -> tuple[str | Callable[[Moment], str], ...]:
    parts: list[str | Callable[[Moment], str]] = []
    for index, part in enumerate(_VARIABLE.split(_expand(form))):
        if index % 2 == 0:
            parts += [part] if part else []
        elif part[-1] in "NQ":
            parts.append(_subseconds(_decimals(part)))
        else:
            parts.append(_WRITERS.get(part, "%" + part))
    return tuple(parts)


def _expand(form: str) -> str:
    return _VARIABLE.sub(lambda found: _EXPANDED.get(found[1], found[0]), form)


def _decimals(variable: str) -> int:
    """`%Q` is milliseconds, `%N` nanoseconds; `%6N` has six digits."""
    return int(variable[0]) if variable[0].isdigit() else 3 if variable == "Q" else _MAX_DECIMALS


def _subseconds(digits: int) -> Callable[[Moment], str]:
    return lambda moment: f"{moment.nanoseconds:09}"[:digits]


_ABBREVIATED_ZONES: Final = {
    "UTC": 0, "GMT": 0, "Z": 0, "UT": 0, "WET": 0, "BST": 60, "CET": 60, "WEST": 60, "CEST": 120,
    "EET": 120, "EEST": 180, "MSK": 180, "IST": 330, "SGT": 480, "JST": 540, "KST": 540,
    "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780, "AST": -240, "ADT": -180, "EST": -300,
    "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
    "AKST": -540, "AKDT": -480, "HST": -600,
}  # fmt: skip
"""Offsets in minutes; an abbreviation of several zones is the American one, as in RFC 2822."""


def _names(names: Iterable[str]) -> str:
    return "|".join(sorted(filter(None, names), key=len, reverse=True))


_OFFSET: Final = r"[+-]\d\d(?::?\d\d(?::?\d\d)?)?|Z"
_ZONE: Final = r"[A-Za-z]+(?:[/_-][A-Za-z]+)*"
_TWO_DIGITS: Final = r" ?\d{1,2}"
_READERS: Final = {
    **dict.fromkeys(("A", "a"), _names([*_DAY_NAMES, *_DAY_ABBREVIATIONS])),
    **dict.fromkeys(("B", "b"), _names([*_MONTH_NAMES, *_MONTH_ABBREVIATIONS])),
    **dict.fromkeys(("d", "e", "H", "I", "k", "l", "M", "m", "S"), _TWO_DIGITS),
    **dict.fromkeys(("U", "V", "W"), _TWO_DIGITS),
    **dict.fromkeys(("P", "p"), "AM|PM"),
    **dict.fromkeys(("z", ":z", "::z", ":::z"), _OFFSET),
    "Ez": r"[+-]?\d{1,4}",
    "f": r"\d{1,9}",
    "j": r"\d{1,3}",
    "s": r"-?\d{1,12}",
    "u": r"[1-7]",
    "w": r"[0-6]",
    "Y": r"\d{4}",
    "y": r"\d\d",
    "Z": _ZONE,
    ":Z": rf"(?:{_ZONE})?(?:{_OFFSET})?",
}


def strptime(text: str, form: str, timezone: ZoneInfo, now: float) -> float | None:
    """Read a time written in the variables of `form`, in epoch seconds; None where it is not one.

    A date must name its day. A time of day alone is of the day of `now`, and a day without month
    or year is of that of `now`; text after what the format says is ignored, as by C's strptime
    (neither is documented). A fraction, `.%N`, may be missing, as in the documentation's example.
    """
    pattern, variables = _compile_reader(form)
    found = pattern.match(text)
    if found is None:
        return None
    read = zip(variables, found.groups(), strict=True)
    parts = {variable: value for variable, value in read if value is not None}
    try:
        return _assemble(parts, timezone, now)
    except (ValueError, OverflowError, OSError, KeyError):
        return None


@lru_cache(maxsize=500)
def _compile_reader(form: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    pattern = ""
    variables: list[str] = []
    form = form.replace("%x", "%m/%d/%Y").replace("%X", "%H:%M:%S")
    for index, part in enumerate(_VARIABLE.split(_expand(form))):
        if index % 2 == 0:
            pattern += re.sub(r"(?:\\?\s)+", r"\\s*", re.escape(part))
        elif part in ("n", "t"):
            pattern += r"\s*"
        elif part[-1] in "NQ":
            variables.append("N")
            if pattern.endswith(r"\."):
                pattern = pattern[:-2] + r"(?:\.(\d{1,9}))?"
            else:
                pattern += r"(\d{1,9})"
        elif part in _READERS:
            variables.append("z" if part.endswith("z") and part != "Ez" else part)
            pattern += f"({_READERS[part]})"
        else:
            pattern += re.escape("%" if part == "%" else "%" + part)
    return re.compile(pattern, re.IGNORECASE | re.ASCII), tuple(variables)


def _assemble(parts: dict[str, str], timezone: ZoneInfo, now: float) -> float | None:
    fraction = parts.get("N") or parts.get("f")
    micros = int(fraction.ljust(6, "0")[:6]) if fraction else 0
    if "s" in parts:
        return _with_fraction(int(parts["s"]), micros)
    day = _date(parts, datetime.fromtimestamp(now, timezone).date())
    if day is None:
        return None
    minute, second = int(parts.get("M", 0)), int(parts.get("S", 0))
    if minute > 59 or second > 60:
        return None
    midnight = datetime.combine(day, datetime.min.time())
    wall = midnight + timedelta(hours=_hour(parts), minutes=minute, seconds=second)
    moment = wall.replace(tzinfo=_zone_of(parts) or timezone)
    return _with_fraction(int((moment - _EPOCH).total_seconds()), micros)


def _with_fraction(seconds: int, micros: int) -> float:
    return seconds + micros / 1_000_000 if micros else seconds


def _hour(parts: dict[str, str]) -> int:
    if clock := parts.get("H") or parts.get("k"):
        hour = int(clock)
        if hour > 23:
            raise ValueError("no hour")
        return hour
    hour = int(parts.get("I") or parts.get("l") or 0)
    if hour > 12:
        raise ValueError("no hour")
    half = parts.get("p") or parts.get("P")
    return hour if half is None else hour % 12 + (12 if half[0] in "pP" else 0)


def _date(parts: dict[str, str], today: date) -> date | None:
    year = int(parts["Y"]) if "Y" in parts else today.year
    if "y" in parts and "Y" not in parts:
        short = int(parts["y"])
        year = short + (1900 if short > 68 else 2000)  # as POSIX says
    if "j" in parts:
        return date(year, 1, 1) + timedelta(days=int(parts["j"]) - 1)
    day = parts.get("d") or parts.get("e")
    if day is None:
        return None if parts.keys() & {"Y", "y", "m", "b", "B"} else today
    name = parts.get("b") or parts.get("B")
    if name is not None:
        month = [abbreviation.lower() for abbreviation in _MONTH_ABBREVIATIONS].index(
            name[:3].lower()
        )
    else:
        month = int(parts.get("m", today.month))
    return date(year, month, int(day))


def _zone_of(parts: dict[str, str]) -> tzinfo | None:
    """Return the zone that a text names: an offset, an abbreviation, or a name of the database."""
    if "Ez" in parts:
        return fixed_offset(timedelta(minutes=int(parts["Ez"])))
    text = parts.get("z") or parts.get("Z") or parts.get(":Z")
    if not text:
        return None
    if found := re.search(r"([+-])([\d:]+)\Z", text):
        sign, digits = found[1], found[2].replace(":", "").ljust(6, "0")
        span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]), seconds=int(digits[4:]))
        return fixed_offset(-span if sign == "-" else span)
    if text.upper() in _ABBREVIATED_ZONES:
        return fixed_offset(timedelta(minutes=_ABBREVIATED_ZONES[text.upper()]))
    return ZoneInfo(text)
