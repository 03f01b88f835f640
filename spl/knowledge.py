"""The knowledge objects of one app, as Splunk reads them: `default/`, then `local/` over it."""

from __future__ import annotations

import re
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spl.conf import Conf, Stanza, fill_defaults, is_true, read_layers
from spl.errors import SplError, did_you_mean
from spl.evaluation import compile_eval, evaluate_text
from spl.event_types import EventTypes, Tags
from spl.field_extraction import FieldExtraction, InlineExtraction, read_transform
from spl.fields import Event, Extraction
from spl.functions.registry import Compiled, Environment
from spl.lang.eval_expression import parse_eval_expression
from spl.lang.reader import Reader
from spl.lang.search_expression import SearchExpression, parse_search_expression
from spl.lookups import AppliedLookup, Lookup, Lookups
from spl.macros import Expansion, Macro, expand
from spl.pcre import compile_pattern
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

_ALIAS = re.compile(r'\s*("[^"]*"|\S+)\s+(AS|ASNEW)\s+("[^"]*"|[^\s,]+)\s*,?', re.IGNORECASE)
_LOOKUP_CLASS = re.compile(r"lookup", re.IGNORECASE)
_WORD = re.compile(r'"([^"]*)"|([^\s,"]+)')
_LOOKAHEAD = "128"

Settings = Mapping[str, Setting]
_Pair = tuple[str, str]
_T = TypeVar("_T")


class App:
    """One app in a folder. Its files are read when first asked for.

    `problems` collects what the conf files say wrongly, as `file:line: message` or
    `file: [stanza] message`; what is wrong is left out.
    """

    def __init__(self, path: Path, macros: Mapping[str, str] | None = None) -> None:
        self.path = path
        self.problems: list[str] = []
        self._environment = Environment()
        self._layers: dict[str, Conf] = {}
        self._confs: dict[str, Conf] = {}
        self._given_macros = dict(macros or {})
        self._extractions: dict[tuple[str, str, str], Extraction | None] = {}
        self._extractions_of: dict[tuple[str, ...], Extraction | None] = {}

    @classmethod
    def open(cls, path: str | Path, macros: Mapping[str, str] | None = None) -> App:
        """Open an app in a folder or in a package (.spl, .tar.gz). Raises SplError.

        `macros`: name -> definition, in place of those of the app.
        """
        path = Path(path)
        if path.is_file():
            path = _unpack(path)
        if not (path / "default").is_dir() and not (path / "local").is_dir():
            raise SplError(f"{path} is no Splunk app: it has neither default/ nor local/")
        return cls(path, macros)

    @property
    def environment(self) -> Environment:
        """The time zone and the time that expressions in conf files are evaluated in."""
        return self._environment

    @environment.setter
    def environment(self, environment: Environment) -> None:
        self._environment = environment
        self._extractions.clear()
        self._extractions_of.clear()

    def problem(self, text: str) -> None:
        """Add to the problems what is not among them yet."""
        if text not in self.problems:
            self.problems.append(text)

    def conf(self, name: str) -> Conf:
        """Return the settings of `<name>.conf`: both layers together, defaults filled in."""
        if name not in self._confs:
            self._confs[name] = fill_defaults(self._layered(name))
        return self._confs[name]

    def _layered(self, name: str) -> Conf:
        if name not in self._layers:
            self._layers[name] = read_layers(self.path, name, self.problem)
        return self._layers[name]

    def check(self) -> None:
        """Read all that is read else when first needed, so that its problems are known."""
        for read in ("macros", "event_types", "tags"):
            getattr(self, read)
        for stanza in self._layered("props"):
            self._operations((stanza,))

    @cached_property
    def macros(self) -> dict[str, Macro]:
        """The macros by stanza name. A wrong one is a problem, and left out."""
        macros = {}
        for name, settings in self.conf("macros").items():
            try:
                macros[name] = Macro.from_stanza(name, settings)
            except SplError as error:
                self.problem(f"macros.conf: {error}")
        for name, definition in self._given_macros.items():
            macros[name] = Macro(name, definition)
        return macros

    @cached_property
    def lookups(self) -> Lookups:
        """The lookups of the app's transforms.conf and of its folder `lookups`."""
        return Lookups(self.path / "lookups", self.conf("transforms"), self.problem)

    def lookup(self, name: str) -> Lookup:
        """Return a lookup by the name of its definition or its file; raise SplError."""
        return self.lookups.open(name)

    @property
    def saved_searches(self) -> Conf:
        """The stanzas of savedsearches.conf that hold a search."""
        stanzas = self.conf("savedsearches").items()
        return {name: settings for name, settings in stanzas if "search" in settings}

    def saved_search(self, name: str) -> Stanza:
        """Return the stanza of one saved search; raise SplError where there is none."""
        searches = self.saved_searches
        if name not in searches:
            raise SplError(f"unknown saved search '{name}'" + did_you_mean(name, searches))
        return searches[name]

    def expand(self, text: str) -> Expansion:
        """Return a search with its macros expanded. Raises SplError."""

        def evaluate(expression: str, fields: Mapping[str, Any]) -> object:
            return evaluate_text(expression, dict(fields), self.environment)

        return expand(text, self.macros, evaluate)

    def search_expression(self, text: str) -> SearchExpression:
        """Parse a search expression, macros expanded; raise SplError."""
        expansion = self.expand(text)
        with expansion.naming_macros():
            reader = Reader(expansion.text)
            expression = parse_search_expression(reader)
            if not reader.at_end() or reader.char:
                raise reader.error(f"expected a search expression only, found {reader.found()}")
        return expression

    @cached_property
    def event_types(self) -> EventTypes:
        """The event types of eventtypes.conf."""
        return EventTypes(self.conf("eventtypes"), self.search_expression, self.problem)

    @cached_property
    def tags(self) -> Tags:
        """The tags of tags.conf."""
        return Tags(self.conf("tags"), self.problem)

    @cached_property
    def _props(self) -> Props:
        return Props(self._layered("props"), self.problem)

    def extraction(self, event: Event) -> Extraction | None:
        """Return what the app makes of events such as this at search time; None for nothing."""
        origin = event.origin
        try:
            return self._extractions[origin]
        except KeyError:
            stanzas = self._props.stanzas(*origin)
            if stanzas not in self._extractions_of:
                self._extractions_of[stanzas] = self._operations(stanzas)
            extraction = self._extractions[origin] = self._extractions_of[stanzas]
            return extraction

    def _operations(self, stanzas: tuple[str, ...]) -> Extraction | None:
        """Return the search-time operations that the stanzas of props.conf state, in sequence."""
        # Classes of one kind apply in ASCII order.
        settings = dict(sorted(self._props.settings(stanzas).items()))
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
        if self.conf("eventtypes"):
            fields = EventTyping(fields, self.event_types)
        if self.conf("tags"):
            fields = Tagging(fields, self.tags)
        return None if isinstance(fields, PlainFields) else fields

    def _trying(self, key: str, setting: Setting, read: Callable[[Setting], _T]) -> _T | None:
        """Read a setting; a wrong one is a problem."""
        try:
            return read(setting)
        except SplError as error:
            self.problem(f"props.conf: [{setting.stanza}] {key}: {error}")
            return None

    def _slow(self, place: str) -> Callable[[], None]:
        return lambda: self.problem(
            f"{place}: the regular expression takes too long on some events: no fields there"
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
        transforms = self.conf("transforms")
        for key, setting in _of_kind("REPORT", settings):
            for name in filter(None, map(str.strip, setting.value.split(","))):
                if name not in transforms:
                    self.problem(
                        f"props.conf: [{setting.stanza}] {key}: transforms.conf has no stanza "
                        f"[{name}]" + did_you_mean(name, transforms)
                    )
                    continue
                place = f"transforms.conf: [{name}]"
                try:
                    yield read_transform(transforms[name], self._slow(place))
                except SplError as error:
                    self.problem(f"{place} {error}")

    def _timestamp(self, settings: Settings, fields: Extraction) -> Extraction:
        def read(setting: Setting) -> Timestamp:
            prefix = _value(settings, "TIME_PREFIX", "")
            lookahead = _value(settings, "MAX_TIMESTAMP_LOOKAHEAD", _LOOKAHEAD)
            if not re.fullmatch(r"-?\d{1,9}", lookahead, re.ASCII):
                raise SplError(f"MAX_TIMESTAMP_LOOKAHEAD takes a whole number, not '{lookahead}'")
            return Timestamp(
                fields,
                compile_pattern(prefix) if prefix else None,
                setting.value,
                int(lookahead) if int(lookahead) > 0 else None,
                _zone(_value(settings, "TZ", "")) or self.environment.timezone,
                self.environment.now,
            )

        if not _value(settings, "TIME_FORMAT", ""):
            return fields
        return self._trying("TIME_FORMAT", settings["TIME_FORMAT"], read) or fields

    def _aliases(self, settings: Settings) -> dict[str, list[Alias]]:
        aliases: dict[str, list[Alias]] = {}
        for key, setting in _of_kind("FIELDALIAS", settings):
            if not setting.value or _ALIAS.sub("", setting.value).strip():
                self.problem(
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
            return compile_eval(expression, self.environment)

        for key, setting in _of_kind("EVAL", settings):
            if compiled := self._trying(key, setting, read):
                yield key.partition("-")[2], compiled

    def _lookup(self, fields: Extraction, setting: Setting) -> AutomaticLookup:
        name, inputs, outputs, only_new = _read_lookup(setting.value)

        def applied() -> AppliedLookup:
            return AppliedLookup(self.lookup(name), inputs, outputs, only_new=only_new)

        def applied_or_none() -> AppliedLookup | None:
            return self._trying(f"lookup {name}", setting, lambda _: applied())

        targets = [target for _, target in outputs or applied().outputs]
        return AutomaticLookup(fields, targets, applied_or_none)


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


def _unpack(package: Path) -> Path:
    """Unpack an app into a folder that lives as long as the process."""
    folder = tempfile.TemporaryDirectory(prefix="splunk-app-")
    _UNPACKED.append(folder)
    try:
        with tarfile.open(package) as archive:
            archive.extractall(folder.name, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise SplError(f"{package} is no app package: {error}") from None
    apps = sorted(p for p in Path(folder.name).iterdir() if p.is_dir())
    if len(apps) != 1:
        raise SplError(f"{package} holds {len(apps)} top-level folders, an app package has one")
    return apps[0]


_UNPACKED: list[tempfile.TemporaryDirectory[str]] = []
