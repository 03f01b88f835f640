"""The knowledge objects of one app, as Splunk reads them: `default/`, then `local/` over it."""

from __future__ import annotations

import re
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from spl.conf import Conf, Stanza, read_layers
from spl.errors import SplError, did_you_mean
from spl.evaluation import compile_eval, to_field
from spl.functions.registry import Compiled, Environment
from spl.lang.eval_expression import parse_eval_expression
from spl.lang.reader import Reader
from spl.lookups import Lookup, Lookups
from spl.macros import Macro
from spl.values import Row, Value

if TYPE_CHECKING:
    from spl.fields import Event, Extraction

_ALIAS = re.compile(r'\s*("[^"]*"|\S+)\s+(AS|ASNEW)\s+("[^"]*"|\S+)', re.IGNORECASE)


class App:
    """One app in a folder. Its files are read when first asked for.

    `problems` collects what the conf files say wrongly, as `file:line: message`.
    """

    def __init__(self, path: Path, macros: Mapping[str, str] | None = None) -> None:
        self.path = path
        self.environment = Environment()
        self.problems: list[str] = []
        self._confs: dict[str, Conf] = {}
        self._given_macros = dict(macros or {})
        self._extractions: dict[tuple[str, str, str], Extraction | None] = {}

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

    def conf(self, name: str) -> Conf:
        """Return the settings of `<name>.conf`, both layers together."""
        if name not in self._confs:
            self._confs[name] = read_layers(self.path, name, self.problems.append)
        return self._confs[name]

    @cached_property
    def macros(self) -> dict[str, Macro]:
        """The macros by stanza name. A wrong one is a problem, and left out."""
        macros = {}
        for name, settings in self.conf("macros").items():
            try:
                macros[name] = Macro.from_stanza(name, settings)
            except SplError as error:
                self.problems.append(f"macros.conf: {error}")
        for name, definition in self._given_macros.items():
            macros[name] = Macro(name, definition)
        return macros

    @cached_property
    def lookups(self) -> Lookups:
        """The lookups of the app's transforms.conf and of its folder `lookups`."""
        return Lookups(self.path / "lookups", self.conf("transforms"), self.problems.append)

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

    def extraction(self, event: Event) -> Extraction | None:
        """Return what props.conf says of events such as this; None for nothing."""
        key = event.origin
        if key not in self._extractions:
            self._extractions[key] = self._make_extraction(*key)
        return self._extractions[key]

    def _make_extraction(self, sourcetype: str, source: str, host: str) -> Extraction | None:
        extraction = FieldExtraction()
        # Splunk's precedence of props stanzas, the lowest first: sourcetype, host, source
        for kind, value in (("", sourcetype), ("host::", host), ("source::", source)):
            for stanza, settings in self.conf("props").items():
                if _stanza_matches(stanza, kind, value):
                    self._read_props(stanza, settings, extraction)
        return extraction if extraction.aliases or extraction.calculated else None

    def _read_props(self, stanza: str, settings: Stanza, extraction: FieldExtraction) -> None:
        for key in sorted(settings):
            kind, _, name = key.partition("-")
            if kind == "FIELDALIAS":
                for source, word, target in _ALIAS.findall(settings[key]):
                    alias = Alias(source.strip('"'), word.upper() == "ASNEW")
                    extraction.aliases.setdefault(target.strip('"'), []).append(alias)
            elif kind == "EVAL":
                reader = Reader(settings[key])
                try:
                    expression = parse_eval_expression(reader)
                    if not reader.at_end():
                        raise reader.error(f"unexpected {reader.found()}")
                    extraction.calculated[name] = compile_eval(expression, self.environment)
                except SplError as error:
                    self.problems.append(f"props.conf: [{stanza}] {key}: {error}")


@dataclass(frozen=True)
class Alias:
    """One FIELDALIAS: the field it copies, and whether an existing target stays (ASNEW)."""

    source: str
    only_if_new: bool


@dataclass
class FieldExtraction:
    """Search-time fields of one kind of event: aliases first, then calculated fields.

    Calculated fields do not see each other (props.conf, EVAL-).
    """

    aliases: dict[str, list[Alias]] = field(default_factory=dict)
    calculated: dict[str, Compiled] = field(default_factory=dict)

    def resolve(self, name: str, event: Event) -> Value | None:
        """Return the value of field `name` of `event`, or None."""
        if name in self.calculated:
            return to_field(self.calculated[name](cast(Row, _Aliased(self, event))))
        return self.aliased(name, event)

    def aliased(self, name: str, event: Event) -> Value | None:
        """Return the value of field `name` before the calculated fields."""
        value = event.extracted(name)
        for alias in self.aliases.get(name, ()):
            source = event.extracted(alias.source)
            if source is not None and (value is None or not alias.only_if_new):
                value = source
        return value

    def names(self, event: Event) -> set[str]:
        """Return the names of all fields of `event`."""
        names = event.extracted_names()
        more = (self.aliases.keys() | self.calculated.keys()) - names
        return names | {name for name in more if self.resolve(name, event) is not None}


class _Aliased:
    """What a calculated field sees: the event before all calculated fields."""

    def __init__(self, extraction: FieldExtraction, event: Event) -> None:
        self._extraction = extraction
        self._event = event

    def get(self, name: str) -> Value | None:
        return self._extraction.aliased(name, self._event)


def _stanza_matches(stanza: str, kind: str, value: str) -> bool:
    if not kind:
        return stanza == value
    if not stanza.startswith(kind):
        return False
    # In props `...` stands for any text and `*` for any without a slash.
    pattern = translate(stanza[len(kind) :]).replace(".*", "[^/]*").replace(r"\.\.\.", ".*")
    return re.match(pattern, value) is not None


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
