"""The hunts of an app: its saved searches that are detections."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hunts.model import Hunt
from spl import SplError
from spl.conf import Stanza
from spl.knowledge import App
from spl.macros import references

ANNOTATIONS = "action.correlationsearch.annotations"
METADATA = "action.correlationsearch.metadata"


def default_app() -> Path:
    """Return the folder of the app that ships with this program."""
    packaged = Path(__file__).parent / "_app"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "app"


def load_hunts(app: App) -> list[Hunt]:
    """Return the hunts in the order of savedsearches.conf. Raises SplError for a wrong stanza."""
    stanzas = app.saved_searches.items()
    return [read_hunt(name, settings) for name, settings in stanzas if ANNOTATIONS in settings]


def read_hunt(name: str, settings: Stanza) -> Hunt:
    """Make a hunt of its stanza. Raises SplError."""
    annotations = _json(name, settings, ANNOTATIONS)
    metadata = _json(name, settings, METADATA)
    search = settings["search"]
    macros = references(search)
    try:
        return Hunt(
            name=name,
            id=str(metadata.get("detection_id", "")),
            type=str(annotations.get("type", "Hunting")),
            description=settings.get("description", ""),
            search=search,
            data_source=macros[0] if macros else "",
            attack=tuple(annotations.get("mitre_attack", ())),
            stories=tuple(annotations.get("analytic_story", ())),
            impact=int(annotations.get("impact", 0)),
            confidence=int(annotations.get("confidence", 0)),
            coverage=tuple(int(row) for row in annotations.get("coverage", ())),
            ms_ta=tuple(annotations.get("ms_ta", ())),
            audit_level=str(annotations.get("audit_level", "")),
        )
    except (TypeError, ValueError) as error:
        raise SplError(f"savedsearches.conf: [{name}] {ANNOTATIONS}: {error}") from None


def filter_macro(hunt: Hunt) -> str | None:
    """Return the name of the macro that ends the hunt's search, or None."""
    macros = references(hunt.search.rpartition("|")[2])
    return macros[0] if len(macros) == 1 else None


def _json(name: str, settings: Stanza, key: str) -> dict[str, Any]:
    try:
        value = json.loads(settings.get(key, "{}"))
    except ValueError as error:
        raise SplError(f"savedsearches.conf: [{name}] {key} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise SplError(f"savedsearches.conf: [{name}] {key} is not a JSON object")
    return value
