"""Field extractions by pattern: EXTRACT in props.conf, and transforms that REPORT names.

https://docs.splunk.com/Documentation/Splunk/9.4.0/Admin/Propsconf (EXTRACT, REPORT)
https://docs.splunk.com/Documentation/Splunk/9.4.0/Admin/Transformsconf
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from spl.conf import Stanza, is_true
from spl.errors import SplError, UnsupportedSplError
from spl.fields import Event
from spl.key_values import clean_key
from spl.pcre import Pattern, TimeLimit, compile_pattern
from spl.values import Value, to_value, values_of

_IN_FIELD = re.compile(r"(.*)\s+in\s+([A-Za-z0-9_]+)\s*", re.DOTALL)
_FORMAT_PAIR = re.compile(r'((?:"[^"]*"|[^\s":]|:(?!:))+)::((?:"[^"]*"|[^\s"])+)')
_GROUP = re.compile(r"\$(\d{1,3})")
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
_LISTED = re.compile(r'"((?:\\.|[^"\\])*)"|([^\s,"]+)', re.DOTALL)
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r"}
_KEY, _VALUE = "_KEY_", "_VAL_"


class Found:
    """What the extractions have found in one event so far, over its indexed fields."""

    def __init__(self, event: Event) -> None:
        self._event = event
        self.fields: dict[str, list[str]] = {}

    def get(self, name: str) -> Value | None:
        """Return a field: found so far, or indexed."""
        if name in self.fields:
            return to_value(self.fields[name])
        return self._event.indexed(name)

    def add(self, name: str, value: str, *, to_others: bool = False) -> None:
        """Add a value; where the field exists only if it goes `to_others`, as with MV_ADD."""
        there = self.get(name)
        if there is None or to_others:
            self.fields[name] = [*values_of(there), value]


class FieldExtraction(Protocol):
    """Finds fields in the text of an event, or of a field."""

    @property
    def names(self) -> frozenset[str] | None:
        """The fields that it may find; None where their names stand in the event."""

    def apply(self, found: Found) -> None:
        """Add the fields of an event to `found`."""


@dataclass(frozen=True)
class InlineExtraction:
    """`EXTRACT-<class> = <regex> [in <field>]`: the named groups of its first match."""

    pattern: Pattern
    source: str
    limit: TimeLimit

    @classmethod
    def parse(cls, text: str, slow: Callable[[], object]) -> InlineExtraction:
        """Read the setting; raise SplError. `slow` is called where a match takes too long."""
        source = "_raw"
        if in_field := _IN_FIELD.fullmatch(text):
            text, source = in_field.groups()
        pattern = compile_pattern("(?ms)" + text)
        if not pattern.groupindex:
            raise SplError("the regular expression has no named group, so it extracts no field")
        return cls(pattern, source, TimeLimit(slow))

    @property
    def names(self) -> frozenset[str]:
        return frozenset(map(clean_key, self.pattern.groupindex))

    def apply(self, found: Found) -> None:
        for text in values_of(found.get(self.source)):
            for match in _matches(self.pattern, text, self.limit, every=False):
                for name, value in match.groupdict().items():
                    if value and clean_key(name):
                        found.add(clean_key(name), value)


@dataclass(frozen=True)
class _Target:
    """A field that a match makes: its name and its value are texts, or numbers of groups."""

    name: str | int
    value: str | int


@dataclass(frozen=True)
class _Options:
    """How a transform keeps what it finds."""

    source: tuple[str, ...] = ("_raw",)
    multivalue: bool = False
    clean: bool = True
    keep_empty: bool = False

    @classmethod
    def from_stanza(cls, settings: Stanza) -> _Options:
        key = settings.get("SOURCE_KEY", "_raw")
        # `field:` and `fields:` name fields in an extraction at index time; a key is one here.
        names = re.sub(r"^fields?:", "", key)
        return cls(
            tuple(name.strip() for name in names.split(",")),
            is_true(settings.get("MV_ADD", "false")),
            is_true(settings.get("CLEAN_KEYS", "true")),
            is_true(settings.get("KEEP_EMPTY_VALS", "false")),
        )

    def texts(self, found: Found) -> list[str]:
        if len(self.source) == 1:
            return values_of(found.get(self.source[0]))
        return [" ".join(text for name in self.source for text in values_of(found.get(name)))]

    def key(self, name: str) -> str:
        return clean_key(name) if self.clean else name

    def add(self, found: Found, name: str, value: str | None) -> None:
        name = self.key(name)
        if name and value is not None and (value or self.keep_empty):
            found.add(name, value, to_others=self.multivalue)


@dataclass(frozen=True)
class RegexTransform:
    """A transform by REGEX: its named groups, or the fields that FORMAT makes of its groups.

    It finds every match where the field's name comes from the event, or with MV_ADD.
    """

    pattern: Pattern
    targets: tuple[_Target, ...]
    options: _Options
    limit: TimeLimit

    @property
    def names(self) -> frozenset[str] | None:
        names = [target.name for target in self.targets]
        texts = [self.options.key(name) for name in names if isinstance(name, str)]
        return frozenset(texts) if len(texts) == len(names) else None

    def apply(self, found: Found) -> None:
        every = self.options.multivalue or self.names is None
        for text in self.options.texts(found):
            for match in _matches(self.pattern, text, self.limit, every=every):
                for target in self.targets:
                    name, value = _of(match, target.name), _of(match, target.value)
                    if name:
                        self.options.add(found, name, value)


@dataclass(frozen=True)
class DelimitedTransform:
    """A transform by DELIMS: of pairs, of the values of FIELDS, or of names and values in turn."""

    delimiters: tuple[str, ...]
    fields: tuple[str, ...]
    options: _Options

    @property
    def names(self) -> frozenset[str] | None:
        paired = len(self.delimiters) > 1 or not self.fields
        return None if paired else frozenset(map(self.options.key, self.fields))

    def apply(self, found: Found) -> None:
        for text in self.options.texts(found):
            for name, value in self._pairs(text):
                self.options.add(found, _unquoted(name), _unquoted(value))

    def _pairs(self, text: str) -> Iterable[tuple[str, str]]:
        # Delimiters in a row are one, unless a list of names says which value is which.
        if self.fields and len(self.delimiters) == 1:
            return zip(self.fields, _split(text, self.delimiters[0]), strict=False)
        parts = [part for part in _split(text, self.delimiters[0]) if part]
        if len(self.delimiters) == 1:
            return zip(parts[::2], parts[1::2], strict=False)
        pairs = (_split(part, self.delimiters[1], most=1) for part in parts)
        return ((pair[0].strip(), pair[1].strip()) for pair in pairs if len(pair) == 2)


def read_transform(settings: Stanza, slow: Callable[[], object]) -> FieldExtraction:
    """Read the stanza of a field transform. Raises SplError for a wrong one.

    `slow` is called where a match takes too long.
    """
    if settings.get("STOP_PROCESSING_IF"):
        raise UnsupportedSplError("STOP_PROCESSING_IF does not run here")
    options = _Options.from_stanza(settings)
    if settings.get("REGEX"):
        pattern = compile_pattern(settings["REGEX"])
        targets = tuple(_targets(pattern, settings.get("FORMAT", "")))
        return RegexTransform(pattern, targets, options, TimeLimit(slow))
    if settings.get("DELIMS"):
        delimiters = tuple(map(_unescaped, _QUOTED.findall(settings["DELIMS"])))
        if not delimiters or not all(delimiters):
            raise SplError(
                'DELIMS takes one or two lists of characters in quotes, such as "|", "="'
            )
        listed = _LISTED.findall(settings.get("FIELDS", ""))
        fields = tuple(_unescaped(quoted) or bare for quoted, bare in listed)
        return DelimitedTransform(delimiters[:2], fields, options)
    raise SplError("a field transform needs REGEX or DELIMS")


def _targets(pattern: Pattern, form: str) -> Iterator[_Target]:
    """Yield what FORMAT makes, or without one what the names of the groups say."""
    if not form.strip():
        if not pattern.groupindex:
            raise SplError("REGEX has no named group and FORMAT is empty: it extracts no field")
        for name, number in pattern.groupindex.items():
            if not name.startswith((_KEY, _VALUE)):
                yield _Target(name, number)
            elif name.startswith(_KEY):
                value = _VALUE + name.removeprefix(_KEY)
                if value not in pattern.groupindex:
                    raise SplError(f"the group {name} has no group {value} beside it")
                yield _Target(number, pattern.groupindex[value])
        return
    pairs = _FORMAT_PAIR.findall(form)
    if not pairs or _FORMAT_PAIR.sub("", form).strip():
        raise SplError(f"FORMAT takes <field>::<value> pairs at search time, not '{form}'")
    for name, value in pairs:
        yield _Target(_part(name, pattern), _part(value, pattern))


def _part(text: str, pattern: Pattern) -> str | int:
    text = text.replace('"', "")
    if group := _GROUP.fullmatch(text):
        if int(group[1]) > pattern.groups:
            raise SplError(f"FORMAT names the group {text}, REGEX has {pattern.groups}")
        return int(group[1])
    if _GROUP.search(text):
        raise SplError(f"FORMAT cannot put texts together at search time: '{text}'")
    return text


def _of(match: Any, part: str | int) -> str | None:
    return part if isinstance(part, str) else match[part]


def _matches(pattern: Pattern, text: str, limit: TimeLimit, *, every: bool) -> Iterator[Any]:
    try:
        if every:
            yield from pattern.finditer(text, timeout=limit.seconds)
        elif match := pattern.search(text, timeout=limit.seconds):
            yield match
    except TimeoutError:
        limit.exceeded()


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text, flags=re.DOTALL)


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('\\"', '"')
    return text


def _split(text: str, delimiters: str, most: int = 0) -> list[str]:
    """Split at any of `delimiters` outside double quotes, at `most` so many times."""
    parts: list[str] = []
    start, quoted, position = 0, False, 0
    while position < len(text) and not (most and len(parts) == most):
        char = text[position]
        if char == "\\" and quoted:
            position += 1
        elif char == '"':
            quoted = not quoted
        elif char in delimiters and not quoted:
            parts.append(text[start:position])
            start = position + 1
        position += 1
    return [*parts, text[start:]]
