"""The ATT&CK Navigator layer of `hunts navigator`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hunts.cli import cli
from hunts.content import default_app, load_hunts
from spl import Engine

HUNTS = load_hunts(Engine.from_app(default_app()).app)


@pytest.fixture(scope="module")
def layer() -> Any:
    result = CliRunner().invoke(cli, ["navigator"])
    assert result.exit_code == 0
    return json.loads(result.stdout)


def test_it_is_a_layer_of_format_4_5(layer: Any) -> None:
    assert layer["name"]
    assert layer["domain"] == "enterprise-attack"
    assert layer["versions"]["layer"] == "4.5"
    assert "Containers" in layer["filters"]["platforms"]


def test_each_technique_stands_once(layer: Any) -> None:
    ids = [technique["techniqueID"] for technique in layer["techniques"]]
    assert ids == sorted({known for hunt in HUNTS for known in hunt.attack})


def test_a_technique_has_its_hunts_and_their_highest_risk(layer: Any) -> None:
    for technique in layer["techniques"]:
        members = [hunt for hunt in HUNTS if technique["techniqueID"] in hunt.attack]
        assert technique["comment"].split(", ") == [hunt.name for hunt in members]
        assert technique["score"] == max(hunt.risk for hunt in members)
        assert 0 <= technique["score"] <= layer["gradient"]["maxValue"]


def test_output_goes_into_the_file(layer: Any, tmp_path: Path) -> None:
    path = tmp_path / "layer.json"
    result = CliRunner().invoke(cli, ["navigator", "--output", str(path)])
    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads(path.read_text(encoding="utf-8")) == layer


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["navigator", "--output", str(tmp_path / "no/layer.json")])
    assert result.exit_code == 2
    assert "there is no folder" in result.stderr
