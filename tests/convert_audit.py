#!/usr/bin/env python3
# ruff: noqa: ANN001, ANN201, ANN202, B904, C408, C416, E501, SIM105, SIM115
"""Wrap raw Kubernetes audit events (audit.k8s.io/v1, one JSON object a line) into
the shape in which a managed service and its Splunk add-on deliver the same event.

    convert_audit.py --to raw|eks|aks-blob|aks-eventhub|aks-eventhub-message|gke [options] FILE... > out.jsonl

FILE may be .gz; '-' is standard input. Standard library only.

What each target makes
  raw           the audit event, unchanged (self-managed cluster, or EKS: CloudWatch
                carries the audit event itself as its message)
  eks           same body as raw; with --hec the CloudWatch source is set
  aks-blob      one Azure resource-log record a line (blob PT1H.json), the audit event
                an escaped JSON string in properties.log
  aks-eventhub  the same record as {"body":{record},"x-opt-...":..}, one event a record, as
                the Event Hub input of the Splunk Add-on for Microsoft Cloud Services
                writes it (searches in the field read body.properties.*)
  aks-eventhub-message  what Azure puts on the hub: {"records":[...]}, --batch of them each
                (for collectors that do not split the array)
  gke           {"publish_time":..,"data":{LogEntry},"attributes":{..}} as the Pub/Sub
                input of the Splunk Add-on for Google Cloud Platform writes it.
                The LogEntry is a MODEL of GKE's mapping, see event_shapes.md:
                GKE's own server does that mapping, so a field the public samples do
                not show is left out.
Options change the events on purpose; leave them out to keep the recording as it is:
  --client-ip-only       keep only sourceIPs[0] (a network load balancer that keeps the
                         client address, as on EKS). Refuse to use it for spoof tests:
                         the last address is the one that cannot be forged.
  --ip-map OLD=NEW       rename an address (repeatable)
  --start T --span S     move the recording to start at T (ISO 8601) and stretch it
                         linearly over S seconds; order and stage order are kept
  --disable-anonymous    rewrite anonymous 403 into what a server with
                         --anonymous-auth=false logs: stage ResponseStarted, user {},
                         401, no annotations; drops their RequestReceived (AKS-like)
  --hec                  print Splunk HEC envelopes {time,host,source,sourcetype,event}
"""

import argparse
import gzip
import io
import json
import sys
from datetime import UTC, datetime, timedelta


def parse_ts(s):
    s = s.replace("Z", "+00:00")
    if "." in s:  # fromisoformat before 3.11 wants 3 or 6 digits
        head, tail = s.split(".", 1)
        frac, off = tail[:-6], tail[-6:]
        s = f"{head}.{(frac + '000000')[:6]}{off}"
    return datetime.fromisoformat(s)


def fmt_ts(d):
    return d.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def read(paths):
    for p in paths:
        if p == "-":
            f = sys.stdin
        elif p.endswith(".gz"):
            f = io.TextIOWrapper(gzip.open(p), encoding="utf-8")
        else:
            f = open(p, encoding="utf-8")
        for n, line in enumerate(f, 1):
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError as e:
                    raise SystemExit(f"{p}:{n}: not JSON: {e}")
        if p != "-":
            f.close()


def dump(o):
    return json.dumps(o, ensure_ascii=False, separators=(",", ":"))


def compact(ev):
    return dump(ev)


# ---- EKS -----------------------------------------------------------------------
def eks_meta(ev, a):
    stream = "kube-apiserver-audit-" + a.stream[hash_ip(ev) % len(a.stream)]
    return dict(
        source=f"{a.region}:/aws/eks/{a.cluster}/cluster:{stream}",
        host=a.host,
        sourcetype="aws:cloudwatchlogs:eks",
    )


def hash_ip(ev):  # stable spread of events over API server instances
    return sum(map(ord, ev.get("auditID", "")))


# ---- AKS -----------------------------------------------------------------------
def aks(ev, a):
    t = ev.get("stageTimestamp") or ev.get("requestReceivedTimestamp")
    rid = (
        f"/SUBSCRIPTIONS/{a.subscription}/RESOURCEGROUPS/{a.resource_group}/PROVIDERS/"
        f"MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/{a.cluster}"
    ).upper()
    return {
        "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
        "category": "kube-audit",
        "ccpNamespace": "65f0c0ffee0000000000abcd",
        "resourceId": rid,
        "properties": {
            "log": compact(ev) + "\n",
            "stream": "stdout",
            "pod": a.pod[hash_ip(ev) % len(a.pod)],
        },
        "time": t[:19] + ".0000000Z",
        "Cloud": "AzureCloud",
        "Environment": "prod",
        "UnderlayClass": "hcp-underlay",
        "UnderlayName": "hcp-underlay-westeurope-cx-100",
    }


def aks_meta(ev, a):
    t = parse_ts(ev["stageTimestamp"])
    rid = (
        (
            f"resourceId=/SUBSCRIPTIONS/{a.subscription}/RESOURCEGROUPS/{a.resource_group}/PROVIDERS/"
            f"MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/{a.cluster}"
        )
        .upper()
        .replace("RESOURCEID=", "resourceId=")
    )
    path = f"{rid}/y={t:%Y}/m={t:%m}/d={t:%d}/h={t:%H}/m=00/PT1H.json"
    if a.to == "aks-blob":
        return dict(
            source=f"insights-logs-kube-audit/{path}",
            host=a.host,
            sourcetype="mscs:storage:blob:json",
        )
    return dict(source=a.event_hub, host=a.host, sourcetype="mscs:azure:eventhub")


# ---- GKE -----------------------------------------------------------------------
RPC = {
    400: (3, "INVALID_ARGUMENT"),
    401: (16, "UNAUTHENTICATED"),
    403: (7, "PERMISSION_DENIED"),
    404: (5, "NOT_FOUND"),
    409: (6, "ALREADY_EXISTS"),
    429: (8, "RESOURCE_EXHAUSTED"),
    500: (13, "INTERNAL"),
    503: (14, "UNAVAILABLE"),
    504: (4, "DEADLINE_EXCEEDED"),
}


def gke_method(ev):
    o, verb = ev.get("objectRef"), ev["verb"]
    if not o or not o.get("resource"):
        return f"io.k8s.{verb}", (ev["requestURI"].split("?")[0].strip("/"))
    group = o.get("apiGroup") or "core"
    ver = o.get("apiVersion", "v1")
    short = group[: -len(".k8s.io")] if group.endswith(".k8s.io") else group
    if short == "rbac.authorization":
        short = "authorization.rbac"
    parts = [o["resource"]] + ([o["subresource"]] if o.get("subresource") else [])
    name = f"{group}/{ver}"
    if o.get("namespace"):
        name += f"/namespaces/{o['namespace']}"
    name += f"/{o['resource']}" + (f"/{o['name']}" if o.get("name") else "")
    if o.get("subresource"):
        name += f"/{o['subresource']}"
    return f"io.k8s.{short}.{ver}." + ".".join(parts) + f".{verb}", name


def gke(ev, a):
    """None where GKE would write no entry: it logs finished requests only."""
    if ev.get("stage") == "RequestReceived":
        return None
    code = (ev.get("responseStatus") or {}).get("code", 0)
    if ev.get("stage") == "ResponseStarted" and code != 401 and ev["verb"] == "watch":
        return None
    method, name = gke_method(ev)
    granted = (ev.get("annotations") or {}).get("authorization.k8s.io/decision") == "allow"
    write = ev["verb"] not in ("get", "list", "watch", "options", "head")
    user = (ev.get("user") or {}).get("username")
    pp = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "authenticationInfo": {"principalEmail": user} if user else {},
        "authorizationInfo": [
            dict({"permission": method, "resource": name}, **({"granted": True} if granted else {}))
        ],
        "methodName": method,
        "requestMetadata": {"callerIp": (ev.get("sourceIPs") or [""])[0]},
        "resourceName": name,
        "serviceName": "k8s.io",
        "status": {},
    }
    if ev.get("userAgent"):
        pp["requestMetadata"]["callerSuppliedUserAgent"] = ev["userAgent"]
    if code >= 400:
        c, m = RPC.get(code, (2, "UNKNOWN"))
        pp["status"] = {"code": c} if a.gke_bare_status else {"code": c, "message": m}
    if ev.get("requestObject"):
        pp["request"] = ev["requestObject"]
    if ev.get("responseObject"):
        pp["response"] = ev["responseObject"]
    le = {
        "insertId": ev["auditID"],
        "labels": {k: v for k, v in (ev.get("annotations") or {}).items()},
        "logName": f"projects/{a.project}/logs/cloudaudit.googleapis.com%2F{'activity' if write else 'data_access'}",
        "operation": {"first": True, "id": ev["auditID"], "last": True, "producer": "k8s.io"},
        "protoPayload": pp,
        "receiveTimestamp": fmt_ts(parse_ts(ev["stageTimestamp"]) + timedelta(seconds=1)),
        "resource": {
            "labels": {"cluster_name": a.cluster, "location": a.location, "project_id": a.project},
            "type": "k8s_cluster",
        },
        "timestamp": ev["requestReceivedTimestamp"],
    }
    if not le["labels"]:
        del le["labels"]
    pub = parse_ts(ev["stageTimestamp"]).timestamp() + 2
    return {
        "publish_time": round(pub, 3),
        "data": le,
        "attributes": {"logging.googleapis.com/timestamp": ev["requestReceivedTimestamp"]},
    }


def gke_meta(ev, a):
    return dict(
        source=f"projects/{a.project}/subscriptions/{a.subscription_name}",
        host=a.host,
        sourcetype="google:gcp:pubsub:message",
    )


# ---- on-purpose changes --------------------------------------------------------
def no_anonymous(ev):
    u = ev.get("user") or {}
    if u.get("username") != "system:anonymous":
        return ev
    if ev["stage"] != "ResponseComplete":
        return None
    ev = dict(ev, stage="ResponseStarted", user={})
    ev.pop("annotations", None)
    ev.pop("responseObject", None)
    ev["responseStatus"] = {
        "metadata": {},
        "status": "Failure",
        "message": "Unauthorized",
        "reason": "Unauthorized",
        "code": 401,
    }
    return ev


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument(
        "--to",
        required=True,
        choices=["raw", "eks", "aks-blob", "aks-eventhub", "aks-eventhub-message", "gke"],
    )
    p.add_argument("--hec", action="store_true")
    p.add_argument("--client-ip-only", action="store_true")
    p.add_argument("--disable-anonymous", action="store_true")
    p.add_argument("--ip-map", action="append", default=[], metavar="OLD=NEW")
    p.add_argument("--start")
    p.add_argument("--span", type=float)
    p.add_argument("--cluster", default="demo")
    p.add_argument("--region", default="eu-central-1")
    p.add_argument(
        "--stream",
        nargs="+",
        default=["0b1c2d3e4f5061728394a5b6c7d8e9f0", "f0e9d8c7b6a5948372615044f3e2d1c0"],
    )
    p.add_argument(
        "--pod",
        nargs="+",
        default=["kube-apiserver-6b497d8d5f-rb9qn", "kube-apiserver-6b497d8d5f-x2k7c"],
    )
    p.add_argument("--subscription", default="00000000-0000-4000-8000-000000000000")
    p.add_argument("--resource-group", default="DEMO-RG")
    p.add_argument(
        "--event-hub", default="demo-ns.servicebus.windows.net/insights-logs-kube-audit;$Default"
    )
    p.add_argument("--project", default="demo-project")
    p.add_argument("--location", default="europe-west3")
    p.add_argument("--subscription-name", default="gke-audit")
    p.add_argument(
        "--gke-bare-status",
        action="store_true",
        help="status {'code':7} without a message, as some public GKE samples have it",
    )
    p.add_argument("--host", default="splunk-hf-1")
    p.add_argument("--batch", type=int, default=20)
    p.add_argument("files", nargs="+")
    a = p.parse_args()
    ipmap = dict(m.split("=", 1) for m in a.ip_map)
    evs = read(a.files)
    if a.start or a.span is not None:
        evs = list(evs)
        key = "requestReceivedTimestamp"
        t0 = min(parse_ts(e["stageTimestamp"]) for e in evs)  # a watch may have begun long before
        t1 = max(parse_ts(e["stageTimestamp"]) for e in evs)
        new0 = parse_ts(a.start) if a.start else t0
        if new0.tzinfo is None:
            new0 = new0.replace(tzinfo=UTC)
        f = (a.span / max((t1 - t0).total_seconds(), 1e-6)) if a.span is not None else 1.0
        for e in evs:
            r, s = parse_ts(e[key]), parse_ts(e["stageTimestamp"])
            nr = new0 + (r - t0) * f if r >= t0 else new0 + (s - t0) * f - (s - r)
            e[key], e["stageTimestamp"] = fmt_ts(nr), fmt_ts(nr + (s - r))
    batch, meta, seq = [], None, 0

    def emit(obj, m, ev):
        if a.hec:
            print(dump(dict(time=parse_ts(ev["stageTimestamp"]).timestamp(), **m, event=obj)))
        else:
            print(dump(obj))

    for ev in evs:
        if a.client_ip_only and ev.get("sourceIPs"):
            ev["sourceIPs"] = ev["sourceIPs"][:1]
        if ipmap and ev.get("sourceIPs"):
            ev["sourceIPs"] = [ipmap.get(i, i) for i in ev["sourceIPs"]]
        if a.disable_anonymous:
            ev = no_anonymous(ev)
            if ev is None:
                continue
        if a.to == "raw":
            emit(
                ev,
                dict(
                    source="/var/log/kubernetes/apiserver/audit.log",
                    host=a.host,
                    sourcetype="kube:apiserver:audit",
                ),
                ev,
            )
        elif a.to == "eks":
            emit(ev, eks_meta(ev, a), ev)
        elif a.to == "aks-blob":
            emit(aks(ev, a), aks_meta(ev, a), ev)
        elif a.to == "aks-eventhub":
            seq += 1
            emit(
                {
                    "body": aks(ev, a),
                    "x-opt-sequence-number-epoch": -1,
                    "x-opt-sequence-number": seq,
                    "x-opt-offset": str(seq * 4096),
                    "x-opt-enqueued-time": int(parse_ts(ev["stageTimestamp"]).timestamp() * 1000)
                    + 4000,
                },
                aks_meta(ev, a),
                ev,
            )
        elif a.to == "aks-eventhub-message":
            batch.append(aks(ev, a))
            meta = ev
            if len(batch) >= a.batch:
                emit({"records": batch}, aks_meta(ev, a), ev)
                batch = []
        else:
            g = gke(ev, a)
            if g is not None:
                emit(g, gke_meta(ev, a), ev)
    if batch:
        emit({"records": batch}, aks_meta(meta, a), meta)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        pass
