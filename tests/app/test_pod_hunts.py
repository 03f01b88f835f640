"""The hunts of pods that reach their node or hide among others: ways to write it, look-alikes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spl import Engine

ENGINE = Engine.from_app(Path(__file__).parents[2] / "app")
CAPABILITY = "Kubernetes Dangerous Capability"
HOST_PATH = "Kubernetes Sensitive Host Path"
NETWORK = "Kubernetes Host Network"
PID_IPC = "Kubernetes Host PID Or IPC"
SYSTEM = "Kubernetes Pod Posing As System"
DEFAULT = "Kubernetes Pod In Default Namespace"
DEBUG = "Kubernetes Debug Container"
FORWARD = "Kubernetes Port Forward Into Pod"


def run(name: str, verb: str, path: str, request: Any = None, **changes: Any) -> int:
    """Return how many rows the hunt has for a request on `namespace/resource/name`."""
    namespace, resource, object_name, *sub = path.split("/")
    event = {
        "auditID": "1",
        "stage": "ResponseComplete",
        "verb": verb,
        "requestURI": f"/api/v1/namespaces/{path}",
        "user": {"username": "mallory"},
        "sourceIPs": ["203.0.113.7"],
        "userAgent": "curl/8.5.0",
        "objectRef": {"resource": resource, "namespace": namespace, "name": object_name}
        | ({"subresource": sub[0]} if sub else {}),
        "responseStatus": {"code": 200},
        "requestObject": request,
        **changes,
    }
    return len(
        ENGINE.run(name, [{"_raw": json.dumps(event), "sourcetype": "kube:apiserver:audit"}])
    )


def pod(image: str = "evil:1", **spec: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "a", "image": image}], **spec}}


def template(request: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"template": request}}


def add(*names: str, kind: str = "containers") -> dict[str, Any]:
    context = {"capabilities": {"drop": ["ALL"], "add": list(names)}}
    return {"spec": {kind: [{"name": "a", "image": "evil:1", "securityContext": context}]}}


def mount(path: str, image: str = "evil:1") -> dict[str, Any]:
    return pod(image, volumes=[{"name": "v", "hostPath": {"path": path, "type": ""}}])


def patch(path: str, value: Any) -> list[dict[str, Any]]:
    return [{"op": "replace", "path": path, "value": value}]


@pytest.mark.parametrize(
    ("name", "verb", "path", "request_object"),
    [
        (CAPABILITY, "create", "web/pods/a", add("SYS_ADMIN")),
        (CAPABILITY, "create", "web/pods/a", add("NET_BIND_SERVICE", "CAP_BPF")),
        (CAPABILITY, "update", "web/jobs/a", template(add("ALL", kind="initContainers"))),
        (CAPABILITY, "patch", "web/cronjobs/a", {"spec": {"jobTemplate": template(add("BPF"))}}),
        (
            CAPABILITY,
            "patch",
            "web/deployments/a",
            patch(
                "/spec/template/spec/containers/0/securityContext/capabilities/add", ["SYS_TIME"]
            ),
        ),
        (
            CAPABILITY,
            "patch",
            "web/pods/a/ephemeralcontainers",
            add("SYS_PTRACE", kind="ephemeralContainers"),
        ),
        (HOST_PATH, "create", "web/pods/a", mount("/")),
        (HOST_PATH, "create", "web/pods/a", mount("//")),
        (HOST_PATH, "create", "web/pods/a", mount("/etc/")),
        (HOST_PATH, "create", "web/pods/a", mount("/./etc//kubernetes/pki")),
        (HOST_PATH, "create", "web/pods/a", mount("/tmp/../var/lib/../../root")),
        (HOST_PATH, "create", "web/pods/a", mount("/run/containerd/containerd.sock")),
        (HOST_PATH, "create", "web/pods/a", mount("\\\\.\\pipe\\docker_engine")),
        (HOST_PATH, "create", "web/pods/a", mount("C:\\")),
        (HOST_PATH, "update", "web/statefulsets/a", template(mount("/var/lib/kubelet/pods"))),
        (HOST_PATH, "patch", "web/pods/a", patch("/spec/volumes/0/hostPath/path", "/proc")),
        (HOST_PATH, "create", "/persistentvolumes/a", {"spec": {"hostPath": {"path": "/"}}}),
        (HOST_PATH, "patch", "/persistentvolumes/a", {"spec": {"local": {"path": "/etc"}}}),
        (
            HOST_PATH,
            "create",
            "kube-system/pods/a",
            mount("/", image="quay.io/prometheus/node-exporter:v1"),
        ),
        (NETWORK, "create", "web/pods/a", pod(hostNetwork=True)),
        (NETWORK, "patch", "web/daemonsets/a", template({"spec": {"hostNetwork": True}})),
        (NETWORK, "patch", "web/daemonsets/a", patch("/spec/template/spec/hostNetwork", True)),
        (PID_IPC, "create", "web/pods/a", pod(hostPID=True)),
        (PID_IPC, "update", "web/replicasets/a", template(pod(hostIPC=True))),
        (SYSTEM, "create", "kube-system/pods/a", pod()),
        (SYSTEM, "patch", "kube-public/deployments/a", template(pod())),
        (SYSTEM, "create", "kube-node-lease/jobs/a", template(pod("registry.k8s.io/kube-proxy"))),
        (SYSTEM, "create", "web/daemonsets/kube-proxy", template(pod())),
        (SYSTEM, "create", "web/pods/coredns-5d78c9869d-abcde", pod()),
        (
            SYSTEM,
            "patch",
            "kube-system/deployments/coredns",
            patch("/spec/template/spec/containers/0/image", "evil:1"),
        ),
        (DEFAULT, "create", "default/pods/a", pod()),
        (DEFAULT, "create", "default/cronjobs/a", None),
        (DEFAULT, "patch", "default/statefulsets/a", template(pod())),
        (
            DEBUG,
            "patch",
            "web/pods/a/ephemeralcontainers",
            {"spec": {"ephemeralContainers": [{"image": "evil:1"}]}},
        ),
        (
            DEBUG,
            "update",
            "web/pods/a/ephemeralcontainers",
            pod("ok", ephemeralContainers=[{"image": "evil:1"}]),
        ),
        (DEBUG, "create", "web/pods/node-debugger-n1-abcde", pod(nodeName="n1")),
        (DEBUG, "create", "web/pods/a", mount("/") | {"x": 1} | pod(nodeName="n", hostPID=True)),
        (
            DEBUG,
            "create",
            "web/pods/copy",
            {"spec": {"containers": [{"name": "debugger-x7k2p", "image": "evil:1"}]}},
        ),
        (FORWARD, "create", "web/pods/a/portforward", None),
        (FORWARD, "get", "web/pods/a/portforward", None),
    ],
)
def test_found(name: str, verb: str, path: str, request_object: Any) -> None:
    assert run(name, verb, path, request_object) == 1
    assert run(name, verb, path, request_object, responseStatus={"code": 403}) == 0


GITOPS = {
    "user": {"username": "system:serviceaccount:flux-system:kustomize-controller"},
    "userAgent": "kustomize-controller/v1.2.1",
}
NODE = {"user": {"username": "system:node:n1"}, "userAgent": "kubelet/v1.31.0 (linux/amd64)"}
CONTROLLER = {
    "user": {"username": "system:serviceaccount:kube-system:replicaset-controller"},
    "userAgent": "kube-controller-manager/v1.31.0 (linux/amd64)",
}


@pytest.mark.parametrize(
    ("name", "verb", "path", "request_object", "changes"),
    [
        (CAPABILITY, "create", "web/pods/a", add("NET_BIND_SERVICE"), {}),
        (CAPABILITY, "create", "web/pods/a", add(), {}),
        (CAPABILITY, "create", "web/pods/a", add("NET_ADMIN"), GITOPS),
        (
            CAPABILITY,
            "create",
            "web/pods/a",
            add("SYS_ADMIN"),
            {"requestURI": "/api/v1/namespaces/web/pods?dryRun=All"},
        ),
        (HOST_PATH, "create", "web/pods/a", mount("/var/log"), {}),
        (HOST_PATH, "create", "web/pods/a", mount("/data/etc"), {}),
        (HOST_PATH, "create", "web/pods/a", mount("/etc/localtime"), {}),
        (HOST_PATH, "create", "web/pods/a", mount("/etcetera"), {}),
        (HOST_PATH, "create", "web/pods/a", pod(volumes=[{"emptyDir": {}}]), {}),
        (
            HOST_PATH,
            "create",
            "monitoring/daemonsets/a",
            template(mount("/", image="quay.io/prometheus/node-exporter:v1")),
            {},
        ),
        (HOST_PATH, "create", "/persistentvolumes/a", {"spec": {"csi": {"driver": "x"}}}, {}),
        (
            HOST_PATH,
            "create",
            "/persistentvolumes/a",
            {"spec": {"hostPath": {"path": "/opt/local-path-provisioner/pvc-1"}}},
            {},
        ),
        (NETWORK, "create", "web/pods/a", pod(hostNetwork=False), {}),
        (NETWORK, "create", "kube-system/pods/a", pod(hostNetwork=True), NODE),
        (
            NETWORK,
            "create",
            "ingress-nginx/daemonsets/a",
            template(pod("registry.k8s.io/ingress-nginx/controller:v1", hostNetwork=True)),
            {},
        ),
        (PID_IPC, "create", "web/pods/a", pod(shareProcessNamespace=True), {}),
        (PID_IPC, "create", "web/pods/a", pod(hostPID=False), {}),
        (PID_IPC, "create", "web/pods/a", pod(hostPID=True), CONTROLLER),
        (SYSTEM, "create", "kube-system/pods/a", pod(), CONTROLLER),
        (SYSTEM, "create", "kube-system/pods/a", pod(), NODE),
        (SYSTEM, "create", "kube-system/daemonsets/a", template(pod()), GITOPS),
        (
            SYSTEM,
            "create",
            "kube-system/deployments/a",
            template(pod("registry.k8s.io/metrics-server/metrics-server:v0.7")),
            {},
        ),
        (
            SYSTEM,
            "patch",
            "kube-system/deployments/coredns",
            template({"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "x"}}}),
            {},
        ),
        (SYSTEM, "create", "web/pods/dns-client", pod(), {}),
        (DEFAULT, "create", "web/pods/default", pod(), {}),
        (DEFAULT, "create", "default/pods/a", pod(), CONTROLLER),
        (DEFAULT, "patch", "default/pods/a", {"metadata": {"labels": {"a": "b"}}}, {}),
        (DEBUG, "create", "web/pods/debugger", pod(), {}),
        (DEBUG, "create", "web/pods/a", pod(nodeName="n1"), {}),
        (FORWARD, "get", "web/pods/a/log", None, {}),
    ],
)
def test_left_alone(
    name: str, verb: str, path: str, request_object: Any, changes: dict[str, Any]
) -> None:
    assert run(name, verb, path, request_object, **changes) == 0


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("kube-system/deployments/snapshots", 0),
        ("kube-system/deployments/coredns-autoscale", 1),
        ("kube-system/pods/snapshots", 1),
        ("kube-public/deployments/snapshots", 1),
    ],
)
def test_an_image_of_a_known_registry_is_no_disguise(
    tmp_path: Path, path: str, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kubernetes_hunts_known_registries.csv").write_text(
        "image,reason\nregistry.example.com/*,own\n"
    )
    monkeypatch.setattr(ENGINE.app.lookups, "overlay", tmp_path)
    request = pod("registry.example.com/tools:1")
    assert run(SYSTEM, "create", path, request if "/pods/" in path else template(request)) == rows
