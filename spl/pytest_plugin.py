"""pytest plugin: run the searches of a Splunk app in tests. See docs/pytest.md.

pytest loads this module in every run, so the engine is imported when a test first asks for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import pytest

if TYPE_CHECKING:
    from spl.engine import Engine, Events, Results
    from spl.fields import Event

_SHOWN = 3  # searches of one test in its report: those before the last few have passed
_NO_APP = (
    "which Splunk app? Give its folder or package: --splunk-app PATH, or splunk_app = PATH among "
    "the settings of pytest"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--splunk-app` and the setting `splunk_app`."""
    what = "folder or package of the Splunk app whose searches are tested"
    parser.getgroup("splunk").addoption("--splunk-app", metavar="PATH", help=what)
    parser.addini("splunk_app", f"{what}, from the folder of this file")


@dataclass(frozen=True)
class _Ran:
    """A search that a test has run."""

    title: str
    text: str
    engine: Engine
    results: Results


_SEARCHES = pytest.StashKey[deque[_Ran]]()


@pytest.fixture(scope="session")
def splunk_app(pytestconfig: pytest.Config) -> Engine:
    """The engine of the app under test."""
    from spl import Engine, SplError

    given, setting = pytestconfig.getoption("splunk_app"), pytestconfig.getini("splunk_app")
    if given:
        path = pytestconfig.invocation_params.dir / given
    elif setting:
        ini = pytestconfig.inipath
        path = (ini.parent if ini else pytestconfig.rootpath) / setting
    else:
        pytest.fail(_NO_APP, pytrace=False)
    try:
        return Engine.from_app(path)
    except SplError as error:
        pytest.fail(str(error), pytrace=False)


class Given(TypedDict, total=False):
    """What a search can be given beside its events."""

    earliest: str
    """A time modifier such as `-24h@h`."""
    latest: str
    now: float
    """The time of the search in epoch seconds, from which time modifiers count."""
    macros: Mapping[str, str]
    """Macros in place of those of the app: name -> definition."""
    lookups: Mapping[str, Sequence[Mapping[str, object]]]
    """Lookups in place of those of the app, for this search and later ones: name -> rows."""


class Searcher:
    """Runs searches of one app for one test. What they write, the later ones of the test read."""

    def __init__(self, app: Engine, lookups: Path, searches: deque[_Ran]) -> None:
        self._app = app
        self._lookups = lookups
        self._searches = searches
        self._collected: dict[str, list[Event]] = {}

    def __call__(self, text: str, events: Events = (), **given: Unpack[Given]) -> Results:
        """Run a search over `events`: mappings with `_raw`, `_time`, … Raises SplError."""
        __tracebackhide__ = True
        return self._run(text, lambda engine: text, events, given)

    def saved(self, name: str, events: Events = (), **given: Unpack[Given]) -> Results:
        """Run the saved search `name` of the app over `events`. Raises SplError."""
        __tracebackhide__ = True
        return self._run(
            name, lambda engine: engine.app.saved_search(name)["search"], events, given
        )

    def _run(
        self, title: str, find: Callable[[Engine], str], events: Events, given: Given
    ) -> Results:
        from spl import SplError

        __tracebackhide__ = True
        try:
            engine = self._engine(given)
            text = find(engine)
            results = engine.search(
                text,
                events,
                earliest=given.get("earliest", ""),
                latest=given.get("latest", ""),
            )
        except SplError as error:
            # The frames of the engine say nothing to who wrote the search.
            raise error.with_traceback(None) from None
        self._searches.append(_Ran(title, text, engine, results))
        return results

    def _engine(self, given: Given) -> Engine:
        from spl import Engine

        engine = Engine.from_app(
            self._app.app.path,
            macros=given.get("macros"),
            now=given.get("now"),
            lookups=self._lookups,
        )
        engine.collected = self._collected
        for name, rows in given.get("lookups", {}).items():
            _replace_lookup(engine, name, rows)
        return engine


@pytest.fixture
def search(
    splunk_app: Engine, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Searcher:
    """Run searches of the app under test: `search(spl, events)`, `search.saved(name, events)`."""
    searches = request.node.stash.setdefault(_SEARCHES, deque(maxlen=_SHOWN))
    return Searcher(splunk_app, tmp_path_factory.mktemp("lookups"), searches)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the searches of a failed test, with the rows that came out of each command."""
    report = yield
    if report.failed:
        for ran in item.stash.get(_SEARCHES, ()):
            title = _visible(" ".join(ran.title.split()))
            report.sections.append((f"Splunk search: {title:.60}", _describe(ran)))
    return report


def _describe(ran: _Ran) -> str:
    """Write a search, macros expanded, one command a line behind its row count."""
    commands = ran.engine.parse(ran.text).commands
    lines = ["   rows  command"]
    for command, count in zip(commands, ran.results.counts, strict=True):
        lines.append(f"{count:7}  | {command}")
    return "\n".join(map(_visible, [*lines, *map(str, ran.results.messages)]))


def _visible(text: str) -> str:
    """Write control characters as escapes: what attackers send must not reach the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _replace_lookup(engine: Engine, name: str, rows: Sequence[Mapping[str, object]]) -> None:
    from spl import SplError
    from spl.lookups import write_table

    lookups = engine.app.lookups
    try:
        fields = list(lookups.open(name).table.fields)
    except SplError:  # a lookup that comes into being with the test
        fields = []
    fields += dict.fromkeys(field for row in rows for field in row if field not in fields)
    cells = [[str(row.get(field, "")) for field in fields] for row in rows]
    write_table(lookups.path_to_write(name), fields, cells)
