"""A few fields of JSON events, read without parsing the rest.

Most events of a log are alike in the fields that a search asks for first, so that what it says of
one holds for all those with the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import orjson

from spl.fields import Event, Json, Record, UnreadError, field_splits, find, scalar_text
from spl.values import Value, to_value

Digest = Hashable
"""The values of some fields of one event; equal where they are."""

# No booleans and floats: to Python, true, 1 and 1.0 are equal.
_Scalar = str | int | None


class Projection:
    """Reads the fields `names` of events that look like `samples` (parsed events)."""

    def __init__(self, names: Collection[str], samples: Sequence[Json]) -> None:
        self._names = frozenset(names)
        objects = [sample for sample in samples if isinstance(sample, dict)]
        self._decode = msgspec.json.Decoder(_structure(self._names, objects)).decode

    def digest(self, raw: bytes) -> Digest | None:
        """Return the digest of an event; None where only parsing it all can tell its fields."""
        try:
            return self._decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    def event(self, digest: Digest, origin: Event) -> Event:
        """Return an event that stands for all with this digest and the metadata of `origin`.

        It raises UnreadError where it is asked for another field.
        """
        parsed = orjson.loads(msgspec.json.encode(digest))
        return origin.glimpse(_Glimpse(parsed, self._names))


class _Part(Record):
    """A record of which the text is unread."""

    __slots__ = ()

    def __init__(self, json: Json) -> None:
        super().__init__(b"", json)

    @property
    def text(self) -> str:
        raise UnreadError

    @property
    def json(self) -> Json:
        raise UnreadError

    def field(self, name: str) -> Value | None:
        if name not in self._fields:
            found = find(self._json, name, field_splits)
            if any(type(value) is float or value == 0 for value in found):  # as it is spelt
                raise UnreadError
            self._fields[name] = to_value(
                scalar_text(value) for value in found if not isinstance(value, (dict, list))
            )
        return self._fields[name]

    def fields(self) -> Mapping[str, Value | None]:
        raise UnreadError


class _Glimpse(_Part):
    """A record of which only some fields are known."""

    __slots__ = ("_known",)

    def __init__(self, json: Json, known: frozenset[str]) -> None:
        super().__init__(json)
        self._known = known

    def field(self, name: str) -> Value | None:
        if name not in self._known:
            raise UnreadError
        return super().field(name)


class _Watched(_Part):
    """A record that notes which of its fields are read, and their values; some are unread."""

    __slots__ = ("_read", "_unread")

    def __init__(self, json: Json, read: dict[str, set[object]], unread: Collection[str]) -> None:
        super().__init__(json)
        self._read = read
        self._unread = unread

    def field(self, name: str) -> Value | None:
        if name in self._unread:
            raise UnreadError
        value = super().field(name)
        self._read.setdefault(name, set()).add(tuple(value) if isinstance(value, list) else value)
        return value


def telling_fields(
    samples: Sequence[Json], origin: Event, read: Callable[[Event], object]
) -> set[str]:
    """Return the fields that `read` asks for of events like `samples`, but those whose values
    differ from event to event: they would tell every event apart."""
    unread: set[str] = set()
    # What is not read leads to other fields.
    for _ in range(2):
        seen: dict[str, set[object]] = {}
        for sample in samples:
            read(origin.glimpse(_Watched(sample, seen, unread)))
        unread |= {name for name, values in seen.items() if len(values) > len(samples) / 2}
    return seen.keys() - unread


def _structure(names: Iterable[str], samples: Sequence[dict[str, Json]]) -> type[msgspec.Struct]:
    """Return a structure with every member in which a field of `names` may stand.

    Where the samples have no such member, or a value of another kind comes, an event does not fit.
    """
    rests: dict[str, set[str]] = {}
    for name in names:
        for key, rest in field_splits(name):
            rests.setdefault(key, set()).add(rest)
    members = {f"member{number}": key for number, key in enumerate(rests)}
    return msgspec.defstruct(
        "Digest",
        [
            (
                member,
                _type(rests[key], [sample[key] for sample in samples if key in sample]),
                msgspec.UNSET,
            )
            for member, key in members.items()
        ],
        rename=members,
        frozen=True,
        gc=False,
    )


def _type(rests: Collection[str], samples: Sequence[Json]) -> Any:
    """Return the type of a value; `rests`: what follows it in the names of fields."""
    types: Any = _Scalar | msgspec.UnsetType
    if objects := [sample for sample in samples if isinstance(sample, dict)]:
        inner = [rest[1:] for rest in rests if rest.startswith(".")]
        types |= _structure(inner, objects)
    if "{}" in rests:
        types |= tuple[_Scalar, ...]
    return types
