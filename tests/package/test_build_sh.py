"""build.sh, run on a copy of itself with a stand-in for Python that writes down its calls."""

import os
import subprocess
from pathlib import Path

import pytest

from tools.package import ROOT

FAKE_PYTHON = """\
#!/bin/sh
case $* in
-V) echo "Python 3.12.0"; exit ;;
"-m venv --clear "*) rm -rf "$4"; mkdir -p "$4/bin"; cp "$0" "$4/bin/python" ;;
esac
{ printf '%s' "$PWD"; printf '|%s' "$@"; echo; } >>"$CALLS"
case $* in
*"$FAILS"*) echo "it failed" >&2; exit 1 ;;
esac
"""


class Checkout:
    """A copy of build.sh and what it reads, in a folder whose name has spaces."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a check out"
        (self.root / "requirements").mkdir(parents=True)
        self.script = self.root / "build.sh"
        self.script.write_bytes((ROOT / "build.sh").read_bytes())
        for name in ("build", "runtime", "test", "appinspect"):
            (self.root / f"requirements/{name}.txt").write_text(f"{name}==1\n")
        (self.root / "pyproject.toml").write_text("[project]\n")
        self.python = folder / "python 3"
        self.python.write_text(FAKE_PYTHON)
        self.python.chmod(0o755)
        self.cwd = folder / "evidence"
        self.cwd.mkdir()
        self.log = folder / "calls"

    def run(
        self, *arguments: str, fails: str = "nothing"
    ) -> tuple["subprocess.CompletedProcess[str]", list[list[str]]]:
        """Run build.sh from another folder; return what it did and the calls of Python."""
        self.log.write_text("")
        environment = {"PYTHON": str(self.python), "CALLS": str(self.log), "FAILS": fails}
        done = subprocess.run(
            ["bash", str(self.script), *arguments],
            cwd=self.cwd,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done, [line.split("|") for line in self.log.read_text().splitlines()]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def installs(calls: list[list[str]]) -> list[str]:
    """Return the names of the requirements files that pip was called with."""
    return [Path(arg).stem for call in calls for arg in call if arg.endswith(".txt")]


@pytest.mark.parametrize("arguments", [[], ["pakcage"], ["--hunt"]])
def test_without_a_known_command_it_says_how(checkout: Checkout, arguments: list[str]) -> None:
    done, calls = checkout.run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    for command in ("hunt", "test", "package", "inspect"):
        assert f"\n  {command} " in done.stderr
    assert calls == []


def test_help_is_no_error(checkout: Checkout) -> None:
    done, _ = checkout.run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: ./build.sh COMMAND")


def test_hunt_installs_only_what_it_needs_and_only_once(checkout: Checkout) -> None:
    _, calls = checkout.run("hunt", "x")
    assert installs(calls) == ["build", "runtime"]
    _, calls = checkout.run("hunt", "x")
    assert installs(calls) == []
    (checkout.root / "requirements/runtime.txt").write_text("runtime==2\n")
    _, calls = checkout.run("hunt", "x")
    assert installs(calls) == ["runtime"]


def test_hunt_passes_its_arguments_on_and_stays_in_the_folder(checkout: Checkout) -> None:
    done, calls = checkout.run("hunt", "a b.log", "--macro", "x=y z", "")
    assert done.returncode == 0
    hunt = ["-P", "-m", "hunts", "run", "a b.log", "--macro", "x=y z", ""]
    assert calls[-1] == [str(checkout.cwd), *hunt]


@pytest.mark.parametrize("fails", ["nothing", "compileall"])
def test_byte_code_is_kept_where_python_must_not(
    checkout: Checkout, fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    _, calls = checkout.run("hunt", "x")
    assert not any("compileall" in call for call in calls)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    done, calls = checkout.run("hunt", "x", fails=fails)
    folders = [str(checkout.root / name) for name in ("spl", "hunts")]
    assert [call[1:] for call in calls[:-1]] == [["-m", "compileall", "-qq", *folders]]
    assert done.returncode == 0


def test_hunt_without_arguments_hunts_in_the_recordings(checkout: Checkout) -> None:
    _, calls = checkout.run("hunt")
    datasets, report = checkout.root / "tests/datasets", checkout.root / "report.html"
    assert calls[-1][3:] == ["hunts", "run", str(datasets), "--html", str(report)]


def test_the_exit_code_of_the_hunt_is_kept(checkout: Checkout) -> None:
    done, _ = checkout.run("hunt", "x", fails="hunts run")
    assert done.returncode == 1


def test_when_pip_fails_its_message_is_shown_and_the_next_run_tries_again(
    checkout: Checkout,
) -> None:
    done, calls = checkout.run("hunt", "x", fails="runtime.txt")
    assert done.returncode == 1
    assert "it failed\nbuild.sh: pip could not install requirements/runtime.txt" in done.stderr
    assert "hunts" not in calls[-1]
    _, calls = checkout.run("hunt", "x")
    assert installs(calls) == ["runtime"]


@pytest.mark.parametrize(
    ("fails", "message"),
    [
        ("sys.version_info < ", "build.sh: needs Python 3.11 or newer; tried: "),
        ("import ensurepip", "on Debian and Ubuntu: apt-get install python"),
    ],
)
def test_a_python_that_will_not_do_is_explained(
    checkout: Checkout, fails: str, message: str
) -> None:
    done, calls = checkout.run("hunt", "x", fails=fails)
    assert done.returncode == 1
    assert message in done.stderr
    assert installs(calls) == []


def test_the_libmagic_check_comes_before_the_tests_steps(checkout: Checkout) -> None:
    done, calls = checkout.run("test", fails="--check-libmagic")
    assert done.returncode == 1
    assert installs(calls) == ["build", "runtime", "test", "build", "appinspect"]
    assert calls[-1][1:] == ["-m", "tools.appinspect_gate", "--check-libmagic"]


def test_the_tests_stop_at_the_first_step_that_fails(checkout: Checkout) -> None:
    done, calls = checkout.run("test", fails="mypy app/bin")
    assert done.returncode == 1
    assert calls[-1][1:] == ["-m", "mypy", "app/bin"]


def test_a_python_that_was_taken_away_is_replaced(checkout: Checkout) -> None:
    checkout.run("hunt", "x")
    (checkout.root / ".venv/bin/python").unlink()
    _, calls = checkout.run("hunt", "x")
    assert installs(calls) == ["build", "runtime"]
