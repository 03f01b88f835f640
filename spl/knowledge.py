"""The knowledge objects of one app, as Splunk reads them: `default/`, then `local/` over it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spl.conf import Conf, Stanza, fill_defaults, read_layers
from spl.errors import SplError, did_you_mean
from spl.evaluation import evaluate_text
from spl.event_types import EventTypes, Tags
from spl.fields import Event, Extraction
from spl.functions.registry import Environment
from spl.lang.reader import Reader
from spl.lang.search_expression import SearchExpression, parse_search_expression
from spl.lookups import Lookup, Lookups
from spl.macros import Expansion, Macro, expand
from spl.props import Props
from spl.search_time_settings import SearchTimeSettings

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory


class App:
    """One app in a folder. Its files are read when first asked for.

    `problems` collects what the conf files say wrongly, as `file:line: message` or
    `file: [stanza] message`; what is wrong is left out.
    """

    def __init__(self, path: Path, macros: Mapping[str, str] | None = None) -> None:
        self.path = path
        self.location_database: Path | None = None
        """The MMDB file for `iplocation`; None for the configured or installed one."""
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
            self._confs[name] = fill_defaults(self.layers(name))
        return self._confs[name]

    def layers(self, name: str) -> Conf:
        """Return the settings of `<name>.conf`: both layers together, `[default]` by itself."""
        if name not in self._layers:
            self._layers[name] = read_layers(self.path, name, self.problem)
        return self._layers[name]

    def check(self) -> None:
        """Read all that is read else when first needed, so that its problems are known."""
        _ = self.macros, self.event_types, self.tags
        for stanza in self.layers("props"):
            self._search_time.operations((stanza,))

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

    def expand(self, text: str, problems: list[SplError] | None = None) -> Expansion:
        """Return a search with its macros expanded.

        Raises SplError; with `problems` all errors are put there instead.
        """

        def evaluate(expression: str, fields: Mapping[str, Any]) -> object:
            return evaluate_text(expression, dict(fields), self.environment)

        return expand(text, self.macros, evaluate, problems)

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
    def _search_time(self) -> SearchTimeSettings:
        return SearchTimeSettings(self, Props(self.layers("props"), self.problem))

    def renamed(self, event: Event) -> Event:
        """Return an event whose sourcetype props.conf renames under its new name, else itself.

        The old one is in `_sourcetype`; the settings of its stanza do not hold any more.
        """
        renames = self._search_time.props.renames
        old = event.origin[0] if renames else ""
        if old not in renames:
            return event
        return event.view(sourcetype=renames[old], _sourcetype=old)

    def extraction(self, event: Event) -> Extraction | None:
        """Return what the app makes of events such as this at search time; None for nothing."""
        origin = event.origin
        try:
            return self._extractions[origin]
        except KeyError:
            stanzas = self._search_time.props.stanzas(*origin)
            if stanzas not in self._extractions_of:
                self._extractions_of[stanzas] = self._search_time.operations(stanzas)
            extraction = self._extractions[origin] = self._extractions_of[stanzas]
            return extraction


def _unpack(package: Path) -> Path:
    """Unpack an app into a folder that lives as long as the process."""
    import tarfile
    from tempfile import TemporaryDirectory

    folder = TemporaryDirectory(prefix="splunk-app-")
    _UNPACKED.append(folder)
    try:
        with tarfile.open(package) as archive:
            archive.extractall(folder.name, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        # tarfile says a line for each compression that it tried
        reason = str(error).partition("\n")[0]
        raise SplError(f"{package} is no app package: {reason}") from None
    apps = sorted(p for p in Path(folder.name).iterdir() if p.is_dir())
    if len(apps) != 1:
        raise SplError(f"{package} holds {len(apps)} top-level folders, an app package has one")
    return apps[0]


_UNPACKED: list[TemporaryDirectory[str]] = []
