"""`addinfo`: adds facts about the search to each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.base import Command, Stage, adding, per_row
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row


@dataclass(frozen=True, kw_only=True)
class Addinfo(Command):
    """`addinfo`: the search's time bounds, when it ran, and its id, which is made up here."""

    name: ClassVar[str] = "addinfo"
    syntax: ClassVar[str] = "addinfo"
    documentation: ClassVar[str] = "search-commands/addinfo"
    ordered: ClassVar[bool] = False

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        return cls(span=reader.span(start))

    def start(self, context: Context) -> Stage:
        info = search_info(context)

        def add(row: Row) -> None:
            row.update(info)

        return per_row(add, adding(list(info)))


def search_info(context: Context) -> dict[str, str]:
    """Return the fields `info_min_time`, `info_max_time`, `info_search_time` and `info_sid`."""
    earliest, latest = context.searched.earliest, context.searched.latest
    now = context.environment.now
    return {
        "info_min_time": f"{earliest or 0:.3f}",
        "info_max_time": "+Infinity" if latest is None else f"{latest:.3f}",
        "info_search_time": f"{now:.3f}",
        "info_sid": f"{now:.0f}.1",
    }
