"""The recorded audit logs, in every shape, and the apps that hunt in them."""

from __future__ import annotations

import gzip
import json
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hunts.content import load_hunts
from hunts.inputs import Inputs
from hunts.model import HuntResult
from hunts.runner import run_hunts
from spl import Engine
from tests import convert_audit

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"
DATASETS = ROOT / "tests/datasets"

CLUSTER_SCAN = "Amazon EKS Kubernetes cluster scan detection"
POD_SCAN = "Amazon EKS Kubernetes Pod scan detection"
GCP_CLUSTER_SCAN = "GCP Kubernetes cluster scan detection"
GCP_POD_SCAN = "GCP Kubernetes cluster pod scan detection"
AZURE_SCAN = "Kubernetes Azure scan fingerprint"
AZURE_POD_SCAN = "Kubernetes Azure pod scan fingerprint"
ACCESS_SCANNING = "Kubernetes Access Scanning"
KUBECTL = "Kubernetes AWS detect suspicious kubectl calls"
EKS_HUNTS = {CLUSTER_SCAN, POD_SCAN, KUBECTL}
AZURE_HUNTS = {AZURE_SCAN, AZURE_POD_SCAN}
GCP_HUNTS = {GCP_CLUSTER_SCAN, GCP_POD_SCAN}
HUNTS = {ACCESS_SCANNING, *EKS_HUNTS, *AZURE_HUNTS, *GCP_HUNTS}
"""The hunts of scanning; the others have tests of their own."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Recording:
    """One recorded audit log, and the account of what its clients sent."""

    truth_file: Path

    @property
    def name(self) -> str:
        return self.truth_file.parent.name

    @property
    def path(self) -> Path:
        [path] = self.truth_file.parent.glob("*.jsonl*")
        return path

    @property
    def truth(self) -> Json:
        truth: Json = json.loads(self.truth_file.read_text())
        return truth

    def convert(self, folder: Path, *arguments: str) -> Path:
        """Write the recording in another shape, see `convert_audit`, and return the file."""
        path = folder / f"{self.name}.json"
        command = ["convert_audit", "--to", *arguments, str(self.path)]
        with path.open("w") as stream, redirect_stdout(stream), patch.object(sys, "argv", command):
            convert_audit.main()
        return path


RECORDINGS = [Recording(path) for path in sorted(DATASETS.rglob("*.truth.json"))]


def recording(name: str) -> Recording:
    return next(recording for recording in RECORDINGS if recording.name == name)


def read(path: Path) -> list[Json]:
    """Return the JSON values of a file, one a line."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in text.splitlines()]


def hunt(
    path: Path, app: Path = APP, macros: dict[str, str] | None = None
) -> dict[str, HuntResult]:
    """Run the hunts of scanning over a file; return what each found, by its name."""
    engine = Engine.from_app(app, macros=macros)
    hunts = [hunt for hunt in load_hunts(engine.app) if hunt.name in HUNTS]
    report = run_hunts(engine, hunts, Inputs([path]))
    assert not report.errors
    assert not engine.app.problems
    return {result.hunt.name: result for result in report.hunts}
