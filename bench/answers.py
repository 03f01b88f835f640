"""The eight scanning hunts, and their answers in one form, whoever gives them."""

from __future__ import annotations

from typing import IO, Any

import orjson

from bench.process import BenchError

Answer = list[list[str]]
"""The rows of a hunt, sorted: the fields that identify a row, then its count."""

_AZURE = ("sourceIPs{}", "userAgent", "verb", "requestURI", "responseStatus.reason")

HUNTS = {
    "Amazon EKS Kubernetes cluster scan detection": ("src_ip", "user.username", "user.groups{}"),
    "Amazon EKS Kubernetes Pod scan detection": ("src_ip", "user.username", "user.groups{}"),
    "GCP Kubernetes cluster scan detection": ("src_ip", "cluster_name"),
    "GCP Kubernetes cluster pod scan detection": ("src_ip", "cluster_name"),
    "Kubernetes Azure scan fingerprint": (*_AZURE, "responseStatus.code"),
    "Kubernetes Azure pod scan fingerprint": (*_AZURE, "responseStatus.code", "properties.pod"),
    "Kubernetes Access Scanning": ("src_ip",),
    "Kubernetes AWS detect suspicious kubectl calls": (
        "src_ip",
        "src_user",
        "verb",
        "userAgent",
        "requestURI",
    ),
}
"""The fields that identify a row of each."""

ONE = "Kubernetes AWS detect suspicious kubectl calls"
"""The one that is measured alone; it is the simplest to write for jq."""

EVERY_EVENT = "Requests by user and verb"
"""The hunt of bench/app that every event matches."""

_FIELDS = {**HUNTS, EVERY_EVENT: ("user.username", "verb")}


def of_hunts(report: IO[bytes]) -> dict[str, Answer]:
    """Read what `hunts run --format json` wrote. Raises BenchError if a hunt could not be run."""
    answers = {}
    for hunt in orjson.loads(report.read())["hunts"]:
        if hunt["status"] == "error":
            raise BenchError(f"{hunt['name']}: {hunt['messages']}")
        if hunt["name"] in _FIELDS:
            fields = _FIELDS[hunt["name"]]
            rows = [[*map(row.get, fields), row.get("count", 1)] for row in hunt["results"]]
            answers[hunt["name"]] = _answer(rows)
    return answers


def of_alternative(output: IO[bytes]) -> dict[str, Answer]:
    """Read the JSON object of an alternative: for each hunt its rows, as Answer has them."""
    return {name: _answer(rows) for name, rows in orjson.loads(output.read()).items()}


def _answer(rows: list[list[Any]]) -> Answer:
    return sorted([_text(value) for value in row] for row in rows)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return "" if value is None else str(value)
