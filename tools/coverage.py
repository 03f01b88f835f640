"""Writes docs/coverage.md from the hunts: `python -m tools.coverage > docs/coverage.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from hunts.content import default_app, load_hunts
from hunts.model import Hunt
from spl import Engine

_VISIBLE = {"yes": "yes", "request": "with the request object", "partly": "partly"}

_HEAD = """\
# What the hunts cover

Written by `python -m tools.coverage` from the app; a test holds it current. What each hunt finds in
recorded attacks is in [proof.md](proof.md), why it has its risk in [risk.md](risk.md).
"""

_ROWS_HEAD = """\
## The techniques

*Visible* is what an API-server audit log can show at all: `yes` from the audit level Metadata on;
`with the request object` from Request on, so a cluster whose policy logs less for these resources
shows nothing. *Level* is what each hunt needs: one that tells an attack from daily work by what was
asked for needs more than the technique itself. The numbers are those in the hunts' annotations
(`coverage`). MS-TA ids are of Microsoft's threat matrix for Kubernetes.
"""

_SPLUNK_HEAD = """\
## From Splunk's detections

Splunk's production detections on the macro `kube_audit` (security_content, October 2024), and the
hunts that find the same. The hunts read EKS, AKS, GKE and self-managed clusters through
`kubernetes_audit`, which has `kube_audit` in it; `Kubernetes Access Scanning` reads `kube_audit`
alone. Exceptions in a filter macro of Splunk's go to the hunt's own filter macro or the allow-list
([hunting.md](hunting.md)).
"""


@dataclass(frozen=True)
class Technique:
    """A row of the table: a technique, and what an audit log shows of it."""

    row: int
    technique: str
    visible: str
    """`yes`, `request` (with the request object), `partly` or `no`."""
    note: str = ""
    """What is visible, or why nothing is."""

    @property
    def visibility(self) -> str:
        """How it is visible, in words, where it is."""
        words = _VISIBLE[self.visible]
        return f"{words}: {self.note}" if self.note else words


@cache
def techniques() -> tuple[Technique, ...]:
    """Return all rows, those that cannot be hunted among them."""
    return tuple(Technique(row, **entry) for row, entry in _read("coverage_rows.yaml").items())


@cache
def detections() -> Mapping[str, Mapping[str, Any]]:
    """Return by the name of Splunk's detection `hunts` (names) and `change` (a phrase)."""
    return _read("splunk_detections.yaml")


def page() -> str:
    """Return docs/coverage.md."""
    hunts = load_hunts(Engine.from_app(default_app()).app)
    hunted = [t for t in techniques() if any(t.row in hunt.coverage for hunt in hunts)]
    lines = [
        _HEAD,
        f"{len(hunted)} of {len(techniques())} techniques are hunted, by "
        f"{sum(bool(hunt.coverage) for hunt in hunts)} hunts.\n",
        _ROWS_HEAD,
        *_table(
            ("Row", "Technique", "Visible", "Hunts", "Level", "ATT&CK", "Microsoft"),
            (_row(technique, hunts) for technique in techniques() if technique.visible != "no"),
        ),
        "\n## What cannot be hunted in audit logs\n",
        *_table(
            ("Row", "Technique", "Why not"),
            ((t.row, t.technique, t.note) for t in techniques() if t.visible == "no"),
        ),
        "\n## Hunts beside these rows\n",
        "The scanning hunts of each platform, and those about the log itself.\n",
        *_table(
            ("Hunt", "Story", "ATT&CK"),
            (
                (hunt.name, ", ".join(hunt.stories), _list(hunt.attack))
                for hunt in hunts
                if not hunt.coverage
            ),
        ),
        "\n" + _SPLUNK_HEAD,
        *_table(
            ("Splunk's detection", "Here", "What changes"),
            ((name, "<br>".join(d["hunts"]), d["change"]) for name, d in detections().items()),
        ),
    ]
    return "\n".join(lines) + "\n"


def readme_table() -> str:
    """Return the table of Splunk's detections that the README shows."""
    rows = ((name, ", ".join(d["hunts"])) for name, d in detections().items())
    return "\n".join(_table(("Splunk's detection", "here"), rows))


def _row(technique: Technique, hunts: Iterable[Hunt]) -> Sequence[object]:
    members = [hunt for hunt in hunts if technique.row in hunt.coverage]
    return (
        technique.row,
        technique.technique,
        technique.visibility,
        "<br>".join(hunt.name for hunt in members) or "none yet",
        "<br>".join(hunt.audit_level for hunt in members) or "-",
        _list(sorted({known for hunt in members for known in hunt.attack})),
        _list(sorted({known for hunt in members for known in hunt.ms_ta})),
    )


def _list(values: Sequence[str]) -> str:
    return ", ".join(values) or "-"


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    for cells in (header, ["---"] * len(header), *rows):
        yield "| " + " | ".join(map(str, cells)) + " |"


def _read(name: str) -> dict[Any, dict[str, Any]]:
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    content: dict[Any, dict[str, Any]] = yaml.safe_load(text)
    return content


if __name__ == "__main__":
    sys.stdout.write(page())
