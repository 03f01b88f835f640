"""The macro `kubernetes_pod_spec`: what was asked for, whichever way it was written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spl import Engine

ENGINE = Engine.from_app(Path(__file__).parents[2] / "app")
READ = "search * | `kubernetes_pod_spec` | fields pod_* | fields - pod_spec pod_patch"

SPEC: dict[str, Any] = {
    "containers": [{"name": "a", "image": "i", "securityContext": {"privileged": True}}],
    "hostPID": True,
}
FOUND = {"pod_image": "i", "pod_privileged": "true", "pod_host_pid": "true"}


def patch(path: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"path": path, "value": value, "op": "add", **more}


def read(request: Any) -> dict[str, Any]:
    event = {"auditID": "1", "verb": "patch", "requestObject": request}
    [row] = ENGINE.search(READ, [{"_raw": json.dumps(event), "sourcetype": "kube:apiserver:audit"}])
    return {name: value for name, value in row.items() if name.startswith("pod_")}


@pytest.mark.parametrize(
    ("request_object", "found"),
    [
        ({"kind": "Pod", "spec": SPEC}, FOUND),
        ({"kind": "Deployment", "spec": {"replicas": 1, "template": {"spec": SPEC}}}, FOUND),
        ({"kind": "PodTemplate", "template": {"spec": SPEC}}, FOUND),
        ({"spec": {"jobTemplate": {"spec": {"template": {"spec": SPEC}}}}}, FOUND),
        ([patch("/spec", SPEC)], FOUND),
        ([patch("/spec/template/spec", SPEC)], FOUND),
        ([patch("/spec/hostPID", True), patch("/spec/hostIPC", False)], {"pod_host_pid": "true"}),
        (
            [patch("/spec/template/spec/containers/0/securityContext/privileged", True)],
            {"pod_privileged": "true"},
        ),
        (
            [patch("/spec/containers/0/securityContext", {"privileged": True})],
            {"pod_privileged": "true"},
        ),
        ([patch("/spec/containers/0/securityContext/privileged", False)], {}),
        (
            [patch("/spec/containers/0/securityContext/capabilities/add/-", "CAP_BPF")],
            {"pod_capability": "BPF"},
        ),
        ([patch("/spec/volumes/0/hostPath/path", "/etc")], {"pod_host_path": "/etc"}),
        (
            [patch("/spec/volumes/-", {"name": "v", "hostPath": {"type": "", "path": "/"}})],
            {"pod_host_path": "/"},
        ),
        ([patch("/spec/containers/0/image", "evil:1")], {"pod_image": "evil:1"}),
        ([{"op": "remove", "path": "/spec/hostPID"}], {}),
        (
            {"spec": {"initContainers": [{"securityContext": {"privileged": True}}]}},
            {"pod_privileged": "true"},
        ),
        ({"spec": {"ephemeralContainers": [{"image": "debug"}]}}, {"pod_image": "debug"}),
        (
            {"spec": {"securityContext": {"windowsOptions": {"hostProcess": True}}}},
            {"pod_privileged": "true"},
        ),
        (
            {
                "spec": {
                    "containers": [
                        {
                            "securityContext": {
                                "capabilities": {
                                    "drop": ["ALL"],
                                    "add": ["CAP_SYS_ADMIN", "net_raw"],
                                }
                            }
                        }
                    ]
                }
            },
            {"pod_capability": ["SYS_ADMIN", "NET_RAW"]},
        ),
        (
            {
                "spec": {
                    "containers": [{"command": ["sh", "-c"], "args": ['echo "]"']}],
                    "serviceAccountName": "s",
                    "nodeName": "n",
                }
            },
            {
                "pod_command": ['"sh","-c"', '"echo \\"]\\""'],
                "pod_service_account": "s",
                "pod_node_name": "n",
            },
        ),
        # What only looks like it.
        ({"metadata": {"labels": {"privileged": "true"}}}, {}),
        (
            {
                "metadata": {"annotations": {"last": json.dumps({"spec": SPEC})}},
                "spec": {"replicas": 2},
            },
            {},
        ),
        ({"spec": {"containers": [{"env": [{"value": '{"privileged":true}'}]}]}}, {}),
        ([patch("/metadata/annotations/a~1b", '{"spec":{"hostPID":true}}')], {}),
        ([patch("/metadata/annotations/a~1b", '{"privileged":true}')], {}),
        (
            {
                "spec": SPEC | {"containers": []},
                "status": {"containerStatuses": [{"image": "old"}]},
            },
            {"pod_host_pid": "true"},
        ),
        ({"spec": {"hostPID": False, "shareProcessNamespace": True}}, {}),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_pod_spec(request_object: Any, found: dict[str, Any]) -> None:
    assert read(request_object) == found
