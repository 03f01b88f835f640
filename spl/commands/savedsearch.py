"""`savedsearch`: runs a saved search of the app."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from spl.commands.arguments import (
    boolean,
    name_text,
    options_text,
    read_field,
    read_option_value,
)
from spl.commands.base import Columns, Command, Pipeline, Stage
from spl.context import Context
from spl.errors import SplError
from spl.lang.reader import Reader, quote
from spl.values import Row

_OPTION = r"([A-Za-z_][\w.-]*)\s*=(?!=)"


@dataclass(frozen=True, kw_only=True)
class Savedsearch(Command):
    """`savedsearch` with the values that stand in place of `$name$` in the saved search.

    Its own time range is not applied: it counts from now, and logs are old.
    """

    name: ClassVar[str] = "savedsearch"
    syntax: ClassVar[str] = "savedsearch <name> [nosubstitution=<bool>] [<name>=<value>] …"
    documentation: ClassVar[str] = "search-commands/savedsearch"
    generating: ClassVar[bool] = True

    search: str
    nosubstitution: bool = False
    values: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        search = read_field(reader, "the name of a saved search")
        nosubstitution = False
        values = []
        while option := reader.match(_OPTION):
            value = read_option_value(reader, option[1])
            if option[1].lower() == "nosubstitution":
                try:
                    nosubstitution = boolean(value)
                except ValueError as error:
                    raise reader.error(f"nosubstitution= takes {error}, not '{value}'") from None
            else:
                values.append((option[1], value))
        return cls(
            search=search,
            nosubstitution=nosubstitution,
            values=tuple(values),
            span=reader.span(start),
        )

    def start(self, context: Context) -> Stage:
        if self.search in context.within:
            circle = " → ".join((*context.within, self.search))
            raise SplError(f"the saved searches run themselves: {circle}")
        text = context.app.saved_search(self.search)["search"]
        if self.values and not self.nosubstitution:
            given = dict(self.values)
            names = "|".join(map(re.escape, given))
            text = re.sub(rf"\$({names})\$", lambda found: given[found[1]], text)
        inner = replace(context, within=(*context.within, self.search))
        return _SavedsearchStage(context.parse(text), inner)

    def arguments(self) -> Iterable[str]:
        yield name_text(self.search)
        yield from options_text({"nosubstitution": self.nosubstitution or None})
        yield " ".join(f"{name}={quote(value)}" for name, value in self.values)


class _SavedsearchStage(Stage):
    def __init__(self, pipeline: Pipeline, context: Context) -> None:
        self._pipeline = pipeline
        self._context = context
        self._fields: list[str] = []

    def finish(self) -> Iterable[Row]:
        found = self._context.run(self._pipeline, self._context, None)
        self._fields = found.fields
        return found.rows

    def columns(self, before: Columns) -> Columns:
        return self._fields
