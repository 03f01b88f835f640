"""The app's conf files and views as data: what Splunk and Enterprise Security expect of them."""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from hunts.views import load_views
from spl import Engine
from spl.conf import read_conf

ROOT = Path(__file__).parents[2]
DEFAULT = ROOT / "app/default"
RISK = ROOT / "docs/risk.md"
CONFS = sorted(DEFAULT.glob("*.conf"))


def read(name: str) -> dict[str, dict[str, str]]:
    return read_conf(DEFAULT / f"{name}.conf")


SEARCHES = read("savedsearches")
HUNTS = {n: s for n, s in SEARCHES.items() if "action.correlationsearch.annotations" in s}
MACROS = read("macros")
PROPS = read("props")
STORIES = read("analyticstories")
EVENT_TYPES = read("eventtypes")
ENGINE = Engine.from_app(DEFAULT.parent)
EXPORTED_MACROS = {
    stanza.removeprefix("macros/")
    for stanza, settings in read_conf(ROOT / "app/metadata/default.meta").items()
    if stanza.startswith("macros/") and settings["export"] == "system"
}

SCANNING = "Kubernetes Scanning Activity"
SENSITIVE = "Kubernetes Sensitive Object Access Activity"

# name: id, type, ATT&CK, story, impact and confidence, data source
TABLE: dict[str, tuple[str, str, list[str], str, int, str]] = {
    "Amazon EKS Kubernetes cluster scan detection": (
        "294c4686-63dd-4fe6-93a2-ca807626704a",
        *("Hunting", ["T1526"], SCANNING, 50, "aws_cloudwatchlogs_eks"),
    ),
    "Amazon EKS Kubernetes Pod scan detection": (
        "dbfca1dd-b8e5-4ba4-be0e-e565e5d62002",
        *("Hunting", ["T1526"], SCANNING, 50, "aws_cloudwatchlogs_eks"),
    ),
    "GCP Kubernetes cluster scan detection": (
        "db5957ec-0144-4c56-b512-9dccbe7a2d26",
        *("TTP", ["T1526"], SCANNING, 50, "google_gcp_pubsub_message"),
    ),
    "GCP Kubernetes cluster pod scan detection": (
        "19b53215-4a16-405b-8087-9e6acf619842",
        *("Hunting", ["T1526"], SCANNING, 50, "google_gcp_pubsub_message"),
    ),
    "Kubernetes Azure scan fingerprint": (
        "c5e5bd5c-1013-4841-8b23-e7b3253c840a",
        *("Hunting", ["T1526"], SCANNING, 50, "kubernetes_azure"),
    ),
    "Kubernetes Azure pod scan fingerprint": (
        "86aad3e0-732f-4f66-bbbc-70df448e461d",
        *("Hunting", ["T1526"], SCANNING, 50, "kubernetes_azure"),
    ),
    "Kubernetes Access Scanning": (
        "f5edd22d-0f3b-4c70-bcfe-5bf41150f10c",
        *("Anomaly", ["T1046"], "Kubernetes Security", 70, "kube_audit"),
    ),
    "Kubernetes AWS detect suspicious kubectl calls": (
        "042a3d32-8318-4763-9679-09db2644a8f2",
        *("Hunting", [], SENSITIVE, 50, "aws_cloudwatchlogs_eks"),
    ),
}

# Searches that are specified word by word: without riskscore and the filling of Country and City.
CTIME = "| `security_content_ctime(lastTime)` | `security_content_ctime(firstTime)`"
SPECIFIED = {
    "Amazon EKS Kubernetes cluster scan detection": (
        '`aws_cloudwatchlogs_eks` "user.username"="system:anonymous" '
        'userAgent!="AWS Security Scanner" | rename sourceIPs{} as src_ip '
        "| stats count min(_time) as firstTime max(_time) as lastTime "
        "values(responseStatus.reason) values(source) as cluster_name "
        "values(responseStatus.code) values(userAgent) as http_user_agent values(verb) "
        f"values(requestURI) by src_ip user.username user.groups{{}} {CTIME}"
    ),
    "Amazon EKS Kubernetes Pod scan detection": (
        '`aws_cloudwatchlogs_eks` "user.username"="system:anonymous" verb=list '
        'objectRef.resource=pods requestURI="/api/v1/pods" '
        "| rename source as cluster_name sourceIPs{} as src_ip "
        "| stats count min(_time) as firstTime max(_time) as lastTime "
        "values(responseStatus.reason) values(responseStatus.code) values(userAgent) "
        "values(verb) values(requestURI) BY src_ip cluster_name user.username user.groups{} "
        f"{CTIME}"
    ),
    "Kubernetes Access Scanning": (
        '`kube_audit` "user.groups{}"="system:unauthenticated" "responseStatus.code"=403 '
        "| iplocation sourceIPs{} | stats count values(userAgent) as userAgent "
        "values(user.username) as user.username values(user.groups{}) as user.groups{} "
        "values(verb) as verb values(requestURI) as requestURI "
        "values(responseStatus.code) as responseStatus.code "
        "values(responseStatus.message) as responseStatus.message "
        "values(responseStatus.reason) as responseStatus.reason "
        "values(responseStatus.status) as responseStatus.status by sourceIPs{} Country City "
        "| where count > 5 | rename sourceIPs{} as src_ip, user.username as user"
    ),
    "Kubernetes AWS detect suspicious kubectl calls": (
        "`aws_cloudwatchlogs_eks` userAgent=kubectl* sourceIPs{}!=127.0.0.1 sourceIPs{}!=::1 "
        "src_user=system:anonymous | table src_ip src_user verb userAgent requestURI "
        "| stats count by src_ip src_user verb userAgent requestURI"
    ),
}

GCP_COLUMNS = {
    *("count", "firstTime", "lastTime", "method_name", "resource_name", "http_user_agent"),
    *("src_ip", "cluster_name"),
}
AZURE_COLUMNS = {
    *("sourceIPs{}", "userAgent", "verb", "requestURI"),
    *("responseStatus.reason", "responseStatus.code"),
}
COLUMNS = {
    "GCP Kubernetes cluster scan detection": GCP_COLUMNS,
    "GCP Kubernetes cluster pod scan detection": GCP_COLUMNS,
    "Kubernetes Azure scan fingerprint": AZURE_COLUMNS,
    "Kubernetes Azure pod scan fingerprint": AZURE_COLUMNS | {"properties.pod"},
}

TEXTS = (
    "description",
    "search",
    "action.escu.how_to_implement",
    "action.escu.known_false_positives",
    "action.correlationsearch.label",
    "dispatch.earliest_time",
    "dispatch.latest_time",
)
SETTINGS = {
    "disabled": "0",
    "enableSched": "0",
    "action.escu": "0",
    "action.escu.enabled": "1",
    "action.escu.search_type": "detection",
    "action.correlationsearch.enabled": "1",
    "action.correlationsearch.detection_type": "ebd",
    "counttype": "number of events",
    "relation": "greater than",
    "quantity": "0",
    "realtime_schedule": "0",
    "alert.digest_mode": "1",
}
AUDIT_LEVELS = {"Metadata", "Request", "RequestResponse"}
EVERY_ROW = {*range(1, 59)} - {47}
ANNOTATIONS = {
    *("analytic_story", "cis20", "confidence", "data_source", "impact", "kill_chain_phases"),
    *("mitre_attack", "nist", "type", "type_list"),
}

every_hunt = pytest.mark.parametrize("name", HUNTS)
every_first_hunt = pytest.mark.parametrize("name", TABLE)
every_technique_hunt = pytest.mark.parametrize(
    "name", [name for name in HUNTS if name not in TABLE]
)


def macro_stem(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", name.lower())


def load(name: str, key: str) -> Any:
    return json.loads(HUNTS[name][key])


def annotations_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = load(name, "action.correlationsearch.annotations")
    return found


def stages(search: str) -> list[str]:
    """Return the commands of a search; no text in these searches has a pipe in it."""
    return [" ".join(stage.split()) for stage in search.split("|")]


def riskscore(name: str) -> dict[str, str]:
    """Return the options that the riskscore of a hunt sets beside its macro."""
    stage = stages(HUNTS[name]["search"])[-2]
    options = re.findall(r'(\w+)=(?:"([^"]*)"|(\S+))', stage)
    return {option: quoted or bare for option, quoted, bare in options}


@cache
def columns(name: str) -> set[str]:
    """Return the columns of a hunt just before riskscore, as a run over no events tells them."""
    return set(ENGINE.search(HUNTS[name]["search"].partition("| riskscore ")[0]).fields)


# The files themselves, as Splunk reads them.


@pytest.mark.parametrize("path", CONFS, ids=lambda path: path.name)
def test_conf_file_is_plain(path: Path) -> None:
    data = path.read_bytes()
    assert data.isascii(), "Splunk reads conf files as UTF-8 without a mark; ASCII is always right"
    assert b"\r" not in data
    assert not re.search(rb"\\[ \t]+\n", data), "a blank after the backslash ends the value there"
    assert not data.endswith(b"\\\n")
    warnings: list[str] = []
    conf = read_conf(path, warnings.append)
    assert warnings == [], "no stanza or key twice, no line that is no setting"
    assert "default" not in conf, "a default stanza would reach every app's stanzas"
    assert not any(value == "" for stanza in conf.values() for value in stanza.values())


# The hunts.


def test_the_first_hunts_are_these() -> None:
    assert list(HUNTS)[: len(TABLE)] == list(TABLE)


@every_hunt
def test_hunt_is_described(name: str) -> None:
    missing = [key for key in TEXTS if not HUNTS[name].get(key)]
    assert missing == []
    assert len(HUNTS[name]["description"]) > 80
    different = {key for key, value in SETTINGS.items() if HUNTS[name].get(key) != value}
    assert different == set()


@every_hunt
def test_hunt_reads_each_hour(name: str) -> None:
    if HUNTS[name]["cron_schedule"].count("*") == 4:
        assert re.fullmatch(r"(?:[0-5]?\d) \* \* \* \*", HUNTS[name]["cron_schedule"])
        # A sequence that goes on in this hour may have begun in the one before.
        earliest = re.fullmatch(r"-(\d+)m@m", HUNTS[name]["dispatch.earliest_time"])
        assert earliest
        assert 70 <= int(earliest[1]) <= 80
        assert HUNTS[name]["dispatch.latest_time"] == "-10m@m"


def test_schedules_are_spread() -> None:
    minutes = Counter(hunt["cron_schedule"].split()[0] for hunt in HUNTS.values())
    assert max(minutes.values()) <= 1 + len(HUNTS) // 60


@every_first_hunt
def test_hunt_is_what_the_table_says(name: str) -> None:
    uid, kind, attack, story, level, source = TABLE[name]
    assert load(name, "action.correlationsearch.metadata")["detection_id"] == uid
    found = annotations_of(name)
    assert set(found) == ANNOTATIONS
    assert found["type"] == kind
    assert found["mitre_attack"] == attack
    assert found["analytic_story"] == [story]
    assert (found["impact"], found["confidence"]) == (level, level)
    assert found["data_source"] == [source]


@every_technique_hunt
def test_technique_hunt_says_what_it_serves_and_needs(name: str) -> None:
    found, hunt = annotations_of(name), HUNTS[name]
    assert set(found) == ANNOTATIONS | {"audit_level", "coverage", "ms_ta"}
    assert found["audit_level"] in AUDIT_LEVELS
    assert set(found["coverage"]) <= EVERY_ROW
    assert all(re.fullmatch(r"MS-TA90[0-4]\d", known) for known in found["ms_ta"])
    assert found["mitre_attack"]
    assert re.search(r"Questions: 1\. .+\? 2\. .+\? 3\. .+\?$", hunt["description"])
    assert "audit_id" in columns(name)
    assert hunt["alert.suppress"] == "1"
    assert set(hunt["alert.suppress.fields"].split(",")) <= columns(name)
    assert f"`kubernetes_hunts_allow({macro_stem(name)})`" in stages(hunt["search"])
    row = rf"^\| {re.escape(name)} \| {found['impact']} \| .+ \| {found['confidence']} \| .+ \|$"
    assert len(re.findall(row, RISK.read_text(), re.MULTILINE)) == 1


@every_hunt
def test_annotations_agree(name: str) -> None:
    metadata, found = load(name, "action.correlationsearch.metadata"), annotations_of(name)
    assert metadata["detection_id"] == str(uuid.UUID(metadata["detection_id"]))
    assert metadata["deprecated"] == "0"
    assert found["type_list"] == [found["type"]]
    assert found["type"] in ("Hunting", "Anomaly", "TTP")
    assert found["analytic_story"] == load(name, "action.escu.analytic_story")
    [source] = found["data_source"]
    assert HUNTS[name]["search"].startswith(f"`{source}` ")
    mappings = load(name, "action.escu.mappings")
    assert mappings == {key: found[key] for key in mappings}
    assert set(mappings) == {"cis20", "kill_chain_phases", "mitre_attack", "nist"}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (name, key)
        for name, hunt in HUNTS.items()
        for key, value in hunt.items()
        if value.startswith(("[", "{"))
    ],
)
def test_json_is_valid(name: str, key: str) -> None:
    assert isinstance(load(name, key), (dict, list))


@every_hunt
def test_drilldowns_can_run(name: str) -> None:
    drilldowns = load(name, "action.notable.param.drilldown_searches")
    assert drilldowns
    for drilldown in drilldowns:
        assert set(drilldown) == {"name", "search", "earliest_offset", "latest_offset"}
        assert all(drilldown.values())
        tokens = set(re.findall(r"\$([^$]+)\$", drilldown["search"] + drilldown["name"]))
        assert tokens <= columns(name) | {"risk_object"}
        macros = set(re.findall(r"`(\w+)", drilldown["search"]))
        assert macros <= EXPORTED_MACROS, "Enterprise Security sees no other macro of ours"
        assert "index=risk" not in drilldown["search"], "that is the macro's to name"


# The searches.


@every_hunt
def test_risk_then_filter_come_last(name: str) -> None:
    stem = macro_stem(name)
    *before, risk, last = stages(HUNTS[name]["search"])
    assert last == f"`{stem}_filter`"
    assert risk.startswith(f"riskscore `{stem}_risk` ")
    assert not any("riskscore" in stage or "_filter`" in stage for stage in before)


@pytest.mark.parametrize("name", SPECIFIED)
def test_search_is_the_specified_one(name: str) -> None:
    kept = [
        stage
        for stage in stages(HUNTS[name]["search"])[:-2]
        if not stage.startswith("eval Country=")
    ]
    assert kept == stages(SPECIFIED[name])


def test_only_access_scanning_fills_country_and_city() -> None:
    fills = [name for name, hunt in HUNTS.items() if "Country=" in hunt["search"]]
    assert fills == ["Kubernetes Access Scanning"]
    commands = [stage.split()[0] for stage in stages(HUNTS[fills[0]]["search"])]
    assert commands[1:4] == ["iplocation", "eval", "stats"]


@pytest.mark.parametrize("name", COLUMNS)
def test_columns(name: str) -> None:
    assert columns(name) == COLUMNS[name]


@every_hunt
def test_risk_columns_name_what_the_search_returns(name: str) -> None:
    options = riskscore(name)
    assert set(options) == {
        *("object", "object_type", "threat_object", "threat_object_type", "message"),
    }
    assert options["object"] in columns(name)
    assert options["threat_object"] in columns(name)
    tokens = set(re.findall(r"\$([^$]+)\$", options["message"]))
    assert options["object"] in tokens
    assert tokens <= columns(name)


def test_message_of_access_scanning() -> None:
    message = riskscore("Kubernetes Access Scanning")["message"]
    assert message == "Kubernetes scanning from ip $src_ip$"


@every_hunt
def test_risk_for_enterprise_security(name: str) -> None:
    hunt, found = HUNTS[name], annotations_of(name)
    assert hunt.get("action.risk", "0") == ("0" if found["type"] == "Hunting" else "1")
    assert hunt.get("action.notable", "0") == ("1" if found["type"] == "TTP" else "0")
    score = found["impact"] * found["confidence"] / 100
    options = riskscore(name)
    if "action.risk" in hunt:
        assert hunt["action.risk.param._risk_message"] == options["message"]
        risk = load(name, "action.risk.param._risk")
        objects = [entry for entry in risk if "risk_object_field" in entry]
        threats = [entry for entry in risk if "threat_object_field" in entry]
        assert objects == [
            {
                "risk_object_field": options["object"],
                "risk_object_type": options["object_type"],
                "risk_score": score,
            }
        ]
        assert {
            "threat_object_field": options["threat_object"],
            "threat_object_type": options["threat_object_type"],
        } in threats
        assert {entry["threat_object_field"] for entry in threats} <= columns(name)
    if "action.notable" in hunt:
        entities = load(name, "action.notable.param._entities")
        assert [entity["risk_object_field"] for entity in entities] == [options["object"]]
        fields = hunt["action.notable.param.nes_fields"].split(",")
        assert set(fields) <= columns(name)
        for key in ("rule_title", "rule_description", "security_domain", "severity"):
            assert hunt[f"action.notable.param.{key}"]


# Macros.


def test_every_macro_that_is_used_is_defined() -> None:
    texts = [search["search"] for search in SEARCHES.values()]
    texts += [macro["definition"] for macro in MACROS.values()]
    texts += [kind["search"] for kind in EVENT_TYPES.values()]
    texts += [query for view in load_views(DEFAULT.parent) for query in view.queries.values()]
    called = {
        re.sub(r"\((.*)\)$", lambda call: f"({call[1].count(',') + 1})", name)
        for text in texts
        for name in re.findall(r"`([^`]+)`", text)
    }
    assert called == set(MACROS), "used and defined, each way"


@pytest.mark.parametrize("name", MACROS)
def test_macro_is_described(name: str) -> None:
    assert MACROS[name]["description"]


@every_hunt
def test_tuning_macros(name: str) -> None:
    stem, found = macro_stem(name), annotations_of(name)
    assert MACROS[f"{stem}_filter"]["definition"] == "search *"
    expected = f"impact={found['impact']} confidence={found['confidence']}"
    assert MACROS[f"{stem}_risk"]["definition"] == expected


@pytest.mark.parametrize("source", sorted({row[-1] for row in TABLE.values()}))
def test_data_source_says_where_to_put_ones_own(source: str) -> None:
    assert "The place to put your own index" in MACROS[source]["description"]
    assert f"`{source}`" in "".join(hunt["action.escu.how_to_implement"] for hunt in HUNTS.values())


def test_ctime_macro() -> None:
    macro = MACROS["security_content_ctime(1)"]
    assert macro["args"] == "field"
    assert macro["definition"] == 'convert timeformat="%Y-%m-%dT%H:%M:%S" ctime($field$)'


# Props.


@pytest.mark.parametrize("stanza", PROPS)
def test_props_work_at_search_time_only(stanza: str) -> None:
    others = [key for key in PROPS[stanza] if not key.startswith(("FIELDALIAS-", "EVAL-"))]
    assert others == []
    for key, value in PROPS[stanza].items():
        if key.startswith("FIELDALIAS-"):
            assert not re.search(r"\sAS\s", value, re.IGNORECASE), "AS removes existing fields"
            assert re.search(r"\sASNEW\s", value)
        else:
            field = key.removeprefix("EVAL-")
            assert value.endswith(f", {field})"), "other events keep the field as it was"


@pytest.mark.parametrize("stanza", PROPS)
@pytest.mark.parametrize("field", ["src_ip", "src", "src_user", "user", "http_user_agent"])
def test_props_give_the_common_names(stanza: str, field: str) -> None:
    settings = PROPS[stanza]
    aliases = " ".join(value for key, value in settings.items() if key.startswith("FIELDALIAS"))
    assert f"EVAL-{field}" in settings or re.search(rf"ASNEW {field}(\s|$)", aliases)


def test_raw_audit_events_have_the_same_names_everywhere() -> None:
    raw = ["aws:cloudwatchlogs:eks", "kube:apiserver:audit", "kube:apiserver-audit"]
    assert all(PROPS[stanza] == PROPS["source::kubernetes"] for stanza in raw)


# Stories.


def test_stories_and_hunts_name_each_other() -> None:
    prefix = "analytic_story://"
    told = {
        (stanza.removeprefix(prefix), hunt)
        for stanza, story in STORIES.items()
        if stanza.startswith(prefix)
        for hunt in json.loads(story["searches"])
    }
    assert told == {
        (story, name) for name in HUNTS for story in annotations_of(name)["analytic_story"]
    }
    listed = {stanza for stanza in STORIES if stanza.startswith("savedsearch://")}
    assert listed == {f"savedsearch://{name}" for name in HUNTS}


@pytest.mark.parametrize("stanza", [name for name in STORIES if name.startswith("analytic_story")])
def test_story_is_told(stanza: str) -> None:
    story = STORIES[stanza]
    assert story["spec_version"] == "3"
    assert story["category"]
    assert len(story["description"]) > 60
    assert len(story["narrative"]) > 300
    for key in ("references", "maintainers"):
        assert json.loads(story[key])


@every_hunt
def test_story_tells_of_a_hunt_what_its_stanza_tells(name: str) -> None:
    told, hunt = STORIES[f"savedsearch://{name}"], HUNTS[name]
    assert told["type"] == "detection"
    assert told["explanation"] == hunt["description"]
    assert told["how_to_implement"] == hunt["action.escu.how_to_implement"]
    assert told["known_false_positives"] == hunt["action.escu.known_false_positives"]
    assert told["providing_technologies"] == hunt["action.escu.providing_technologies"]
    assert json.loads(told["annotations"]) == load(name, "action.escu.mappings")


# Views.


def test_navigation_leads_to_views_that_exist() -> None:
    ui = DEFAULT / "data" / "ui"
    own = {path.stem for path in (ui / "views").glob("*.xml")}
    of_splunk = {"search", "reports", "dashboards", "alerts", "datasets"}
    views = [
        view.get("name") for view in ElementTree.parse(ui / "nav" / "default.xml").iter("view")
    ]
    assert own <= set(views) <= own | of_splunk


@pytest.mark.parametrize(
    "path", sorted((DEFAULT / "data/ui/views").glob("*.xml")), ids=lambda p: p.stem
)
def test_view_has_a_version_and_a_label(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    version = "1.1" if root.find("definition") is None else "2"
    assert (root.tag, root.get("version")) == ("dashboard", version)
    assert root.findtext("label")
