"""`tail`: keeps the last rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import integer
from spl.commands.base import Command, Stage
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row

_DEFAULT_COUNT = 10


@dataclass(frozen=True, kw_only=True)
class Tail(Command):
    """`tail`: the last `count` rows, the last of all first."""

    name: ClassVar[str] = "tail"
    syntax: ClassVar[str] = "tail [<N>]"
    documentation: ClassVar[str] = "search-commands/tail"

    count: int = _DEFAULT_COUNT

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        found = reader.match(r"[0-9]{1,18}(?![^\s|\]])")
        count = integer(found.group()) if found else _DEFAULT_COUNT
        return cls(count=count, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return _TailStage(self.count)

    def arguments(self) -> Iterable[str]:
        yield str(self.count)


class _TailStage(Stage):
    def __init__(self, count: int) -> None:
        self._last: deque[Row] = deque(maxlen=count)

    def feed(self, rows: Iterable[Row]) -> Iterable[Row]:
        self._last.extend(rows)
        return ()

    def finish(self) -> Iterable[Row]:
        return reversed(self._last)
