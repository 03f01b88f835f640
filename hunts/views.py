"""The dashboards of an app: their searches, and what is wrong with their definitions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from spl import SplError

VIEWS = Path("default/data/ui/views")
_TOKEN = re.compile(r"\$([^$|\s][^$|]*)(?:\|(\w))?\$")
_RESULT = re.compile(r"(?P<source>.+):result\.(?P<field>[\w.]+)")
# `drilldown.setToken` and its like know what was clicked; `env:` is Splunk's own.
_GIVEN = re.compile(r"env:|row\.|click\.|value$|name$")


@dataclass(frozen=True)
class View:
    """A view of Dashboard Studio (`definition`), or of Simple XML (`queries` only)."""

    name: str
    queries: dict[str, str]
    """The searches as they stand, by the id of their data source; a chained one with its base."""
    definition: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def tokens(self) -> dict[str, str]:
        """The tokens that inputs and defaults define, with the values that they begin with."""
        found: dict[str, str] = {}
        for given in self.definition.get("inputs", {}).values():
            token, value = given["options"]["token"], str(given["options"].get("defaultValue", ""))
            if given["type"] == "input.timerange":
                earliest, _, latest = value.partition(",")
                found |= {f"{token}.earliest": earliest, f"{token}.latest": latest}
            else:
                found[token] = value
        defaults = self.definition.get("defaults", {}).get("tokens", {}).get("default", {})
        return found | {token: str(default["value"]) for token, default in defaults.items()}

    @property
    def drilldowns(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Each event handler as visualization, data source and handler."""
        for name, shown in self.definition.get("visualizations", {}).items():
            source = shown.get("dataSources", {}).get("primary", "")
            for handler in shown.get("eventHandlers", ()):
                yield name, source, handler

    def filled(self, text: str, given: Mapping[str, str] = {}) -> str:
        """Return a search with its tokens replaced by `given`, by their defaults, else by `*`."""

        def value(match: re.Match[str]) -> str:
            token, quoting = match.groups()
            found = given.get(token, self.tokens.get(token, "*"))
            return f'"{_escaped(found)}"' if quoting == "s" else found

        return _TOKEN.sub(value, text)

    def problems(self) -> Iterator[str]:
        """Yield references to what is not there, and tokens that nothing sets."""
        if not self.definition:
            return
        sources = self.definition["dataSources"]
        shown = self.definition["visualizations"]
        inputs = self.definition.get("inputs", {})
        layout = self.definition["layout"]
        for name, visualization in shown.items():
            for source in visualization.get("dataSources", {}).values():
                if source not in sources:
                    yield f"{name} names the data source '{source}', which does not exist"
        placed = [entry["item"] for entry in layout["structure"]] + layout.get("globalInputs", [])
        for item in placed:
            if item not in shown and item not in inputs:
                yield f"the layout names '{item}', which does not exist"
        for item in (*shown, *inputs):
            if item not in placed:
                yield f"{item} is not in the layout"
        names = {source.get("name") for source in sources.values()}
        for token in dict.fromkeys(_tokens([sources, shown])):
            result = _RESULT.fullmatch(token)
            if result and result["source"] not in names:
                yield f"${token}$ names a search that does not exist"
            elif not result and token not in self.tokens and not _GIVEN.match(token):
                yield f"nothing sets the token ${token}$"


def load_views(app: Path) -> list[View]:
    """Return the views of an app, by name. Raises SplError for one that is not XML or JSON."""
    return [_read(path) for path in sorted((app / VIEWS).glob("*.xml"))]


def row_fields(handler: Mapping[str, Any]) -> set[str]:
    """Return the columns that an event handler takes from the row that was clicked."""
    return set(re.findall(r"row\.([\w.]+?)\.value", json.dumps(handler)))


def _read(path: Path) -> View:
    try:
        root = ElementTree.parse(path).getroot()
        text = root.findtext("definition")
        if text is None:
            queries = [query.text or "" for query in root.iter("query")]
            return View(
                path.stem, {f"search {i}": " ".join(q.split()) for i, q in enumerate(queries, 1)}
            )
        definition = json.loads(text)
        sources = definition["dataSources"]
        return View(path.stem, {name: _query(sources, name) for name in sources}, definition)
    except (ElementTree.ParseError, ValueError, KeyError, TypeError) as error:
        raise SplError(f"{path.name}: not a dashboard: {error!r}") from None


def _query(sources: Mapping[str, Any], name: str) -> str:
    options = sources[name]["options"]
    base = options.get("extend")
    return f"{_query(sources, base)} {options['query']}" if base else str(options["query"])


def _tokens(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield from (match[1] for match in _TOKEN.finditer(value))
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _tokens(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _tokens(inner)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
