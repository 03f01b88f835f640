"""Event types and tags: names for the events that a search or a field's value finds.

https://docs.splunk.com/Documentation/Splunk/9.4.0/Admin/Eventtypesconf
https://docs.splunk.com/Documentation/Splunk/9.4.0/Admin/Tagsconf
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import cast
from urllib.parse import unquote

from spl.conf import Conf, is_true
from spl.errors import SplError
from spl.lang.search_expression import Comparison, In, SearchExpression
from spl.matching import Predicate, compile_search, equals, walk
from spl.values import Row, Value, to_value, values_of

FIELD = "eventtype"
_HIGHEST, _LOWEST = 1, 10
_SUBSTITUTED = re.compile(r"%([^%]+)%")

Problem = Callable[[str], object]


@dataclass(frozen=True)
class _EventType:
    name: str
    priority: int
    matches: Predicate
    refers_to: frozenset[str]


class EventTypes:
    """The event types of an app. Wrong ones are left out and passed to `problem`."""

    def __init__(
        self, conf: Conf, parse: Callable[[str], SearchExpression], problem: Problem
    ) -> None:
        """`parse` reads a search expression, macros and all; it raises SplError."""
        types: dict[str, _EventType] = {}
        enabled = [name for name in conf if not is_true(conf[name].get("disabled", "0"))]
        for name in enabled:
            try:
                types[name] = _read(name, conf[name], enabled, parse)
            except SplError as error:
                problem(f"eventtypes.conf: [{name}] {error}")
        # Those that others refer to come first.
        self._types = [types[name] for name in _in_order(types, problem)]

    def of(self, row: Row) -> list[str]:
        """Return the event types of an event, the highest priority first, then in ASCII order."""
        found: dict[str, int] = {}
        typed = cast(Row, _Typed(row, found))
        for event_type in self._types:
            if event_type.matches(typed):
                found[_label(event_type.name, row)] = event_type.priority
        return sorted(found, key=lambda name: (found[name], name))


class _Typed:
    """An event with the event types that are found so far."""

    def __init__(self, row: Row, found: Mapping[str, int]) -> None:
        self._row = row
        self._found = found

    def get(self, name: str) -> Value | None:
        return to_value(self._found) if name == FIELD else self._row.get(name)


def _read(
    name: str, settings: Mapping[str, str], names: list[str], parse: Callable[..., SearchExpression]
) -> _EventType:
    text = settings.get("search", "")
    if not text.strip():
        raise SplError("has no search")
    priority = settings.get("priority", str(_HIGHEST))
    if not priority.isdecimal() or not _HIGHEST <= int(priority) <= _LOWEST:
        raise SplError(f"priority takes a number from {_HIGHEST} to {_LOWEST}, not '{priority}'")
    expression = parse(text)
    referred: set[str] = set()
    for field, value in _compared(expression):
        if field == "tag" or field.startswith("tag::"):
            raise SplError("refers to tags, which an event gets after its event types")
        if field == FIELD:
            referred.update(filter(equals(value), names))
    return _EventType(name, int(priority), compile_search(expression), frozenset(referred))


def _compared(expression: SearchExpression) -> Iterator[tuple[str, str]]:
    """Yield the fields that an expression compares, each with what it is compared to."""
    for part in walk(expression):
        if isinstance(part, Comparison):
            yield part.field, part.value
        elif isinstance(part, In):
            yield from ((part.field, value) for value in part.values)


def _in_order(types: Mapping[str, _EventType], problem: Problem) -> list[str]:
    graph = {name: sorted(types[name].refers_to & types.keys()) for name in sorted(types)}
    while True:
        try:
            return list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            cycle: list[str] = error.args[1]
            for name in sorted(set(cycle)):
                problem(
                    f"eventtypes.conf: [{name}] the event types refer to themselves: "
                    + " → ".join(cycle)
                )
            graph = {
                name: [other for other in others if other not in cycle]
                for name, others in graph.items()
                if name not in cycle
            }


def _label(name: str, row: Row) -> str:
    """Return the name for an event: `%field%` in it stands for the field's value."""

    def value(found: re.Match[str]) -> str:
        values = values_of(row.get(found[1]))
        return values[0] if values else found[0]

    return _SUBSTITUTED.sub(value, name) if "%" in name else name


class Tags:
    """The tags of an app's field values: those that a search `field=value` finds have them."""

    def __init__(self, conf: Conf, problem: Problem) -> None:
        self._exact: dict[str, dict[str, list[str]]] = {}
        self._patterns: dict[str, list[tuple[Callable[[str], bool], list[str]]]] = {}
        for stanza, settings in conf.items():
            field, equals_sign, value = stanza.partition("=")
            if not equals_sign or not field:
                problem(f"tags.conf: [{stanza}] a stanza of tags is [<field>=<value>]")
                continue
            tags = []
            for tag, state in settings.items():
                if state not in ("enabled", "disabled"):
                    problem(f"tags.conf: [{stanza}] {tag} is enabled or disabled, not '{state}'")
                elif state == "enabled":
                    tags.append(tag)
            value = unquote(value)
            exact = self._exact.setdefault(field, {})
            if "*" in value:
                self._patterns.setdefault(field, []).append((equals(value), tags))
            else:
                exact.setdefault(value.lower(), []).extend(tags)
        self.fields = tuple(self._exact)
        """The fields whose values have tags."""

    def of(self, field: str, value: Value | None) -> list[str]:
        """Return the tags of a field's value, in ASCII order."""
        found: set[str] = set()
        for text in values_of(value):
            found.update(self._exact[field].get(text.lower(), ()))
            for matches, tags in self._patterns.get(field, ()):
                if matches(text):
                    found.update(tags)
        return sorted(found)
