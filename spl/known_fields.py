"""Events of which some fields are known by their names, whatever they were taken from.

`spl.projection` knows events by their JSON; here it is by what searches see of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NoReturn

from spl.fields import Event, Extraction, PresentError, Record, UnreadError, UnreadRecord
from spl.values import Value, values_of

TextTest = Callable[[str], bool]
"""Whether a text holds what a search looks for."""


@dataclass(frozen=True)
class Known:
    """What is known of an event."""

    values: Mapping[str, Value | None]
    """Fields; None where the event has no such field."""
    present: Collection[str]
    """Fields of which no more is known than that they have one value."""
    holds: Mapping[TextTest, bool]
    """What tests of the text say."""
    kept: Mapping[tuple[str, str], bool]
    """What parts of searches say of the event, by `known_key`."""
    asked: set[str | TextTest] = field(default_factory=set)
    """The fields and tests that the event was asked for, and that are not known."""


class _Text(UnreadRecord):
    """A text of which no more is known than what some tests say."""

    __slots__ = ("_known",)

    def __init__(self, known: Known) -> None:
        super().__init__(b"")
        self._known = known

    def holds(self, found: TextTest) -> bool:
        if found not in self._known.holds:
            self._known.asked.add(found)
            raise UnreadError
        return self._known.holds[found]

    def field(self, name: str) -> NoReturn:
        raise UnreadError(name)


class _Fields:
    def __init__(self, known: Known) -> None:
        self._known = known

    def resolve(self, name: str, event: Event) -> Value | None:
        if name in self._known.values:
            return self._known.values[name]
        if name in self._known.present:
            raise PresentError(name)
        self._known.asked.add(name)
        raise UnreadError(name)

    def names(self, event: Event) -> set[str]:
        raise UnreadError

    def verbatim(self, name: str) -> bool:
        return name in self._known.present


def known_event(known: Known) -> Event:
    """Return what stands for all events of which this is known.

    It raises UnreadError where it is asked for more.
    """
    event = _event(_Fields(known), _Text(known))
    for key, truth in known.kept.items():
        event.keep(key, partial(bool, truth))
    return event


class _Watching:
    def __init__(self, event: Event, read: set[str], unread: Collection[str]) -> None:
        self._event = event
        self._read = read
        self._unread = unread

    def resolve(self, name: str, event: Event) -> Value | None:
        if name == "_time":
            raise UnreadError(name)
        value: Value | None = self._event.get(name)
        if name not in self._unread:
            self._read.add(name)
        elif value is not None:
            raise PresentError(name)
        return value

    def names(self, event: Event) -> set[str]:
        raise UnreadError

    def verbatim(self, name: str) -> bool:
        return True


class _WatchedText(_Text):
    __slots__ = ("_event",)

    def __init__(self, event: Event) -> None:
        super().__init__(Known({}, (), {}, {}))
        self._event = event

    def holds(self, found: TextTest) -> bool:
        return any(map(found, values_of(self._event.get("_raw"))))


def watched_event(event: Event, read: set[str], unread: Collection[str]) -> Event:
    """Return an event that notes in `read` which fields of another are read; of those in `unread`
    it only tells that they are there."""
    return _event(_Watching(event, read, unread), _WatchedText(event))


def _event(fields: Extraction, record: Record) -> Event:
    return Event("").glimpse(record).view(fields)
