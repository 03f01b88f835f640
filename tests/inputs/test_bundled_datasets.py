"""The bundled recordings, and the dataset files of attack_data in both layouts."""

import gzip
import json
import re
import uuid
from pathlib import Path

import pytest
import yaml

from hunts.datasets import Dataset, DatasetError, load
from hunts.inputs import Inputs

ROOT = Path(__file__).parent.parent / "datasets"
DATASETS = sorted(ROOT.glob("datasets/**/*.yml"))
KUBE = "kube:apiserver:audit"


def no_problem(what: str) -> None:
    raise AssertionError(what)


@pytest.mark.parametrize("path", DATASETS, ids=lambda path: path.stem)
def test_a_bundled_recording_yields_what_its_truth_counts(path: Path) -> None:
    truth = json.loads(path.with_suffix(".truth.json").read_bytes())
    inputs = Inputs([path])
    views = list(inputs)
    assert inputs.problems == []
    assert len(views) == truth["events"]
    assert {tuple(e["sourcetype"] for e in view) for view in views} == {(KUBE,)}
    assert views[0][0]["source"] == "/var/log/kubernetes/apiserver/audit.log"
    assert len({view[0]["auditID"] for view in views}) == truth["requests"]


@pytest.mark.parametrize("path", DATASETS, ids=lambda path: path.stem)
def test_a_bundled_dataset_is_what_attack_data_takes(path: Path) -> None:
    """The rules of its bin/dataset_schema.json, and where its bin/replay.py looks for the data."""
    dataset = yaml.safe_load(path.read_text())
    assert set(dataset) == {
        "author", "id", "date", "description", "environment", "directory", "mitre_technique",
        "datasets",
    }  # fmt: skip
    assert uuid.UUID(dataset["id"]).version == 5
    assert dataset["directory"] == path.parent.name == path.stem
    assert all(re.fullmatch(r"T\d{4}(\.\d{3})*", name) for name in dataset["mitre_technique"])
    [data] = dataset["datasets"]
    assert set(data) == {"name", "path", "source", "sourcetype"}
    place = data["path"].removeprefix("/")
    assert place == str(path.relative_to(ROOT).with_suffix(".jsonl"))
    assert (ROOT / place).exists() or (ROOT / f"{place}.gz").exists()


def test_there_are_ten_and_their_ids_differ() -> None:
    assert len({yaml.safe_load(path.read_text())["id"] for path in DATASETS}) == 10


def test_the_folder_itself_can_be_read() -> None:
    inputs = Inputs([ROOT / "datasets"])
    assert sum(1 for _ in inputs) == sum(
        json.loads(path.read_bytes())["events"] for path in ROOT.glob("datasets/**/*.truth.json")
    )
    assert len(inputs.reports) == 10
    assert inputs.problems == []


NEW = """\
id: 58ed8c63-e779-4244-a631-27d12aff8c82
datasets:
- name: a
  path: {path}
  sourcetype: __json
  source: kubernetes
"""
OLD = """\
dataset:
- https://media.githubusercontent.com/media/splunk/attack_data/master/datasets/T1/x/a.json
sourcetypes:
- __json
"""


@pytest.mark.parametrize(
    ("text", "data", "source"),
    [
        (NEW.format(path="/datasets/T1/x/a.json"), "datasets/T1/x/a.json", "kubernetes"),
        (NEW.format(path="/datasets/T1/x/a.json"), "datasets/T1/x/a.json.gz", "kubernetes"),
        (NEW.format(path="/datasets/T1/other/a.json"), "datasets/T1/other/a.json", "kubernetes"),
        (NEW.format(path="/datasets/moved/a.json"), "datasets/T1/x/a.json", "kubernetes"),
        (NEW.format(path="a.json"), "datasets/T1/x/a.json", "kubernetes"),
        (OLD, "datasets/T1/x/a.json", None),
    ],
)
def test_the_data_is_found(tmp_path: Path, text: str, data: str, source: str | None) -> None:
    dataset = tmp_path / "datasets/T1/x/x.yml"
    for path in (dataset, tmp_path / data):
        path.parent.mkdir(parents=True, exist_ok=True)
    dataset.write_text(text)
    (tmp_path / data).write_bytes(gzip.compress(b"{}"))
    host = "58ed8c63-e779-4244-a631-27d12aff8c82" if source else None
    assert load(dataset, no_problem) == [Dataset(tmp_path / data, source, "__json", host)]


def test_the_dataset_names_the_events(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(NEW.format(path="a.json"))
    (tmp_path / "a.json").write_text('{"auditID":"1","stage":"ResponseComplete"}\n{"other":1}\n')
    [(event,), (other,)] = Inputs([tmp_path / "x.yml"])
    assert event["sourcetype"] == other["sourcetype"] == "__json"
    assert event["source"] == "kubernetes"
    assert event["host"] == "58ed8c63-e779-4244-a631-27d12aff8c82"
    [(event,), _] = Inputs([tmp_path / "x.yml"], sourcetype="mine", source="here")
    assert (event["sourcetype"], event["source"]) == ("mine", "here")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (OLD, r"a\.json is not on this disk, .*git lfs pull --include=datasets/T1/x/a\.json$"),
        (NEW.format(path="/datasets/T1/gone.json"), r"data file /datasets/T1/gone\.json is not"),
    ],
)
def test_data_that_is_not_there_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.yml").write_text(text)
    inputs = Inputs([tmp_path / "x.yml"])
    assert list(inputs) == []
    [problem] = inputs.problems
    assert problem.startswith(f"{tmp_path}/x.yml: ")
    assert re.search(message, problem)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"datasets: [", r"not YAML: .*\(line 1\)"),
        (b"a: !!python/object:os.system x", "not YAML: could not determine a constructor"),
        (b"apiVersion: audit.k8s.io/v1\nkind: Policy\n", "is no attack_data dataset"),
        (b"datasets: [1, {path: 2}]\ndataset: {a: 1}", "is no attack_data dataset"),
        (b"- just\n- a list", "is no attack_data dataset"),
        (b"\xff\xfe\0", "not YAML"),
        (b"a: \x01", "not YAML"),
        (b"[" * 5000, "not YAML"),
    ],
)
def test_what_is_no_dataset_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.yml"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=message):
        load(path, no_problem)
