"""Generated searches find the same however the log is read: parsed whole, judged, in parts."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from hunts import event_judge, judge, parallel, plan, runner
from hunts import inputs as inputs_module
from hunts.content import default_app
from hunts.event_judge import EventJudge, Look
from hunts.inputs import Inputs, RawLines
from hunts.model import Hunt, Report
from hunts.plan import Planner, Sieve
from spl import Engine, Event

DATA = Path(__file__).parents[1] / "datasets/datasets"
FIELDS = {
    "verb": ["get", "LIST", "creat*", "watch", "delete"],
    "user": ["system:anonymous", "system:serviceaccount:*", "*admin*", "system:node:*"],
    "resource": ["pods", "secrets", "deployments", "nodes"],
    "namespace": ["default", "kube-system", "*"],
    "response_code": ["200", "403", "401", "4*"],
    "http_user_agent": ["kubectl*", "curl*", "*go-http*"],
    "src": ["10.0.0.0/8", "203.0.113.*", "*"],
    "groups": ["system:masters", "system:authenticated"],
    "audit_id": ["*", "0*"],
    "is_dry_run": ["true"],
    "status": ["success", "failure"],
    "objectRef.subresource": ["exec", "status"],
    "stageTimestamp": ["*", "2026*"],
    "missing": ["*", "x"],
    "source": ["*audit*", "kubernetes"],
    "host": ["*"],
}
TERMS = ["pods", "system:anonymous", "forbid", '"k8s.io"', "exec", "TERM(kubectl)"]
ROW_BY_ROW = [
    "where isnotnull(resource)",
    'where match(http_user_agent, "^k") OR isnull(namespace)',
    'eval kind=coalesce(resource, "none")."/".coalesce(subresource, "-") | where kind!="pods/-"',
    "lookup kubernetes_hunts_known_networks network AS src OUTPUT name AS network "
    "| where isnull(network)",
    'rex field=http_user_agent "^(?<program>[^/]+)" | search program=*',
    "eval address=src_ip | mvexpand address",
    "fillnull value=none namespace resource",
    'where is_dry_run="true" OR isnull(is_dry_run)',
    "fields _time user verb src namespace resource audit_id",
    'eval place=coalesce(source, "nowhere") | where place!="x"',
    'bin span=20s _time AS slot | eval slot=if(verb="get", slot, "other")',
]
ENDINGS = [
    "stats count by user verb",
    "stats dc(audit_id) as count min(_time) as first max(_time) as last values(verb) by src",
    "stats values(resource) as resource count(namespace) as namespaces by user",
    "stats avg(response_code) as mean sum(response_code) as sum range(_time) as seconds",
    "stats latest(audit_id) as latest earliest(verb) as earliest by user",
    "stats list(verb) as verbs first(audit_id) as first by namespace",
    'stats count(eval(verb="get")) as gets values(missing) as missing by verb',
    "stats dc(*) as * by verb",
    "eventstats count as all by user | where all > 3 | stats count by user",
    "bin span=1m _time | stats count by _time",
    "bin span=10s _time AS slot | stats dc(audit_id) as count values(audit_id) as ids "
    "min(_time) as first latest(audit_id) as latest values(src) as src by slot user",
    "bin span=15s aligntime=5 _time AS slot | stats count max(_time) as last by verb slot",
    "bin span=1h _time | stats count max(_time) as last by _time",
    "bin span=100ms _time AS slot | stats count by slot",
    "stats dc(audit_id) as one values(audit_id) as two dc(audit_id) as three by src",
    "stats earliest(audit_id) as first latest(src) as src latest_time(audit_id) as last by verb",
    "stats count values(host) as host by source verb",
    "dedup user verb | table user verb audit_id",
    "sort - audit_id | head 5 | table audit_id user",
    "streamstats dc(resource) as kinds by user | stats max(kinds) as kinds by user",
    "table user verb",
]


TIMELESS = ("count by user verb", "as namespaces by user", "as missing by verb", "by source verb")


def condition(chance: random.Random, depth: int = 0) -> str:
    """Return a part of a search clause."""
    roll = chance.random()
    if depth < 2 and roll < 0.3:
        joined = f" {chance.choice(['OR', 'AND'])} ".join(
            condition(chance, depth + 1) for _ in range(chance.randint(2, 3))
        )
        return f"({joined})"
    if roll < 0.45:
        return f"NOT {condition(chance, depth + 1)}"
    if roll < 0.6:
        return chance.choice(TERMS)
    field = chance.choice(list(FIELDS))
    if roll < 0.7:
        return f"{field} IN ({', '.join(f'{value!s}' for value in FIELDS[field])})"
    return f'{field}{chance.choice(["=", "=", "!="])}"{chance.choice(FIELDS[field])}"'


def searches(number: int) -> Iterator[str]:
    chance = random.Random(3)
    for _ in range(number):
        clause = " ".join(condition(chance) for _ in range(chance.randint(1, 3)))
        steps = chance.sample(ROW_BY_ROW, chance.randint(0, 2))
        yield " | ".join([f"`kube_audit` {clause}", *steps, chance.choice(ENDINGS)])


HUNTS = [
    Hunt(search, search, "Hunting", "", search, "kube_audit", (), (), 10, 10)
    for search in dict.fromkeys(searches(200))
]
ODD: list[Callable[[str], str]] = [
    str,
    lambda line: line.replace("system:", "system\\u003a", 1),
    lambda line: line.replace('"verb":"get"', '"verb":"GET"'),
    lambda line: line.replace('"code":403', '"code":403.0').replace('"code":200', '"code":-0'),
    lambda line: line.replace('"user":{', '"user.username":"a second one","user":{'),
    lambda line: line.replace('"userAgent":"', '"userAgent":"\\/\N{KELVIN SIGN}\\u00e9 '),
    lambda line: line.replace('"verb":"list"', '"verb":null'),
    lambda line: line.replace('"namespace":"default"', '"namespace":["default","other"]'),
    lambda line: line.replace('"stageTimestamp":"2026', '"stageTimestamp":"x2026'),
    lambda line: line.replace('"groups":[', '"groups":[true,'),
]


def text() -> str:
    """Return a log of ordinary lines, and of some made to break the ways to read it."""
    path = next(DATA.rglob("kube_hunter.jsonl"))
    ordinary = path.read_text().splitlines()[:700]
    for more in sorted(DATA.rglob("*.jsonl"))[:12]:
        ordinary += more.read_text().splitlines()[:60]
    giant = json.loads(ordinary[0]) | {"requestURI": "/" + "x" * 100_000}
    chance = random.Random(5)
    lines = [chance.choice(ODD)(line) if chance.random() < 0.2 else line for line in ordinary]
    return "\n".join([*lines, json.dumps(giant, separators=(",", ":")), "{not JSON"])


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "audit.log"
    path.write_text(text())
    return path


def found(
    path: Path, jobs: int = 1, *, hunts: list[Hunt] = HUNTS, timelines: bool = True
) -> tuple[list[Any], Report]:
    engine = Engine.from_app(default_app(), now=1_900_000_000)
    report = runner.run_hunts(engine, hunts, Inputs([path]), jobs=jobs, timelines=timelines)
    return [
        (r.hunt.search, r.status, r.events, r.matched, r.results, r.fields, list(r.messages))
        for r in report.hunts
    ], report


def looking_at_everything(path: Path) -> tuple[list[Any], Report]:
    """Return what is found where each line is parsed and each hunt looks at each event."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs_module, "_are_raw_events", lambda _block: False)
        patch.setattr("hunts.plan.Sieve.wanted", lambda _sieve, _raw: -1)
        patch.setattr(plan, "_EVENTS_JUDGED_FROM", 10**9)
        return found(path)


@pytest.fixture(scope="module")
def expected(log: Path) -> tuple[list[Any], Report]:
    return looking_at_everything(log)


def test_the_searches_say_something(expected: tuple[list[Any], Report]) -> None:
    statuses = [status for _, status, *_ in expected[0]]
    assert "error" not in statuses
    assert statuses.count("findings") > len(statuses) / 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files, in which each has a source of its own."""
    path = tmp_path_factory.mktemp("folder")
    lines = text().splitlines()
    for number in range(5):
        (path / f"audit-{number}.log").write_text("\n".join(lines[number::5]))
    return path


@pytest.fixture(scope="module")
def expected_of_folder(folder: Path) -> list[Any]:
    return looking_at_everything(folder)[0]


def test_several_files(
    folder: Path, expected_of_folder: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_SETTLED_AT_ONCE", 100)
    for judged, parsed in zip(found(folder)[0], expected_of_folder, strict=True):
        assert judged == parsed


def test_with_little_room_for_verdicts(
    folder: Path, expected_of_folder: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_SETTLED_AT_ONCE", 100)
    monkeypatch.setattr("hunts.judge._MOST_VERDICTS", 20)
    monkeypatch.setattr("hunts.judge.MOST_FINER", 2)
    monkeypatch.setattr("hunts.judge._MISSED", 5)
    for judged, parsed in zip(found(folder)[0], expected_of_folder, strict=True):
        assert judged == parsed


def test_without_libraries_for_speed(
    log: Path, expected: tuple[list[Any], Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spl.scan.hyperscan", None)
    monkeypatch.setattr("spl.scan._count", bytes.count)
    for slow, parsed in zip(found(log)[0], expected[0], strict=True):
        assert slow == parsed


def hec(line: str, time: float = 1_790_000_000.5) -> str:
    """Return the envelope in which Splunk's HTTP Event Collector takes an event; a broken one
    stays."""
    try:
        event = json.loads(line)
    except ValueError:
        return line
    named = {"sourcetype": "kube:apiserver:audit", "source": "kubernetes", "host": "node-1"}
    return json.dumps({**named, "time": time, "event": event}, ensure_ascii=False)


@pytest.mark.parametrize("wrap", [str, hec], ids=["as they are", "HEC"])
def test_parsed_events_are_sieved(
    wrap: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "audit.log"
    path.write_text("\n".join(map(wrap, text().splitlines())))
    expected = looking_at_everything(path)[0]
    monkeypatch.setattr(inputs_module, "_are_raw_events", lambda _block: False)
    monkeypatch.setattr(plan, "_EVENTS_JUDGED_FROM", 10**9)
    monkeypatch.setattr(plan, "_SIEVED_FROM", 10)
    wanted: list[int] = []
    sieve = Sieve.wanted

    def watched(one: Sieve, raw: str | bytes) -> int:
        bits = sieve(one, raw)
        wanted.append((bits & (1 << len(HUNTS)) - 1).bit_count())
        return bits

    monkeypatch.setattr("hunts.plan.Sieve.wanted", watched)
    for sieved, parsed in zip(found(path)[0], expected, strict=True):
        assert sieved == parsed
    assert sum(wanted) < len(wanted) * len(HUNTS) * 0.9


@pytest.mark.parametrize("most_finer", [1_000, 1])
def test_parsed_events_are_judged(
    most_finer: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "audit.log"
    times = count(1_790_000_000, 0.125)  # events of one time have no order
    path.write_text("\n".join(map(hec, text().splitlines(), times)))
    expected = looking_at_everything(path)[0]
    monkeypatch.setattr(plan, "_EVENTS_JUDGED_FROM", 20)
    monkeypatch.setattr(runner, "_SETTLED_AT_ONCE", 100)
    monkeypatch.setattr(event_judge, "MOST_FINER", most_finer)
    monkeypatch.setattr(event_judge, "_MOST_SHARE", 100)
    sees: list[int] = []
    look = EventJudge.look

    def watched(judge: EventJudge, event: Event) -> Look | None:
        looked = look(judge, event)
        sees.append(len(HUNTS) if looked is None else looked.sees.bit_count())
        return looked

    monkeypatch.setattr(EventJudge, "look", watched)
    for judged, parsed in zip(found(path)[0], expected, strict=True):
        assert judged == parsed
    assert sum(sees) < len(sees) * len(HUNTS) * 0.4


def test_times_are_read_once_somebody_asks(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.write_text(later_denied(6_000, 4_000))  # more than what is read first
    search = "`kube_audit` response_code!=200 | stats count min(_time) as first max(_time) as last"
    hunt = Hunt(search, search, "Hunting", "", search, "kube_audit", (), (), 10, 10)
    (result,) = runner.run_hunts(
        Engine.from_app(default_app()), [hunt], Inputs([path]), timelines=False
    ).hunts
    assert result.results == [{"count": "4000", "first": "1795219200", "last": "1795222799"}]


def later_denied(allowed: int, denied: int) -> str:
    """Return lines of so many requests that were allowed, then of so many that were not."""
    events = [
        {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "auditID": f"{number:032x}",
            "stage": "ResponseComplete",
            "verb": "get",
            "user": {"username": "someone"},
            "responseStatus": {"code": 200 if number < allowed else 403, "reason": "Forbidden"},
            "stageTimestamp": f"2026-11-21T00:{number // 60 % 60:02}:{number % 60:02}.000000Z",
        }
        for number in range(allowed + denied)
    ]
    return "\n".join(json.dumps(event, separators=(",", ":")) for event in events)


def test_what_was_missed_is_learned(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.write_text(later_denied(2_000, 4_000))
    search = "`kube_audit` verb=get response_code=403 | stats count by user responseStatus.reason"
    hunt = Hunt(search, search, "Hunting", "", search, "kube_audit", (), (), 10, 10)
    engine = Engine.from_app(default_app())
    planner = Planner(engine, [runner._RunningHunt(engine, hunt, timed=True).wish])
    looks: list[int] = []
    (share,) = Inputs([path]).shares(1)
    for batch in share.batches(print):
        assert isinstance(batch, RawLines)
        planned = planner.plan(batch)
        assert planned is not None
        looks.append(sum(1 for _ in planned.candidates(batch)))
        for _ in planner.foreseen():
            pass
    assert max(looks) > 100
    assert looks[-1] == 0


def test_a_clause_alone_decides_on_most_lines(log: Path) -> None:
    engine = Engine.from_app(default_app())
    (share,) = Inputs([log]).shares(1)
    batch = next(b for b in share.batches(print) if isinstance(b, RawLines))
    hunts = [runner._RunningHunt(engine, hunt, timed=True) for hunt in HUNTS]
    planned = Planner(engine, [hunt.wish for hunt in hunts]).plan(batch)
    assert planned is not None
    looked_at = sum(bits.bit_count() for bits, _, _ in planned.candidates(batch))
    assert planned.finder.judge is not None
    assert looked_at < batch.lines.count * len(HUNTS) / 2


def test_judged(log: Path, expected: tuple[list[Any], Report]) -> None:
    rows, report = found(log)
    for judged, parsed in zip(rows, expected[0], strict=True):
        assert judged == parsed
    assert report.errors == expected[1].errors


def test_without_timelines(
    log: Path, expected: tuple[list[Any], Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    for judged, parsed in zip(found(log, timelines=False)[0], expected[0], strict=True):
        assert judged == parsed
    # Where nobody asks for times, not even they are read.
    timeless = [
        n
        for n, hunt in enumerate(HUNTS)
        if hunt.search.endswith(TIMELESS) and not re.search("_time|stageTime", hunt.search)
    ]
    assert len(timeless) > 10
    known_times: list[bool] = []
    decide = judge.decide

    def watched(*arguments: Any, timed: bool) -> None:
        known_times.append(timed)
        decide(*arguments, timed=timed)

    monkeypatch.setattr(judge, "decide", watched)
    rows, _ = found(log, hunts=[HUNTS[n] for n in timeless], timelines=False)
    for judged, place in zip(rows, timeless, strict=True):
        assert judged == expected[0][place]
    assert set(known_times) == {False}


@pytest.mark.usefixtures("little_memory")
def test_with_little_memory(log: Path, expected: tuple[list[Any], Report]) -> None:
    for put_away, parsed in zip(found(log)[0], expected[0], strict=True):
        assert put_away == parsed


@pytest.mark.skipif(parallel.available_cores() == 1, reason="processes cannot be forked here")
@pytest.mark.parametrize("jobs", [2, 3])
def test_in_parts(
    jobs: int, log: Path, expected: tuple[list[Any], Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs_module, "LEAST_SHARE", 10_000)
    rows, report = found(log, jobs)
    for parts, parsed in zip(rows, expected[0], strict=True):
        assert parts == parsed
    assert report.errors == expected[1].errors
    assert report.inputs == expected[1].inputs


@pytest.mark.skipif(parallel.available_cores() == 1, reason="processes cannot be forked here")
@pytest.mark.usefixtures("little_memory")
def test_in_parts_with_little_memory(
    log: Path, expected: tuple[list[Any], Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs_module, "LEAST_SHARE", 10_000)
    for parts, parsed in zip(found(log, 3)[0], expected[0], strict=True):
        assert parts == parsed
