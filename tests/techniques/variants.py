"""Makes the variants of a technique out of its recording, see variants/README.md."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from spl import Engine, Event
from spl.values import values_of
from tests import convert_audit
from tests.techniques import proof

SHAPES = ("kube", "eks", "aks-blob", "gke")
_PATCH = {"take", "set", "replace", "times", "every", "shift"}
_VARIANT = {"name", "attack", "benign", "context", "hunt", "shapes", "lookups", "fails"}


@dataclass(frozen=True)
class Variant:
    """One variant of the technique of a row."""

    row: int
    spec: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.row}-{self.spec['name']}"

    @property
    def shapes(self) -> tuple[str, ...]:
        return tuple(self.spec.get("shapes", SHAPES))

    @property
    def hunts(self) -> list[str]:
        """The hunts that are judged, by name."""
        if "hunt" in self.spec:
            return [self.spec["hunt"]]
        return [name for name, hunt in proof.hunts().items() if self.row in hunt.coverage]

    def requests(self, kind: str) -> list[dict[str, Any]]:
        """Return the raw events of `attack`, `benign` or `context`."""
        return [
            event
            for number, patch in enumerate(self.spec.get(kind) or [])
            for event in _patched(self.row, patch, f"{kind}-{number}")
        ]

    def outcome(self, shape: str, folder: Path) -> tuple[set[str], set[str]]:
        """Return the audit ids of the attack that are missed, and those of no attack found."""
        attack, benign = self.requests("attack"), self.requests("benign")
        raw = attack + benign + self.requests("context")
        raw.sort(key=lambda event: event["stageTimestamp"])
        path = folder / "variant.jsonl"
        path.write_text("".join(json.dumps(event) + "\n" for event in raw))
        events = list(proof.convert(path, shape))
        engine = proof.engine(self.row) if self.spec.get("lookups") else _shipped(self.row)
        found = {i for hunt in self.hunts for i in _evidence(engine, hunt, events)}
        return _ids(attack) - found, _ids(benign) & found


@cache
def load() -> list[Variant]:
    """Return all variants; a key that means nothing raises an error."""
    variants = []
    for path in sorted((proof.HERE / "variants").glob("*.yaml")):
        content = yaml.safe_load(path.read_text())
        for spec in content["variants"]:
            patches = [p for k in ("attack", "benign", "context") for p in spec.get(k) or []]
            unknown = set(spec) - _VARIANT | {key for p in patches for key in set(p) - _PATCH}
            if unknown or not patches:
                raise ValueError(f"{path.name}, {spec['name']}: unknown or missing {unknown}")
            variants.append(Variant(content["row"], spec))
    return variants


def _ids(events: list[dict[str, Any]]) -> set[str]:
    return {event["auditID"] for event in events}


def _evidence(engine: Engine, hunt: str, events: list[Event]) -> Iterator[str]:
    for result in engine.search(proof.search_of(hunt), events).rows:
        yield from values_of(result.get("audit_id"))


def _patched(row: int, patch: dict[str, Any], prefix: str) -> Iterator[dict[str, Any]]:
    taken = _taken(row, patch["take"])
    if not taken:
        raise ValueError(f"row {row} has no requests {patch['take']}")
    for n in range(patch.get("times", 1)):
        for event in taken:
            text = json.dumps(event)
            for old, new in patch.get("replace", {}).items():
                text = re.sub(old, new, text)
            change = json.dumps(patch.get("set", {})).replace("{n}", str(n))
            made = merge(json.loads(text), json.loads(change))
            made["auditID"] = f"{prefix}-{n}-{event['auditID']}"
            moved = timedelta(seconds=patch.get("shift", 0) + n * patch.get("every", 1))
            for key in ("requestReceivedTimestamp", "stageTimestamp"):
                made[key] = convert_audit.fmt_ts(convert_audit.parse_ts(made[key]) + moved)
            yield made


@cache
def _recording(row: int) -> list[dict[str, Any]]:
    return list(proof.read(proof.TECHNIQUES[row].data))


def _taken(row: int, take: str | list[str]) -> list[dict[str, Any]]:
    wanted: tuple[str, ...] = (take,) if isinstance(take, str) else tuple(take)
    technique = proof.TECHNIQUES[row]
    ids = {i for w in wanted if f"{w}_audit_ids" in technique.truth for i in technique.ids(w)}
    return [e for e in _recording(row) if e["auditID"] in ids or e["auditID"].startswith(wanted)]


def merge(target: Any, patch: Any) -> Any:
    """Return a JSON merge patch (RFC 7386) applied to a value."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


@cache
def _shipped(row: int) -> Engine:
    return Engine.from_app(proof.ROOT / "app", now=proof.end_of(row))
