"""Hunts find the same whether every line is parsed, or only those that they could match."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hunts import inputs as inputs_module
from hunts import parallel, runner
from hunts.content import default_app, load_hunts
from hunts.event_judge import EventJudge
from hunts.inputs import Inputs
from spl import Engine
from tests.hunts.recordings import recording

DATA = Path(__file__).parents[1] / "datasets/datasets"
RECORDINGS = sorted(DATA.glob("attack_techniques/*/*/*.jsonl*"))
ODD = [
    ("escapes", lambda line: line.replace("system:anonymous", "system\\u003aanonymous")),
    ("upper case", lambda line: line.replace("system:anonymous", "SYSTEM:ANONYMOUS")),
    ("slashes", lambda line: line.replace("/api/v1/pods", "\\/api\\/v1\\/pods")),
    ("kelvin sign", lambda line: line.replace("kubectl", "\N{KELVIN SIGN}ubectl")),
    ("broken", lambda line: line.replace('"verb":', '"verb"')),
    ("CRLF", lambda line: line + "\r"),
]


def found(paths: list[Path], jobs: int = 1) -> tuple[list[Any], list[str]]:
    engine = Engine.from_app(default_app())
    report = runner.run_hunts(engine, load_hunts(engine.app), Inputs(paths), jobs=jobs)
    return [
        (r.hunt.name, r.status, r.events, r.matched, r.filtered, r.results, dict(r.timeline))
        for r in report.hunts
    ] + [(i.events, i.bad_lines) for i in report.inputs], list(report.errors)


def parsing_everything(monkeypatch: pytest.MonkeyPatch, paths: list[Path]) -> Any:
    with monkeypatch.context() as patch:
        patch.setattr(inputs_module, "_are_raw_events", lambda _block: False)
        patch.setattr("hunts.plan.Sieve.wanted", lambda _sieve, _raw: -1)
        patch.setattr("hunts.plan._EVENTS_JUDGED_FROM", 10**9)
        return found(paths)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_recordings(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found([path]) == parsing_everything(monkeypatch, [path])


@pytest.mark.skipif(parallel.available_cores() == 1, reason="processes cannot be forked here")
@pytest.mark.parametrize("shape", ["aks-blob", "aks-eventhub", "gke"])
def test_other_shapes_in_parts(shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = recording("anonymous_scan_managed").convert(tmp_path, shape)
    expected = parsing_everything(monkeypatch, [path])
    monkeypatch.setattr(inputs_module, "LEAST_SHARE", 10_000)
    assert len(Inputs([path]).shares(2)) == 2
    assert found([path], jobs=2) == expected
    assert any(status == "findings" for _, status, *_ in expected[0][:-1])


@pytest.mark.parametrize("shape", ["aks-blob", "aks-eventhub", "gke"])
@pytest.mark.parametrize("name", ["anonymous_scan_managed", "benign_cluster"])
def test_other_shapes_judged(
    name: str, shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = recording(name).convert(tmp_path, shape)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:400]))
    expected = parsing_everything(monkeypatch, [path])
    monkeypatch.setattr("hunts.plan._EVENTS_JUDGED_FROM", 50)
    assert found([path]) == expected


def test_what_is_known_of_events_holds_in_other_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = recording("benign_cluster").convert(tmp_path, "aks-blob").read_text().splitlines()[:400]
    monkeypatch.setattr("hunts.plan._EVENTS_JUDGED_FROM", 50)
    judged: list[int] = []
    judge = EventJudge._judge

    def counted(*arguments: Any) -> Any:
        judged.append(1)
        return judge(*arguments)

    monkeypatch.setattr(EventJudge, "_judge", counted)
    counts: list[int] = []
    for parts in (1, 8):
        folder = tmp_path / str(parts)
        folder.mkdir()
        size = len(lines) // parts
        for part in range(parts):
            some = lines[part * size : (part + 1) * size]
            (folder / f"{part}.json").write_text("\n".join(some) + "\n")
        found([folder])
        counts.append(len(judged))
        judged.clear()
    one, several = counts
    assert 0 < several < one * 1.2


@pytest.mark.parametrize(("name", "change"), ODD, ids=[name for name, _ in ODD])
def test_lines_made_to_break_it(
    name: str, change: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (DATA / "attack_techniques/T1526/anonymous_scan_managed").glob("*.jsonl")
    text = next(lines).read_text().splitlines()
    path = tmp_path / "audit.log"
    path.write_bytes(
        "\n".join(change(line) if i % 3 else line for i, line in enumerate(text)).encode()
    )
    results, errors = found([path])
    all_results, all_errors = parsing_everything(monkeypatch, [path])
    if name == "broken":
        # A line that nobody could match is not parsed, so it is not found broken, either.
        assert [r[5] for r in results[:-1]] == [r[5] for r in all_results[:-1]]
        assert set(errors) <= set(all_errors)
    else:
        assert (results, errors) == (all_results, all_errors)


@pytest.mark.parametrize("block", [700, 4_096])
def test_a_line_across_blocks(block: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = DATA / "attack_techniques/T1526/kube_hunter/kube_hunter.jsonl"
    giant = json.loads(path.read_text().splitlines()[0]) | {"requestURI": "/" + "x" * 300_000}
    several = tmp_path / "audit.log"
    several.write_text(path.read_text() + json.dumps(giant, separators=(",", ":")))
    expected = parsing_everything(monkeypatch, [several])
    monkeypatch.setattr("spl.sources.BLOCK", block)
    monkeypatch.setattr("spl.sources.HEAD", block)
    assert found([several]) == expected
