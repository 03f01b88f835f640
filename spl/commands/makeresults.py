"""`makeresults`: makes rows out of nothing, or of given data."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import Convert, boolean, integer, one_of, options_text, read_options
from spl.commands.base import Command, Stage
from spl.context import Context
from spl.errors import SplError
from spl.fields import scalar_text
from spl.lang.reader import Reader
from spl.values import Row, number_text

_OPTIONS: dict[str, Convert] = {
    "count": integer,
    "annotate": boolean,
    "format": one_of("csv", "json"),
    "data": str,
}


@dataclass(frozen=True, kw_only=True)
class Makeresults(Command):
    """`makeresults`: `count` rows with only `_time`, or the rows of `data`."""

    name: ClassVar[str] = "makeresults"
    syntax: ClassVar[str] = (
        "makeresults [<N> | count=<N>] [annotate=<bool>] [format=csv|json data=<text>]"
    )
    documentation: ClassVar[str] = "search-commands/makeresults"
    generating: ClassVar[bool] = True

    count: int = 1
    annotate: bool = False
    format: str | None = None
    data: str | None = None

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        number = reader.match(r"\d+(?![\w.=])")
        options = read_options(reader, _OPTIONS)
        if number:
            options.setdefault("count", integer(number.group()))
        if ("format" in options) is not ("data" in options):
            raise reader.error("format= and data= need each other", start)
        return cls(**options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return _MakeresultsStage(self, context)

    def arguments(self) -> Iterable[str]:
        yield from options_text(
            {
                "count": self.count,
                "annotate": self.annotate,
                "format": self.format,
                "data": self.data,
            }
        )


class _MakeresultsStage(Stage):
    def __init__(self, command: Makeresults, context: Context) -> None:
        self._command = command
        self._now = number_text(int(context.environment.now))

    def finish(self) -> Iterator[Row]:
        if self._command.data is not None:
            yield from _given(self._command.format, self._command.data, self._now)
            return
        for _ in range(self._command.count):
            row: Row = {"_time": self._now}
            if self._command.annotate:
                row.update(dict.fromkeys(("host", "splunk_server"), "localhost"))
            yield row


def _given(format: str | None, data: str, now: str) -> Iterator[Row]:
    if format == "csv":
        for record in csv.DictReader(io.StringIO(data)):
            yield {name: value for name, value in record.items() if name and value}
        return
    try:
        records = json.loads(data)
        # Once more for numbers as they are spelt.
        spelt = json.loads(data, parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise SplError(f"makeresults: data is not JSON: {error}") from None
    if not isinstance(records, list):
        records, spelt = [records], [spelt]
    for record, spelling in zip(records, spelt, strict=True):
        if not isinstance(record, dict):
            raise SplError("makeresults: data must be a JSON array of objects")
        row: Row = {"_time": now, "_raw": json.dumps(record, ensure_ascii=False)}
        for name, value in record.items():
            nested = isinstance(value, (dict, list))
            row[name] = (
                json.dumps(value, ensure_ascii=False) if nested else scalar_text(spelling[name])
            )
        yield row
