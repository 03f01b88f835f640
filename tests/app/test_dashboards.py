"""The dashboards: valid definitions, and searches that find what the recordings have."""

from __future__ import annotations

import csv
import json
import re
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from hunts.check import check_app
from hunts.content import load_hunts
from hunts.views import View, load_views
from spl import Engine, Event, SplError
from tests.techniques import proof
from tools import catalog

APP = Path(__file__).parents[2] / "app"
VIEWS = {view.name: view for view in load_views(APP)}
STUDIO = {name: view for name, view in VIEWS.items() if view.definition}
HUNTS = {hunt.name: hunt for hunt in load_hunts(Engine.from_app(APP).app)}
EXEC = "Kubernetes Exec Into Pod"
EXEC_ROW = 8
REST = re.compile(r"\| rest (\S+)[^|\]]*")

every_dashboard = pytest.mark.parametrize("view", STUDIO.values(), ids=STUDIO)


@cache
def events() -> tuple[Event, ...]:
    """The recording of commands in pods, as two platforms log it, and findings."""
    recording = (*proof.events(EXEC_ROW, "kube"), *proof.events(EXEC_ROW, "gke"))
    return (*recording, *map(Event.from_mapping, findings("risk")))


def findings(index: str) -> list[dict[str, Any]]:
    """What risk analysis and summary indexing write alike: the fields of the result."""
    values = {
        "search_name": EXEC,
        "cluster": "prod",
        "user": "system:anonymous",
        "risk_object": "system:anonymous",
        "risk_object_type": "user",
        "risk_score": "30",
        "risk_message": "ran commands",
    }
    other = values | {"search_name": "Another app's search"}
    return [
        {
            "_raw": json.dumps(fields),
            "_time": 1_795_000_000,
            "index": index,
            "source": fields["search_name"],
            "sourcetype": "stash",
        }
        for fields in (values, other)
    ]


@every_dashboard
def test_definition_is_whole(view: View) -> None:
    assert list(view.problems()) == []


@every_dashboard
def test_panels_do_not_overlap(view: View) -> None:
    layout = view.definition["layout"]
    boxes = [entry["position"] for entry in layout["structure"]]
    for box in boxes:
        assert box["x"] >= 0 <= box["y"]
        assert box["x"] + box["w"] <= layout["options"]["width"]
        assert box["y"] + box["h"] <= layout["options"]["height"]
    for a, b in combinations(boxes, 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        assert beside or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]


@every_dashboard
def test_types_are_those_of_dashboard_studio(view: View) -> None:
    parts = view.definition
    assert {s["type"] for s in parts["dataSources"].values()} <= {"ds.search", "ds.chain"}
    assert {v["type"] for v in parts["visualizations"].values()} <= {
        f"splunk.{kind}" for kind in ("table", "line", "column", "singlevalue", "markdown")
    }
    assert {i["type"] for i in parts["inputs"].values()} <= {"input.text", "input.timerange"}
    assert parts["layout"]["type"] in ("absolute", "grid")


# The sections and keys that a definition may have, each with those that it must have:
# https://help.splunk.com/en/splunk-enterprise/create-dashboards-and-reports/dashboard-studio/10.4/source-code-editor/what-is-a-dashboard-definition
MAY: dict[str, set[str]] = {
    "definition": {"title", "description", "inputs", "defaults", "visualizations"}
    | {"dataSources", "layout", "expressions", "applicationProperties"},
    "dataSources": {"type", "name", "options", "context", "meta"},
    "visualizations": {"type", "title", "description", "options", "dataSources", "context"}
    | {"eventHandlers", "containerOptions", "showProgressBar", "showLastUpdated", "encoding"},
    "inputs": {"type", "title", "options", "dataSources", "context", "encoding"},
    "layout": {"type", "options", "structure", "globalInputs", "tabs", "layoutDefinitions"},
    "structure": {"item", "type", "position"},
    "ds.search": {"query", "queryParameters", "enableSmartSources", "refresh", "refreshType"},
    "input.text": {"token", "defaultValue"},
    "input.timerange": {"token", "defaultValue"},
    "drilldown.setToken": {"tokens"},
    "drilldown.linkToSearch": {"query", "earliest", "latest", "type", "newTab"},
    "drilldown.linkToDashboard": {"app", "dashboard", "tokens", "newTab"},
}
MUST: dict[str, set[str]] = {
    "definition": {"title", "inputs", "visualizations", "dataSources", "layout"},
    "dataSources": {"type", "options"},
    "visualizations": {"type"},
    "inputs": {"type", "options"},
    "layout": {"type", "structure"},
    "structure": {"item", "type", "position"},
    "ds.search": {"query"},
    "input.text": {"token"},
    "input.timerange": {"token"},
    "drilldown.setToken": {"tokens"},
    "drilldown.linkToSearch": {"query"},
    "drilldown.linkToDashboard": {"app", "dashboard"},
}


@every_dashboard
def test_the_definition_has_the_schema_of_dashboard_studio(view: View) -> None:
    whole = view.definition
    parts = [("definition", whole), ("layout", whole["layout"])]
    parts += [("structure", entry) for entry in whole["layout"]["structure"]]
    for section in ("dataSources", "visualizations", "inputs"):
        parts += [(section, part) for part in whole[section].values()]
    typed = [*whole["dataSources"].values(), *whole["inputs"].values()]
    typed += [handler for _, _, handler in view.drilldowns]
    parts += [(part["type"], part["options"]) for part in typed]
    for kind, part in parts:
        assert MUST[kind] <= set(part) <= MAY[kind], (kind, part)


@every_dashboard
def test_every_data_source_is_shown(view: View) -> None:
    text = json.dumps(view.definition)
    for name, source in view.definition["dataSources"].items():
        assert f'"primary": "{name}"' in text or f"${source['name']}:result." in text


def as_dispatched(query: str) -> str:
    """Splunk puts `search` before a query that begins with no pipe."""
    return query if query.startswith("|") else f"search {query}"


@cache
def scan() -> tuple[Event, ...]:
    """A recorded scan without credentials, and findings."""
    [path] = APP.parent.glob("tests/datasets/**/anonymous_scan_managed.jsonl")
    return (*proof.convert(path, "kube"), *map(Event.from_mapping, findings("risk")))


@pytest.mark.parametrize(
    ("view", "source"),
    [(v, source) for v in ("overview", "investigate") for source in VIEWS[v].queries],
)
def test_search_finds_something(view: str, source: str) -> None:
    query = VIEWS[view].queries[source]
    begun = as_dispatched(VIEWS[view].filled(query))
    assert len(Engine.from_app(APP).search(begun, scan())) > 0
    everybody = as_dispatched(VIEWS[view].filled(query, {"entity": "*"}))
    assert len(Engine.from_app(APP).search(everybody, events())) > 0


def test_health_tells_shapes_and_levels_apart() -> None:
    query = VIEWS["overview"].queries["ds_health"]
    rows = Engine.from_app(APP).search(query, events()).rows
    found = {(row["sourcetype"], row["audit_level"]) for row in rows}
    assert ("google:gcp:pubsub:message", "not logged") in found
    assert any(level != "not logged" for _, level in found)
    assert sum(int(row["events"]) for row in rows) == len(events()) - 2


def test_findings_are_those_of_this_app() -> None:
    [row] = Engine.from_app(APP).search(VIEWS["overview"].queries["ds_actors"], events()).rows
    assert (row["risk_object"], row["hunt"], float(row["risk_score"])) == (
        "system:anonymous",
        EXEC,
        30,
    )


def test_findings_can_come_from_a_summary_index() -> None:
    engine = Engine.from_app(APP, macros={"kubernetes_hunts_risk_index": "index=summary"})
    query = VIEWS["overview"].queries["ds_actors"]
    assert len(engine.search(query, findings("summary"))) == 1
    assert len(engine.search(query, findings("risk"))) == 0


@pytest.mark.parametrize("entity", ["mallory", "203.0.113.7"])
def test_investigate_takes_an_actor_or_an_address(entity: str) -> None:
    log = [
        {
            "_raw": json.dumps(
                {
                    "kind": "Event",
                    "auditID": audit_id,
                    "verb": "get",
                    "user": {"username": user},
                    "sourceIPs": [address],
                    "requestURI": "/version",
                    "responseStatus": {"code": 200},
                }
            ),
            "sourcetype": "kube:apiserver:audit",
        }
        for audit_id, user, address in (("1", "mallory", "203.0.113.7"), ("2", "eve", "10.0.0.1"))
    ]
    view = VIEWS["investigate"]
    query = view.filled(view.queries["ds_requests"], {"entity": entity})
    assert [row["audit_id"] for row in Engine.from_app(APP).search(query, log)] == ["1"]


def test_a_token_cannot_leave_its_quotes() -> None:
    view = VIEWS["investigate"]
    query = view.filled(view.queries["ds_requests"], {"entity": 'x" OR user="*'})
    assert len(Engine.from_app(APP).search(query, events())) == 0


def rest(engine: Engine, folder: Path, query: str) -> str:
    """Return the query with lookups of what Splunk's server would answer."""
    macros = [(name, macro.definition) for name, macro in engine.app.macros.items()]
    searches = [(hunt.name, hunt.search) for hunt in HUNTS.values()]
    for name, column, rows in (("macros", "definition", macros), ("searches", "search", searches)):
        with (folder / f"rest_{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("title", column), *rows])
    engine.app.lookups.overlay = folder
    return REST.sub(lambda found: f"| inputlookup rest_{found[1].rpartition('/')[2]}.csv", query)


def test_tuning_lists_every_hunt_with_its_macros(tmp_path: Path) -> None:
    engine = Engine.from_app(APP)
    query = rest(engine, tmp_path, VIEWS["tuning"].queries["ds_hunts"])
    rows = {row["hunt"]: row for row in engine.search(query, events())}
    assert set(rows) == set(HUNTS)
    for row in rows.values():
        assert row["filter"] == engine.app.macros[row["filter_macro"]].definition
        assert row["risk"] == engine.app.macros[row["risk_macro"]].definition
        assert int(row["findings"]) == (row["hunt"] == EXEC)


@pytest.mark.parametrize("name", HUNTS)
def test_tuning_takes_off_what_ends_a_hunt(name: str, tmp_path: Path) -> None:
    engine = Engine.from_app(APP)
    view = VIEWS["tuning"]
    query = rest(engine, tmp_path, view.filled(view.queries["ds_hunt"], {"hunt": name}))
    [row] = engine.search(query)
    search = HUNTS[name].search
    assert search.startswith(row["allowed"])
    assert row["allowed"].startswith(row["found"])
    assert not re.search(r"_filter`|kubernetes_hunts_allow\(|\| riskscore", row["found"])
    assert ("kubernetes_hunts_allow(" in row["allowed"]) is ("kubernetes_hunts_allow(" in search)
    kept = search.removeprefix(row["found"]).strip()
    assert re.match(r"\|\s*(?:`kubernetes_hunts_allow|riskscore|`\w+_filter`)", kept)
    engine.search(f"{row['found']} | stats count as rows")


def test_tuning_counts_before_and_after(tmp_path: Path) -> None:
    macros = {
        "kubernetes_hunts_allowlist_source": "inputlookup own.csv",
        "kubernetes_exec_into_pod_filter": "search NOT user=*",
    }
    engine = Engine.from_app(APP, macros=macros)
    view = VIEWS["tuning"]
    query = rest(engine, tmp_path, view.queries["ds_hunt"])
    [steps] = engine.search(view.filled(query))
    all_rows = engine.search(steps["found"], events()).rows
    user = all_rows[0]["user"]
    (tmp_path / "own.csv").write_text(f"hunt,field,value,reason,expiry\n*,user,{user},test,\n")
    engine = Engine.from_app(APP, macros=macros, lookups=tmp_path)
    counts = [
        int(
            engine.search(
                view.filled(
                    view.queries[source],
                    {f"Chosen hunt:result.{step}": steps[step] for step in ("found", "allowed")},
                ),
                events(),
            ).rows[0]["rows"]
        )
        for source in ("ds_found", "ds_allowed", "ds_filtered")
    ]
    assert counts[0] == len(all_rows)
    assert counts[0] > counts[1] > counts[2] == 0


def test_tuning_shows_the_allowlist(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("hunt,field,value,reason,expiry\n*,user,bob,test,\n")
    macros = {"kubernetes_hunts_allowlist_source": "inputlookup own.csv"}
    engine = Engine.from_app(APP, macros=macros, lookups=tmp_path)
    [row] = engine.search(VIEWS["tuning"].queries["ds_allowlist"])
    assert row["value"] == "bob"


def test_the_catalog_is_current() -> None:
    path = APP / "lookups/kubernetes_hunts_catalog.csv"
    assert path.read_text() == catalog.table(), (
        f"run: python -m tools.catalog > {path.relative_to(APP.parent)}"
    )


# The check.


def dashboard(query: str, **changes: Any) -> str:
    definition = {
        "dataSources": {"ds": {"type": "ds.search", "name": "It", "options": {"query": query}}},
        "visualizations": {
            "viz": {
                "type": "splunk.table",
                "dataSources": {"primary": changes.get("source", "ds")},
                "eventHandlers": [changes["handler"]] if "handler" in changes else [],
            }
        },
        "inputs": {
            "input": {"type": "input.text", "options": {"token": "who", "defaultValue": "*"}}
        },
        "layout": {
            "type": "grid",
            "structure": [{"item": changes.get("item", "viz")}],
            "globalInputs": ["input"],
        },
    }
    text = json.dumps(definition)
    return f"<dashboard><definition><![CDATA[{text}]]></definition></dashboard>"


def clicked(query: str) -> dict[str, Any]:
    return {"type": "drilldown.linkToSearch", "options": {"query": query}}


FINE = "| makeresults | eval user=$who|s$"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (dashboard(FINE), None),
        (dashboard("| rest /services/saved/searches | where title=$who|s$"), None),
        (dashboard("$It:result.search$ | stats count"), None),
        (dashboard("| makeresults | eval user=$whom|s$"), "nothing sets the token $whom$"),
        (dashboard("$That:result.search$"), "names a search that does not exist"),
        (dashboard("| makeresults | evil x=1"), "evil"),
        (dashboard("| loadjob 1"), "loadjob"),
        (dashboard("`no_such_macro`"), "no_such_macro"),
        (dashboard("| inputlookup no_such_lookup"), "no_such_lookup"),
        (dashboard(FINE, source="other"), "names the data source 'other'"),
        (dashboard(FINE, item="other"), "the layout names 'other'"),
        (dashboard(FINE, item="input"), "viz is not in the layout"),
        (dashboard(FINE, handler=clicked("user=$row.user.value$")), None),
        (dashboard(FINE, handler=clicked("user=$row.src.value$")), "names the column 'src'"),
        (dashboard(FINE, handler=clicked("| evil")), "evil"),
        ("<dashboard><row><search><query>| evil</query></search></row></dashboard>", "evil"),
    ],
)
def test_check(tmp_path: Path, text: str, problem: str | None) -> None:
    views = tmp_path / "default/data/ui/views"
    views.mkdir(parents=True)
    (views / "it.xml").write_text(text)
    count, problems = check_app(Engine.from_app(tmp_path))
    assert count == 1
    if problem is None:
        assert problems == []
    else:
        assert any(p.startswith("it.xml: ") and problem in p for p in problems), problems


@pytest.mark.parametrize(
    "text", ["<dashboard>", "<dashboard><definition>{</definition></dashboard>"]
)
def test_a_view_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "default/data/ui/views").mkdir(parents=True)
    (tmp_path / "default/data/ui/views/it.xml").write_text(text)
    with pytest.raises(SplError, match=r"it\.xml"):
        check_app(Engine.from_app(tmp_path))
