from __future__ import annotations

import configparser
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.bin.risk import OBJECT_TYPES, THREAT_OBJECT_TYPES, USAGE
from tests.riskscore.chunks import Reply, Value, execute, getinfo, replies

APP = Path(__file__).parents[2] / "app"
COMMAND = APP / "bin" / "riskscore.py"

SCORE_49 = ("impact=70", "confidence=70")
EVERYTHING = (
    "impact=impact",
    "confidence=70",
    "object=user",
    "object_type=user",
    "threat_object=src_ip",
    "threat_object_type=ip_address",
    "message=$user$ from $src_ip$",
)


def python(version: str) -> str | None:
    """Return a Python of the version that starts on this machine, if there is one."""
    installed = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    for candidate in (*map(str, installed), shutil.which(f"python{version}")):
        if candidate and subprocess.run([candidate, "-V"], capture_output=True).returncode == 0:
            return candidate
    return None


def pythons() -> Iterator[object]:
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    yield pytest.param(sys.executable, id=running)
    for version in ("3.9", "3.13"):
        if version != running:
            found = python(version)
            missing = pytest.mark.skip(reason=f"no Python {version} on this machine")
            yield pytest.param(found, id=version, marks=() if found else missing)


@pytest.fixture(scope="session")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with splunklib and nothing else of this environment."""
    found = importlib.util.find_spec("splunklib")
    assert found is not None
    assert found.submodule_search_locations
    directory = tmp_path_factory.mktemp("sdk")
    (directory / "splunklib").symlink_to(found.submodule_search_locations[0])
    return directory


@pytest.fixture(scope="session")
def environment(sdk: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment that finds splunklib and writes no bytecode into the checkout."""
    cache = tmp_path_factory.mktemp("bytecode")
    inherited = {name: os.environ[name] for name in os.environ if not name.startswith("PYTHON")}
    return {**inherited, "PYTHONPATH": str(sdk), "PYTHONPYCACHEPREFIX": str(cache)}


Process = subprocess.CompletedProcess[bytes]
Run = Callable[..., Process]


@pytest.fixture(params=pythons())
def run(request: pytest.FixtureRequest, environment: dict[str, str]) -> Run:
    """Return what sends bytes to the command on each Python and returns the ended process."""
    return runner(request.param, environment)


@pytest.fixture
def run_here(environment: dict[str, str]) -> Run:
    """Return what sends bytes to the command on the running Python only."""
    return runner(sys.executable, environment)


def runner(interpreter: str, environment: dict[str, str]) -> Run:
    def send(*data: bytes) -> Process:
        return subprocess.run(
            [interpreter, COMMAND], input=b"".join(data), capture_output=True, env=environment
        )

    return send


def answers(process: Process) -> list[Reply]:
    """Return the replies of a process that ended well, without the one to getinfo."""
    assert process.stderr == b""
    assert process.returncode == 0
    about, *rest = replies(process.stdout)
    assert about.metadata == {"type": "streaming"}
    return rest


def test_the_risk_fields_are_added_and_all_else_is_kept(run: Run) -> None:
    records: list[dict[str, Value]] = [
        {"impact": "33", "user": "", "src_ip": "192.0.2.1", "_raw": 'a "quoted",\nvalue,\r\nend '},
        {"impact": ["1", "70"], "user": ["a", "b;$c$"], "src_ip": ["192.0.2.1", "::1"], "_raw": ""},
        {
            "impact": "",
            "user": "日本\u2028🦊",
            "src_ip": "$user$",
            "_raw": "\0\1\x1b[31m\x85\ue0001",
        },
    ]
    (reply,) = answers(run(getinfo(*EVERYTHING), execute(records, finished=True)))
    types = {"risk_object_type": "user", "threat_object_type": "ip_address"}
    scores = ["23.1", "49", ""]
    messages = [" from 192.0.2.1", "a, b;$c$ from 192.0.2.1, ::1", "日本\u2028🦊 from $user$"]
    assert reply.records == [
        {
            **record,
            **types,
            "risk_score": score,
            "risk_object": record["user"],
            "threat_object": record["src_ip"],
            "risk_message": message,
        }
        for record, score, message in zip(records, scores, messages, strict=True)
    ]
    assert list(reply.records[0])[:4] == ["impact", "user", "src_ip", "_raw"]


def test_chunks_keep_their_order_and_the_last_one_warns(run: Run) -> None:
    sent: list[list[dict[str, Value]]] = [
        [{"n": "0", "impact": "70"}, {"n": "1", "impact": "high"}],
        [],
        [{"n": "2", "other": "x", "impact": "inf"}, {"n": "3", "other": "y", "impact": "101"}],
        [{"n": "4"}],
        [],
    ]
    received = answers(
        run(
            getinfo("impact=impact", "confidence=70"),
            *(execute(records, finished=i == 4) for i, records in enumerate(sent)),
        )
    )
    scores = iter(["49", "", "", "", ""])
    assert [reply.records for reply in received] == [
        [{**record, "risk_score": next(scores)} for record in records] for records in sent
    ]
    assert [reply.metadata["finished"] for reply in received] == [False] * 4 + [True]
    assert [reply.messages for reply in received[:-1]] == [[]] * 4
    ((level, text),) = received[-1].messages
    assert level == "WARN"
    assert text.endswith("impact or confidence is missing or not a number from 0 to 100: 4")


def test_no_warning_where_every_record_is_scored(run_here: Run) -> None:
    (reply,) = answers(run_here(getinfo(*SCORE_49), execute([{"n": "0"}], finished=True)))
    assert reply.messages == []


def test_fields_that_already_exist_are_overwritten(run_here: Run) -> None:
    before: list[dict[str, Value]] = [{"risk_score": ["1", "2"], "n": "0"}]
    (reply,) = answers(run_here(getinfo(*SCORE_49), execute(before, finished=True)))
    assert reply.records == [{"risk_score": "49", "n": "0"}]


def test_a_full_chunk_of_50000_records(run: Run) -> None:
    records = [{"n": str(n), "impact": str(n % 102), "_raw": "x" * 50} for n in range(50_000)]
    (reply,) = answers(
        run(getinfo("impact=impact", "confidence=100"), execute(records, finished=True))
    )
    assert [record["n"] for record in reply.records] == [record["n"] for record in records]
    assert [record["risk_score"] for record in reply.records[:103]] == [
        *map(str, range(101)),
        "",
        "0",
    ]
    assert reply.messages[0][1].endswith(": 490")


def test_a_value_of_11_megabytes(run_here: Run) -> None:
    records = [{"_raw": "x" * 11_000_000}]
    (reply,) = answers(run_here(getinfo(*SCORE_49), execute(records, finished=True)))
    assert reply.records == [{**records[0], "risk_score": "49"}]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (
            [],
            [
                "riskscore: impact is missing: write impact=70, or impact=<field>",
                "riskscore: confidence is missing: write confidence=70, or confidence=<field>",
            ],
        ),
        (
            ["impact=170", "confidence={}"],
            [
                "riskscore: impact=170 is not a number from 0 to 100 or a field: "
                "write impact=70, or impact=<field>",
                "riskscore: confidence={} is not a number from 0 to 100 or a field: "
                "write confidence=70, or confidence=<field>",
            ],
        ),
        (
            [*SCORE_49, "src_ip"],
            [f"riskscore: src_ip is not an option: the options are {', '.join(USAGE)}"],
        ),
        ([*SCORE_49, "risk={0!x}"], ["Unrecognized option: risk={0!x}"]),
    ],
)
def test_wrong_options_stop_the_search(args: list[str], expected: list[str], run_here: Run) -> None:
    process = run_here(getinfo(*args), execute([{"n": "0"}], finished=True))
    assert process.returncode == 1
    assert process.stderr == b""
    (reply,) = replies(process.stdout)
    assert reply.messages == [["ERROR", text] for text in expected]


START = getinfo(*SCORE_49)
CHUNK = execute([{"n": "0"}])


@pytest.mark.parametrize(
    ("data", "answered", "words"),
    [
        (b"", 0, b"riskscore: this is a search command"),
        (START[:9], 0, b"in the middle of a chunk"),
        (START[:-9], 0, b"in the middle of a chunk"),
        (START + CHUNK[:9], 1, b"in the middle of a chunk"),
        (START + CHUNK[:-9], 1, b"in the middle of a chunk"),
        (START + CHUNK + CHUNK[:-1], 2, b"in the middle of a chunk"),
    ],
)
def test_input_that_is_cut(data: bytes, answered: int, words: bytes, run_here: Run) -> None:
    process = run_here(data)
    assert process.returncode == 1
    assert len(replies(process.stdout)) == answered
    assert process.stderr.count(b"\n") == 1
    assert words in process.stderr


def test_input_that_ends_between_chunks(run_here: Run) -> None:
    (reply,) = answers(run_here(START, CHUNK))
    assert reply.records == [{"n": "0", "risk_score": "49"}]


@pytest.mark.parametrize("answered", [0, 1])
def test_a_peer_that_stops_reading(answered: int, environment: dict[str, str]) -> None:
    process = subprocess.Popen(
        [sys.executable, COMMAND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    assert process.stdin
    assert process.stdout
    if answered:
        process.stdin.write(START)
        process.stdin.flush()
        _, metadata, _ = process.stdout.readline().split(b",")
        process.stdout.read(int(metadata))
    process.stdout.close()
    process.stdin.write(execute([{"n": "0" * 1000}] * 1000) if answered else START)
    process.stdin.close()
    assert process.stderr
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait() == 1


def copy_of_the_app(directory: Path) -> Path:
    shutil.copytree(APP / "bin", directory / "bin", ignore=shutil.ignore_patterns("__pycache__"))
    return directory / "bin" / "riskscore.py"


def test_the_sdk_comes_from_the_lib_of_the_app(sdk: Path, tmp_path: Path) -> None:
    command = copy_of_the_app(tmp_path)
    (tmp_path / "lib").symlink_to(sdk)
    data = getinfo(*SCORE_49) + execute([{"n": "0"}], finished=True)
    process = subprocess.run([sys.executable, "-BS", command], input=data, capture_output=True)
    (reply,) = answers(process)
    assert reply.records == [{"n": "0", "risk_score": "49"}]


def test_without_the_sdk_it_says_so(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-BS", copy_of_the_app(tmp_path)], input=START, capture_output=True
    )
    assert process.returncode == 1
    assert process.stdout == b""
    assert process.stderr.startswith(b"riskscore: the Splunk SDK for Python is missing")
    assert process.stderr.count(b"\n") == 1


def conf(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, default_section="")
    parser.read(APP / "default" / name, encoding="utf-8")
    return parser


def test_splunk_starts_it_on_its_own_pythons() -> None:
    stanza = conf("commands.conf")["riskscore"]
    assert (APP / "bin" / stanza["filename"]) == COMMAND
    assert stanza["chunked"] == "true"
    assert stanza["python.version"] == "python3"
    assert stanza["python.required"].split(", ") == ["3.9", "3.13"]


def test_the_search_assistant_knows_every_option_and_type() -> None:
    stanza = conf("searchbnf.conf")["riskscore-command"]
    assert stanza["usage"] == "public"
    for name in USAGE:
        assert f"{name}=(" in stanza["syntax"] or f"({name}=<" in stanza["syntax"]
        assert f'"{name}"' in stanza["description"]
    for kind in (*OBJECT_TYPES, *THREAT_OBJECT_TYPES):
        assert kind in stanza["description"]
