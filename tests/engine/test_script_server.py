"""The scripts of an app's commands: each run in a process of its own, started fast."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

from spl.script_server import prepare_script, start_script

SCRIPT = """
import os, sys
sys.stderr.write("said to nobody")
sys.stderr.flush()
print(os.getpid(), __name__, os.path.basename(sys.argv[0]), os.getcwd(), sys.stdin.read())
"""

PREPARED = """
import os, signal, sys, tempfile, time
from pathlib import Path
from spl.script_server import prepare_script, start_script
script = Path(sys.argv[1])
prepare_script(script)
"""
STARTED = """
running = start_script(script, tempfile.TemporaryFile())
sys.stdout.buffer.write(running.output.read())
running.end()
"""
INTERRUPTED = """
signal.signal(signal.SIGINT, lambda *_: None)
for _ in range(100):
    os.killpg(0, signal.SIGINT)
    time.sleep(0.002)
"""
FORKED = """
pid = os.fork()
if pid == 0:
    sys.exit()
os.waitpid(pid, 0)
"""


@pytest.fixture(params=["forked", "anew"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "anew":
        monkeypatch.setattr("spl.script_server.sys.platform", "win32")
    return str(request.param)


def script(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "bin" / "told.py"
    path.parent.mkdir()
    path.write_text(text)
    return path


def test_each_run_is_a_program_of_its_own(way: str, tmp_path: Path) -> None:
    path = script(tmp_path, SCRIPT)
    seen = set()
    for said in ("one", "two"):
        with tempfile.TemporaryFile() as errors:
            running = start_script(path, errors)
            running.input.write(said.encode())
            running.input.close()
            pid, *rest = running.output.read().decode().split()
            running.end()
            errors.seek(0)
            assert errors.read() == b"said to nobody"
        assert rest == ["__main__", "told.py", str(path.parent), said]
        seen.add(int(pid))
    assert len(seen - {os.getpid()}) == 2


def test_a_script_that_goes_on_is_killed(way: str, tmp_path: Path) -> None:
    path = script(tmp_path, "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)")
    with tempfile.TemporaryFile() as errors:
        running = start_script(path, errors)
        pid = int(running.output.readline())
        running.kill()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_what_breaks_is_in_its_errors(way: str, tmp_path: Path) -> None:
    with tempfile.TemporaryFile() as errors:
        running = start_script(script(tmp_path, "raise ValueError('wrong')"), errors)
        assert running.output.read() == b""
        running.end()
        errors.seek(0)
        assert b"ValueError: wrong" in errors.read()


def test_a_script_that_stays_at_its_end_is_killed(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spl.script_server._PATIENCE", 0.2)
    text = "import os, time\nprint(os.getpid(), flush=True)\nos.close(1)\ntime.sleep(60)"
    with tempfile.TemporaryFile() as errors:
        running = start_script(script(tmp_path, text), errors)
        pid = int(running.output.readline())
        running.end()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_script_can_be_interrupted(way: str, tmp_path: Path) -> None:
    text = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)"
    with tempfile.TemporaryFile() as errors:
        running = start_script(script(tmp_path, text), errors)
        assert running.output.read() == b""
        running.end()
        errors.seek(0)
        assert errors.read().rstrip().endswith(b"KeyboardInterrupt")


def after_preparing(then: str, script: Path) -> subprocess.CompletedProcess[str]:
    """Run a program that prepares a script; return when all has ended that can write to its output.

    It has a process group of its own, as what a terminal's Ctrl-C is for.
    """
    return subprocess.run(
        [sys.executable, "-c", PREPARED + then, str(script)],
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,
    )


def test_what_was_prepared_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    class Counted(subprocess.Popen[bytes]):
        def __init__(self, *args: object, **options: object) -> None:
            started.append(args)
            super().__init__(*args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr("spl.script_server.subprocess.Popen", Counted)
    path = script(tmp_path, "print('here')")
    prepare_script(path)
    prepare_script(path)
    for _ in range(2):
        with tempfile.TemporaryFile() as errors:
            running = start_script(path, errors)
            assert running.output.read() == b"here\n"
            running.end()
    assert len(started) == 1


@pytest.mark.parametrize(
    "end",
    [
        "pass",
        "raise ValueError",
        "os.kill(os.getpid(), signal.SIGINT)",
        "os.kill(os.getpid(), signal.SIGKILL)",
        STARTED,
        STARTED + "os.kill(os.getpid(), signal.SIGKILL)",
    ],
)
def test_nothing_goes_on_behind_the_program(end: str, tmp_path: Path) -> None:
    after_preparing(end, script(tmp_path, "print('here')"))


def test_forked_processes_share_what_was_prepared(tmp_path: Path) -> None:
    several = f"""
processes = []
for _ in range(3):
    pid = os.fork()
    if pid == 0:
        for _ in range(5):
{textwrap.indent(STARTED, " " * 12)}
        sys.stdout.flush()
        os._exit(0)
    processes.append(pid)
for pid in processes:
    os.waitpid(pid, 0)
"""
    path = script(tmp_path, "import os\nprint(os.getppid(), os.getpid())")
    ended = after_preparing(several, path)
    assert ended.stderr == ""
    servers, runs = zip(*(line.split() for line in ended.stdout.splitlines()), strict=True)
    assert (len({*servers}), len({*runs})) == (1, 15)


@pytest.mark.parametrize("event", [INTERRUPTED, FORKED])
def test_what_was_prepared_outlasts(event: str, tmp_path: Path) -> None:
    ended = after_preparing(event + STARTED, script(tmp_path, "print('here')"))
    assert (ended.stdout, ended.stderr) == ("here\n", "")
