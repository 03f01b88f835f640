"""A JSON event as Splunk fields: multivalues, `a{}.b`, resolved only when asked for.

Names follow the documentation of `spath`: members of an object are joined by `.`, the members of
an array are one multivalue field whose name ends in `{}`, keys keep their own dots and slashes.
https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/search-commands/spath
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, Final, Protocol

import orjson

from spl.values import Value, number_text, to_value

Json = Any
_UNPARSED: Final = object()
_STEP: Final = re.compile(r"\.|\{\d{0,9}\}(?=[.{]|$)")
_METADATA: Final = ("source", "sourcetype", "host", "index")


class Extraction(Protocol):
    """What an app adds to the extracted fields of one sourcetype (aliases, calculated fields)."""

    def resolve(self, name: str, event: Event) -> Value | None:
        """Return the value of field `name`, or None where the event has no such field."""

    def names(self, event: Event) -> set[str]:
        """Return the names of all fields that `event` has."""


class Record:
    """The text of an event, its JSON, and the fields read from it so far."""

    __slots__ = ("_fields", "_json", "_whole", "raw")

    def __init__(self, raw: str | bytes, json: Json = _UNPARSED) -> None:
        self.raw = raw
        self._json = json
        self._fields: dict[str, Value | None] = {}
        self._whole = False

    @property
    def text(self) -> str:
        """The event as text; bytes that are not UTF-8 are shown as `\\xNN`, as Splunk does."""
        raw = self.raw
        return raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw

    @property
    def json(self) -> Json:
        """The parsed JSON; None where the event is not a JSON object or array."""
        if self._json is _UNPARSED:
            self._json = parse_json(self.raw)
        return self._json

    def field(self, name: str) -> Value | None:
        """Return the extracted field `name`, or None."""
        try:
            return self._fields[name]
        except KeyError:
            if self._whole:
                return None
        values, exact = extract(self.json, name)
        if not exact:
            self._json = parse_exactly(self.raw)
            values, _ = extract(self._json, name)
        value = self._fields[name] = to_value(values)
        return value

    def fields(self) -> Mapping[str, Value | None]:
        """Return all extracted fields, in the order of the JSON text."""
        if not self._whole:
            if _has_float(self.json):
                self._json = parse_exactly(self.raw)
            self._fields = {name: to_value(values) for name, values in flatten(self.json).items()}
            self._whole = True
        return self._fields


class Event(MutableMapping[str, Value]):
    """One event: a mapping from field name to text or list of text, extracted when asked for.

    `raw` is the event's text, `time` its `_time` in epoch seconds. `json`, where the reader has
    parsed the text already, spares a second parse.
    """

    __slots__ = ("_changes", "_extraction", "_metadata", "record")

    def __init__(
        self,
        raw: str | bytes,
        *,
        time: float | None = None,
        source: str | None = None,
        sourcetype: str | None = None,
        host: str | None = None,
        index: str | None = None,
        json: Json = _UNPARSED,
    ) -> None:
        self.record = Record(raw, json)
        self._metadata: dict[str, str] = {}
        if time is not None:
            # microseconds, which .15g would cut
            self._metadata["_time"] = f"{time:.6f}".rstrip("0").rstrip(".")
        for name, value in zip(_METADATA, (source, sourcetype, host, index), strict=True):
            if value is not None:
                self._metadata[name] = value
        self._changes: dict[str, Value | None] = {}
        self._extraction: Extraction | None = None

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Event:
        """Make an event of `_raw`, `_time`, `source`, `sourcetype`, `host`, `index` and others."""
        event = cls(
            mapping.get("_raw", ""),
            time=None if mapping.get("_time") is None else float(mapping["_time"]),
            **{name: mapping.get(name) for name in _METADATA},
        )
        for name, value in mapping.items():
            if name not in ("_raw", "_time", *_METADATA) and value is not None:
                event[name] = value if isinstance(value, list) else str(value)
        return event

    def view(self, extraction: Extraction | None = None, **metadata: str) -> Event:
        """Return the event for another reader: shared text and fields, own changes.

        `metadata` (source, sourcetype, host, index) replaces what the event says of itself.
        """
        other = Event.__new__(Event)
        other.record = self.record
        other._metadata = {**self._metadata, **metadata} if metadata else self._metadata
        other._changes = self._changes.copy()
        other._extraction = extraction or self._extraction
        return other

    @property
    def raw(self) -> str | bytes:
        """The text as it was read."""
        return self.record.raw

    @property
    def time(self) -> float | None:
        """Its `_time` in epoch seconds, as it was read."""
        text = self._metadata.get("_time")
        return None if text is None else float(text)

    @property
    def origin(self) -> tuple[str, str, str]:
        """Sourcetype, source and host, empty where unknown: what props.conf goes by."""
        metadata = self._metadata
        return (
            metadata.get("sourcetype", ""),
            metadata.get("source", ""),
            metadata.get("host", ""),
        )

    def extracted(self, name: str) -> Value | None:
        """Return field `name` before the app's knowledge, or None."""
        if name in self._metadata:
            return self._metadata[name]
        return self.record.text if name == "_raw" else self.record.field(name)

    def extracted_names(self) -> set[str]:
        """Return the names of all fields that the event has before the app's knowledge."""
        names = {name for name, value in self.record.fields().items() if value is not None}
        return names | self._metadata.keys() | {"_raw"}

    def __getitem__(self, name: str) -> Value:
        if name in self._changes:
            value = self._changes[name]
        elif self._extraction is not None:
            value = self._extraction.resolve(name, self)
        else:
            value = self.extracted(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: Value) -> None:
        self._changes[name] = value

    def __delitem__(self, name: str) -> None:
        self._changes[name] = None

    def __iter__(self) -> Iterator[str]:
        extraction = self._extraction
        names = extraction.names(self) if extraction else self.extracted_names()
        changes = self._changes
        yield from sorted(name for name in names if name not in changes)
        yield from (name for name, value in changes.items() if value is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"Event({self.record.text[:80]!r})"


def parse_json(raw: str | bytes) -> Json:
    """Parse an event's text; None where it is not a JSON object or array."""
    try:
        parsed = orjson.loads(raw)
    except orjson.JSONDecodeError:
        parsed = _parse_leniently(raw)
    return parsed if isinstance(parsed, (dict, list)) else None


def extract(value: Json, name: str) -> tuple[list[str], bool]:
    """Return the values of field `name` and whether all are spelt as in the source text.

    A float is not: `1.50` was parsed to 1.5, so the caller parses the text again, exactly.
    """
    scalars = [v for v in find(value, name) if not isinstance(v, (dict, list))]
    return [scalar_text(v) for v in scalars], not any(type(v) is float for v in scalars)


def find(value: Json, path: str) -> list[Json]:
    """Return what stands at a location path: scalars, objects or arrays.

    `{}` is every member of an array, `{1}` its second.
    """
    found: list[Json] = []
    _descend(value, path if path.startswith("{") else "." + path, found.append)
    return found


def flatten(value: Json) -> dict[str, list[str]]:
    """Return every field of a JSON value, in the order of the text."""
    fields: dict[str, list[str]] = {}
    # Not recursive: who writes the event chooses how deep it is nested.
    waiting = [("", value)]
    while waiting:
        name, member = waiting.pop()
        if isinstance(member, dict):
            prefix = f"{name}." if name else ""
            waiting.extend((prefix + key, inner) for key, inner in reversed(member.items()))
        elif isinstance(member, list):
            waiting.extend((name + "{}", inner) for inner in reversed(member))
        else:
            fields.setdefault(name, []).append(scalar_text(member))
    return fields


def scalar_text(value: Json) -> str:
    """Write a JSON scalar as the field's text: `true`, `false`, `null`, digits as they stand."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value)


def _descend(value: Json, path: str, found: Callable[[Json], object]) -> None:
    if not path:
        found(value)
    elif path[0] == ".":
        if isinstance(value, dict):
            for key, rest in _splits(path[1:]):
                if key in value:
                    _descend(value[key], rest, found)
    elif isinstance(value, list):
        index, _, rest = path[1:].partition("}")
        for member in value if not index else value[int(index) : int(index) + 1]:
            _descend(member, rest, found)


@lru_cache(maxsize=10_000)
def _splits(path: str) -> tuple[tuple[str, str], ...]:
    """Return every (key, rest) that `path` can mean, as keys may hold dots themselves."""
    ends = [found.start() for found in _STEP.finditer(path, 1)]
    return tuple((path[:end], path[end:]) for end in [*ends, len(path)])


def _has_float(value: Json) -> bool:
    waiting = [value]
    while waiting:
        member = waiting.pop()
        if type(member) is float:
            return True
        if isinstance(member, dict):
            waiting.extend(member.values())
        elif isinstance(member, list):
            waiting.extend(member)
    return False


def _parse_leniently(raw: str | bytes) -> Json:
    """Parse what orjson refuses and Splunk reads: bytes that are not UTF-8, lone surrogates."""
    try:
        return json.loads(raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw)
    except (ValueError, RecursionError):
        return None


def parse_exactly(raw: str | bytes) -> Json:
    """Parse JSON with numbers as the text that spells them."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    return json.loads(text, parse_float=str, parse_int=str)
