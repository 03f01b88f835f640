"""`top`: the most frequent combinations of values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from spl.commands.aggregation import group_keys
from spl.commands.arguments import (
    Convert,
    boolean,
    integer,
    names_text,
    options_text,
    read_fields,
    read_options,
)
from spl.commands.base import Columns, Command, Stage
from spl.commands.sort import natural_key
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row

_OPTIONS: dict[str, Convert] = {
    "limit": integer,
    "countfield": str,
    "percentfield": str,
    "showcount": boolean,
    "showperc": boolean,
    "useother": boolean,
    "otherstr": str,
}
Key = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Top(Command):
    """`top` with its fields; of each BY group the `limit` most frequent, 0 being all.

    Rows without one of the fields do not count. Equally frequent values are in the order of
    `sort` (not documented).
    """

    name: ClassVar[str] = "top"
    syntax: ClassVar[str] = (
        "top [<N>] [limit=<N>] [countfield=<field>] [percentfield=<field>] [showcount=<bool>] "
        "[showperc=<bool>] [useother=<bool>] [otherstr=<text>] <field> … [BY <field> …]"
    )
    documentation: ClassVar[str] = "search-commands/top"
    ordered: ClassVar[bool] = False
    transforming: ClassVar[bool] = True
    rarest_first: ClassVar[bool] = False

    limit: int = 10
    countfield: str = "count"
    percentfield: str = "percent"
    showcount: bool = True
    showperc: bool = True
    useother: bool = False
    otherstr: str = "OTHER"
    fields: tuple[str, ...]
    by: tuple[str, ...] = ()

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = {}
        options |= read_options(reader, _OPTIONS)
        if count := reader.match(r"[0-9]{1,18}(?=\s)"):
            options["limit"] = integer(count.group())
        options |= read_options(reader, _OPTIONS)
        fields = read_fields(reader, "BY")
        options |= read_options(reader, _OPTIONS)
        by = read_fields(reader) if reader.keyword("BY") else ()
        options |= read_options(reader, _OPTIONS)
        return cls(fields=fields, by=by, **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return _TopStage(self)

    def arguments(self) -> Iterable[str]:
        yield from options_text({name: getattr(self, name) for name in _OPTIONS})
        yield names_text(self.fields)
        if self.by:
            yield "BY " + names_text(self.by)


class _TopStage(Stage):
    def __init__(self, command: Top) -> None:
        self._command = command
        self._counts: dict[Key, Counter[Key]] = {}

    def feed(self, rows: Iterable[Row]) -> Iterable[Row]:
        command = self._command
        for row in rows:
            keys = list(group_keys(row, command.fields))
            if keys:
                for group in group_keys(row, command.by):
                    self._counts.setdefault(group, Counter()).update(keys)
        return ()

    def finish(self) -> Iterator[Row]:
        for group in sorted(self._counts, key=_natural):
            yield from self._rows(group, self._counts[group])

    def _rows(self, group: Key, counts: Counter[Key]) -> Iterator[Row]:
        command = self._command
        sign = 1 if command.rarest_first else -1
        ranked = sorted(counts, key=lambda key: (sign * counts[key], _natural(key)))
        total = counts.total()
        shown = ranked[: command.limit or None]
        results = [(key, counts[key]) for key in shown]
        if command.useother and len(shown) < len(ranked):
            rest = total - sum(count for _, count in results)
            results.append(((command.otherstr,) * len(command.fields), rest))
        for key, count in results:
            row: Row = dict(zip((*command.by, *command.fields), (*group, *key), strict=True))
            if command.showcount:
                row[command.countfield] = str(count)
            if command.showperc:
                row[command.percentfield] = f"{100 * count / total:.6f}"
            yield row

    def columns(self, before: Columns) -> Columns:
        command = self._command
        names = [*command.by, *command.fields]
        names += [command.countfield] * command.showcount
        names += [command.percentfield] * command.showperc
        return list(dict.fromkeys(names))


def _natural(key: Key) -> list[tuple[int, Any]]:
    return [natural_key(part) for part in key]
