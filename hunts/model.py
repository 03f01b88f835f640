"""What one `hunts run` found: plain data, which the renderers show and the runner makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["findings", "clean", "no data", "error"]
Value = str | list[str]
Row = Mapping[str, Value]


@dataclass(frozen=True)
class Hunt:
    """One saved search of the app, as its stanza in savedsearches.conf describes it."""

    name: str
    id: str
    type: str
    """`Hunting`, `Anomaly` or `TTP`."""
    description: str
    search: str
    data_source: str
    """The name of its data-source macro, without backticks."""
    attack: tuple[str, ...]
    """ATT&CK technique ids, for example `("T1526",)`."""
    stories: tuple[str, ...]
    impact: int
    confidence: int
    coverage: tuple[int, ...] = ()
    """The rows of docs/coverage.md that it serves."""
    ms_ta: tuple[str, ...] = ()
    """Ids of Microsoft's threat matrix for Kubernetes, for example `("MS-TA9006",)`."""
    audit_level: str = ""
    """The audit level that it needs: `Metadata`, `Request` or `RequestResponse`; or not known."""

    @property
    def risk(self) -> float:
        """Impact × confidence / 100, as the annotations have it (macros may tune it)."""
        return self.impact * self.confidence / 100


@dataclass
class HuntResult:
    """What one hunt found in all inputs together."""

    hunt: Hunt
    status: Status
    events: int = 0
    """Events that its data-source macro matches."""
    matched: int = 0
    """Events that its first search clause matches."""
    filtered: int = 0
    """Rows that its filter macro removed."""
    risk_score: float | None = None
    """The highest `risk_score` of its rows."""
    fields: Sequence[str] = ()
    results: Sequence[Row] = ()
    messages: Sequence[str] = ()
    """Warnings and errors of the search, and for `no data` what was there instead."""
    timeline: Mapping[int, int] = field(default_factory=dict)
    """Start of a bucket (epoch seconds) -> events in it that the search matched and that the
    commands which look at each row by itself kept."""


@dataclass
class InputReport:
    """One file that was read."""

    path: str
    events: int = 0
    bad_lines: int = 0


@dataclass
class Report:
    """The whole answer of one run."""

    hunts: Sequence[HuntResult]
    inputs: Sequence[InputReport]
    errors: Sequence[str] = ()
    """One message for each thing that could not be read or run, with file and line."""
    bucket_seconds: int = 60
    """Length of a timeline bucket."""
    timezone: str = "UTC"
