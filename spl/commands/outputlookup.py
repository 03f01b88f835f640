"""`outputlookup`: writes the rows to a lookup table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from spl.commands.arguments import (
    Convert,
    boolean,
    integer,
    name_text,
    one_of,
    options_text,
    read_field,
    read_options,
)
from spl.commands.base import Command, Stage
from spl.context import Context
from spl.errors import SplError, UnsupportedSplError
from spl.lang.reader import Reader
from spl.lookups import Lookups, Table, read_table, write_table
from spl.values import Row, values_of

_OPTIONS: dict[str, Convert] = {
    "append": boolean,
    "create_empty": boolean,
    "override_if_empty": boolean,
    "max": integer,
    "key_field": str,
    "allow_updates": boolean,
    "createinapp": boolean,
    "create_context": one_of("app", "user", "system"),
    "output_format": one_of("splunk_sv_csv", "splunk_mv_csv"),
}


@dataclass(frozen=True, kw_only=True)
class Outputlookup(Command):
    """`outputlookup` with its table. The rows go on unchanged.

    The file is written to the engine's folder of lookups, whatever `createinapp` and
    `create_context` say: they choose among the folders of a server. The values of a multivalue
    are lines of one cell. With `key_field` a row replaces the one of the same key.
    """

    name: ClassVar[str] = "outputlookup"
    syntax: ClassVar[str] = (
        "outputlookup [append=<bool>] [create_empty=<bool>] [override_if_empty=<bool>] [max=<N>] "
        "[key_field=<field>] [createinapp=<bool>] <lookup>"
    )
    documentation: ClassVar[str] = "search-commands/outputlookup"
    writes: ClassVar[bool] = True

    append: bool = False
    create_empty: bool = False
    override_if_empty: bool = True
    max: int | None = None
    key_field: str | None = None
    allow_updates: bool = True
    createinapp: bool | None = None
    create_context: str | None = None
    output_format: str | None = None
    table: str

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = read_options(reader, _OPTIONS)
        table = read_field(reader, "the name of a lookup")
        options |= read_options(reader, _OPTIONS)
        return cls(table=table, **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        if self.output_format == "splunk_mv_csv":
            raise UnsupportedSplError("outputlookup: output_format=splunk_mv_csv does not run here")
        if not self.allow_updates:
            raise UnsupportedSplError("outputlookup: allow_updates=false does not run here")
        lookups = context.app.lookups
        definition = lookups.definition(self.table)
        if self.append and definition.filename.endswith(".gz"):
            raise SplError("outputlookup cannot append to a .gz file")
        return _OutputlookupStage(self, lookups)

    def arguments(self) -> Iterable[str]:
        yield from options_text(
            {
                "append": self.append or None,
                "create_empty": self.create_empty or None,
                "override_if_empty": None if self.override_if_empty else False,
                "max": self.max,
                "key_field": self.key_field,
                "allow_updates": None if self.allow_updates else False,
                "createinapp": self.createinapp,
                "create_context": self.create_context,
                "output_format": self.output_format,
            }
        )
        yield name_text(self.table)


class _OutputlookupStage(Stage):
    def __init__(self, command: Outputlookup, lookups: Lookups) -> None:
        self._command = command
        self._lookups = lookups
        self._rows: list[Row] = []

    def feed(self, rows: Iterable[Row]) -> Iterable[Row]:
        self._rows.extend(rows)
        return ()

    def finish(self) -> Iterable[Row]:
        if self._rows:
            self._write()
        elif not self._command.append:
            self._write_nothing()
        return self._rows

    def _write(self) -> None:
        command = self._command
        existing = self._lookups.path_of(command.table) if command.append else None
        table = read_table(existing) if existing else Table((), [])
        # What is appended has the columns of the file (outputlookup, append).
        fields = table.fields or self._lookups.definition(command.table).collection_fields
        if not fields:
            present = [name for row in self._rows for name in row]
            fields = tuple(dict.fromkeys([*(self.before or ()), *present]))
        key = command.key_field
        if key is not None and key not in fields:
            raise SplError(f"outputlookup: there is no field '{key}' for key_field")
        added = [
            ["\n".join(values_of(row.get(name))) for name in fields]
            for row in self._rows[: command.max]
        ]
        rows = [*table.rows, *added]
        if key is not None:
            at = fields.index(key)
            rows = list({cells[at]: cells for cells in rows}.values())
        write_table(self._lookups.path_to_write(command.table), fields, rows)

    def _write_nothing(self) -> None:
        name = self._command.table
        if not self._command.override_if_empty and self._lookups.path_of(name):
            return
        self._lookups.remove(name)
        if self._command.create_empty:
            self._lookups.path_to_write(name).touch()
