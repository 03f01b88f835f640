"""The sequence of search-time operations: what an app makes of the fields of an event.

Extractions come first, then aliases, calculated fields, lookups, event types and tags. Each sees
what those before it made, and is asked only for the fields that a search reads.
https://docs.splunk.com/Documentation/Splunk/9.4.0/Knowledge/Searchtimeoperationssequence
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from spl.errors import SplError
from spl.evaluation import to_field
from spl.event_types import FIELD as EVENT_TYPE
from spl.event_types import EventTypes, Tags
from spl.field_extraction import FieldExtraction, Found
from spl.fields import METADATA, Event, Extraction, time_text
from spl.functions.registry import Compiled, EvalValue
from spl.key_values import key_value_pairs, xml_fields
from spl.lookups import AppliedLookup
from spl.pcre import Pattern, TimeLimit
from spl.time_format import strptime
from spl.values import Value, to_value, values_of

Pairs = Callable[[str], dict[str, list[str]]]


@dataclass(frozen=True)
class KeyValueMode:
    """What is extracted from an event without a pattern: its JSON, and the `pairs` of its text."""

    json: bool = True
    pairs: Pairs | None = None

    @classmethod
    def from_settings(cls, mode: str, auto_json: bool, trim: bool) -> KeyValueMode:
        """Read KV_MODE, AUTO_KV_JSON and KV_TRIM_SPACES; raise SplError.

        Without a mode JSON alone is extracted: Splunk's default, `auto`, holds where it is stated.
        """
        match mode:
            case "" | "json":
                return cls()
            case "none":
                return cls(json=False)
            case "xml":
                return cls(json=False, pairs=xml_fields)
            case "auto" | "auto_escaped":
                escapes = mode == "auto_escaped"
                return cls(auto_json, lambda t: key_value_pairs(t, escapes=escapes, trim=trim))
            case "multi":
                raise SplError("KV_MODE=multi does not run here: nothing is extracted by itself")
        raise SplError(
            f"KV_MODE is one of none, auto, auto_escaped, multi, json and xml, not '{mode}'"
        )


class PlainFields:
    """The fields of events for which nothing is stated: indexed, and of their JSON."""

    def resolve(self, name: str, event: Event) -> Value | None:
        """Return the value of field `name`, or None."""
        return event.extracted(name)

    def names(self, event: Event) -> set[str]:
        """Return the names of all fields of `event`."""
        return event.extracted_names()

    def verbatim(self, name: str) -> bool:
        """Tell whether the values of field `name` stand in the event's text as they are."""
        return name not in METADATA and not name.startswith("_")


class ExtractedFields:
    """The fields of events with extractions of their own, then what `mode` says.

    The first to find a field wins, an indexed field before all.
    """

    def __init__(self, extractions: Sequence[FieldExtraction], mode: KeyValueMode) -> None:
        self._extractions = extractions
        self._mode = mode
        names = [extraction.names for extraction in extractions]
        known = frozenset().union(*(n for n in names if n is not None))
        self._names = None if None in names else known

    def resolve(self, name: str, event: Event) -> Value | None:
        """Return the value of field `name`, or None."""
        if self._names is None or name in self._names:
            found = event.keep(self, lambda: self._extract(event))
            if name in found:
                return to_value(found[name])
        value = event.indexed(name)
        if value is None and self._mode.json:
            value = event.record.field(name)
        if value is None and self._mode.pairs:
            value = to_value(self._pairs(event).get(name, ()))
        return value

    def names(self, event: Event) -> set[str]:
        """Return the names of all fields of `event`."""
        names = event.extracted_names() if self._mode.json else event.indexed_names()
        return (
            names
            | event.keep(self, lambda: self._extract(event)).keys()
            | self._pairs(event).keys()
        )

    def verbatim(self, name: str) -> bool:
        """Tell whether the values of field `name` stand in the event's text as they are.

        A FORMAT may put them together, so none is sure to.
        """
        return False

    def _extract(self, event: Event) -> dict[str, list[str]]:
        found = Found(event)
        for extraction in self._extractions:
            extraction.apply(found)
        return found.fields

    def _pairs(self, event: Event) -> Mapping[str, list[str]]:
        pairs = self._mode.pairs
        if pairs is None:
            return {}
        return event.keep((self, "pairs"), lambda: pairs(event.record.text))


class Operation(ABC):
    """The fields of an event after one operation of the sequence; `below` is what came before."""

    def __init__(self, below: Extraction, sets: Iterable[str]) -> None:
        """`sets`: the fields that the operation may set."""
        self.below = below
        self._base: Extraction = below._base if isinstance(below, Operation) else below
        # For each field the last operation that may set it, so that no other is asked.
        self._setters: dict[str, Operation] = {
            **(below._setters if isinstance(below, Operation) else {}),
            **dict.fromkeys(sets, self),
        }

    def resolve(self, name: str, event: Event) -> Value | None:
        """Return the value of field `name` after this operation, or None."""
        setter = self._setters.get(name)
        return self._base.resolve(name, event) if setter is None else setter.set(name, event)

    def names(self, event: Event) -> set[str]:
        """Return the names of all fields that `event` has after this operation."""
        there = {name for name in self._setters if self.resolve(name, event) is not None}
        return (self._base.names(event) - self._setters.keys()) | there

    def verbatim(self, name: str) -> bool:
        """Tell whether the values of field `name` stand in the event's text as they are."""
        setter = self._setters.get(name)
        return self._base.verbatim(name) if setter is None else setter.copies(name)

    def copies(self, name: str) -> bool:
        """Tell whether `name`, which the operation may set, gets values of the text as they are."""
        return False

    @abstractmethod
    def set(self, name: str, event: Event) -> Value | None:
        """Return what the operation makes of field `name`, one of those that it may set."""


class Timestamp(Operation):
    """`_time` of an event whose reader knows none: TIME_PREFIX, TIME_FORMAT and their like."""

    def __init__(
        self,
        below: Extraction,
        prefix: Pattern | None,
        limit: TimeLimit,
        form: str,
        lookahead: int | None,
        timezone: ZoneInfo,
        now: float,
    ) -> None:
        super().__init__(below, ["_time"])
        self._prefix = prefix
        self._limit = limit
        self._form = form
        self._lookahead = lookahead
        self._timezone = timezone
        self._now = now

    def set(self, name: str, event: Event) -> Value | None:
        return event.indexed(name) or event.keep(self, lambda: self._read(event.record.text))

    def _read(self, text: str) -> str | None:
        start = 0
        if self._prefix:
            try:
                found = self._prefix.search(text, timeout=self._limit.seconds)
            except TimeoutError:
                self._limit.exceeded()
                return None
            if found is None:
                return None
            start = found.end()
        end = None if self._lookahead is None else start + self._lookahead
        time = strptime(text[start:end].lstrip(), self._form, self._timezone, self._now)
        return None if time is None else time_text(time)


@dataclass(frozen=True)
class Alias:
    """One FIELDALIAS: the field it copies, and whether an existing target stays (ASNEW)."""

    source: str
    only_if_new: bool


class Aliases(Operation):
    """FIELDALIAS. With AS the target is the source, or nothing; none sees another's target."""

    def __init__(self, below: Extraction, aliases: Mapping[str, Sequence[Alias]]) -> None:
        super().__init__(below, aliases)
        self._aliases = aliases

    def set(self, name: str, event: Event) -> Value | None:
        aliases = self._aliases[name]
        value = self.below.resolve(name, event) if aliases[0].only_if_new else None
        for alias in aliases:
            if value is None or not alias.only_if_new:
                value = self.below.resolve(alias.source, event)
        return value

    def copies(self, name: str) -> bool:
        sources = [name, *(alias.source for alias in self._aliases[name])]
        return all(map(self.below.verbatim, sources))


class CalculatedFields(Operation):
    """EVAL: expressions over the event before all of them."""

    def __init__(self, below: Extraction, calculated: Mapping[str, Compiled]) -> None:
        super().__init__(below, calculated)
        self._calculated = calculated

    def set(self, name: str, event: Event) -> Value | None:
        return event.keep(
            (self, name), lambda: to_field(self._calculated[name](_Before(self.below, event)))
        )


class AutomaticLookup(Operation):
    """LOOKUP: the fields that a lookup adds. Those of others, by class in ASCII order, it sees."""

    def __init__(
        self,
        below: Extraction,
        targets: Iterable[str],
        open_lookup: Callable[[], AppliedLookup | None],
    ) -> None:
        """`open_lookup` returns the lookup as it is now; None: it cannot be read."""
        super().__init__(below, targets)
        self._open = open_lookup

    def set(self, name: str, event: Event) -> Value | None:
        lookup = self._open()
        if lookup is None:
            return self.below.resolve(name, event)
        written = event.keep((self, lookup), lambda: self._look_up(lookup, event))
        return written[name] if name in written else self.below.resolve(name, event)

    def _look_up(self, lookup: AppliedLookup, event: Event) -> dict[str, Value | None]:
        row = _Before(self.below, event)
        lookup(row)
        return row.written


class EventTyping(Operation):
    """Event types, in the field `eventtype`."""

    def __init__(self, below: Extraction, event_types: EventTypes) -> None:
        super().__init__(below, [EVENT_TYPE])
        self._event_types = event_types

    def set(self, name: str, event: Event) -> Value | None:
        return event.keep(self, lambda: self._types(name, event))

    def _types(self, name: str, event: Event) -> Value | None:
        found = self._event_types.of(_Before(self.below, event))
        return _joined(self.below.resolve(name, event), found)


class Tagging(Operation):
    """Tags, in the fields `tag` and `tag::<field>`."""

    def __init__(self, below: Extraction, tags: Tags) -> None:
        super().__init__(below, ["tag", *(f"tag::{field}" for field in tags.fields)])
        self._tags = tags

    def set(self, name: str, event: Event) -> Value | None:
        _, _, field = name.partition("::")
        found = [
            tag
            for tagged in ([field] if field else self._tags.fields)
            for tag in self._tags.of(tagged, self.below.resolve(tagged, event))
        ]
        return _joined(self.below.resolve(name, event), sorted(set(found)))


class _Before(MutableMapping[str, Value]):
    """An event as an operation finds it; what the operation writes is kept aside."""

    def __init__(self, fields: Extraction, event: Event) -> None:
        self._fields = fields
        self._event = event
        self.written: dict[str, Value | None] = {}

    def get(self, name: str, default: Any = None) -> Any:
        value = self.written.get(name) or self._fields.resolve(name, self._event)
        return default if value is None else value

    def verbatim(self, name: str) -> bool:
        """Tell whether the values of field `name` stand in the text as they are."""
        return self._fields.verbatim(name)

    def once(self, call: str, run: Callable[[], EvalValue]) -> EvalValue:
        """Return what a call in an expression yields; many expressions share some."""
        return run() if self.written else self._event.keep((self._fields, call), run)

    def __getitem__(self, name: str) -> Value:
        value: Value | None = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: Value) -> None:
        self.written[name] = value

    def pop(self, name: str, default: Any = None) -> Any:
        self.written[name] = None
        return default

    def __delitem__(self, name: str) -> None:
        self.written[name] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields.names(self._event))

    def __len__(self) -> int:
        return len(self._fields.names(self._event))


def _joined(value: Value | None, more: Iterable[str]) -> Value | None:
    return to_value(dict.fromkeys([*values_of(value), *more]))
