"""The scanning hunts in DuckDB, each a query of its own: python -m bench.alternatives.sql FILE.

--load reads the file once, into a table, and asks that. --every-event counts all events by user
and verb instead.
"""

from __future__ import annotations

import sys
from typing import Any

import duckdb
import orjson

from bench.answers import EVERY_EVENT

_USER = '"user": \'STRUCT(username VARCHAR, "groups" VARCHAR[])\''
_STATUS = "responseStatus: 'STRUCT(code BIGINT, reason VARCHAR, message VARCHAR, status VARCHAR)'"
_REQUEST = "userAgent: 'VARCHAR', verb: 'VARCHAR', requestURI: 'VARCHAR', sourceIPs: 'VARCHAR[]'"
_OBJECT = "objectRef: 'STRUCT(resource VARCHAR)'"
_TIME = "requestReceivedTimestamp: 'TIMESTAMP'"
_GCP = """data: 'STRUCT("timestamp" TIMESTAMP, resource STRUCT(labels STRUCT(cluster_name VARCHAR)),
    protoPayload STRUCT(authenticationInfo STRUCT(principalEmail VARCHAR),
        status STRUCT(code BIGINT), methodName VARCHAR, resourceName VARCHAR,
        requestMetadata STRUCT(callerIp VARCHAR, callerSuppliedUserAgent VARCHAR)))'"""
_AZURE = """category: 'VARCHAR', properties: 'STRUCT(log VARCHAR, pod VARCHAR)',
    body: 'STRUCT(category VARCHAR, properties STRUCT(log VARCHAR, pod VARCHAR))'"""

_EKS_COLUMNS = """count(*), min(requestReceivedTimestamp), max(requestReceivedTimestamp),
    list(DISTINCT responseStatus.reason), list(DISTINCT responseStatus.code),
    list(DISTINCT userAgent), list(DISTINCT verb), list(DISTINCT requestURI)"""
_EKS_ROWS = '*, "user".username AS username, unnest(sourceIPs) AS src_ip'

_CLUSTER_SCAN = f"""
    SELECT src_ip, username, member, {_EKS_COLUMNS}
    FROM (SELECT *, unnest("user"."groups") AS member FROM (
        SELECT {_EKS_ROWS} FROM events
        WHERE lower("user".username) = 'system:anonymous'
          AND lower(userAgent) <> 'aws security scanner'))
    GROUP BY src_ip, username, member"""

_POD_SCAN = f"""
    SELECT src_ip, username, member, {_EKS_COLUMNS}
    FROM (SELECT *, unnest("user"."groups") AS member FROM (
        SELECT {_EKS_ROWS} FROM events
        WHERE lower("user".username) = 'system:anonymous' AND lower(verb) = 'list'
          AND lower(objectRef.resource) = 'pods' AND lower(requestURI) = '/api/v1/pods'))
    GROUP BY src_ip, username, member"""

_GCP_ROWS = """SELECT data.protoPayload.requestMetadata.callerIp AS src_ip,
        data.resource.labels.cluster_name AS cluster_name,
        data.protoPayload.methodName AS method_name,
        data.protoPayload.resourceName AS resource_name,
        data.protoPayload.requestMetadata.callerSuppliedUserAgent AS http_user_agent,
        data."timestamp" AS seen
    FROM events
    WHERE lower(data.protoPayload.authenticationInfo.principalEmail) = 'system:anonymous'
      AND data.protoPayload.status.code = 7"""
_GCP_TABLE = """SELECT src_ip, cluster_name, count(*), min(seen), max(seen),
        list(DISTINCT method_name), list(DISTINCT resource_name), list(DISTINCT http_user_agent)"""
_GCP_KEPT = "WHERE NOT starts_with(src_ip, '127.') AND src_ip <> '::1' AND cluster_name IS NOT NULL"

_GCP_SCAN = f"{_GCP_TABLE} FROM ({_GCP_ROWS}) {_GCP_KEPT} GROUP BY src_ip, cluster_name"
_GCP_POD_SCAN = f"""{_GCP_TABLE} FROM ({_GCP_ROWS}) {_GCP_KEPT}
    AND method_name ILIKE 'io.k8s.%.pods.%' GROUP BY src_ip, cluster_name"""

_AZURE_ROWS = """
    SELECT array_to_string(CAST(log -> '$.sourceIPs' AS VARCHAR[]), ',') AS src_ip,
        log ->> '$.userAgent' AS agent, log ->> '$.verb' AS verb, log ->> '$.requestURI' AS uri,
        log ->> '$.responseStatus.reason' AS reason, log ->> '$.responseStatus.code' AS code,
        log ->> '$.objectRef.resource' AS resource, pod,
        list_transform(CAST(log -> '$.user.groups' AS VARCHAR[]), lambda g: lower(g)) AS members
    FROM (
        SELECT CAST(coalesce(properties.log, body.properties.log) AS JSON) AS log,
            coalesce(properties.pod, body.properties.pod) AS pod
        FROM events WHERE category = 'kube-audit' OR body.category = 'kube-audit')"""
_AZURE_REFUSED = """(
    (code = '401' AND NOT coalesce(list_contains(members, 'system:authenticated'), false))
    OR (code = '403' AND list_contains(members, 'system:unauthenticated')))"""

_AZURE_SCAN = f"""
    SELECT src_ip, agent, verb, uri, reason, code, 1 FROM ({_AZURE_ROWS}) WHERE {_AZURE_REFUSED}"""
_AZURE_POD_SCAN = f"""
    SELECT src_ip, agent, verb, uri, reason, code, pod, 1 FROM ({_AZURE_ROWS})
    WHERE lower(resource) = 'pods' AND {_AZURE_REFUSED}"""

_ACCESS_SCANNING = """
    SELECT src_ip, count(*), list(DISTINCT userAgent), list(DISTINCT "user".username),
        list(DISTINCT "user"."groups"), list(DISTINCT verb), list(DISTINCT requestURI),
        list(DISTINCT responseStatus.code), list(DISTINCT responseStatus.message),
        list(DISTINCT responseStatus.reason), list(DISTINCT responseStatus.status)
    FROM (SELECT *, unnest(sourceIPs) AS src_ip FROM events
        WHERE responseStatus.code = 403
          AND list_contains("user"."groups", 'system:unauthenticated'))
    GROUP BY src_ip HAVING count(*) > 5"""

_KUBECTL = """
    SELECT src_ip, username, verb, userAgent, requestURI, count(*)
    FROM (SELECT *, "user".username AS username, unnest(sourceIPs) AS src_ip FROM events
        WHERE lower("user".username) = 'system:anonymous' AND lower(userAgent) LIKE 'kubectl%'
          AND len(list_filter(sourceIPs, lambda a: a <> '127.0.0.1')) > 0
          AND len(list_filter(sourceIPs, lambda a: a <> '::1')) > 0)
    GROUP BY src_ip, username, verb, userAgent, requestURI"""

_EKS = f"{_USER}, {_REQUEST}, {_STATUS}, {_TIME}"

# hunt: its columns of the file, its query, and how many columns of the result identify a row
QUERIES = {
    "Amazon EKS Kubernetes cluster scan detection": (_EKS, _CLUSTER_SCAN, 3),
    "Amazon EKS Kubernetes Pod scan detection": (f"{_EKS}, {_OBJECT}", _POD_SCAN, 3),
    "GCP Kubernetes cluster scan detection": (_GCP, _GCP_SCAN, 2),
    "GCP Kubernetes cluster pod scan detection": (_GCP, _GCP_POD_SCAN, 2),
    "Kubernetes Azure scan fingerprint": (_AZURE, _AZURE_SCAN, 6),
    "Kubernetes Azure pod scan fingerprint": (_AZURE, _AZURE_POD_SCAN, 7),
    "Kubernetes Access Scanning": (f"{_USER}, {_REQUEST}, {_STATUS}", _ACCESS_SCANNING, 1),
    "Kubernetes AWS detect suspicious kubectl calls": (f"{_USER}, {_REQUEST}", _KUBECTL, 5),
}

_COUNT_EVENTS = """
    SELECT "user".username, verb, count(*) FROM events
    WHERE "user".username IS NOT NULL AND verb IS NOT NULL GROUP BY ALL"""
_EVERY_EVENT = {EVERY_EVENT: (f"{_USER}, verb: 'VARCHAR'", _COUNT_EVENTS, 2)}


def main() -> None:
    *options, path = sys.argv[1:]
    database = duckdb.connect()
    queries = _EVERY_EVENT if "--every-event" in options else QUERIES
    if "--load" in options:
        columns = f"{_EKS}, {_OBJECT}, {_GCP}, {_AZURE}"
        database.execute(f"CREATE TABLE events AS {_read(columns)}", [path])
    answers: dict[str, list[list[Any]]] = {}
    for hunt, (columns, query, keys) in queries.items():
        if "--load" in options:
            rows = database.execute(query).fetchall()
        else:
            scan = f"WITH events AS ({_read(columns)}) {query}"
            rows = database.execute(scan, [path]).fetchall()
        answers[hunt] = [[*row[:keys], row[keys]] for row in rows]
    sys.stdout.buffer.write(orjson.dumps(answers))


def _read(columns: str) -> str:
    return f"SELECT * FROM read_json(?, format = 'newline_delimited', columns = {{{columns}}})"


if __name__ == "__main__":
    main()
