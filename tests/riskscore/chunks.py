"""The search command protocol v2, from splunkd's side: chunks to send, and the replies to them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Value = str | list[str]

csv.field_size_limit(2**31 - 1)

_HEADER = re.compile(rb"chunked 1\.0,(\d+),(\d+)\n")
_MEMBER = re.compile(r"\$((?:[^$]|\$\$)*)\$(?:;|$)")


@dataclass(frozen=True)
class Reply:
    """One chunk that the command wrote."""

    metadata: dict[str, Any]
    records: list[dict[str, Value]]

    @property
    def messages(self) -> list[list[str]]:
        """The (level, text) pairs for the user."""
        found: list[list[str]] = self.metadata.get("inspector", {}).get("messages", [])
        return found


def chunk(metadata: Mapping[str, Any], body: str = "") -> bytes:
    head, data = json.dumps(metadata).encode(), body.encode()
    return b"chunked 1.0,%d,%d\n" % (len(head), len(data)) + head + data


def getinfo(*args: str) -> bytes:
    searchinfo = {
        "args": list(args),
        "raw_args": list(args),
        "dispatch_dir": "dispatch",
        "sid": "1",
        "app": "kubernetes_hunts",
        "owner": "admin",
        "username": "admin",
        "session_key": "",
        "splunkd_uri": "",
        "splunk_version": "9.4.0",
        "search": "",
        "command": "riskscore",
        "maxresultrows": 50000,
        "earliest_time": "0",
        "latest_time": "0",
    }
    return chunk({"action": "getinfo", "preview": False, "searchinfo": searchinfo})


def execute(records: Sequence[Mapping[str, Value]] = (), *, finished: bool = False) -> bytes:
    """Return a chunk of records with the same fields, a `__mv_` column beside each."""
    metadata = {"action": "execute", "finished": finished}
    if not records:
        return chunk(metadata)
    body = io.StringIO()
    writer = csv.writer(body)
    writer.writerow([column for name in records[0] for column in (name, f"__mv_{name}")])
    for record in records:
        writer.writerow([column for value in record.values() for column in _columns(value)])
    return chunk(metadata, body.getvalue())


def replies(output: bytes) -> list[Reply]:
    found = []
    while output:
        header = _HEADER.match(output)
        assert header, f"no chunk header: {output[:80]!r}"
        start, metadata, body = header.end(), int(header[1]), int(header[2])
        end = start + metadata + body
        assert len(output) >= end, "the last chunk is cut"
        found.append(
            Reply(
                json.loads(output[start : start + metadata]),
                _records(output[start + metadata : end].decode()),
            )
        )
        output = output[end:]
    return found


def _columns(value: Value) -> tuple[str, str]:
    if isinstance(value, str):
        return value, ""
    return "\n".join(value), ";".join(f"${member.replace('$', '$$')}$" for member in value)


def _records(body: str) -> list[dict[str, Value]]:
    reader = csv.DictReader(io.StringIO(body, newline=""), strict=True)
    return [
        {
            name: [m.replace("$$", "$") for m in _MEMBER.findall(row[f"__mv_{name}"])] or row[name]
            for name in row
            if not name.startswith("__mv_")
        }
        for row in reader
    ]
