"""Runs Splunk AppInspect over a package and holds its verdict to what is expected."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

EXPECTED = Path(__file__).with_name("appinspect_expected.yaml")

# AppInspect has no `self-service` tag: given alone, it runs twelve checks and reports success.
TAGS = (
    "aarch64_compatibility",
    "cloud",
    "future",
    "packaging_standards",
    "private_app",
    "private_classic",
    "private_victoria",
    "splunk_appinspect",
)
PASSED = frozenset({"success", "not_applicable"})

NO_LIBMAGIC = (
    "AppInspect needs the library libmagic, and there is neither one on this system nor a wheel "
    "for it. Install it: apt-get install libmagic1 (Debian, Ubuntu), dnf install file-libs "
    "(Fedora), apk add libmagic (Alpine), brew install libmagic (macOS)"
)

Report = Mapping[str, Any]


class GateError(Exception):
    """AppInspect could not be run; the message says what to do."""


@dataclass(frozen=True)
class Finding:
    """One message of a check that did not pass; `result` is AppInspect's own word."""

    check: str
    result: str
    message: str

    def __str__(self) -> str:
        return f"{self.result}: {self.check}: {self.message}"


@dataclass(frozen=True)
class Expected:
    """A warning that stays: of `check`, with `message` somewhere in its text."""

    check: str
    message: str
    reason: str


def load_expected(path: Path = EXPECTED) -> list[Expected]:
    """Read the list of warnings that stay: mappings of check, message and reason."""
    return [Expected(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]


def findings(report: Report) -> Iterator[Finding]:
    """Yield what did not pass in a JSON report of AppInspect, one for each message.

    A check that failed without a message yields one too, so that nothing is lost.
    """
    for check in _checks(report):
        if check["result"] in PASSED:
            continue
        told = [each for each in check["messages"] if each["result"] not in PASSED]
        for each in told or [{"result": check["result"], "message": "no message"}]:
            yield Finding(check["name"], each["result"], each["message"])


def judge(report: Report, expected: Iterable[Expected], tags: Iterable[str] = TAGS) -> list[str]:
    """Return what is wrong with a report, a line each; none when it is as expected.

    Each expected warning covers one message: a second one like it is new.
    """
    open_entries = list(expected)
    problems = []
    for finding in findings(report):
        entry = next((each for each in open_entries if _covers(each, finding)), None)
        if entry:
            open_entries.remove(entry)
        else:
            problems.append(str(finding))
    problems += [
        f"{entry.check} no longer warns: remove it from {EXPECTED.name}" for entry in open_entries
    ]
    ran = {tag for check in _checks(report) for tag in check["tags"]}
    problems += [f"no check of the tag {tag} ran" for tag in sorted(set(tags) - ran)]
    return problems


def require_libmagic() -> None:
    """Make libmagic loadable, for child processes too; raises GateError where there is none."""
    try:
        import_module("magic")
    except ImportError:
        try:
            # Importing it puts the wheel's library on the search path of this process's children.
            import_module("pylibmagic")
            import_module("magic")
        except ImportError as error:
            raise GateError(NO_LIBMAGIC) from error


def run_appinspect(archive: Path) -> Report:
    """Run AppInspect offline over a package and return its JSON report.

    Raises GateError when it gives none, which is how it says that it could not read the package.
    """
    require_libmagic()
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "report.json")
        command = [str(Path(sys.executable).with_name("splunk-appinspect")), "inspect"]
        command += [str(archive), "--mode", "precert", "--ci", "--max-messages", "all"]
        command += ["--data-format", "json", "--output-file", str(output)]
        # A newer list from the network could change the verdict from one day to the next.
        command += ["--skip-trusted-libraries-update"]
        for tag in TAGS:
            command += ["--included-tags", tag]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if not output.is_file():
            raise GateError(f"AppInspect wrote no report; it said:\n{done.stdout}")
        report: Report = json.loads(output.read_text(encoding="utf-8"))
    return report


def _covers(entry: Expected, finding: Finding) -> bool:
    return (
        finding.result == "warning"
        and entry.check == finding.check
        and entry.message in finding.message
    )


def _checks(report: Report) -> Iterator[Mapping[str, Any]]:
    for app in report["reports"]:
        for group in app["groups"]:
            yield from group["checks"]


def main() -> int:
    """Inspect one package; the exit code is 1 unless the report is as expected."""
    parser = argparse.ArgumentParser(prog="tools.appinspect_gate", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("archive", nargs="?", type=Path, help="the package, a .spl file")
    what.add_argument("--check-libmagic", action="store_true", help="only look for libmagic")
    arguments = parser.parse_args()
    try:
        if arguments.check_libmagic:
            require_libmagic()
            return 0
        report = run_appinspect(arguments.archive)
    except GateError as error:
        print(f"inspect: {error}", file=sys.stderr)
        return 1
    expected = load_expected()
    if problems := judge(report, expected):
        print(f"AppInspect over {arguments.archive.name} is not as expected:", file=sys.stderr)
        print(*(f"  {problem}" for problem in problems), sep="\n", file=sys.stderr)
        return 1
    passed = report["summary"]["success"]
    print(
        f"{arguments.archive.name}: {passed} checks passed, 0 errors, 0 failures, "
        f"0 future failures, {len(expected)} expected warnings:"
    )
    print(*(f"  {entry.check}: {entry.reason}" for entry in expected), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
