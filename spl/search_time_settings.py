"""Reads from props.conf and transforms.conf which search-time operations an app states.

https://docs.splunk.com/Documentation/Splunk/9.4.0/Admin/Propsconf (field extraction)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spl.conf import is_true
from spl.errors import SplError, did_you_mean
from spl.evaluation import compile_eval
from spl.field_extraction import FieldExtraction, InlineExtraction, read_transform
from spl.fields import Extraction
from spl.functions.registry import Compiled
from spl.lang.eval_expression import parse_eval_expression
from spl.lang.reader import Reader
from spl.lookups import AppliedLookup
from spl.pcre import TimeLimit, compile_pattern
from spl.props import Props, Setting
from spl.search_time import (
    Alias,
    Aliases,
    AutomaticLookup,
    CalculatedFields,
    EventTyping,
    ExtractedFields,
    KeyValueMode,
    PlainFields,
    Tagging,
    Timestamp,
)

if TYPE_CHECKING:
    from spl.knowledge import App

_ALIAS = re.compile(r'\s*("[^"]*"|\S+)\s+(AS|ASNEW)\s+("[^"]*"|[^\s,]+)\s*,?', re.IGNORECASE)
_LOOKUP_CLASS = re.compile(r"lookup", re.IGNORECASE)
_WORD = re.compile(r'"([^"]*)"|([^\s,"]+)')
_LOOKAHEAD = "128"

Settings = Mapping[str, Setting]
_Pair = tuple[str, str]
_T = TypeVar("_T")


class SearchTimeSettings:
    """What the stanzas of an app's props.conf make of events; wrong settings are problems of it."""

    def __init__(self, app: App, props: Props) -> None:
        self._app = app
        self.props = props

    def operations(self, stanzas: tuple[str, ...]) -> Extraction | None:
        """Return the search-time operations that the stanzas of props.conf state, in sequence."""
        # Classes of one kind apply in ASCII order.
        settings = dict(sorted(self.props.settings(stanzas).items()))
        mode = self._key_value_mode(settings)
        extractions = [*self._inline(settings), *self._transforms(settings)]
        fields: Extraction = PlainFields()
        if extractions or mode != KeyValueMode():
            fields = ExtractedFields(extractions, mode)
        fields = self._timestamp(settings, fields)
        if aliases := self._aliases(settings):
            fields = Aliases(fields, aliases)
        if calculated := dict(self._calculated(settings)):
            fields = CalculatedFields(fields, calculated)
        for key, setting in settings.items():
            if _LOOKUP_CLASS.match(key):
                fields = self._trying(key, setting, partial(self._lookup, fields)) or fields
        if self._app.conf("eventtypes"):
            fields = EventTyping(fields, self._app.event_types)
        if self._app.conf("tags"):
            fields = Tagging(fields, self._app.tags)
        return None if isinstance(fields, PlainFields) else fields

    def _trying(self, key: str, setting: Setting, read: Callable[[Setting], _T]) -> _T | None:
        """Read a setting; a wrong one is a problem."""
        try:
            return read(setting)
        except SplError as error:
            self._app.problem(f"props.conf: [{setting.stanza}] {key}: {error}")
            return None

    def _slow(self, place: str) -> Callable[[], None]:
        return lambda: self._app.problem(
            f"{place}: the regular expression takes too long on some events: it finds nothing there"
        )

    def _key_value_mode(self, settings: Settings) -> KeyValueMode:
        def read(setting: Setting) -> KeyValueMode:
            return KeyValueMode.from_settings(
                setting.value.lower(),
                is_true(_value(settings, "AUTO_KV_JSON", "true")),
                is_true(_value(settings, "KV_TRIM_SPACES", "true")),
            )

        if "KV_MODE" not in settings:
            return KeyValueMode()
        return self._trying("KV_MODE", settings["KV_MODE"], read) or KeyValueMode(json=False)

    def _inline(self, settings: Settings) -> Iterator[FieldExtraction]:
        for key, setting in _of_kind("EXTRACT", settings):
            slow = self._slow(f"props.conf: [{setting.stanza}] {key}")

            def read(setting: Setting, slow: Callable[[], object] = slow) -> InlineExtraction:
                return InlineExtraction.parse(setting.value, slow)

            if extraction := self._trying(key, setting, read):
                yield extraction

    def _transforms(self, settings: Settings) -> Iterator[FieldExtraction]:
        transforms = self._app.conf("transforms")
        for key, setting in _of_kind("REPORT", settings):
            for name in filter(None, map(str.strip, setting.value.split(","))):
                if name not in transforms:
                    self._app.problem(
                        f"props.conf: [{setting.stanza}] {key}: transforms.conf has no stanza "
                        f"[{name}]" + did_you_mean(name, transforms)
                    )
                    continue
                place = f"transforms.conf: [{name}]"
                try:
                    yield read_transform(transforms[name], self._slow(place))
                except SplError as error:
                    self._app.problem(f"{place} {error}")

    def _timestamp(self, settings: Settings, fields: Extraction) -> Extraction:
        def read(setting: Setting) -> Timestamp:
            prefix = _value(settings, "TIME_PREFIX", "")
            lookahead = _value(settings, "MAX_TIMESTAMP_LOOKAHEAD", _LOOKAHEAD)
            if not re.fullmatch(r"-?\d{1,9}", lookahead, re.ASCII):
                raise SplError(f"MAX_TIMESTAMP_LOOKAHEAD takes a whole number, not '{lookahead}'")
            return Timestamp(
                fields,
                compile_pattern(prefix) if prefix else None,
                TimeLimit(self._slow(f"props.conf: [{setting.stanza}] TIME_PREFIX")),
                setting.value,
                int(lookahead) if int(lookahead) > 0 else None,
                _zone(_value(settings, "TZ", "")) or self._app.environment.timezone,
                self._app.environment.now,
            )

        if not _value(settings, "TIME_FORMAT", ""):
            return fields
        return self._trying("TIME_FORMAT", settings["TIME_FORMAT"], read) or fields

    def _aliases(self, settings: Settings) -> dict[str, list[Alias]]:
        aliases: dict[str, list[Alias]] = {}
        for key, setting in _of_kind("FIELDALIAS", settings):
            if not setting.value or _ALIAS.sub("", setting.value).strip():
                self._app.problem(
                    f"props.conf: [{setting.stanza}] {key}: expected <field> AS <alias> pairs, "
                    f"found '{setting.value}'"
                )
                continue
            for source, word, target in _ALIAS.findall(setting.value):
                alias = Alias(source.strip('"'), word.upper() == "ASNEW")
                aliases.setdefault(target.strip('"'), []).append(alias)
        return aliases

    def _calculated(self, settings: Settings) -> Iterator[tuple[str, Compiled]]:
        def read(setting: Setting) -> Compiled:
            reader = Reader(setting.value)
            expression = parse_eval_expression(reader)
            if not reader.at_end() or reader.char:
                raise reader.error(f"unexpected {reader.found()}")
            place = f"props.conf: [{setting.stanza}]"
            environment = replace(
                self._app.environment, warn=lambda text: self._app.problem(f"{place} {text}")
            )
            return compile_eval(expression, environment)

        for key, setting in _of_kind("EVAL", settings):
            if compiled := self._trying(key, setting, read):
                yield key.partition("-")[2], compiled

    def _lookup(self, fields: Extraction, setting: Setting) -> AutomaticLookup:
        name, inputs, outputs, only_new = _read_lookup(setting.value)

        def applied() -> AppliedLookup:
            return AppliedLookup(self._app.lookup(name), inputs, outputs, only_new=only_new)

        @lru_cache(maxsize=1)
        def applied_after(writes: int) -> AppliedLookup | None:
            return self._trying(f"lookup {name}", setting, lambda _: applied())

        targets = [target for _, target in outputs or applied().outputs]
        return AutomaticLookup(fields, targets, lambda: applied_after(self._app.lookups.writes))


def _of_kind(kind: str, settings: Settings) -> Iterator[tuple[str, Setting]]:
    """Yield the settings `<kind>-<class>`."""
    yield from ((key, setting) for key, setting in settings.items() if key.startswith(f"{kind}-"))


def _value(settings: Settings, key: str, default: str) -> str:
    return settings[key].value if key in settings else default


def _zone(name: str) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SplError(f"unknown time zone '{name}'") from None


def _read_lookup(text: str) -> tuple[str, list[_Pair], list[_Pair], bool]:
    """Read a LOOKUP setting: the lookup, its inputs and outputs, and whether it is OUTPUTNEW."""
    words = [quoted or bare for quoted, bare in _WORD.findall(text)]
    if len(words) < 2:
        raise SplError(f"expected <lookup> <field> … [OUTPUT|OUTPUTNEW <field> …], found '{text}'")
    at = next((n for n, w in enumerate(words) if w.upper() in ("OUTPUT", "OUTPUTNEW")), len(words))
    outputs = _pairs(words[at + 1 :])
    if at < len(words) and not outputs:
        raise SplError(f"expected a field after {words[at]}")
    return (
        words[0],
        _pairs(words[1:at]),
        outputs,
        "".join(words[at : at + 1]).upper() == "OUTPUTNEW",
    )


def _pairs(words: list[str]) -> list[_Pair]:
    """Read `<field> [AS <field>]` again and again."""
    pairs: list[_Pair] = []
    while words:
        renamed = len(words) > 2 and words[1].upper() == "AS"
        pairs.append((words[0], words[2] if renamed else words[0]))
        words = words[3 if renamed else 1 :]
    return pairs
