"""The shapes in which each platform delivers audit records, told apart by content.

A raw audit event is the same whether a self-managed API server or EKS wrote it. AKS and GKE wrap
it in records of their own; exports wrap those again, and are unwrapped here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple, TypeGuard

import orjson

from spl.fields import parse_json

Json = Any
Shape = Literal["kube", "eks", "aks", "gke"]


class Identity(NamedTuple):
    """Under which sourcetype the Splunk add-on of a platform delivers a record."""

    shape: Shape
    sourcetype: str


KUBE: Final = Identity("kube", "kube:apiserver:audit")
EKS: Final = Identity("eks", "aws:cloudwatchlogs:eks")
AKS_BLOB: Final = Identity("aks", "mscs:storage:blob:json")
AKS_EVENT_HUB: Final = Identity("aks", "mscs:azure:eventhub")
GKE: Final = Identity("gke", "google:gcp:pubsub:message")
RAW: Final = (KUBE, EKS)

_CLOUDWATCH_LINE: Final = re.compile(rb"(\d{4}-\d\d-\d\dT[\d:.]+Z) (.*)", re.DOTALL)
_AUDIT_KEY: Final = re.compile(rb'(auditID|protoPayload)\\?"\s*:')
_FAR_FUTURE: Final = 1e15
_HEC_METADATA: Final = ("time", "host", "source", "sourcetype", "index")


@dataclass(slots=True)
class Record:
    """One record, unwrapped.

    `identities`: the sourcetypes under which it may be read, the likeliest first; none where it is
    no Kubernetes audit record. `sourcetype`, `source`, `host`, `index`: what its envelope says.
    `time`: epoch seconds. `problem`: why it cannot be read.
    """

    raw: bytes
    json: Json = None
    identities: tuple[Identity, ...] = ()
    time: float | None = None
    source: str | None = None
    sourcetype: str | None = None
    host: str | None = None
    index: str | None = None
    problem: str | None = None


def mentions_audit(text: bytes) -> bool:
    """Tell whether `text`, which may be broken, looks like a part of an audit record."""
    return _AUDIT_KEY.search(text) is not None


def unwrap(value: Json, raw: bytes | None = None) -> Iterable[Record]:
    """Return the records in a JSON value; `raw` is its text where it stood as one line."""
    if isinstance(value, dict):
        if "auditID" in value and "stage" in value:
            return (Record(_text(value, raw), value, RAW, _audit_time(value)),)
        if isinstance(log_events := value.get("logEvents"), list):
            return _subscription(value, log_events)
        if isinstance(events := value.get("events"), list) and _all_have(events, "message"):
            return _filtered(events)
        if isinstance(records := value.get("records"), list):
            return (_leaf({"body": record}) for record in records)
        if isinstance(items := value.get("items"), list) and value.get("kind") == "EventList":
            return _unwrap_all(items)
        if isinstance(results := value.get("results"), list) and _all_have(results, "_raw"):
            return map(_splunk_result, results)
        if isinstance(result := value.get("result"), dict) and "_raw" in result:
            return (_splunk_result(result),)
        if "event" in value and any(name in value for name in _HEC_METADATA):
            return (_hec(value),)
        if isinstance(body := value.get("body"), dict) and isinstance(body.get("records"), list):
            return (_leaf({**value, "body": record}) for record in body["records"])
        if value.get("messageType") == "CONTROL_MESSAGE":
            return ()
        return (_leaf(value, raw),)
    if isinstance(value, list):
        return _unwrap_all(value)
    return (Record(_text(value, raw), value),)


def unwrap_text(line: bytes) -> Record:
    """Return the record of a line that is not JSON: a CloudWatch export's, or one that is broken.

    CloudWatch Logs writes its time before each message when it exports to S3.
    """
    match = _CLOUDWATCH_LINE.fullmatch(line)
    if match:
        return _cloudwatch(match[2], epoch(match[1].decode()))
    return Record(line, problem="not JSON")


def epoch(text: object) -> float | None:
    """Return RFC 3339 `text` as epoch seconds (UTC where it names no zone); None where it is none.

    Digits beyond microseconds are dropped.
    """
    try:
        moment = datetime.fromisoformat(text)  # type: ignore[arg-type]
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def _unwrap_all(values: list[Json]) -> Iterator[Record]:
    for value in values:
        yield from unwrap(value)


def _leaf(value: Json, raw: bytes | None = None) -> Record:
    """Return the record that `value` itself is."""
    text = _text(value, raw)
    if not isinstance(value, dict):
        return Record(text, value)
    if "auditID" in value and "stage" in value:
        return Record(text, value, RAW, _audit_time(value))
    if _is_aks(value):
        return Record(text, value, (AKS_BLOB,), epoch(value.get("time")))
    body, data = value.get("body"), value.get("data")
    if _is_aks(body):
        return Record(text, value, (AKS_EVENT_HUB,), epoch(body.get("time")))
    if _is_log_entry(data):
        time = epoch(data.get("timestamp"))
        published = _number(value.get("publish_time"))
        return Record(text, value, (GKE,), published if time is None else time)
    if _is_log_entry(value):
        time = epoch(value.get("timestamp"))
        published = epoch(value.get("receiveTimestamp"))
        envelope = {
            "publish_time": time if published is None else published,
            "data": value,
            "attributes": {},
        }
        return Record(_text(envelope, None), envelope, (GKE,), time)
    return Record(text, value)


def _is_aks(value: Json) -> TypeGuard[dict[str, Json]]:
    if not isinstance(value, dict):
        return False
    properties = value.get("properties")
    return (
        str(value.get("category")).startswith("kube-audit")
        and isinstance(properties, dict)
        and "log" in properties
    )


def _is_log_entry(value: Json) -> TypeGuard[dict[str, Json]]:
    return isinstance(value, dict) and "protoPayload" in value


def _audit_time(event: dict[str, Json]) -> float | None:
    time = epoch(event.get("stageTimestamp"))
    return epoch(event.get("requestReceivedTimestamp")) if time is None else time


def _subscription(envelope: dict[str, Json], events: list[Json]) -> Iterator[Record]:
    if envelope.get("messageType") == "CONTROL_MESSAGE":
        return
    # The envelope does not name the region, the first part of the add-on's source.
    source = f"{envelope.get('logGroup')}:{envelope.get('logStream')}"
    for event in events:
        for record in _cloudwatch_event(event):
            record.source = source
            yield record


def _filtered(events: list[Json]) -> Iterator[Record]:
    for event in events:
        yield from _cloudwatch_event(event)


def _cloudwatch_event(event: Json) -> Iterator[Record]:
    message = event.get("message") if isinstance(event, dict) else None
    if not isinstance(message, str):
        yield Record(_text(event, None), event)
        return
    milliseconds = _number(event.get("timestamp"))
    yield _cloudwatch(
        message.encode("utf-8", "replace"),
        None if milliseconds is None else milliseconds / 1000,
    )


def _cloudwatch(message: bytes, time: float | None) -> Record:
    value = parse_json(message)
    if value is None:
        # The group carries the text logs of other components, too.
        broken = message.lstrip().startswith(b"{")
        return Record(message, problem="not JSON after the CloudWatch time" if broken else None)
    record = _leaf(value, message)
    if record.identities is RAW:
        record.identities = (EKS,)
        record.time = record.time if time is None else time
    return record


def _hec(envelope: dict[str, Json]) -> Record:
    event = envelope["event"]
    return _identified(event, envelope, _number(envelope.get("time")))


def _splunk_result(result: dict[str, Json]) -> Record:
    time = result.get("_time")
    seconds = _number(time)
    if seconds is None:
        # Splunk's export writes "2026-11-21 02:44:58.900 UTC".
        seconds = epoch(str(time).removesuffix(" UTC"))
    return _identified(result["_raw"], result, seconds)


def _identified(event: Json, envelope: dict[str, Json], time: float | None) -> Record:
    if isinstance(event, str):
        raw = event.encode("utf-8", "replace")
        value = parse_json(raw)
        record = Record(raw) if value is None else _leaf(value, raw)
    else:
        record = _leaf(event)
    if time is not None:
        record.time = time
    record.source = _name(envelope, "source")
    record.sourcetype = _name(envelope, "sourcetype")
    record.host = _name(envelope, "host")
    record.index = _name(envelope, "index")
    return record


def _all_have(values: list[Json], key: str) -> bool:
    return all(isinstance(value, dict) and key in value for value in values)


def _name(envelope: dict[str, Json], key: str) -> str | None:
    value = envelope.get(key)
    return value if isinstance(value, str) else None


def _number(value: Json) -> float | None:
    """Return a JSON number, or the text of one, as a number; None where it is none."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if abs(number) < _FAR_FUTURE else None


def _text(value: Json, raw: bytes | None) -> bytes:
    if raw is not None:
        return raw
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # lone surrogates
        return json.dumps(value, separators=(",", ":")).encode()
