"""The eight scanning hunts as a plain loop over a file: orjson, conditions, dictionaries."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import product
from typing import Any

import orjson

Json = dict[str, Any]
Values = dict[str, set[Any]]
Table = defaultdict[tuple[Any, ...], Values]

ANONYMOUS = "system:anonymous"
UNAUTHENTICATED = "system:unauthenticated"
GCP_PODS = re.compile(r"io\.k8s\..*\.pods\.", re.IGNORECASE)


def lower(value: Any) -> str:
    return value.lower() if isinstance(value, str) else ""


def groups_of(event: Json) -> list[str]:
    return event.get("user", {}).get("groups") or []


class Hunts:
    """Counts and distinct values by hunt and row."""

    def __init__(self) -> None:
        self.counts: defaultdict[str, Counter[tuple[Any, ...]]] = defaultdict(Counter)
        self.values: defaultdict[str, Table] = defaultdict(lambda: defaultdict(values))

    def add(self, hunt: str, key: tuple[Any, ...], **seen: Any) -> None:
        self.counts[hunt][key] += 1
        columns = self.values[hunt][key]
        for name, value in seen.items():
            if value is not None:
                columns[name].add(value)

    def raw(self, event: Json) -> None:
        user = event.get("user", {}).get("username")
        groups = groups_of(event)
        addresses = event.get("sourceIPs") or []
        agent, verb, uri = event.get("userAgent"), event.get("verb"), event.get("requestURI")
        status = event.get("responseStatus") or {}
        columns = {
            "time": event.get("requestReceivedTimestamp"),
            "reason": status.get("reason"),
            "code": status.get("code"),
            "agent": agent,
            "verb": verb,
            "uri": uri,
        }
        if lower(user) == ANONYMOUS:
            if agent is not None and agent.lower() != "aws security scanner":
                for address, group in product(addresses, groups):
                    self.add(
                        "Amazon EKS Kubernetes cluster scan detection",
                        (address, user, group),
                        **columns,
                    )
            reference = event.get("objectRef") or {}
            if (
                lower(verb) == "list"
                and lower(uri) == "/api/v1/pods"
                and lower(reference.get("resource")) == "pods"
            ):
                for address, group in product(addresses, groups):
                    self.add(
                        "Amazon EKS Kubernetes Pod scan detection",
                        (address, user, group),
                        **columns,
                    )
            if (
                lower(agent).startswith("kubectl")
                and any(address != "127.0.0.1" for address in addresses)
                and any(address != "::1" for address in addresses)
            ):
                for address in addresses:
                    self.add(
                        "Kubernetes AWS detect suspicious kubectl calls",
                        (address, user, verb, agent, uri),
                    )
        if status.get("code") == 403 and any(lower(g) == UNAUTHENTICATED for g in groups):
            for address in addresses:
                self.add(
                    "Kubernetes Access Scanning",
                    (address,),
                    user=user,
                    groups=tuple(groups),
                    message=status.get("message"),
                    status=status.get("status"),
                    **columns,
                )

    def gcp(self, entry: Json) -> None:
        payload = entry.get("protoPayload") or {}
        email = payload.get("authenticationInfo", {}).get("principalEmail")
        request = payload.get("requestMetadata") or {}
        address = request.get("callerIp")
        cluster = entry.get("resource", {}).get("labels", {}).get("cluster_name")
        if (
            lower(email) != ANONYMOUS
            or payload.get("status", {}).get("code") != 7
            or address is None
            or cluster is None
            or address.startswith("127.")
            or address == "::1"
        ):
            return
        method = payload.get("methodName")
        columns = {
            "time": entry.get("timestamp"),
            "method": method,
            "resource": payload.get("resourceName"),
            "agent": request.get("callerSuppliedUserAgent"),
        }
        self.add("GCP Kubernetes cluster scan detection", (address, cluster), **columns)
        if GCP_PODS.match(method or ""):
            self.add("GCP Kubernetes cluster pod scan detection", (address, cluster), **columns)

    def azure(self, properties: Json) -> None:
        event = orjson.loads(properties["log"])
        groups = [group.lower() for group in groups_of(event)]
        status = event.get("responseStatus") or {}
        code = status.get("code")
        if not (
            (code == 401 and "system:authenticated" not in groups)
            or (code == 403 and UNAUTHENTICATED in groups)
        ):
            return
        row = (
            ",".join(event.get("sourceIPs") or []),
            *(event.get(name) for name in ("userAgent", "verb", "requestURI")),
            status.get("reason"),
            code,
        )
        self.add("Kubernetes Azure scan fingerprint", row)
        if lower((event.get("objectRef") or {}).get("resource")) == "pods":
            pod = properties.get("pod")
            self.add("Kubernetes Azure pod scan fingerprint", (*row, pod))

    def rows(self) -> Iterator[tuple[str, list[list[Any]]]]:
        for hunt, counts in self.counts.items():
            if "Azure" in hunt:  # a row for each event
                yield hunt, [[*key, 1] for key in counts.elements()]
            else:
                least = 6 if hunt == "Kubernetes Access Scanning" else 1
                yield hunt, [[*key, n] for key, n in counts.items() if n >= least]


def values() -> Values:
    return defaultdict(set)


def main() -> None:
    hunts = Hunts()
    with open(sys.argv[1], "rb") as lines:
        for line in lines:
            record = orjson.loads(line)
            if "auditID" in record:
                hunts.raw(record)
            elif "data" in record:
                hunts.gcp(record["data"])
            else:
                record = record.get("body", record)
                if record.get("category") == "kube-audit":
                    hunts.azure(record["properties"])
    sys.stdout.buffer.write(orjson.dumps(dict(hunts.rows())))


if __name__ == "__main__":
    main()
