"""Searches as detection content has them: they parse, print, and run or say why they do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from spl import Engine, SplError, SplSyntaxError, UnsupportedSplError
from spl.commands import parse_pipeline
from spl.macros import references

HERE = Path(__file__).parent
SEARCHES: list[dict[str, Any]] = yaml.safe_load((HERE / "searches.yaml").read_text("utf-8"))
BROKEN: list[dict[str, Any]] = yaml.safe_load((HERE / "broken.yaml").read_text("utf-8"))
FILTERS = {
    name: "search *"
    for item in SEARCHES
    for name in references(item["search"])
    if name.endswith("_filter")
}
RUN = [item for item in SEARCHES if item["expect"] == "runs"]
UNSUPPORTED = [item for item in SEARCHES if "unsupported" in item["expect"]]
MISSING = [item for item in SEARCHES if "missing_macros" in item["expect"]]


def event(sourcetype: str, source: str = "s", **fields: object) -> dict[str, Any]:
    return {
        "_raw": json.dumps(fields),
        "_time": 1_700_000_000,
        "sourcetype": sourcetype,
        "source": source,
        "host": "web-1",
        "index": "main",
    }


EVENTS = [
    event("auth", user="alice", src="10.0.0.5", dest="db-1", action="failure", bytes=7, count=12),
    event("auth", user="bob", src="198.51.100.9", dest="db-1", action="success", status="403"),
    event("netflow", src="198.51.100.9", dest="10.0.0.5", bytes_out=10, action="denied"),
    event("app:log", message='he said "yes" | then left', request={"headers": [{"name": "a"}]}),
    event(
        "XmlWinEventLog",
        "XmlWinEventLog:Security",
        EventCode="4625",
        TargetUserName="alice",
        Status="0xC000006D",
    ),
    event(
        "XmlWinEventLog",
        "XmlWinEventLog:Microsoft-Windows-Sysmon/Operational",
        EventCode="1",
        Image="C:\\Windows\\System32\\cmd.exe",
    ),
    {"_raw": "type=EXECVE msg=audit(1.2:3): user=carol", "_time": 1_700_000_001},
]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.from_app(HERE / "app", macros=FILTERS, now=1_700_003_600)


def names(items: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("item", items, ids=lambda item: item["name"])


def test_there_are_150_searches_of_different_names() -> None:
    assert len({item["name"] for item in SEARCHES}) == len(SEARCHES) >= 150


@names(RUN + UNSUPPORTED)
def test_a_search_prints_as_itself(engine: Engine, item: dict[str, Any]) -> None:
    pipeline = engine.parse(item["search"])
    assert parse_pipeline(str(pipeline)) == pipeline


@names(RUN)
def test_a_search_runs(engine: Engine, item: dict[str, Any]) -> None:
    engine.collected.clear()
    assert engine.problems(item["search"]) == []
    results = engine.search(item["search"], EVENTS)
    assert len(results.counts) == len(engine.parse(item["search"]).commands)


@names(UNSUPPORTED)
def test_what_does_not_run_is_named(engine: Engine, item: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedSplError) as caught:
        engine.search(item["search"], EVENTS)
    assert item["expect"]["unsupported"] in caught.value.message
    assert caught.value.message in [p.message for p in engine.problems(item["search"])]
    assert caught.value.text is not None


@names(MISSING)
def test_macros_that_the_app_lacks_are_named(engine: Engine, item: dict[str, Any]) -> None:
    missing = item["expect"]["missing_macros"]
    used_by = [name for name in references(item["search"]) if name not in engine.app.macros]
    assert used_by == missing
    with pytest.raises(SplSyntaxError) as caught:
        engine.parse(item["search"])
    assert missing[0].partition("(")[0] in caught.value.message
    told = [p.message for p in engine.problems(item["search"]) if "unknown macro" in p.message]
    assert [message.split("'")[1] for message in told] == [m.partition("(")[0] for m in used_by]


@pytest.mark.parametrize("item", BROKEN, ids=lambda item: item["search"])
def test_a_broken_search_shows_what_is_wrong_and_where(
    engine: Engine, item: dict[str, Any]
) -> None:
    with pytest.raises(SplError) as caught:
        engine.search(item["search"], EVENTS)
    error = caught.value
    assert error.message == item["message"]
    assert error.start == item["at"]
    assert error.text is not None
    assert error.text[error.start : error.end] == item["marked"]
    assert (error.message, error.start) in [
        (p.message, p.start) for p in engine.problems(item["search"])
    ]
