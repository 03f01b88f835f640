"""docs/coverage.md and the README say what the app hunts."""

from __future__ import annotations

from pathlib import Path

import pytest

from hunts.content import default_app, load_hunts
from spl import Engine
from tools.coverage import Technique, detections, page, readme_table, techniques

ROOT = Path(__file__).parents[2]
HUNTS = load_hunts(Engine.from_app(default_app()).app)
NAMES = {hunt.name for hunt in HUNTS}


def test_the_page_is_what_the_app_holds() -> None:
    found = (ROOT / "docs/coverage.md").read_text(encoding="utf-8")
    assert found == page(), "run: python -m tools.coverage > docs/coverage.md"


def test_the_readme_maps_splunks_detections() -> None:
    assert readme_table() in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("technique", techniques(), ids=lambda technique: str(technique.row))
def test_a_technique_is_hunted_or_says_why_not(technique: Technique) -> None:
    hunted = any(technique.row in hunt.coverage for hunt in HUNTS)
    assert hunted == (technique.visible != "no")
    assert technique.note or technique.visible in {"yes", "request"}


def test_every_row_that_a_hunt_names_is_a_technique() -> None:
    assert {row for hunt in HUNTS for row in hunt.coverage} <= {t.row for t in techniques()}


def test_splunk_has_fourteen() -> None:
    assert len(detections()) == 14


@pytest.mark.parametrize("name", detections())
def test_a_detection_of_splunks_has_a_counterpart(name: str) -> None:
    hunts = detections()[name]["hunts"]
    assert hunts
    assert set(hunts) <= NAMES
