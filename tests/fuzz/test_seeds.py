"""The fuzz targets hold on their seeds, without atheris; what fuzzing found is among them."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

SEEDS = sorted(Path(__file__).parent.glob("seeds/*/*"))


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed.parent.name}/{seed.name}")
def test_the_target_holds_on_its_seed(seed: Path) -> None:
    importlib.import_module(f"tests.fuzz.{seed.parent.name}").check(seed.read_bytes())
