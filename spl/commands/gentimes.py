"""`gentimes`: makes rows of time ranges, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from spl.commands.arguments import Convert, options_text, read_options
from spl.commands.base import Columns, Command, Stage
from spl.context import Context
from spl.errors import SplError
from spl.lang.reader import Reader
from spl.time_format import strftime
from spl.values import Row

_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4})(?::(\d{1,2}):(\d{1,2}):(\d{1,2}))?")
_DAYS = re.compile(r"-?\d{1,5}")
_INCREMENT = re.compile(r"(\d{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600}
_HUMAN = "%a %b %e %H:%M:%S %Y"


def _timestamp(text: str) -> str:
    if _DATE.fullmatch(text) or _DAYS.fullmatch(text):
        return text
    raise ValueError("MM/DD/YYYY[:HH:MM:SS] or a number of days")


def _increment(text: str) -> str:
    found = _INCREMENT.fullmatch(text)
    if found and int(found[1]):
        return text
    raise ValueError("a length such as 30s, 5m, 1h or 1d")


_OPTIONS: dict[str, Convert] = {"start": _timestamp, "end": _timestamp, "increment": _increment}


@dataclass(frozen=True, kw_only=True)
class Gentimes(Command):
    """`gentimes` from `begin` (start=) to `end`, by default the last midnight; the end is out."""

    name: ClassVar[str] = "gentimes"
    syntax: ClassVar[str] = "gentimes start=<time> [end=<time>] [increment=<N>(s|m|h|d)]"
    documentation: ClassVar[str] = "search-commands/gentimes"
    generating: ClassVar[bool] = True

    begin: str
    end: str = "0"
    increment: str = "1d"

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = read_options(reader, _OPTIONS)
        if "start" not in options:
            raise reader.error("gentimes needs start=<time>", start, reader.position)
        return cls(begin=options.pop("start"), **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        zone, now = context.environment.timezone, context.environment.now
        first, last = _moment(self.begin, now, zone), _moment(self.end, now, zone)
        return _GentimesStage(first, last, self.increment, zone)

    def arguments(self) -> Iterable[str]:
        yield from options_text({"start": self.begin, "end": self.end, "increment": self.increment})


class _GentimesStage(Stage):
    def __init__(self, first: datetime, last: datetime, increment: str, zone: ZoneInfo) -> None:
        self._first = first
        self._last = last
        self._increment = increment
        self._zone = zone

    def finish(self) -> Iterator[Row]:
        start = self._first
        while start < self._last:
            following = self._following(start)
            first = int(start.timestamp())
            last = int((following - timedelta(seconds=1)).timestamp())
            yield {
                "starthuman": strftime(first, _HUMAN, self._zone) or "",
                "starttime": str(first),
                "endhuman": strftime(last, _HUMAN, self._zone) or "",
                "endtime": str(last),
            }
            start = following

    def _following(self, start: datetime) -> datetime:
        """Return the next start: a day keeps the wall clock, what is shorter counts seconds."""
        amount, unit = int(self._increment[:-1]), self._increment[-1]
        if unit == "d":
            return start + timedelta(days=amount)
        return datetime.fromtimestamp(start.timestamp() + amount * _SECONDS[unit], self._zone)

    def columns(self, before: Columns) -> Columns:
        return ["endhuman", "endtime", "starthuman", "starttime"]


def _moment(text: str, now: float, zone: ZoneInfo) -> datetime:
    try:
        if found := _DATE.fullmatch(text):
            month, day, year, hour, minute, second = (int(part or 0) for part in found.groups())
            century = 2000 if len(found[3]) == 2 else 0
            return datetime(century + year, month, day, hour, minute, second, tzinfo=zone)
        midnight = datetime.fromtimestamp(now, zone).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        return midnight + timedelta(days=int(text))
    except (ValueError, OverflowError):
        raise SplError(f"gentimes: '{text}' is no day of the calendar") from None
