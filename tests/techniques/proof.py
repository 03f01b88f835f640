"""What the hunts of a technique find in its recording, in every shape.

A hunt names the rows of `docs/coverage.md` that it serves in its annotations (`coverage`); each row
has one recording with a truth file, see `datasets/README.md`.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml

from hunts.content import load_hunts
from hunts.inputs import Inputs, Share, Views
from hunts.model import Hunt, Report
from hunts.runner import run_hunts
from spl import Engine, Event
from spl.values import values_of
from tests import convert_audit

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
BENIGN = ROOT / "tests/datasets/datasets/benign/benign_cluster/benign_cluster.jsonl.gz"

SHAPES = {
    "kube": "raw",
    "eks": "eks",
    "aks-blob": "aks-blob",
    "aks-eventhub": "aks-eventhub",
    "gke": "gke",
}
"""The shapes, with the name that `convert_audit` has for each."""

# A hunt's rows are proven here, not its score, and each riskscore would start a process.
_RISKSCORE = re.compile(r"\| riskscore .*?(?=\| `\w+_filter`\s*$)", re.DOTALL)


@dataclass(frozen=True)
class Technique:
    """One recording, and the truth about it."""

    truth_file: Path

    @property
    def name(self) -> str:
        return self.truth_file.parent.name

    @cached_property
    def truth(self) -> dict[str, Any]:
        truth: dict[str, Any] = json.loads(self.truth_file.read_bytes())
        return truth

    @property
    def row(self) -> int:
        return int(self.truth["row"])

    @property
    def data(self) -> Path:
        [path] = self.truth_file.parent.glob("*.jsonl*")
        return path

    def ids(self, *kinds: str) -> frozenset[str]:
        """Return the audit ids of the kinds, for example `attack` or `dry_run`."""
        return frozenset(i for kind in kinds for i in self.truth[f"{kind}_audit_ids"])

    @cached_property
    def users(self) -> dict[str, str]:
        """The user of each request, by its audit id; empty where it was refused at the door."""
        return {e["auditID"]: e["user"].get("username", "") for e in read(self.data)}


@dataclass(frozen=True)
class Outcome:
    """What one hunt found in the recording of one row, as sets of audit ids."""

    found: frozenset[str]
    """Requests of the attack."""
    false: frozenset[str]
    """Look-alikes, and requests that failed or changed nothing and are no attack."""
    misattributed: frozenset[str]
    """Requests of the attack in a row that names another user."""
    rows: int


TECHNIQUES = {
    technique.row: technique
    for technique in map(Technique, sorted(HERE.glob("datasets/**/*.truth.json")))
}


@cache
def hunts() -> dict[str, Hunt]:
    """Return the hunts that serve a row, by name."""
    return {h.name: h for h in load_hunts(engine(None).app) if h.coverage}


def search_of(name: str) -> str:
    """Return the search of a hunt, without its score."""
    return _RISKSCORE.sub("", hunts()[name].search)


@cache
def outcome(name: str, row: int, shape: str) -> Outcome:
    """Run a hunt over the recording of a row in a shape."""
    technique, evidence = TECHNIQUES[row], set()
    misattributed = set()
    rows = engine(row).search(search_of(name), events(row, shape)).rows
    attack = technique.ids("attack")
    for result in rows:
        ids = set(values_of(result.get("audit_id")))
        evidence |= ids
        if users := values_of(result.get("user")):
            misattributed |= {i for i in ids & attack if technique.users[i] not in users}
    never = technique.ids("benign", "refused", "dry_run") - attack
    return Outcome(
        frozenset(evidence & attack),
        frozenset(evidence & never),
        frozenset(misattributed),
        len(rows),
    )


@cache
def events(row: int, shape: str) -> list[Event]:
    """Return the events of a recording, as the platform's add-on delivers them."""
    return list(convert(TECHNIQUES[row].data, shape))


def convert(path: Path, shape: str) -> Iterator[Event]:
    """Yield the events of a file of raw audit events in a shape."""
    command = ["convert_audit", "--hec", "--to", SHAPES[shape], str(path)]
    text = io.StringIO()
    with redirect_stdout(text), patch.object(sys, "argv", command):
        convert_audit.main()
    for line in text.getvalue().splitlines():
        envelope = json.loads(line)
        raw = json.dumps(envelope.pop("event"), ensure_ascii=False, separators=(",", ":"))
        yield Event(raw, **envelope)


def run_all(path: Path, shape: str) -> Report:
    """Run all hunts over a file of raw audit events in a shape, in one pass."""
    return run_hunts(engine(None), list(hunts().values()), _Converted(path, shape))


class _Converted(Inputs):
    """The events of a file, in a shape."""

    def __init__(self, path: Path, shape: str) -> None:
        super().__init__([])
        self._share = _ConvertedShare(path, shape)

    def shares(self, most: int) -> list[Share]:
        return [self._share]


class _ConvertedShare(Share):
    def __init__(self, path: Path, shape: str) -> None:
        super().__init__([], "auto")
        self._events = convert(path, shape)

    def batches(self, on_progress: Callable[[int], object]) -> Iterator[Views]:
        return ((event,) for event in self._events)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the raw audit events of a file."""
    return convert_audit.read([str(path)])  # type: ignore[no-any-return]


def expected(kind: str) -> list[dict[str, Any]]:
    """Return what is `missed`, or `false_positives`, by nature, see expected.yaml."""
    entries: list[dict[str, Any]] = yaml.safe_load((HERE / "expected.yaml").read_text())[kind]
    return entries


@cache
def engine(row: int | None) -> Engine:
    """Return the engine for a recording: with its own lookups, and a clock at its end.

    `lookups/<row>/` holds what an installation would have in the app's lookups: networks, lists of
    addresses, baselines.
    """
    made = Engine.from_app(ROOT / "app", now=None if row is None else end_of(row))
    folder = HERE / "lookups" / f"{row}"
    if folder.is_dir():
        made.app.lookups.overlay = folder
    return made


def end_of(row: int) -> float:
    """Return a time shortly after a recording, in epoch seconds."""
    return max(event.time or 0.0 for event in events(row, "kube")) + 60
