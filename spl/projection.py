"""A few fields of JSON events, read without parsing the rest.

Most events of a log are alike in the fields that a search asks for first, so that what it says of
one holds for all those with the same values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec
import orjson
from msgspec.structs import fields

from spl.fields import (
    Event,
    Json,
    PresentError,
    Record,
    UnreadError,
    UnreadRecord,
    field_splits,
    find,
    flatten,
    scalar_text,
)
from spl.values import Value, to_value

_T = TypeVar("_T")
_Fields = TypeVar("_Fields", bound=Mapping[str, Any])
Projected = Any
"""What was read of one event."""
Digest = Hashable
"""The values of some fields of one event; equal where they are."""

# No booleans and floats: to Python, true, 1 and 1.0 are equal.
_Scalar = str | int | None
_UNFIT = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_FINE = 0.3
_MOST_SORTS = 60
_PLAIN = re.compile(r"[ !#-.0-;=?-\[\]-~]*")


class Projection:
    """Reads a few fields of events that look like `samples` (parsed events).

    Events with the same values in the fields `names` have the same digests: a coarse one, of the
    members with few values, and a fine one, of the others. Those of the fields `unlike` (members of
    the event itself) are read besides, where all samples have them as text.
    """

    def __init__(
        self, names: Collection[str], unlike: Collection[str], samples: Sequence[Json]
    ) -> None:
        objects = [sample for sample in samples if isinstance(sample, dict)]
        self.unlike_names = tuple(
            name for name in unlike if all(isinstance(o.get(name), str) for o in objects)
        )
        members = {name: f"unlike{number}" for number, name in enumerate(self.unlike_names)}
        structure = _structure(names, objects, members)
        self._names = frozenset(names)
        self._members = members
        seen = [field for field in fields(structure) if field.type is not msgspec.UnsetType]
        common = [field for field in seen if field.name not in members.values()]
        fine = {f.encode_name for f in common if _is_fine(f.encode_name, objects)}
        self._fine = frozenset(fine)
        self.coarse: Callable[[Projected], Digest] = _getter(
            field.name for field in common if field.encode_name not in fine
        )
        """Returns the values of fields that have few."""
        self.fine: Callable[[Projected], Digest] = _getter(
            field.name for field in common if field.encode_name in fine
        )
        """Returns the values of the others in `names`."""
        self.unlike: Callable[[Projected], tuple[str, ...]] = _getter(members.values())
        """Returns the fields `unlike_names` of an event that was read."""
        self._decoder = msgspec.json.Decoder(structure)

    def read_lines(self, lines: bytes, count: int) -> list[Projected] | None:
        """Read `count` events, one a line; None where `read` must look at each line.

        No line may be blank, or go on with what the one before began.
        """
        try:
            read = self._decoder.decode_lines(lines)
        except _UNFIT:
            return None
        return read if len(read) == count else None  # a line may hold several values

    def read(self, line: bytes) -> Projected | None:
        """Read an event; None where only parsing it all can tell its fields."""
        try:
            return self._decoder.decode(line)
        except _UNFIT:
            return None

    def column(self, name: str) -> Callable[[Projected], str] | None:
        """Return what tells the value of a field of `unlike_names`; None for other fields."""
        return attrgetter(self._members[name]) if name in self._members else None

    def record(self, read: Projected) -> Record:
        """Return a record that stands for all with the same digests.

        It raises UnreadError where it is asked for another field.
        """
        return _Glimpse(self._parsed(read), self._names, self.unlike_names)

    def coarse_record(self, read: Projected) -> Record:
        """Return one that stands for all with the same coarse digest."""
        parsed = self._parsed(read)
        for member in self._fine:
            parsed.pop(member, None)
        names = frozenset(
            name for name in self._names if self._fine.isdisjoint(k for k, _ in field_splits(name))
        )
        return _Glimpse(parsed, names, self.unlike_names)

    def _parsed(self, read: Projected) -> dict[str, Json]:
        parsed: dict[str, Json] = orjson.loads(msgspec.json.encode(read))
        return parsed | dict.fromkeys(self.unlike_names, "")


def _is_fine(key: str, samples: Sequence[dict[str, Json]]) -> bool:
    """Tell whether a member has so many values that few events have the same."""
    values = {str(sample[key]) for sample in samples if key in sample}
    return len(values) > max(len(samples) * _FINE, 1)


def _getter(members: Iterable[str]) -> Callable[[Projected], tuple[Any, ...]]:
    """Return what tells the values of members; quickly, where there are two or more."""
    names = tuple(members)
    if len(names) > 1:
        return attrgetter(*names)
    if not names:
        return lambda _read: ()
    (get,) = map(attrgetter, names)
    return lambda read: (get(read),)


class _Part(UnreadRecord):
    """A record of which some JSON is known."""

    __slots__ = ("_excerpt",)

    def __init__(self, json: Json) -> None:
        super().__init__(b"")
        self._json = json
        words = flatten(json).items()
        texts = [text for name, values in words for text in (name, *values)]
        # What JSON may write in another way is not sure to be there.
        self._excerpt = "\n".join(text for text in texts if _PLAIN.fullmatch(text))

    def holds(self, found: Callable[[str], bool]) -> bool:
        if found(self._excerpt):
            return True
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


class _Glimpse(_Part):
    """A record of which only some fields are known."""

    __slots__ = ("_known", "_present")

    def __init__(self, json: Json, known: frozenset[str], present: Collection[str]) -> None:
        super().__init__(json)
        self._known = known
        self._present = present

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


def watched_event(origin: Event, json: Json, read: set[str], unread: Collection[str]) -> Event:
    """Return an event, of its JSON, that notes in `read` which fields of it are read; of those in
    `unread` it only tells that they are there."""
    return origin.glimpse(_Watched(json, read, unread))


def sorts_of(events: Iterable[_Fields], names: Iterable[str]) -> list[_Fields]:
    """Return one event of each of the sorts that have the same values of some fields, but not of
    more sorts than tell what such events have."""
    sorts: dict[tuple[str, ...], _Fields] = {}
    for event in events:
        if len(sorts) < _MOST_SORTS:
            sorts.setdefault(tuple(str(event.get(name)) for name in names), event)
    return [*sorts.values()]


def telling_fields(
    sorts: Iterable[_T],
    watched: Callable[[_T, set[str], Collection[str]], Event],
    values: Callable[[str], Sequence[Hashable]],
    read: Callable[[Event], object],
) -> tuple[set[str], set[str]]:
    """Return the fields that `read` asks for of events: those whose values many have in common, and
    those that would tell every event apart.

    `sorts` are events of which none is like the other, `watched` is as `watched_event`, and
    `values` returns those of a field in events as they come.
    """
    unread: set[str] = set()
    names: set[str] = set()
    # What is not read leads to other fields.
    for _ in range(2):
        seen: set[str] = set()
        for sort in sorts:
            read(watched(sort, seen, unread))
        for name in seen - names:
            found = values(name)
            if len({*found}) > len(found) / 2:
                unread.add(name)
        names |= seen
    return names - unread, unread


def _structure(
    names: Iterable[str],
    samples: Sequence[dict[str, Json]],
    unlike: Mapping[str, str] = MappingProxyType({}),
) -> type[msgspec.Struct]:
    """Return a structure with every member in which a field of `names` may stand, and those of
    `unlike` (key -> member), which every event must have.

    Where the samples have no such member, or a value of another kind comes, an event does not fit.
    """
    rests: dict[str, set[str]] = {}
    strange: set[str] = set()
    for name in names:
        splits = field_splits(name)
        usual = next((key for key, _ in splits if any(key in sample for sample in samples)), None)
        for key, rest in splits:
            if key in unlike:  # a text, which has no members
                continue
            rests.setdefault(key, set()).add(rest)
            if key != usual:
                # A field in two places has two values, in the order of the text.
                strange.add(key)
    members = {f"member{number}": key for number, key in enumerate(rests)}

    def type_of(key: str) -> Any:
        if key in strange:
            return msgspec.UnsetType
        return _type(rests[key], [sample[key] for sample in samples if key in sample])

    return msgspec.defstruct(
        "Projected",
        [
            *((member, str) for member in unlike.values()),
            *((member, type_of(key), msgspec.UNSET) for member, key in members.items()),
        ],
        rename={**members, **{member: key for key, member in unlike.items()}},
        frozen=True,
        gc=False,
    )


def _type(rests: Collection[str], samples: Sequence[Json]) -> Any:
    """Return the type of a value; `rests`: what follows it in the names of fields."""
    types: Any = _Scalar | msgspec.UnsetType
    if objects := [sample for sample in samples if isinstance(sample, dict)]:
        types |= _structure([rest[1:] for rest in rests if rest.startswith(".")], objects)
    if "{}" in rests:
        types |= tuple[_Scalar, ...]
    return types
