"""Each hunt over each recording, in every shape: the rows must be exactly what was sent.

Three accounts of the same traffic must agree: the hunt's rows; `expected`, which reads the JSON in
plain Python; and the truth files, in which the clients counted their requests.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from hunts.model import HuntResult, Row, Value
from tests.hunts import expected
from tests.hunts.expected import Audited
from tests.hunts.recordings import (
    ACCESS_SCANNING,
    APP,
    AZURE_HUNTS,
    AZURE_POD_SCAN,
    AZURE_SCAN,
    CLUSTER_SCAN,
    EKS_HUNTS,
    GCP_CLUSTER_SCAN,
    GCP_HUNTS,
    GCP_POD_SCAN,
    HUNTS,
    KUBECTL,
    POD_SCAN,
    RECORDINGS,
    Recording,
    hunt,
    read,
    recording,
)

RISK = ["risk_score", "risk_object", "risk_object_type"]
RISK += ["threat_object", "threat_object_type", "risk_message"]
COLUMNS = {
    CLUSTER_SCAN: "src_ip user.username user.groups{} count firstTime lastTime "
    "values(responseStatus.reason) cluster_name values(responseStatus.code) http_user_agent "
    "values(verb) values(requestURI)",
    POD_SCAN: "src_ip cluster_name user.username user.groups{} count firstTime lastTime "
    "values(responseStatus.reason) values(responseStatus.code) values(userAgent) values(verb) "
    "values(requestURI)",
    GCP_CLUSTER_SCAN: "src_ip cluster_name count firstTime lastTime method_name resource_name "
    "http_user_agent",
    GCP_POD_SCAN: "src_ip cluster_name count firstTime lastTime method_name resource_name "
    "http_user_agent",
    AZURE_SCAN: "sourceIPs{} userAgent verb requestURI responseStatus.reason responseStatus.code",
    AZURE_POD_SCAN: "sourceIPs{} userAgent verb requestURI responseStatus.reason "
    "responseStatus.code properties.pod",
    ACCESS_SCANNING: "src_ip Country City count userAgent user user.groups{} verb requestURI "
    "responseStatus.code responseStatus.message responseStatus.reason responseStatus.status",
    KUBECTL: "src_ip src_user verb userAgent requestURI count",
}

# What the hunts return of traffic without an attack, by their nature: address -> events.
ANONYMOUS_HEALTH_CHECKS = {
    "10.0.0.10": 456,  # kube-probe
    "10.0.1.21": 321,  # kube-probe, and kubeadm's reads of cluster-info
    "10.0.1.34": 321,
    "10.0.2.77": 321,
    "10.0.4.200": 912,  # the load balancer; 152 more of its checks have no user agent
    "10.0.9.9": 152,  # an uptime checker, refused for ever
}
REFUSED_FOR_EVER = {"10.0.9.9": 152}
FALSE_POSITIVES = {
    CLUSTER_SCAN: ANONYMOUS_HEALTH_CHECKS,
    ACCESS_SCANNING: REFUSED_FOR_EVER,
    GCP_CLUSTER_SCAN: REFUSED_FOR_EVER,
    AZURE_SCAN: REFUSED_FOR_EVER,
}

ATTACKS = [recording for recording in RECORDINGS if recording.name != "benign_cluster"]
BENIGN = recording("benign_cluster")


def names_of(recordings: Iterable[Recording]) -> dict[str, Any]:
    return {"argvalues": recordings, "ids": [recording.name for recording in recordings]}


every_recording = pytest.mark.parametrize("recording", **names_of(RECORDINGS))
every_attack = pytest.mark.parametrize("recording", **names_of(ATTACKS))


def sorted_rows(rows: Iterable[Mapping[str, Value]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def assert_exactly(
    found: dict[str, HuntResult], wanted: Mapping[str, Iterable[Row]], events: int
) -> None:
    """Hold all hunts: those of `wanted` return these rows, the rest had no data."""
    assert found.keys() == HUNTS
    for name, result in found.items():
        if name not in wanted:
            assert (result.status, result.events, result.results) == ("no data", 0, [])
            continue
        rows = list(wanted[name])
        assert sorted_rows(result.results) == sorted_rows(rows), name
        assert result.status == ("findings" if rows else "clean")
        assert result.events == events
        assert result.filtered == 0
        scores = {str(row["risk_score"]) for row in rows}
        assert scores <= {"49" if name == ACCESS_SCANNING else "25"}
        assert result.risk_score == (float(scores.pop()) if scores else None)
        columns = COLUMNS[name].split()
        assert result.fields[: len(columns)] == columns
        if rows:
            assert sorted(result.fields[len(columns) :]) == sorted(RISK)


def by_address(rows: Iterable[Row], count: str = "count") -> dict[str, int]:
    """Sum a column by source address; an AKS row is one event."""
    sums: Counter[str] = Counter()
    for row in rows:
        addresses = row.get("src_ip") or row["sourceIPs{}"]
        for address in [addresses] if isinstance(addresses, str) else addresses:
            sums[address] += int(str(row.get(count, 1)))
    return dict(sums)


# --- the recordings as they are: what a self-managed server writes, and what EKS delivers ---


@every_recording
def test_raw_events(recording: Recording, app: Path) -> None:
    events = [Audited(event, str(recording.path)) for event in read(recording.path)]
    found = hunt(recording.path, app)
    wanted = {
        CLUSTER_SCAN: expected.eks_cluster_scan(events),
        POD_SCAN: expected.eks_pod_scan(events),
        ACCESS_SCANNING: expected.access_scanning(events),
        KUBECTL: expected.suspicious_kubectl(events),
    }
    assert_exactly(found, wanted, len(events))
    assert_as_the_clients_counted(found, recording.truth)


def assert_as_the_clients_counted(found: dict[str, HuntResult], truth: dict[str, Any]) -> None:
    """Compare rows with the truth file, address by address."""
    by_value = truth["events_by_each_ip_value"]

    def counted(key: str, least: int = 1) -> dict[str, int]:
        return {a: n[key] for a, n in by_value.items() if n.get(key, 0) >= least}

    key = "anonymous_list_pods_exact_uri_events"
    assert by_address(found[POD_SCAN].results) == counted(key)
    key = "unauthenticated_403_events"
    assert by_address(found[ACCESS_SCANNING].results) == counted(key, least=6)

    scans: Counter[str] = Counter()
    kubectl: Counter[str] = Counter()
    for addresses, client in truth["unauthenticated_by_sourceIPs"].items():
        if client["usernames"] != ["system:anonymous"]:
            continue
        for address in addresses.split(","):
            for agent, events in client["userAgents"].items():
                if agent not in ("(absent)", "AWS Security Scanner"):
                    scans[address] += events
                if agent.startswith("kubectl"):
                    kubectl[address] += events
    assert by_address(found[CLUSTER_SCAN].results) == scans
    assert by_address(found[KUBECTL].results) == kubectl


@every_attack
def test_scan_has_the_uris_that_the_clients_asked_for(recording: Recording) -> None:
    """The rows of the cluster scan hold every URI, code and user agent of the clients' account."""
    asked: dict[str, set[tuple[str, str]]] = {}
    for request in recording.truth["requests_by_key"]:
        agent = request["userAgent"]
        if (
            request["audited_requests"]
            and request["audit_usernames"] == ["system:anonymous"]
            and agent not in ("(absent)", "", None, "AWS Security Scanner")
        ):
            for address in request["sourceIPs"]:
                pair = (request["requestURI"], str(request["responseCode"]))
                asked.setdefault(address, set()).add(pair)
    rows = {str(row["src_ip"]): row for row in hunt(recording.path)[CLUSTER_SCAN].results}
    for address, pairs in asked.items():
        assert {uri for uri, _ in pairs} <= set(listed(rows[address]["values(requestURI)"]))
        assert {code for _, code in pairs} <= set(
            listed(rows[address]["values(responseStatus.code)"])
        )


def listed(value: Value) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize("recording", **names_of([recording("kube_hunter"), *ATTACKS[:1]]))
def test_eks_events_as_the_add_on_delivers_them(
    recording: Recording, app: Path, tmp_path: Path
) -> None:
    path = recording.convert(tmp_path, "eks", "--hec")
    events = [Audited(line["event"], line["source"]) for line in read(path)]
    assert len({event.source for event in events}) == 2  # one log stream for each API server
    wanted = {
        CLUSTER_SCAN: expected.eks_cluster_scan(events),
        POD_SCAN: expected.eks_pod_scan(events),
        KUBECTL: expected.suspicious_kubectl(events),
    }
    assert_exactly(hunt(path, app), wanted, len(events))


def test_client_addresses_alone_have_locations(tmp_path: Path) -> None:
    path = recording("anonymous_scan_managed").convert(tmp_path, "raw", "--client-ip-only")
    rows = hunt(path)[ACCESS_SCANNING].results
    assert sorted_rows(rows) == sorted_rows(
        expected.access_scanning(list(map(Audited, read(path))))
    )
    countries = {row["src_ip"]: row["Country"] for row in rows}
    assert countries["8.8.8.8"] == "United States"
    assert countries["203.0.113.10"] == "unknown"


def test_events_without_a_user_agent_and_the_aws_scanner_are_not_in_the_cluster_scan() -> None:
    """Blind spots of the SPL as it is given; Access Scanning sees the requests nonetheless."""
    assert hunt(recording("nmap_nse").path)[CLUSTER_SCAN].status == "clean"
    found = hunt(recording("anonymous_scan_managed").path)
    scanners = recording("anonymous_scan_managed").truth["unauthenticated_by_sourceIPs"]
    hidden = {
        address
        for address, client in scanners.items()
        if client["userAgents"].keys() <= {"(absent)", "AWS Security Scanner"}
    }
    assert {"203.0.113.15", "192.0.2.17"} <= hidden
    assert not hidden & by_address(found[CLUSTER_SCAN].results).keys()
    assert "203.0.113.15" in by_address(found[ACCESS_SCANNING].results)


# --- GKE ---

GKE_VARIANTS: list[tuple[str, ...]] = [
    (),
    ("--client-ip-only",),
    ("--gke-bare-status",),
    ("--disable-anonymous",),
]


@pytest.mark.parametrize("options", GKE_VARIANTS, ids=" ".join)
@every_attack
def test_gke(recording: Recording, options: tuple[str, ...], tmp_path: Path) -> None:
    path = recording.convert(tmp_path, "gke", *options)
    found = hunt(path)
    entries = [line["data"] for line in read(path)]
    assert_gke(found, entries)
    # Without anonymous authentication a refused request has no principal: a blind spot.
    refused = {} if "--disable-anonymous" in options else refused_by_client(recording)
    assert by_address(found[GCP_CLUSTER_SCAN].results) == refused


def assert_gke(found: dict[str, HuntResult], entries: list[dict[str, Any]]) -> None:
    wanted = {
        GCP_CLUSTER_SCAN: expected.gcp_scan(entries, pods_only=False),
        GCP_POD_SCAN: expected.gcp_scan(entries, pods_only=True),
    }
    assert_exactly(found, wanted, len(entries))


def refused_by_client(recording: Recording) -> dict[str, int]:
    """Count anonymous requests that were refused, by client, as GKE logs them: when finished."""
    return dict(
        Counter(
            event.addresses[0]
            for event in map(Audited, read(recording.path))
            if event.username == "system:anonymous"
            and event.response("code") == "403"
            and event.event["stage"] != "RequestReceived"
            and (event.event["stage"], event.event["verb"]) != ("ResponseStarted", "watch")
        )
    )


# --- AKS ---

AKS_VARIANTS = [
    (target, *options)
    for target in ("aks-blob", "aks-eventhub", "aks-eventhub-message")
    for options in ((), ("--client-ip-only",), ("--disable-anonymous",))
]


@pytest.mark.parametrize("arguments", AKS_VARIANTS, ids=" ".join)
@every_attack
def test_aks(recording: Recording, arguments: tuple[str, ...], tmp_path: Path) -> None:
    path = recording.convert(tmp_path, *arguments)
    events = aks_events(path)
    found = hunt(path)
    assert_aks(found, events)
    codes = {row["responseStatus.code"] for row in found[AZURE_SCAN].results}
    if "--disable-anonymous" in arguments:
        assert codes <= {"401"}
    else:
        clients = recording.truth["unauthenticated_by_sourceIPs"].values()
        refused = [client["by_code"].get(code, 0) for client in clients for code in ("401", "403")]
        # A row is an event, and the truth counts answered events.
        assert len(found[AZURE_SCAN].results) == sum(refused)


def aks_events(path: Path) -> list[Audited]:
    """Return the audit events in AKS records, however they are wrapped."""
    records: list[dict[str, Any]] = []
    for line in read(path):
        records += line["records"] if "records" in line else [line.get("body", line)]
    return [
        Audited(json.loads(record["properties"]["log"]), pod=record["properties"]["pod"])
        for record in records
    ]


def assert_aks(found: dict[str, HuntResult], events: list[Audited]) -> None:
    wanted = {
        AZURE_SCAN: expected.azure_scan(events),
        AZURE_POD_SCAN: expected.azure_pod_scan(events),
    }
    assert_exactly(found, wanted, len(events))


@pytest.mark.parametrize("recording", **names_of([recording("kube_hunter"), *ATTACKS[:1]]))
def test_package_hunts_in_gke_and_aks(recording: Recording, package: Path, tmp_path: Path) -> None:
    path = recording.convert(tmp_path, "gke")
    assert_gke(hunt(path, package), [line["data"] for line in read(path)])
    path = recording.convert(tmp_path, "aks-eventhub")
    assert_aks(hunt(path, package), aks_events(path))


# --- traffic without an attack ---


@pytest.mark.parametrize(
    ("arguments", "hunts"),
    [
        (("raw",), {ACCESS_SCANNING, *EKS_HUNTS}),
        (("gke",), GCP_HUNTS),
        (("aks-blob",), AZURE_HUNTS),
        (("aks-eventhub-message",), AZURE_HUNTS),
    ],
    ids=["raw", "gke", "aks-blob", "aks-eventhub"],
)
def test_benign_traffic(arguments: tuple[str, ...], hunts: set[str], tmp_path: Path) -> None:
    found = hunt(BENIGN.convert(tmp_path, *arguments))
    for name in HUNTS:
        result = found[name]
        false_positives = FALSE_POSITIVES.get(name, {}) if name in hunts else {}
        assert by_address(result.results) == false_positives, name
        quiet = "clean" if name in hunts else "no data"
        assert result.status == ("findings" if false_positives else quiet)


# --- tuning ---


def test_filter_macro_drops_rows_and_says_how_many() -> None:
    path = recording("anonymous_scan_managed").path
    before = hunt(path)[ACCESS_SCANNING]
    macros = {"kubernetes_access_scanning_filter": "search NOT src_ip IN (203.0.113.10, 8.8.8.8)"}
    after = hunt(path, macros=macros)[ACCESS_SCANNING]
    assert after.filtered == 2
    assert by_address(before.results).keys() - by_address(after.results).keys() == {
        "203.0.113.10",
        "8.8.8.8",
    }
    assert (after.matched, after.status) == (before.matched, "findings")


def test_filter_macro_that_drops_all_rows_makes_a_hunt_clean() -> None:
    macros = {"kubernetes_access_scanning_filter": "where risk_score > 50"}
    result = hunt(recording("kube_hunter").path, macros=macros)[ACCESS_SCANNING]
    assert (result.status, result.filtered, result.risk_score) == ("clean", 1, None)


def test_risk_macro_sets_the_score() -> None:
    macros = {"kubernetes_access_scanning_risk": "impact=90 confidence=80"}
    found = hunt(recording("kube_hunter").path, macros=macros)
    assert found[ACCESS_SCANNING].risk_score == 72
    assert [row["risk_score"] for row in found[ACCESS_SCANNING].results] == ["72"]
    assert found[CLUSTER_SCAN].risk_score == 25


def test_local_macros_win_and_leave_the_default_alone(tmp_path: Path) -> None:
    app = tmp_path / "kubernetes_hunts"
    shutil.copytree(APP, app, ignore=shutil.ignore_patterns("__pycache__"))
    default = (app / "default/macros.conf").read_bytes()
    (app / "local").mkdir()
    (app / "local/macros.conf").write_text(
        "[kubernetes_access_scanning_risk]\n"
        "definition = impact=90 confidence=80\n"
        "[amazon_eks_kubernetes_cluster_scan_detection_filter]\n"
        "definition = search NOT src_ip=203.0.113.57\n"
    )
    found = hunt(recording("kube_hunter").path, app)
    assert found[ACCESS_SCANNING].risk_score == 72
    assert (found[CLUSTER_SCAN].status, found[CLUSTER_SCAN].filtered) == ("clean", 1)
    assert found[POD_SCAN].risk_score == 25
    assert (app / "default/macros.conf").read_bytes() == default
