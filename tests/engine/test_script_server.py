"""The scripts of an app's commands: each run in a process of its own, started fast."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from spl.script_server import start_script

SCRIPT = """
import os, sys
sys.stderr.write("said to nobody")
sys.stderr.flush()
print(os.getpid(), __name__, os.path.basename(sys.argv[0]), os.getcwd(), sys.stdin.read())
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
