"""The corners of the hunts of workloads, services and ingresses."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

import pytest

from tests.app.test_technique_hunts import CONTROLLER, ENGINE, audit, pod

DAEMONSET = "Kubernetes DaemonSet Deployed"
JOB = "Kubernetes Job Created"
SIDECAR = "Kubernetes Sidecar Injected"
MIRROR = "Kubernetes Mirror Pod Created"
PLACED = "Kubernetes Pod Placed On Control Plane"
ACCOUNT = "Kubernetes Controller Account On Pod"
TOOL = "Kubernetes Attack Tool Image"
SERVICE = "Kubernetes Service Exposed"
INGRESS = "Kubernetes Ingress Without TLS"
MINER = "Kubernetes Crypto Mining Workload"

NOW = "2026-11-21T03:41:51Z"
BATCH = {"apiGroup": "batch"}
SYSTEM = {"namespace": "kube-system"}
NETWORKING = {"apiGroup": "networking.k8s.io"}
ROLE = "node-role.kubernetes.io/control-plane"
SCHEDULER = {"user": {"username": "system:kube-scheduler"}, "userAgent": "kube-scheduler/v1.36.2"}
ANOTHER_SCHEDULER: dict[str, Any] = {
    "user": {"username": "system:serviceaccount:batch:volcano-scheduler"},
    "userAgent": "vc-scheduler/v1.9.0",
}
KUBELET = {"user": {"username": "system:node:w1"}, "userAgent": "kubelet/v1.36.2"}


def run(name: str, event: dict[str, Any]) -> list[dict[str, Any]]:
    time = datetime.fromisoformat(NOW).timestamp()
    raw = {"_raw": json.dumps(event), "_time": time, "sourcetype": "kube:apiserver:audit"}
    return list(ENGINE.run(name, [raw]))


def template(**spec: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": spec}}}


def cron_job(**spec: Any) -> dict[str, Any]:
    return {"spec": {"jobTemplate": template(**spec)}}


def json_patch(path: str, value: Any = None, op: str = "add") -> list[dict[str, Any]]:
    return [{"op": op, "path": path} | ({} if value is None else {"value": value})]


def owner(manager: str, *containers: str, time: str = NOW, kind: str = "Update") -> dict[str, Any]:
    """Return an entry of managedFields: the manager added these containers."""
    keys: dict[str, Any] = {
        f'k:{{"name":"{name}"}}': {".": {}, "f:image": {}} for name in containers
    }
    fields = {"f:spec": {"f:template": {"f:spec": {"f:containers": keys}}}}
    return {"manager": manager, "operation": kind, "time": time, "fieldsV1": fields}


def changed(verb: str, request: Any, *owners: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """Return a change of a Deployment that was made long before, and is now as `spec` says."""
    metadata = {"creationTimestamp": "2026-10-01T00:00:00Z", "managedFields": list(owners)}
    response = {"metadata": metadata} | template(**spec)
    return audit(
        verb,
        "deployments",
        requestObject=request,
        responseObject=response,
    )


def containers(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "image": f"{name}:1"} for name in names]


OLD = owner("helm", "main", time="2026-10-01T00:00:00Z")
OLD_TWO = owner("helm", "main", "log", time="2026-10-01T00:00:00Z")
BOTH = {"containers": containers("main", "log")}
LOG = template(containers=containers("log"))


def placed(**spec: Any) -> dict[str, Any]:
    return audit("create", "pods", requestObject={"spec": spec}, code=201)


def affinity(key: str, operator: str, *values: str) -> dict[str, Any]:
    expression = {"key": key, "operator": operator} | ({"values": values} if values else {})
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def bound(node: str, **changes: Any) -> dict[str, Any]:
    target = {"target": {"kind": "Node", "name": node}}
    return audit("create", "pods/binding", requestObject=target, code=201, **changes)


def service(verb: str, request: Any, **changes: Any) -> dict[str, Any]:
    return audit(verb, "services", requestObject=request, **changes)


def ingress(verb: str, request: Any, **changes: Any) -> dict[str, Any]:
    return audit(verb, "ingresses", ref=NETWORKING, requestObject=request, **changes)


def mirror(image: str, **changes: Any) -> dict[str, Any]:
    request = {"metadata": {"annotations": {"kubernetes.io/config.mirror": "1"}}} | pod(image=image)
    return audit("create", "pods", requestObject=request, code=201, **changes)


RULES = {"rules": [{"host": "shop.example.com"}]}
TLS = {"tls": [{"secretName": "c"}]}
INTERNAL = {"service.beta.kubernetes.io/azure-load-balancer-internal": "true"}
LOAD_BALANCER = {"spec": {"type": "LoadBalancer"}}
HAND_RUN = {
    "annotations": {"cronjob.kubernetes.io/instantiate": "manual"},
    "ownerReferences": [{"kind": "CronJob", "name": "report"}],
}
ENV = [{"name": "URL", "value": "stratum+ssl://203.0.113.1:443"}]
CLIENT_SIDE = {"kubectl.kubernetes.io/last-applied-configuration": '{"spec":{"type":"NodePort"}}'}


def encoded(text: str) -> list[str]:
    return ["sh", "-c", f"echo {base64.b64encode(text.encode()).decode()} | base64 -d | sh"]


@pytest.mark.parametrize(
    ("name", "event"),
    [
        (
            DAEMONSET,
            audit("patch", "daemonsets", requestObject=template(**pod()["spec"]), code=201),
        ),
        (
            JOB,
            audit("create", "jobs", ref=BATCH, requestObject=template(**pod()["spec"]), code=201),
        ),
        (JOB, audit("patch", "cronjobs", ref=BATCH, requestObject=cron_job(**pod()["spec"]))),
        (JOB, audit("update", "cronjobs", ref=BATCH, requestObject=cron_job(**pod()["spec"]))),
        (
            JOB,
            audit(
                "patch",
                "cronjobs",
                ref=BATCH,
                requestObject=json_patch("/spec/schedule", "* * * * *", "replace"),
            ),
        ),
        (
            JOB,
            audit(
                "patch",
                "cronjobs",
                ref=BATCH,
                requestObject=json_patch(
                    "/spec/jobTemplate/spec/template/spec/containers/0/image", "evil:1", "replace"
                ),
            ),
        ),
        (SIDECAR, changed("patch", LOG, OLD, owner("kubectl-patch", "log"), **BOTH)),
        (SIDECAR, changed("update", template(**BOTH), OLD, owner("curl", "log"), **BOTH)),
        (SIDECAR, changed("patch", LOG, OLD, owner("tf", "log", kind="Apply"), **BOTH)),
        # who made the workload adds the container
        (SIDECAR, changed("patch", LOG, owner("helm", "main", "log"), **BOTH)),
        (
            SIDECAR,
            changed(
                "patch",
                json_patch("/spec/template/spec/containers/-", containers("log")[0]),
                OLD,
                owner("kubectl-patch", "log"),
                **BOTH,
            ),
        ),
        (
            SIDECAR,
            changed(
                "patch",
                template(initContainers=containers("log")),
                OLD,
                owner("kubectl-patch", "log"),
                containers=containers("main"),
                initContainers=containers("log"),
            ),
        ),
        # the policy leaves managed fields, or the response, out
        (
            SIDECAR,
            audit("patch", "deployments", requestObject=LOG, responseObject=template(**BOTH)),
        ),
        (
            SIDECAR,
            audit(
                "patch",
                "deployments",
                requestObject=json_patch("/spec/template/spec/containers/1", containers("log")[0]),
            ),
        ),
        (MIRROR, mirror("registry.k8s.io/etcd:3.6", **KUBELET)),
        (MIRROR, mirror("evil:1", ref=SYSTEM, **KUBELET)),
        (MIRROR, mirror("evil:1")),
        (PLACED, placed(nodeName="prod-control-plane-1")),
        (PLACED, placed(nodeSelector={ROLE: ""})),
        (PLACED, placed(nodeSelector={"kubernetes.io/hostname": "prod-control-plane-1"})),
        (PLACED, placed(affinity=affinity(ROLE, "Exists"), tolerations=[{"operator": "Exists"}])),
        (PLACED, placed(affinity=affinity("kubernetes.io/hostname", "In", "w1", "master-0"))),
        (
            PLACED,
            audit(
                "patch",
                "deployments",
                requestObject=json_patch("/spec/template/spec/nodeSelector", {ROLE: ""}),
            ),
        ),
        (PLACED, bound("prod-control-plane-1", **ANOTHER_SCHEDULER)),
        (PLACED, bound("w1", user=ANOTHER_SCHEDULER["user"])),
        (PLACED, bound("w1")),
        (
            ACCOUNT,
            audit(
                "patch",
                "deployments",
                ref=SYSTEM,
                requestObject=json_patch(
                    "/spec/template/spec/serviceAccountName", "daemon-set-controller"
                ),
            ),
        ),
        (
            ACCOUNT,
            audit(
                "create",
                "cronjobs",
                ref=SYSTEM,
                requestObject=cron_job(serviceAccount="generic-garbage-collector"),
                code=201,
            ),
        ),
        (TOOL, audit("create", "pods", requestObject=pod(image="aquasec/kube-hunter"), code=201)),
        (
            TOOL,
            audit(
                "patch",
                "deployments",
                requestObject=template(
                    initContainers=[{"image": "registry.example.com/x/peirates@sha256:0a"}]
                ),
            ),
        ),
        (SERVICE, service("patch", {"spec": {"type": "NodePort"}})),
        (SERVICE, service("patch", json_patch("/spec/type", "LoadBalancer", "replace"))),
        (SERVICE, service("patch", json_patch("/spec/externalIPs", ["203.0.113.9"]))),
        (SERVICE, service("patch", json_patch("/spec/externalIPs/-", "2001:db8::1"))),
        (SERVICE, service("update", LOAD_BALANCER)),
        (INGRESS, ingress("create", {"spec": RULES}, code=201)),
        (INGRESS, ingress("create", {"spec": RULES | {"tls": []}}, code=201)),
        (INGRESS, ingress("patch", {"spec": {"tls": None}}, responseObject={"spec": RULES})),
        (
            INGRESS,
            ingress(
                "patch",
                json_patch("/spec/tls", op="remove"),
                responseObject={"spec": RULES},
            ),
        ),
        (INGRESS, ingress("patch", json_patch("/spec/tls", op="remove"))),
        (MINER, audit("create", "pods", requestObject=pod(env=ENV), code=201)),
        (MINER, audit("create", "pods", requestObject=pod(command=["minerd"]), code=201)),
        (MINER, audit("create", "pods", requestObject=pod(env=[{"name": "XMR_WALLET"}]), code=201)),
        (MINER, audit("create", "pods", requestObject=pod(args=["pool.example.net:3333"]))),
        *(
            (
                MINER,
                audit(
                    "update",
                    "deployments",
                    requestObject=template(**pod(command=encoded(start + "xmrig -o x"))["spec"]),
                ),
            )
            for start in ("", "/", "./")
        ),
        (
            MINER,
            audit(
                "patch",
                "deployments",
                requestObject=json_patch(
                    "/spec/template/spec/containers/0/args", ["--algo", "rx/0"]
                ),
            ),
        ),
    ],
)
def test_is_found(name: str, event: dict[str, Any]) -> None:
    assert [row["user"] for row in run(name, event)] == [event["user"]["username"]]


@pytest.mark.parametrize(
    ("name", "event"),
    [
        (DAEMONSET, audit("patch", "daemonsets", requestObject=template(**pod()["spec"]))),
        (
            DAEMONSET,
            audit(
                "create",
                "daemonsets",
                ref=SYSTEM,
                requestObject=template(
                    containers=[{"image": "docker.io/calico/node:v3"}],
                    initContainers=[{"image": "calico/cni:v3"}],
                ),
                code=201,
            ),
        ),
        (JOB, audit("patch", "cronjobs", ref=BATCH, requestObject={"spec": {"suspend": True}})),
        (JOB, audit("patch", "jobs", ref=BATCH, requestObject=template(**pod()["spec"]))),
        (JOB, audit("create", "jobs", ref=BATCH, code=201, **CONTROLLER)),
        (
            JOB,
            audit(
                "create",
                "jobs",
                ref=BATCH,
                requestObject={"metadata": HAND_RUN} | template(**pod()["spec"]),
                code=201,
            ),
        ),
        # a new image, by others and by who made the workload
        (SIDECAR, changed("patch", LOG, OLD_TWO, **BOTH)),
        (SIDECAR, changed("update", template(**BOTH), OLD_TWO, owner("curl"), **BOTH)),
        (
            SIDECAR,
            changed("patch", LOG, OLD_TWO, owner("tf", "log", kind="Apply"), **BOTH),
        ),
        (
            SIDECAR,
            changed("patch", template(**BOTH), owner("tf", "main", "log", kind="Apply"), **BOTH),
        ),
        (
            SIDECAR,
            audit(
                "patch",
                "deployments",
                requestObject=LOG,
                responseObject=template(containers=containers("log")),
            ),
        ),
        (
            SIDECAR,
            audit(
                "patch",
                "deployments",
                requestObject=json_patch(
                    "/spec/template/spec/containers/1/image", "evil:1", "replace"
                ),
            ),
        ),
        # a restart after a container was added
        (
            SIDECAR,
            changed(
                "patch",
                {"spec": {"template": {"metadata": {"annotations": {"restartedAt": NOW}}}}},
                OLD,
                owner("kubectl-patch", "log"),
                **BOTH,
            ),
        ),
        (MIRROR, mirror("registry.k8s.io/etcd:3.6", ref=SYSTEM, **KUBELET)),
        (MIRROR, audit("create", "pods", requestObject=pod(args=["config.mirror"]), code=201)),
        (PLACED, placed(nodeName="w1")),
        (PLACED, placed(nodeName="w1", tolerations=[{"key": ROLE, "operator": "Exists"}])),
        (PLACED, placed(affinity=affinity(ROLE, "DoesNotExist"), nodeSelector={"disk": "ssd"})),
        (PLACED, placed(affinity=affinity("kubernetes.io/hostname", "NotIn", "master-0"))),
        (PLACED, bound("w1", **ANOTHER_SCHEDULER)),
        (PLACED, bound("prod-control-plane-1", **SCHEDULER)),
        (
            PLACED,
            audit(
                "patch",
                "daemonsets",
                requestObject=json_patch(
                    "/spec/template/spec/tolerations/-", {"key": ROLE, "operator": "Exists"}
                ),
            ),
        ),
        (
            ACCOUNT,
            audit(
                "create",
                "pods",
                requestObject={"spec": {"serviceAccountName": "namespace-controller"}},
                responseObject={"metadata": {"labels": {"from": "kube-system"}}},
                code=201,
            ),
        ),
        (
            ACCOUNT,
            audit(
                "create",
                "pods",
                ref=SYSTEM,
                requestObject={"spec": {"serviceAccountName": "metrics-server"}},
                code=201,
            ),
        ),
        (TOOL, audit("create", "pods", requestObject=pod(image="example/cdk-app:1"), code=201)),
        (SERVICE, service("create", {"spec": {"type": "ClusterIP"}}, code=201)),
        (SERVICE, service("patch", {"metadata": {"annotations": CLIENT_SIDE}})),
        (SERVICE, service("create", {"metadata": {"annotations": INTERNAL}} | LOAD_BALANCER)),
        (
            SERVICE,
            service("patch", LOAD_BALANCER, responseObject={"metadata": {"annotations": INTERNAL}}),
        ),
        (SERVICE, service("patch", json_patch("/spec/externalIPs", op="remove"))),
        (SERVICE, service("create", LOAD_BALANCER, ref={"apiGroup": "serving.knative.dev"})),
        (INGRESS, ingress("create", {"spec": RULES | TLS}, code=201)),
        (INGRESS, ingress("patch", {"spec": RULES}, responseObject={"spec": RULES | TLS})),
        (
            INGRESS,
            ingress("patch", {"metadata": {"labels": {}}}, responseObject={"spec": RULES}),
        ),
        (
            INGRESS,
            ingress(
                "create",
                {
                    "metadata": {"annotations": {"alb.ingress.kubernetes.io/certificate-arn": "a"}},
                    "spec": RULES,
                },
            ),
        ),
        (MINER, audit("create", "pods", requestObject=pod(image="oracle/logminer:1"), code=201)),
        (MINER, audit("create", "pods", requestObject=pod(args=["--pool-size=8"]), code=201)),
        (MINER, audit("create", "pods", requestObject=pod(name="wallet"), code=201)),
        (MINER, audit("create", "pods", requestObject=pod(args=["pool.db.example.net:5432"]))),
        (MINER, audit("create", "pods", requestObject=pod(env=ENV), code=403)),
    ],
)
def test_is_left_alone(name: str, event: dict[str, Any]) -> None:
    assert run(name, event) == []


def test_the_container_that_was_added_is_named() -> None:
    event = changed("update", template(**BOTH), OLD, owner("curl", "log"), **BOTH)
    [row] = run(SIDECAR, event)
    assert row["container"] == "log"
