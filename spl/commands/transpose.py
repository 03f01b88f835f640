"""`transpose`: turns rows to columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from spl.commands.arguments import Convert, boolean, integer, options_text, read_options
from spl.commands.base import Columns, Command, Stage
from spl.context import Context
from spl.lang.reader import Reader
from spl.values import Row, joined

_OPTIONS: dict[str, Convert] = {
    "column_name": str,
    "header_field": str,
    "include_empty": boolean,
}


@dataclass(frozen=True, kw_only=True)
class Transpose(Command):
    """`transpose`: of the first `count` rows (0 is all) each field becomes a row.

    The columns are `row 1` …, or the values of `header_field`; where it is null, `row N` (not
    documented).
    """

    name: ClassVar[str] = "transpose"
    syntax: ClassVar[str] = (
        "transpose [<N>] [column_name=<text>] [header_field=<field>] [include_empty=<bool>]"
    )
    documentation: ClassVar[str] = "search-commands/transpose"
    transforming: ClassVar[bool] = True

    count: int = 5
    column_name: str = "column"
    header_field: str | None = None
    include_empty: bool = True

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = read_options(reader, _OPTIONS)
        if count := reader.match(r"[0-9]{1,18}(?![^\s|\]])"):
            options["count"] = integer(count.group())
        options |= read_options(reader, _OPTIONS)
        return cls(**options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return _TransposeStage(self)

    def arguments(self) -> Iterable[str]:
        yield str(self.count)
        yield from options_text({name: getattr(self, name) for name in _OPTIONS})


class _TransposeStage(Stage):
    def __init__(self, command: Transpose) -> None:
        self._command = command
        self._rows: list[Row] = []
        self._names: list[str] = []

    def feed(self, rows: Iterable[Row]) -> Iterable[Row]:
        most = self._command.count
        for row in rows:
            if not most or len(self._rows) < most:
                self._rows.append(row)
        return ()

    def finish(self) -> Iterator[Row]:
        command = self._command
        fields = dict.fromkeys(self.before or ())
        for number, row in enumerate(self._rows, 1):
            fields.update(dict.fromkeys(row))
            header = None if command.header_field is None else row.get(command.header_field)
            self._names.append(f"row {number}" if header is None else joined(header, " "))
        for field in fields:
            if field == command.header_field:
                continue
            result: Row = {command.column_name: field}
            for name, row in zip(self._names, self._rows, strict=True):
                if (value := row.get(field)) is not None:
                    result[name] = value
            if len(result) > 1 or command.include_empty:
                yield result

    def columns(self, before: Columns) -> Columns:
        return list(dict.fromkeys([self._command.column_name, *self._names]))
