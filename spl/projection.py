"""A few fields of JSON events, read without parsing the rest.

Most events of a log are alike in the fields that a search asks for first, so that what it says of
one holds for all those with the same values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec
import orjson

from spl.fields import (
    Event,
    Json,
    PresentError,
    Record,
    UnreadError,
    field_splits,
    find,
    flatten,
    scalar_text,
)
from spl.values import Value, to_value

Digest = Hashable
"""The values of some fields of one event; equal where they are."""

# No booleans and floats: to Python, true, 1 and 1.0 are equal.
_Scalar = str | int | None
_PLAIN = re.compile(r"[ !#-.0-;=?-\[\]-~]*")


class Projection:
    """Reads the fields `names` of events that look like `samples` (parsed events).

    Of the fields `present` it only tells whether an event has them; `seen` has their values in the
    event that was read last.
    """

    def __init__(
        self, names: Collection[str], present: Collection[str], samples: Sequence[Json]
    ) -> None:
        self._names = frozenset(names)
        self._present = frozenset(present)
        self.seen: dict[str, str] = {}
        objects = [sample for sample in samples if isinstance(sample, dict)]
        structure = _structure([*self._names, *self._present], objects, self._present)
        self._decode = msgspec.json.Decoder(structure, dec_hook=self._see).decode

    def digest(self, raw: bytes) -> Digest | None:
        """Return the digest of an event; None where only parsing it all can tell its fields."""
        self.seen.clear()
        try:
            return self._decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    def event(self, digest: Digest, origin: Event) -> Event:
        """Return an event that stands for all with this digest and the metadata of `origin`.

        It raises UnreadError where it is asked for another field.
        """
        parsed = orjson.loads(msgspec.json.encode(digest, enc_hook=lambda _present: ""))
        return origin.glimpse(_Glimpse(parsed, self._names, self._present))

    def _see(self, kind: type[_Present], value: Json) -> _Present:
        if not issubclass(kind, _Present) or not isinstance(value, str):
            raise ValueError
        self.seen[kind.name] = value
        return kind.one


class _Present:
    """Stands for a text that is not part of the digest; each field has a class of its own."""

    name: ClassVar[str]
    one: ClassVar[_Present]


def _present(name: str) -> type[_Present]:
    kind = type("_Present", (_Present,), {"name": name})
    assert issubclass(kind, _Present)
    kind.one = kind()
    return kind


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

    __slots__ = ("_excerpt", "_known", "_present")

    def __init__(self, json: Json, known: frozenset[str], present: frozenset[str]) -> None:
        super().__init__(json)
        self._known = known
        self._present = present
        words = flatten(json).items()
        texts = [text for name, values in words for text in (name, *values)]
        # What JSON may write in another way is not sure to be there.
        self._excerpt = "\n".join(text for text in texts if _PLAIN.fullmatch(text))

    @property
    def excerpt(self) -> str:
        return self._excerpt

    def field(self, name: str) -> Value | None:
        if name in self._present:
            if find(self._json, name, field_splits):
                raise PresentError(name)
            return None
        if name not in self._known:
            raise UnreadError(name)
        return super().field(name)


class _Watched(_Part):
    """A record that notes which fields are read; of some it only tells that they are there."""

    __slots__ = ("_read", "_unread")

    def __init__(self, json: Json, read: set[str], unread: Collection[str]) -> None:
        super().__init__(json)
        self._read = read
        self._unread = unread

    def field(self, name: str) -> Value | None:
        value = super().field(name)
        if name in self._unread:
            if value is not None:
                raise PresentError
            return None
        self._read.add(name)
        return value


def telling_fields(
    samples: Sequence[Json],
    sorts: Sequence[Json],
    origin: Event,
    read: Callable[[Event], object],
) -> tuple[set[str], set[str]]:
    """Return the fields that `read` asks for of events: those whose values many have in common, and
    those that would tell every event apart.

    `samples` are events as they come, parsed; `sorts` are events of which none is like the other.
    """
    unread: set[str] = set()
    names: set[str] = set()
    # What is not read leads to other fields.
    for _ in range(2):
        seen: set[str] = set()
        for sort in sorts:
            read(origin.glimpse(_Watched(sort, seen, unread)))
        for name in seen - names:
            values = {str(find(sample, name, field_splits)) for sample in samples}
            if len(values) > len(samples) / 2:
                unread.add(name)
        names |= seen
    return names - unread, unread


def _structure(
    names: Iterable[str], samples: Sequence[dict[str, Json]], present: Collection[str] = ()
) -> type[msgspec.Struct]:
    """Return a structure with every member in which a field of `names` may stand; of the members
    `present` the values are left out.

    Where the samples have no such member, or a value of another kind comes, an event does not fit.
    """
    rests: dict[str, set[str]] = {}
    strange: set[str] = set()
    for name in names:
        splits = field_splits(name)
        usual = next((key for key, _ in splits if any(key in sample for sample in samples)), None)
        for key, rest in splits:
            rests.setdefault(key, set()).add(rest)
            if key != usual:
                # A field in two places has two values, in the order of the text.
                strange.add(key)
    members = {f"member{number}": key for number, key in enumerate(rests)}

    def type_of(key: str) -> Any:
        if key in present:
            return _present(key) | msgspec.UnsetType
        if key in strange:
            return msgspec.UnsetType
        return _type(rests[key], [sample[key] for sample in samples if key in sample])

    return msgspec.defstruct(
        "Digest",
        [(member, type_of(key), msgspec.UNSET) for member, key in members.items()],
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
