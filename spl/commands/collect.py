"""`collect`: keeps the rows as events of an index, for later searches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from spl.commands.addinfo import search_info
from spl.commands.arguments import Convert, boolean, one_of, options_text, read_options
from spl.commands.base import Command, Stage
from spl.context import Context
from spl.errors import UnsupportedSplError
from spl.fields import Event
from spl.lang.reader import Reader, quote
from spl.time_format import strftime
from spl.values import Row, number_text, to_number, values_of

_OPTIONS: dict[str, Convert] = {
    "index": str,
    "addinfo": boolean,
    "addtime": boolean,
    "file": str,
    "host": str,
    "marker": str,
    "output_format": one_of("raw", "hec"),
    "run_in_preview": boolean,
    "source": str,
    "sourcetype": str,
    "spool": boolean,
    "testmode": boolean,
    "timeformat": str,
    "uselb": boolean,
}
_TIME_FORMAT = "%m/%d/%Y %H:%M:%S %z"
_METADATA = ("host", "index", "source", "sourcetype")
_INFO = ("info_min_time", "info_max_time", "info_search_time")


@dataclass(frozen=True, kw_only=True)
class Collect(Command):
    """`collect` with its index, which the engine keeps: searches that name it read the events.

    A row with `_raw` is kept as that text. Another is written `time, field="value", …` with the
    time of the first of `info_min_time`, `_time` and now, as a row of a summary. The fields
    host, index, source and sourcetype become `orig_host` and so on.
    """

    name: ClassVar[str] = "collect"
    syntax: ClassVar[str] = (
        "collect index=<name> [addinfo=<bool>] [addtime=<bool>] [host=<text>] [marker=<text>] "
        "[source=<text>] [sourcetype=<text>] [testmode=<bool>] [timeformat=<format>]"
    )
    documentation: ClassVar[str] = "search-commands/collect"
    writes: ClassVar[bool] = True

    index: str
    options: dict[str, Any]

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = read_options(reader, _OPTIONS)
        if "index" not in options:
            raise reader.error("collect needs index=<name>", start, reader.position)
        index = options.pop("index")
        return cls(index=index, options=options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        options = self.options
        if "file" in options or options.get("spool") is False:
            raise UnsupportedSplError("collect: file= and spool=false do not run here")
        if options.get("output_format") == "hec":
            raise UnsupportedSplError("collect: output_format=hec does not run here")
        return _CollectStage(self, context)

    def arguments(self) -> Iterable[str]:
        yield from options_text({"index": self.index, **self.options})


class _CollectStage(Stage):
    def __init__(self, command: Collect, context: Context) -> None:
        self._index = command.index
        self._options = command.options
        self._context = context
        info = search_info(context)
        self._info = {name: info[name] for name in _INFO} if self._option("addinfo") else {}

    def _option(self, name: str) -> bool:
        return bool(self._options.get(name, True))

    def feed(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            event = self._event(row)
            if self._options.get("testmode"):
                yield event
            else:
                self._context.collected.setdefault(self._index, []).append(event)
                yield row

    def _event(self, row: Row) -> Event:
        times = [row.get("info_min_time"), row.get("_time")]
        raw = values_of(row.get("_raw"))
        if raw:
            times.reverse()
        numbers = [to_number(time) if isinstance(time, str) else None for time in times]
        time = next((n for n in numbers if n is not None), self._context.environment.now)
        fields = {
            f"orig_{name}" if name in _METADATA else name: row[name]
            for name in row
            if not name.startswith("_")
        }
        if raw:
            text, fields = raw[0], {}
        else:
            fields = {**self._info, **fields}
            text = self._text(time, fields)
        if marker := self._options.get("marker"):
            text += f", {marker}"
        event = Event(
            text,
            time=float(number_text(time)),
            index=self._index,
            sourcetype=self._options.get("sourcetype", "stash"),
            source=self._options.get("source"),
            host=self._options.get("host"),
        )
        event.update(fields)
        return event

    def _text(self, time: float, fields: Row) -> str:
        parts = [f"{name}={quote(chr(10).join(values_of(v)))}" for name, v in fields.items()]
        if self._option("addtime"):
            zone = self._context.environment.timezone
            written = strftime(time, self._options.get("timeformat", _TIME_FORMAT), zone)
            parts.insert(0, written or "")
        return ", ".join(parts)
