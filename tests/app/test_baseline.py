"""What is usual is learned by one search, used by the first-seen hunts, and forgotten again."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from spl import Engine

APP = Path(__file__).parents[2] / "app"
BASELINE = "Kubernetes Hunts Baseline"
IMAGES = "Kubernetes Hunts Baseline Of Images"
LOCATION = "Kubernetes Identity From Unusual Network"
SECRETS = "Kubernetes Secret Read By Unusual Identity"
IMAGE = "Kubernetes First Seen Image"
LEARNED = "kubernetes_hunts_baseline_learned.csv"
DAY = 86_400
NOW = 1_795_229_100.0

ALICE: dict[str, Any] = {
    "user": "alice",
    "groups": ["dev", "system:authenticated"],
    "ips": ["192.0.2.40"],
    "agent": "kubectl/v1.36.2 (linux/amd64) kubernetes/0a1b2c3",
    "resource": "secrets",
    "days_ago": 1.0,
}


def event(**changes: Any) -> dict[str, str]:
    """Return a granted `get`, as of `ALICE` a day ago, with some keys of it changed."""
    what = ALICE | changes
    at = NOW - what["days_ago"] * DAY
    audit = {
        "kind": "Event",
        "auditID": changes.get("id", "1"),
        "stage": "ResponseComplete",
        "requestURI": f"/api/v1/namespaces/shop/{what['resource']}/x",
        "verb": "get",
        "user": {"username": what["user"], "groups": what["groups"]},
        "sourceIPs": what["ips"],
        "userAgent": what["agent"],
        "objectRef": {"resource": what["resource"], "namespace": "shop", "name": "x"},
        "responseStatus": {"code": 200},
    }
    raw = json.dumps({key: value for key, value in audit.items() if value is not None})
    return {"_raw": raw, "_time": f"{at}", "sourcetype": "kube:apiserver:audit"}


def engine(folder: Path, now: float = NOW) -> Engine:
    """Return the app as installed; once something was learned, with the macro that names it."""
    macros = {"kubernetes_hunts_baseline_source": LEARNED} if (folder / LEARNED).exists() else {}
    made = Engine.from_app(APP, now=now, macros=macros)
    made.app.lookups.overlay = folder
    return made


def learn(folder: Path, *events: dict[str, str], now: float = NOW) -> list[dict[str, str]]:
    list(engine(folder, now).run(BASELINE, events))
    with (folder / LEARNED).open(newline="") as file:
        return list(csv.DictReader(file))


def test_it_learns_each_kind(tmp_path: Path) -> None:
    learned = learn(tmp_path, event(), event(id="2", resource="pods", ips=["10.0.0.7"]))
    assert {(e["kind"], e["user"], e["value"], e["count"]) for e in learned} == {
        ("location", "alice", "192.0.2.0/24", "1"),
        ("location", "alice", "private 10.0.0.0/8", "1"),
        ("secret user", "alice", "alice", "1"),
        ("secret user agent", "alice", "kubectl", "1"),
        ("secret location", "alice", "192.0.2.0/24", "1"),
        ("secret group", "alice", "dev", "1"),
        ("secret group", "alice", "system:authenticated", "1"),
    }


def test_a_second_run_adds(tmp_path: Path) -> None:
    learn(tmp_path, event(resource="pods", days_ago=2))
    [entry] = learn(tmp_path, event(resource="pods", days_ago=1))
    assert entry["count"] == "2"
    assert float(entry["last_seen"]) - float(entry["first_seen"]) == pytest.approx(DAY)


def test_entries_age_out(tmp_path: Path) -> None:
    learn(tmp_path, event(resource="pods"))
    learn(tmp_path, event(resource="pods", user="bob", days_ago=-50), now=NOW + 51 * DAY)
    assert {e["user"] for e in learn(tmp_path, now=NOW + 88 * DAY)} == {"alice", "bob"}
    assert {e["user"] for e in learn(tmp_path, now=NOW + 90 * DAY)} == {"bob"}


def test_an_upgrade_does_not_touch_what_was_learned(tmp_path: Path) -> None:
    learn(tmp_path, event())
    assert [path.name for path in tmp_path.iterdir()] == [LEARNED]
    assert not (APP / "lookups" / LEARNED).exists()


def test_images_are_learned_beside_the_rest(tmp_path: Path) -> None:
    learn(tmp_path, event(resource="pods"))
    list(engine(tmp_path).run(IMAGES, [deployment("evil/nginx")]))
    assert {e["kind"] for e in learn(tmp_path)} == {"location", "image"}


def test_a_day_without_events_leaves_a_lookup_that_works(tmp_path: Path) -> None:
    list(engine(tmp_path).run(BASELINE, []))
    [row] = engine(tmp_path).run(LOCATION, [event()])
    assert "no baseline yet" in row["unusual"]


@pytest.mark.parametrize("name", [LOCATION, SECRETS, IMAGE])
def test_without_a_baseline_one_row_says_so(tmp_path: Path, name: str) -> None:
    [row] = engine(tmp_path).run(name, [event()])
    assert "no baseline yet" in row["unusual"]
    assert "risk_object" not in row


@pytest.mark.parametrize("name", [LOCATION, SECRETS])
def test_what_is_learned_is_usual(tmp_path: Path, name: str) -> None:
    learn(tmp_path, event())
    assert list(engine(tmp_path).run(name, [event(days_ago=0, agent="kubectl/v1.37.0")])) == []


@pytest.mark.parametrize(
    ("name", "changes", "unusual"),
    [
        (LOCATION, {"ips": ["198.51.100.9"]}, "unusual location: 198.51.100.0/24"),
        (LOCATION, {"ips": ["2001:db8:5::9"]}, "unusual location: 2001:db8:5::/48"),
        (LOCATION, {"ips": ["198.51.100.9", "192.0.2.40"]}, "unusual location: 198.51.100.0/24"),
        (LOCATION, {"ips": ["10.0.0.7"]}, "unusual location: private 10.0.0.0/8"),
        (SECRETS, {"user": "mallory"}, "unusual user: mallory"),
        (SECRETS, {"agent": "curl/8.5.0"}, "unusual user agent: curl"),
        (SECRETS, {"agent": None}, "unusual user agent: none"),
        (SECRETS, {"ips": ["198.51.100.9"]}, "unusual location: 198.51.100.0/24"),
        (SECRETS, {"groups": ["dev", "ops"]}, "unusual group: ops"),
    ],
)
def test_what_is_new_is_unusual(
    tmp_path: Path, name: str, changes: dict[str, Any], unusual: str
) -> None:
    learn(tmp_path, event())
    [row] = engine(tmp_path).run(name, [event(days_ago=0, **changes)])
    assert row["unusual"] == unusual
    assert row["risk_object"] == changes.get("user", "alice")


@pytest.mark.parametrize("name", [LOCATION, SECRETS])
def test_a_user_without_a_baseline_is_compared_with_himself(tmp_path: Path, name: str) -> None:
    learn(tmp_path, event(user="bob"), event(resource="pods"))
    events = [
        event(id="1", user="bob", days_ago=0.2),
        event(id="2", user="bob", days_ago=0.1, ips=["198.51.100.9"]),
    ]
    (tmp_path / LEARNED).write_text("kind,user,value,first_seen,last_seen,count\n")
    rows = [row for row in engine(tmp_path).run(name, events) if "user" in row]
    assert [(row["user"], row["audit_id"]) for row in rows] == [("bob", "2")]


OPERATOR = {
    "user": "system:serviceaccount:vault:external-secrets",
    "agent": "external-secrets/v0.9.20",
    "days_ago": 0,
}


@pytest.mark.parametrize(
    ("ips", "found"), [(["10.0.3.33"], 0), (["203.0.113.9"], 1)], ids=["private", "public"]
)
def test_a_known_operator_may_be_new_but_not_elsewhere(
    tmp_path: Path, ips: list[str], found: int
) -> None:
    learn(tmp_path, event(), event(**OPERATOR | {"ips": ["10.0.3.30"], "days_ago": 1}))
    events = [event(id="1", **OPERATOR, ips=ips)]
    assert len(list(engine(tmp_path).run(SECRETS, events))) == found


def deployment(image: str) -> dict[str, str]:
    """Return the creation of a Deployment of one image by alice."""
    audit = json.loads(event(resource="deployments")["_raw"])
    spec = {"containers": [{"name": "c", "image": image}]}
    audit |= {"verb": "create", "requestObject": {"spec": {"template": {"spec": spec}}}}
    return event() | {"_raw": json.dumps(audit)}


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ("nginx@sha256:cdcd", 0),
        ("docker.io/library/nginx:latest", 0),
        ("docker.io/library/nginx", 0),
        ("registry.example.com:5000/a/b:2", 0),
        ("nginx.example.com/library/nginx", 1),
        ("evil/nginx:1.27", 1),
        ("registry.example.com:5000/a/c:1", 1),
    ],
)
def test_an_image_is_known_by_its_name(tmp_path: Path, image: str, found: int) -> None:
    known = [
        deployment(i) for i in ("docker.io/library/nginx:1.27", "registry.example.com:5000/a/b:1")
    ]
    list(engine(tmp_path).run(IMAGES, known))
    rows = list(engine(tmp_path).run(IMAGE, [deployment(image)]))
    assert [row["risk_object"] for row in rows] == ["alice"] * found
