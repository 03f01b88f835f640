"""Runs every conformance case; README.md beside this file says what its keys mean."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from spl import Engine, SplError
from tests.spl_cases.compare_spl import compare

CASES = sorted(Path(__file__).parent.rglob("*.json"))
HOLDING = re.compile(
    r"\| *(stats|eventstats|sort|reverse|dedup|transaction|mvcombine|streamstats)\b"
)
LOOKUP_SETTINGS = (
    "match_type",
    "max_matches",
    "min_matches",
    "default_match",
    "case_sensitive_match",
)


def write_app(case: dict[str, Any], folder: Path) -> Path:
    """Write the macros and lookups of a case as an app."""
    (folder / "default").mkdir()
    (folder / "lookups").mkdir()
    macros = []
    for name, macro in case.get("macros", {}).items():
        settings = {"definition": macro} if isinstance(macro, str) else dict(macro)
        if "args" in settings:
            settings["args"] = ", ".join(settings["args"])
        macros += [f"[{name}]", *(f"{key} = {value}" for key, value in settings.items())]
    (folder / "default/macros.conf").write_text("\n".join(macros) + "\n")
    transforms = []
    for name, lookup in case.get("lookups", {}).items():
        with (folder / "lookups" / lookup["filename"]).open("w", newline="") as file:
            csv.writer(file).writerows([lookup["fields"], *lookup["rows"]])
        transforms += [f"[{name}]", f"filename = {lookup['filename']}"]
        transforms += [f"{key} = {lookup[key]}" for key in LOOKUP_SETTINGS if key in lookup]
    (folder / "default/transforms.conf").write_text("\n".join(transforms) + "\n")
    return folder


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, tmp_path: Path) -> None:
    check(path, tmp_path)


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize(
    "path", [path for path in CASES if HOLDING.search(path.read_text())], ids=lambda path: path.stem
)
def test_case_with_little_memory(path: Path, tmp_path: Path) -> None:
    check(path, tmp_path)


def check(path: Path, tmp_path: Path) -> None:
    case = json.loads(path.read_text())
    engine = Engine.from_app(write_app(case, tmp_path), timezone=case.get("timezone", "UTC"))
    try:
        results = engine.search(case["spl"], case["events"])
    except SplError as error:
        problems = compare(case, [], error=error)
    else:
        problems = compare(case, list(results), results.fields)
    assert not problems, "\n".join([case["spl"], *problems])
