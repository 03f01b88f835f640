"""Lookup tables: CSV files in `lookups/`, by file name or by a definition in transforms.conf.

https://docs.splunk.com/Documentation/Splunk/9.4.0/Admin/Transformsconf (lookup tables)
"""

from __future__ import annotations

import csv
import ipaddress
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from spl.conf import Conf, Stanza
from spl.errors import SplError, UnsupportedSplError, did_you_mean
from spl.lang.reader import Reader
from spl.lang.search_expression import parse_search_expression
from spl.matching import compile_search, equals
from spl.values import Row, to_value, values_of

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

_MATCH_TYPE = re.compile(r"(CIDR|WILDCARD|EXACT)\s*\(([^()]*)\)", re.IGNORECASE)
_DEFAULT_MAX_MATCHES = 100
_MOST_MAX_MATCHES = 1_000
_CACHED = 10_000
_NOT_RUN = {
    "external_cmd": "a lookup by a script",
    "time_field": "a lookup by time",
    "feature_id_element": "a geospatial lookup",
}

Cells = Sequence[str]
Find = Callable[[Cells], Iterable[int]]


@dataclass(frozen=True)
class Definition:
    """How a table is matched: the settings of a stanza in transforms.conf, or their defaults."""

    name: str
    filename: str
    match_types: dict[str, str] = field(default_factory=dict)
    max_matches: int = _DEFAULT_MAX_MATCHES
    min_matches: int = 0
    default_match: str = ""
    case_sensitive: bool = True
    filter: str = ""
    collection_fields: tuple[str, ...] = ()
    """The fields of a KV store collection, which is empty until something is written to it."""

    @classmethod
    def from_stanza(cls, name: str, settings: Stanza) -> Definition:
        """Make the definition of a stanza. Raises SplError for a wrong one.

        A KV store collection is the file `<collection>.csv`; without one it is empty.
        """
        for setting, what in _NOT_RUN.items():
            if setting in settings:
                raise UnsupportedSplError(f"lookup '{name}' is {what}, which does not run here")
        match_types = {}
        for kind, names in _MATCH_TYPE.findall(settings.get("match_type", "")):
            for match_field in names.split(","):
                match_types[match_field.strip()] = kind.upper()
        collection = settings.get("collection")
        return cls(
            name,
            settings.get("filename") or f"{collection}.csv",
            match_types,
            min(_number(name, settings, "max_matches", _DEFAULT_MAX_MATCHES), _MOST_MAX_MATCHES),
            _number(name, settings, "min_matches", 0),
            settings.get("default_match", ""),
            settings.get("case_sensitive_match", "true").lower() in ("1", "true", "t", "yes"),
            settings.get("filter", ""),
            tuple(re.findall(r"[^\s,]+", settings.get("fields_list", ""))) if collection else (),
        )


@dataclass(frozen=True)
class Table:
    """The cells of a CSV file; each row has as many as there are `fields`."""

    fields: tuple[str, ...]
    rows: list[Cells]


@dataclass(frozen=True)
class Lookup:
    """A table and how it is matched."""

    definition: Definition
    table: Table

    def rows(self) -> Iterator[Row]:
        """Yield the rows in file order; an empty cell is null."""
        for cells in self.table.rows:
            yield {n: cell for n, cell in zip(self.table.fields, cells, strict=True) if cell}

    def matcher(self, fields: Sequence[str]) -> Callable[[Cells], list[Cells]]:
        """Return what finds the rows for values of the lookup's `fields`, in file order.

        Raises SplError where the table lacks one of them.
        """
        for name in fields:
            self.check(name)
        finder = cache(lambda: _finder(self, fields))  # no value comes to most matchers
        most = self.definition.max_matches
        rows = self.table.rows
        return lambda values: [rows[position] for position in list(finder()(tuple(values)))[:most]]

    def check(self, name: str) -> None:
        """Raise SplError unless the table has the field `name`."""
        if name not in self.table.fields:
            known = ", ".join(self.table.fields)
            raise SplError(
                f"lookup '{self.definition.name}' has no field '{name}', it has: {known}"
            )


class AppliedLookup:
    """A lookup at work on events: `inputs` and `outputs` pair its fields with those of the event.

    Without `outputs` all fields of the table that are no inputs come out. With `only_new`
    (OUTPUTNEW) fields that the event has stay; else they are replaced, by null where nothing
    matches (not documented). Each value of a multivalue is looked up. Raises SplError for fields
    that the table lacks.
    """

    def __init__(
        self,
        lookup: Lookup,
        inputs: Sequence[tuple[str, str]],
        outputs: Sequence[tuple[str, str]] = (),
        *,
        only_new: bool = False,
    ) -> None:
        names = [name for name, _ in inputs]
        fields = lookup.table.fields
        self.outputs = list(outputs) or [(n, n) for n in fields if n not in names]
        for name, _ in self.outputs:
            lookup.check(name)
        self._match = lookup.matcher(names)
        self._fields = [target for _, target in inputs]
        self._columns = [(fields.index(name), target) for name, target in self.outputs]
        self._only_new = only_new
        self._least = lookup.definition.min_matches
        self._default = [lookup.definition.default_match] * len(fields)

    def __call__(self, row: Row) -> None:
        """Add the fields of the matching rows to `row`."""
        columns = self._columns
        if self._only_new:
            columns = [(c, target) for c, target in columns if row.get(target) is None]
        inputs = [values_of(row.get(name)) for name in self._fields]
        if not columns or not all(inputs):
            return
        matches: list[Cells] = []
        for values in product(*inputs):
            found = self._match(values)
            matches += found
            matches += [self._default] * (self._least - len(found))
        for column, target in columns:
            value = to_value(cells[column] for cells in matches if cells[column])
            if value is None:
                row.pop(target, None)
            else:
                row[target] = value


class Lookups:
    """The lookups of one app.

    Files of `overlay` win over the app's, as a user's own lookups do in Splunk, and new ones are
    written there; without one that is a folder that lives as long as this object.
    """

    def __init__(
        self, folder: Path, transforms: Conf, warn: Callable[[str], object] = print
    ) -> None:
        self._folder = folder
        self._transforms = transforms
        self._warn = warn
        self._tables: dict[Path, tuple[tuple[int, int, int], Table]] = {}
        self._temporary: TemporaryDirectory[str] | None = None
        self.overlay: Path | None = None
        self.writes = 0
        """How often a table was written, so that who keeps one knows when to read it again."""

    def definition(self, name: str) -> Definition:
        """Return the definition of a lookup, or that of the file `name`; raise SplError."""
        settings = self._transforms.get(name, {})
        if settings.keys() & {"filename", "collection", *_NOT_RUN}:
            return Definition.from_stanza(name, settings)
        if Path(name).name == name and name.endswith((".csv", ".csv.gz")):
            return Definition(name, name)
        raise SplError(f"unknown lookup '{name}'" + did_you_mean(name, self.names()))

    def names(self) -> list[str]:
        """Return the names of all lookups: definitions and files."""
        defined = [n for n, s in self._transforms.items() if s.keys() & {"filename", "collection"}]
        folders = [folder for folder in (self.overlay, self._folder) if folder and folder.is_dir()]
        files = {path.name for folder in folders for path in folder.iterdir()}
        return sorted({*defined, *files})

    def open(self, name: str) -> Lookup:
        """Return a lookup by its name; raise SplError where there is none, or no file of it."""
        definition = self.definition(name)
        path = self._find(definition.filename)
        if path is None and definition.collection_fields:
            return Lookup(definition, Table(definition.collection_fields, []))
        if path is None:
            near = did_you_mean(name, [known for known in self.names() if known != name])
            raise SplError(f"lookup '{name}': there is no file {definition.filename}{near}")
        table = self._read(path)
        if definition.filter:
            table = _filtered(table, definition)
        return Lookup(definition, table)

    def path_of(self, name: str) -> Path | None:
        """Return the file of the lookup `name`, or None where there is none; raise SplError."""
        return self._find(self.definition(name).filename)

    def path_to_write(self, name: str) -> Path:
        """Return where the lookup `name` is written to; raise SplError where it is none."""
        filename = self.definition(name).filename
        if Path(filename).name != filename:
            raise SplError(f"lookup '{name}': {filename} is no file name")
        if self.overlay is None:
            from tempfile import TemporaryDirectory

            self._temporary = TemporaryDirectory(prefix="splunk-lookups-")
            self.overlay = Path(self._temporary.name)
        self.overlay.mkdir(parents=True, exist_ok=True)
        self.writes += 1
        return self.overlay / filename

    def remove(self, name: str) -> None:
        """Remove the file of the lookup `name`. The app's own stays: an empty one then hides it."""
        path = self.path_to_write(name)
        path.unlink(missing_ok=True)
        if (self._folder / path.name).is_file():
            path.touch()

    def _find(self, filename: str) -> Path | None:
        if Path(filename).name != filename:
            raise SplError(f"{filename} is no file name")
        folders = [folder for folder in (self.overlay, self._folder) if folder]
        return next((f / filename for f in folders if (f / filename).is_file()), None)

    def _read(self, path: Path) -> Table:
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        known = self._tables.get(path)
        if known is None or known[0] != stamp:
            known = self._tables[path] = (stamp, read_table(path, self._warn))
        return known[1]


def read_table(path: Path, warn: Callable[[str], object] = print) -> Table:
    """Read a CSV file, gzipped or not. Raises SplError with file and line where it cannot be read.

    Cells without a column are left out, and passed to `warn` as `file:line: message`.
    """
    line = 0
    try:
        with _open(path, "rt") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            columns = {name: at for at, name in enumerate(header) if name}
            if len(columns) < len(header):
                warn(f"{path}:1: a column has no name, or that of another: it is left out")
            rows = []
            for cells in reader:
                line = reader.line_num
                if len(cells) > len(header):
                    warn(f"{path}:{line}: there are more cells than columns")
                if cells:
                    cells += [""] * (len(header) - len(cells))
                    rows.append([cells[at] for at in columns.values()])
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise SplError(f"{path}:{line + 1}: the lookup cannot be read: {error}") from None
    return Table(tuple(columns), cast(list[Cells], rows))


def write_table(path: Path, fields: Sequence[str], rows: Iterable[Cells]) -> None:
    """Write a CSV file, gzipped where its name says so; who reads meanwhile sees the old one.

    Raises SplError where it cannot be written.
    """
    draft = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        with _open(draft, "wt") as file:
            writer = csv.writer(file)
            writer.writerow(fields)
            writer.writerows(rows)
        draft.replace(path)
    except OSError as error:
        raise SplError(f"the lookup {path} cannot be written: {error}") from None


def _open(path: Path, mode: str) -> IO[str]:
    encoding = "utf-8-sig" if mode == "rt" else "utf-8"
    opener: Callable[..., object] = open
    if path.name.endswith(".gz"):
        from gzip import open as opener
    return cast(
        IO[str], opener(path, mode, encoding=encoding, errors="backslashreplace", newline="")
    )


def _number(name: str, settings: Stanza, key: str, default: int) -> int:
    text = settings.get(key, str(default))
    if not text.isdigit():
        raise SplError(f"transforms.conf: [{name}] {key} takes a whole number, not '{text}'")
    return int(text)


def _filtered(table: Table, definition: Definition) -> Table:
    reader = Reader(definition.filter)
    matches = compile_search(parse_search_expression(reader))
    rows = Lookup(definition, table).rows()
    return Table(
        table.fields,
        [cells for cells, row in zip(table.rows, rows, strict=True) if matches(row)],
    )


def _finder(lookup: Lookup, fields: Sequence[str]) -> Find:
    """Return what gives the positions of the matching rows: an index for the exact fields, and a
    finder for each of the others."""
    definition, table = lookup.definition, lookup.table
    fold: Callable[[str], str] = str if definition.case_sensitive else str.lower
    exact: list[int] = []
    finders: list[Find] = []
    for at, name in enumerate(fields):
        cells = [row[table.fields.index(name)] for row in table.rows]
        match definition.match_types.get(name, "EXACT"):
            case "CIDR":
                finders.append(_by_network(cells, at))
            case "WILDCARD":
                finders.append(_by_wildcard(cells, at, definition.case_sensitive))
            case _:
                exact.append(at)
    if exact:
        columns = [table.fields.index(fields[at]) for at in exact]
        index: dict[tuple[str, ...], list[int]] = {}
        for position, row in enumerate(table.rows):
            index.setdefault(tuple(fold(row[column]) for column in columns), []).append(position)

        def by_index(values: Cells) -> Iterable[int]:
            return index.get(tuple(fold(values[at]) for at in exact), ())

        finders.insert(0, by_index)
    if exact and len(finders) == 1:
        return finders[0]

    @lru_cache(_CACHED)
    def find(values: tuple[str, ...]) -> list[int]:
        return sorted(set.intersection(*(set(finder(values)) for finder in finders)))

    return cast(Find, find)


def _by_network(cells: Cells, at: int) -> Find:
    """Find addresses in networks: for each length of prefix, the networks by their number."""
    networks: dict[tuple[int, int], dict[int, list[int]]] = {}
    for position, cell in enumerate(cells):
        try:
            network = ipaddress.ip_network(cell.strip(), strict=False)
        except ValueError:
            continue
        shift = network.max_prefixlen - network.prefixlen
        number = int(network.network_address) >> shift
        networks.setdefault((network.version, shift), {}).setdefault(number, []).append(position)

    def find(values: Cells) -> Iterator[int]:
        try:
            address = ipaddress.ip_address(values[at].strip())
        except ValueError:
            return
        for (version, shift), positions in networks.items():
            if version == address.version:
                yield from positions.get(int(address) >> shift, ())

    return find


def _by_wildcard(cells: Cells, at: int, case_sensitive: bool) -> Find:
    """Find values by patterns: `*` stands for any text, all else for itself."""
    fold: Callable[[str], str] = str if case_sensitive else str.lower
    positions: dict[str, list[int]] = {}
    for position, cell in enumerate(cells):
        positions.setdefault(fold(cell), []).append(position)
    tests = {p: equals(p, case_sensitive=case_sensitive) for p in positions if "*" in p}

    def find(values: Cells) -> Iterator[int]:
        value = fold(values[at])
        yield from positions.get(value, ())
        for pattern, test in tests.items():
            if pattern != value and test(value):
                yield from positions[pattern]

    return find
