"""A JSON event as Splunk fields: multivalues, `a{}.b`, resolved only when asked for.

Names follow the documentation of `spath`: members of an object are joined by `.`, the members of
an array are one multivalue field whose name ends in `{}`, keys keep their own dots and slashes.
https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/search-commands/spath
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final, Protocol, TypeVar

import orjson

from spl.keeping import kept_of_short
from spl.values import Row, Value, number_text, to_number, to_value

Json = Any
Splits = Callable[[str], Iterable[tuple[str, str]]]
_T = TypeVar("_T")
_UNPARSED: Final = object()
_FIELD_STEP: Final = re.compile(r"\.|\{\}(?=[.{]|$)")
_PATH_STEP: Final = re.compile(r"\.|\{\d{0,9}\}(?=[.{]|$)", re.ASCII)
_ITEM: Final = re.compile(r"\{(\d{0,9})\}(?=[.{]|$)", re.ASCII)
_ESCAPE: Final = re.compile(
    r"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|(\\.)",
    re.DOTALL,
)
MOST_PARSED: Final = 450
MOST_PARSED_BYTES: Final = 8 << 20
METADATA: Final = ("source", "sourcetype", "host", "index")


class UnreadError(Exception):
    """A field was asked for of an event that is only known in part."""


class PresentError(UnreadError):
    """All that is known of the field is that the event has it."""


@dataclass(frozen=True)
class TimeSlot:
    """What is known of a field that follows from an event's time, which is unread."""

    width: int
    """Seconds: all events within one multiple of it have the same value."""
    value: Callable[[float], str]
    """Returns the value at a time in epoch seconds."""


class SlotError(UnreadError):
    """All that is known of the field is how it follows from the time."""

    def __init__(self, slot: TimeSlot) -> None:
        super().__init__()
        self.slot = slot


class Extraction(Protocol):
    """What an app adds to the extracted fields of one sourcetype (aliases, calculated fields)."""

    def resolve(self, name: str, event: Event) -> Value | None:
        """Return the value of field `name`, or None where the event has no such field."""

    def names(self, event: Event) -> set[str]:
        """Return the names of all fields that `event` has."""

    def verbatim(self, name: str) -> bool:
        """Tell whether the values of field `name` stand in the event's text as they are."""


class Record:
    """The text of an event, its JSON, and the fields read from it so far."""

    __slots__ = ("_fields", "_json", "_whole", "raw")

    def __init__(self, raw: str | bytes, json: Json = _UNPARSED) -> None:
        self.raw = raw
        self._json = _UNPARSED
        if json is not _UNPARSED:
            self._keep(json)
        self._fields: dict[str, Value | None] = {}
        self._whole = False

    @property
    def text(self) -> str:
        """The event as text; bytes that are not UTF-8 are shown as `\\xNN`, as Splunk does."""
        raw = self.raw
        return raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw

    def holds(self, found: Callable[[str], bool]) -> bool:
        """Tell whether a search finds in the text what it looks for."""
        return found(self.text)

    @property
    def json(self) -> Json:
        """The parsed JSON; None where the event is not a JSON object or array."""
        return self._keep(parse_json(self.raw)) if self._json is _UNPARSED else self._json

    def _keep(self, json: Json) -> Json:
        if self._json is _UNPARSED:
            PARSED.add(self)
        self._json = json
        return json

    def forget(self) -> None:
        """Give back what was parsed; it is parsed again when it is asked for."""
        self._json = _UNPARSED

    def field(self, name: str) -> Value | None:
        """Return the extracted field `name`, or None."""
        try:
            return self._fields[name]
        except KeyError:
            if self._whole:
                return None
        json = self.json
        if isinstance(json, dict) and name not in json and name.isidentifier():
            self._fields[name] = None
            return None
        found = find(json, name, field_splits)
        for value in found:
            if type(value) is float or (value == 0 and self._has_minus_zero(value)):
                found = find(self._keep(parse_exactly(self.raw)), name, field_splits)
                break
        texts = [scalar_text(v) for v in found if not isinstance(v, (dict, list))]
        field = self._fields[name] = to_value(texts)
        return field

    def fields(self) -> Mapping[str, Value | None]:
        """Return all extracted fields, in the order of the JSON text."""
        if not self._whole:
            if _has_float(self.json) or self._has_minus_zero(0):
                self._keep(parse_exactly(self.raw))
            self._fields = {name: to_value(values) for name, values in flatten(self.json).items()}
            self._whole = True
        return self._fields

    def _has_minus_zero(self, value: Json) -> bool:
        """Tell whether the integer 0 may be spelt `-0`, of which the parser keeps no trace."""
        raw = self.raw
        return type(value) is int and (b"-0" in raw if isinstance(raw, bytes) else "-0" in raw)


class UnreadRecord(Record):
    """A record of which not all is known: it raises UnreadError where it is asked for its text, or
    for all of its fields."""

    __slots__ = ()

    @property
    def text(self) -> str:
        raise UnreadError

    @property
    def json(self) -> Json:
        raise UnreadError

    def fields(self) -> Mapping[str, Value | None]:
        raise UnreadError


class _Parsed:
    """The records that were parsed last. The others forget: JSON takes ten times the memory of its
    text, and searches may hold many events."""

    def __init__(self) -> None:
        self._records: deque[Record] = deque()
        self.size = 0
        """Of their texts, in bytes."""

    def add(self, record: Record) -> None:
        """Add a record; the oldest forget."""
        self._records.append(record)
        self.size += len(record.raw)
        while len(self._records) > MOST_PARSED or self.size > MOST_PARSED_BYTES:
            oldest = self._records.popleft()
            self.size -= len(oldest.raw)
            oldest.forget()


PARSED: Final = _Parsed()


class Event(MutableMapping[str, Value]):
    """One event: a mapping from field name to text or list of text, extracted when asked for.

    `raw` is the event's text, `time` its `_time` in epoch seconds. `json`, where the reader has
    parsed the text already, spares a second parse.
    """

    __slots__ = ("_changes", "_extraction", "_indexed", "_kept", "record")

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
        self._indexed: dict[str, Value] = {}
        if time is not None:
            self._indexed["_time"] = time_text(time)
        for name, value in zip(METADATA, (source, sourcetype, host, index), strict=True):
            if value is not None:
                self._indexed[name] = value
        self._changes: dict[str, Value | None] = {}
        self._extraction: Extraction | None = None
        self._kept: dict[object, Any] | None = None

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Event:
        """Make an event of `_raw`, `_time`, `source`, `sourcetype`, `host`, `index` and others.

        The others are indexed fields: the app's knowledge sees them.
        """
        event = cls(
            mapping.get("_raw", ""),
            time=None if mapping.get("_time") is None else float(mapping["_time"]),
            **{name: mapping.get(name) for name in METADATA},
        )
        for name, value in mapping.items():
            if name not in ("_raw", "_time", *METADATA) and value is not None:
                field = to_value(map(str, value)) if isinstance(value, list) else str(value)
                if field is not None:
                    event._indexed[name] = field
        return event

    def view(self, extraction: Extraction | None = None, **metadata: str) -> Event:
        """Return the event for another reader: shared text and fields, own changes.

        `metadata` (source, sourcetype, host, index) replaces what the event says of itself.
        """
        other = self.__class__.__new__(self.__class__)
        other.record = self.record
        other._indexed = {**self._indexed, **metadata} if metadata else self._indexed
        other._changes = self._changes.copy()
        other._extraction = extraction or self._extraction
        same = not metadata and other._extraction is self._extraction
        other._kept = self._kept if same else None
        return other

    def glimpse(self, record: Record, like: Glimpse | None = None) -> Glimpse:
        """Return an event with this one's metadata and another record; its time is unread.

        `like`: a glimpse of which less is known, and of that all holds here.
        """
        other = Glimpse.__new__(Glimpse)
        other._slots = {}
        other.record = record
        hidden = self._indexed.hidden if isinstance(self._indexed, _Hiding) else ()
        other._indexed = _Hiding(self._indexed, {"_time", *hidden})
        other._changes = {}
        other._extraction = self._extraction
        other._kept = {} if like is None or like._kept is None else like._kept.copy()
        return other

    def hiding(self, metadata: Collection[str]) -> Event:
        """Return the event without some of its metadata: who asks for it gets UnreadError."""
        other = self.view()
        other._indexed = _Hiding(self._indexed, {*metadata})
        return other

    def embodied(self, raw: bytes, time: float, fields: Mapping[str, str]) -> Event:
        """Return an event with a text of its own that is as this glimpse of it says.

        `fields` are known of it besides.
        """
        other = Event.__new__(Event)
        other.record = Record(raw)
        other.record._fields = {**self.record._fields, **fields}
        other._indexed = {**self._indexed, "_time": time_text(time)}
        other._changes = {}
        other._extraction = self._extraction
        other._kept = None if self._kept is None else self._kept.copy()
        return other

    def __reduce__(self) -> tuple[Any, ...]:
        # Neither what can be parsed again nor the app's knowledge, which `Engine.bind` adds.
        return _restored, (self.record.raw, self._indexed, self._changes)

    @property
    def raw(self) -> str | bytes:
        """The text as it was read."""
        return self.record.raw

    @property
    def time(self) -> float | None:
        """Its `_time` in epoch seconds, as it was read, or as the app's settings say."""
        text = self._indexed.get("_time")
        if text is None and self._extraction is not None:
            text = self._extraction.resolve("_time", self)
        number = to_number(text) if isinstance(text, str) else None
        return None if number is None else float(number)

    def verbatim(self, name: str) -> bool:
        """Tell whether the values of field `name` stand in the text as they are."""
        if self._extraction is not None:
            return self._extraction.verbatim(name)
        return name not in METADATA and not name.startswith("_")

    @property
    def origin(self) -> tuple[str, str, str]:
        """Sourcetype, source and host, empty where unknown: what props.conf goes by."""
        indexed: Mapping[str, Any] = self._indexed
        return (
            indexed.get("sourcetype", ""),
            indexed.get("source", ""),
            indexed.get("host", ""),
        )

    def indexed(self, name: str) -> Value | None:
        """Return `_raw` or the indexed field `name`, or None."""
        return self.record.text if name == "_raw" else self._indexed.get(name)

    def indexed_names(self) -> set[str]:
        """Return the names of the indexed fields, and `_raw`."""
        return {"_raw", *self._indexed}

    def extracted(self, name: str) -> Value | None:
        """Return field `name` before the app's knowledge: indexed or of its JSON, or None."""
        value = self._indexed.get(name)
        if value is not None:
            return value
        return self.record.text if name == "_raw" else self.record.field(name)

    def extracted_names(self) -> set[str]:
        """Return the names of all fields that the event has before the app's knowledge."""
        names = {name for name, value in self.record.fields().items() if value is not None}
        return names | self.indexed_names()

    def keep(self, key: object, make: Callable[[], _T]) -> _T:
        """Return what `make` returned when first asked for `key`, so that it is made once."""
        if self._kept is None:
            self._kept = {}
        try:
            kept: _T = self._kept[key]
        except KeyError:
            kept = self._kept[key] = make()
        return kept

    def get(self, name: str, default: Any = None) -> Any:
        """Return field `name`, or `default`."""
        if name in self._changes:
            value = self._changes[name]
        elif self._extraction is not None:
            value = self._extraction.resolve(name, self)
        else:
            value = self.extracted(name)
        return default if value is None else value

    def __getitem__(self, name: str) -> Value:
        value: Value | None = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

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


class Glimpse(Event):
    """An event that is known in part; it raises UnreadError where it is asked for the rest."""

    __slots__ = ("_slots",)
    _slots: dict[str, TimeSlot]

    def view(self, extraction: Extraction | None = None, **metadata: str) -> Glimpse:
        """See `Event.view`."""
        other = super().view(extraction, **metadata)
        assert isinstance(other, Glimpse)
        other._slots = dict(self._slots)
        return other

    def set_slot(self, name: str, slot: TimeSlot) -> None:
        """Let field `name` follow from the time."""
        self._changes.pop(name, None)
        self._slots[name] = slot

    def get(self, name: str, default: Any = None) -> Any:
        """See `Event.get`; raises UnreadError."""
        if name in self._slots:
            raise SlotError(self._slots[name])
        if name in self._changes:
            return super().get(name, default)
        value = self.keep(name, partial(super().get, name))  # many searches ask for the same
        return default if value is None else value

    def __setitem__(self, name: str, value: Value) -> None:
        self._slots.pop(name, None)
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        self._slots.pop(name, None)
        super().__delitem__(name)


def _restored(
    raw: str | bytes, indexed: dict[str, Value], changes: dict[str, Value | None]
) -> Event:
    event = Event(raw)
    event._indexed = indexed
    event._changes = changes
    return event


def has_field(row: Row, name: str) -> bool:
    """Tell whether a row has field `name`, which an event can do that does not know its value."""
    try:
        return row.get(name) is not None
    except PresentError:
        if row.verbatim(name):  # type: ignore[attr-defined]  # only events raise it
            return True
        raise


class _Hiding(dict[str, Value]):
    """Indexed fields of an event, some of which are unread."""

    def __init__(self, indexed: Mapping[str, Value], hidden: set[str]) -> None:
        super().__init__(indexed)
        self.hidden = hidden

    def get(self, name: str, default: Any = None) -> Any:
        if name in self.hidden:
            raise UnreadError(name)
        return super().get(name, default)


def parse_json(raw: str | bytes) -> Json:
    """Parse an event's text; None where it is not a JSON object or array."""
    try:
        parsed = orjson.loads(raw)
    except orjson.JSONDecodeError:
        parsed = _parse_leniently(raw)
    return parsed if isinstance(parsed, (dict, list)) else None


_parsed_once = kept_of_short(16, 100_000)(parse_json)  # several values are taken of one text


def time_text(time: float) -> str:
    """Write epoch seconds as the field `_time`, exact to the microsecond."""
    return f"{time:.6f}".rstrip("0").rstrip(".")


def at_path(text: str, path: str) -> list[str]:
    """Return the values at a location path of JSON text; objects and arrays as JSON text."""
    found = find(_parsed_once(text), path)
    if any(type(value) is float for value in found):
        found = find(parse_exactly(text), path)
    return [
        orjson.dumps(value).decode() if isinstance(value, (dict, list)) else scalar_text(value)
        for value in found
    ]


def path_splits(path: str) -> tuple[tuple[str, str], ...]:
    """Return every (key, rest) that a location path can mean: keys may hold dots themselves."""
    return _split(_PATH_STEP, path)


def field_splits(name: str) -> tuple[tuple[str, str], ...]:
    """Do so for the name of a field, where `{1}` is no index."""
    return _split(_FIELD_STEP, name)


@lru_cache(maxsize=10_000)
def _split(step: re.Pattern[str], path: str) -> tuple[tuple[str, str], ...]:
    ends = [found.start() for found in step.finditer(path)]
    return tuple((path[:end], path[end:]) for end in [*ends, len(path)])


def find(value: Json, path: str, splits: Splits = path_splits) -> list[Json]:
    """Return what stands at a location path: scalars, objects or arrays, in the text's order.

    `{}` is every member of an array, `{1}` its second.
    """
    if isinstance(value, dict):
        path = "." + path
    elif not path:
        return []
    found: list[Json] = []
    # Not recursive: who writes the event chooses how deep it is nested.
    waiting = [(value, path)]
    while waiting:
        node, rest = waiting.pop()
        while rest:
            if isinstance(node, dict):
                steps = [step for step in splits(rest[1:]) if step[0] in node]
                if len(steps) == 1 and rest[0] == ".":
                    key, rest = steps[0]
                    node = node[key]
                    continue
                if rest[0] == ".":
                    order = list(node)
                    steps.sort(key=lambda step: order.index(step[0]), reverse=True)
                    waiting += [(node[key], after) for key, after in steps]
            elif isinstance(node, list) and (item := _ITEM.match(rest)):
                index, after = item[1], rest[item.end() :]
                members = node[int(index) : int(index) + 1] if index else node
                waiting += [(member, after) for member in reversed(members)]
            break
        else:
            found.append(node)
    return found


def flatten(value: Json) -> dict[str, list[str]]:
    """Return every field of a JSON value, in the order of the text."""
    fields: dict[str, list[str]] = {}
    waiting: list[tuple[str | None, Json]] = [(None, value)]
    while waiting:
        name, member = waiting.pop()
        if isinstance(member, dict):
            prefix = "" if name is None else f"{name}."
            waiting.extend((prefix + key, inner) for key, inner in reversed(member.items()))
        elif isinstance(member, list):
            waiting.extend(((name or "") + "{}", inner) for inner in reversed(member))
        elif name is not None:
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
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    # A lone surrogate is no character: no output could write it.
    text = _ESCAPE.sub(lambda found: found[1] or found[2] or r"\ufffd", text)
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def parse_exactly(raw: str | bytes) -> Json:
    """Parse JSON with numbers as the text that spells them.

    JSON that nests too deeply for that comes as `parse_json` returns it.
    """
    parsed = _parse_leniently(raw)
    return parse_json(raw) if parsed is None else parsed
