"""Checks an app without a log: every search parses, and all that it names exists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from hunts.content import ANNOTATIONS, read_hunt
from hunts.render.text import visible
from hunts.views import View, load_views, row_fields
from spl import Engine, SplError
from spl.conf import Stanza
from spl.external import ExternalCommand
from spl.macros import references

_VARIABLE = re.compile(r"\$([^$\s][^$]*?)\$")
_JSON_KEYS = re.compile(
    r"annotations|metadata|mappings|_risk$|_entities|drilldown_searches|analytic_story"
)
_OWN_TIMES = {"info_min_time", "info_max_time", "info_search_time"}
_RISK_FIELDS = {
    "risk_score",
    "risk_object",
    "risk_object_type",
    "threat_object",
    "threat_object_type",
    "risk_message",
}


def check_search(engine: Engine, text: str) -> list[str]:
    """Return all that would not run of a search, each with its place, safe to show."""
    return [problem.shown(visible) for problem in engine.problems(text)]


def check_app(engine: Engine, *, strict: bool = False) -> tuple[int, list[str]]:
    """Check all saved searches, macros and dashboards of the app.

    A dashboard may ask its server (`rest`), which does not run here: a problem if `strict`.
    Returns the number of searches and the problems, each as `file: [stanza] what is wrong`.
    """
    searches = engine.app.saved_searches
    engine.app.check()
    problems = [f"macros.conf: {problem}" for problem in _check_macros(engine)]
    for name, settings in searches.items():
        place = f"savedsearches.conf: [{name}] "
        for problem in _check_search(engine, name, settings):
            problems.append(place + problem.removeprefix(place))
    views = load_views(engine.app.path)
    for view in views:
        problems += [f"{view.name}.xml: {problem}" for problem in _check_view(engine, view, strict)]
    _read_props(engine)
    count = len(searches) + sum(len(view.queries) for view in views)
    return count, list(dict.fromkeys([*engine.app.problems, *problems]))


def _check_macros(engine: Engine) -> Iterator[str]:
    """Yield the macros of a definition that do not exist, and those that never end."""
    macros = engine.app.macros
    for name, macro in macros.items():
        for reference in references(macro.definition):
            if reference not in macros:
                yield f"[{name}] names the macro '{reference}', which does not exist"
        reached, todo = set[str](), [name]
        while todo:
            found = {r for r in references(macros[todo.pop()].definition) if r in macros}
            todo += found - reached
            reached |= found
        if name in reached:
            yield f"[{name}] refers to itself, so it never ends"


def _read_props(engine: Engine) -> None:
    """Read the fields of every stanza of props.conf, so that its problems are found."""
    for stanza in engine.app.conf("props"):
        kind, colons, name = stanza.partition("::")
        engine.bind({"_raw": "", kind: name} if colons else {"_raw": "", "sourcetype": stanza})


def _check_search(engine: Engine, name: str, settings: Stanza) -> Iterator[str]:
    wrong = list(_check_json(settings))
    yield from wrong
    problems = check_search(engine, settings["search"])
    yield from problems
    try:
        if not wrong:
            read_hunt(name, settings)
    except SplError as error:
        yield str(error)
        return
    if problems or wrong or ANNOTATIONS not in settings:
        return
    # A run over no events tells the columns.
    columns = {*engine.search(settings["search"]).fields, *_RISK_FIELDS}
    for field in _named_fields(engine, settings):
        if field not in columns:
            yield f"names the field '{field}', which the search does not produce"


def _check_view(engine: Engine, view: View, strict: bool) -> Iterator[str]:
    yield from view.problems()
    columns = dict[str, set[str]]()
    for name, query in view.queries.items():
        text = view.filled(query)
        if problems := engine.problems(text):
            for problem in problems:
                if strict or not problem.message.startswith("'rest' "):
                    yield f"[{name}] {problem.shown(visible)}"
        else:
            columns[name] = set(engine.search(text).fields)
    for name, source, handler in view.drilldowns:
        for field in sorted(row_fields(handler) - columns.get(source, row_fields(handler))):
            yield f"[{name}] names the column '{field}', which '{source}' does not produce"
        if query := handler["options"].get("query"):
            for shown in check_search(engine, view.filled(query)):
                yield f"[{name}] {shown}"


def _check_json(settings: Stanza) -> Iterator[str]:
    for key, text in settings.items():
        if _JSON_KEYS.search(key):
            try:
                json.loads(text)
            except ValueError as error:
                yield f"{key} is not JSON: {error}"


def _named_fields(engine: Engine, settings: Stanza) -> Iterator[str]:
    """Yield the fields that messages, risk and throttling take from the results."""
    for command in engine.parse(settings["search"]).commands:
        if isinstance(command, ExternalCommand):
            for token in command.tokens:
                yield from _VARIABLE.findall(token)
    for key in (
        "action.risk.param._risk_message",
        "action.notable.param.rule_title",
        "action.notable.param.rule_description",
    ):
        yield from _VARIABLE.findall(settings.get(key, ""))
    for entry in _objects(settings.get("action.risk.param._risk", "[]")):
        yield from (
            str(entry[k]) for k in ("risk_object_field", "threat_object_field") if k in entry
        )
    yield from filter(None, re.split(r"[\s,]+", settings.get("alert.suppress.fields", "")))
    for drilldown in _objects(settings.get("action.notable.param.drilldown_searches", "[]")):
        for field in _VARIABLE.findall(drilldown.get("search", "")):
            if field not in _OWN_TIMES:
                yield field


def _objects(text: str) -> Iterable[dict[str, Any]]:
    try:
        value = json.loads(text)
    except ValueError:
        return []
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
