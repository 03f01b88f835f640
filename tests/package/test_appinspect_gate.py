"""The verdict over AppInspect's report, on reports made up for it."""

from pathlib import Path
from typing import Any

import pytest

from tools.appinspect_gate import (
    EXPECTED,
    TAGS,
    Expected,
    GateError,
    judge,
    load_expected,
    require_libmagic,
)

KNOWN = Expected(check="check_sdk", message="outdated version", reason="as it must be")


def check(name: str, result: str, *messages: tuple[str, str], tags: tuple[str, ...] = TAGS) -> Any:
    told = [{"result": each, "message": text} for each, text in messages]
    return {"name": name, "result": result, "messages": told, "tags": list(tags)}


def report(*checks: Any) -> Any:
    return {"reports": [{"groups": [{"checks": [each]} for each in checks]}]}


FINE = check("check_fine", "success")
SDK = check("check_sdk", "warning", ("warning", "an outdated version of the SDK"))
TWICE = check(
    "check_sdk",
    "warning",
    ("warning", "an outdated version of the SDK"),
    ("warning", "an outdated version, once more"),
)


@pytest.mark.parametrize(
    ("checks", "problems"),
    [
        pytest.param([FINE, SDK], [], id="as expected"),
        pytest.param(
            [FINE, SDK, check("check_na", "not_applicable", ("not_applicable", "no inputs.conf"))],
            [],
            id="not applicable is fine",
        ),
        pytest.param(
            [FINE, SDK, check("check_new", "warning", ("warning", "uses Popen"))],
            ["warning: check_new: uses Popen"],
            id="a new warning",
        ),
        pytest.param(
            [FINE, check("check_sdk", "warning", ("warning", "something else"))],
            [
                "warning: check_sdk: something else",
                f"check_sdk no longer warns: remove it from {EXPECTED.name}",
            ],
            id="another warning of a known check",
        ),
        pytest.param(
            [FINE, TWICE],
            ["warning: check_sdk: an outdated version, once more"],
            id="a known warning twice",
        ),
        pytest.param(
            [FINE],
            [f"check_sdk no longer warns: remove it from {EXPECTED.name}"],
            id="a warning that vanished",
        ),
        *(
            pytest.param(
                [FINE, SDK, check("check_bad", result, (result, "no"))],
                [f"{result}: check_bad: no"],
                id=result,
            )
            for result in ("error", "failure", "future_failure", "skipped")
        ),
        pytest.param(
            [FINE, check("check_sdk", "failure", ("failure", "an outdated version"))],
            [
                "failure: check_sdk: an outdated version",
                f"check_sdk no longer warns: remove it from {EXPECTED.name}",
            ],
            id="a known warning that became a failure",
        ),
        pytest.param(
            [FINE, SDK, check("check_mute", "failure")],
            ["failure: check_mute: no message"],
            id="a failure without a message",
        ),
    ],
)
def test_judge(checks: list[Any], problems: list[str]) -> None:
    assert judge(report(*checks), [KNOWN]) == problems


def test_a_tag_that_ran_nothing_is_a_problem() -> None:
    ran = report(check("check_fine", "success", tags=("cloud",)))
    assert judge(ran, [], tags=("cloud", "self-service")) == [
        "no check of the tag self-service ran"
    ]


def test_an_empty_report_is_no_success() -> None:
    assert judge(report(), []) == [f"no check of the tag {tag} ran" for tag in TAGS]


def test_the_list_of_expected_warnings_gives_each_a_reason() -> None:
    entries = load_expected()
    assert {entry.check for entry in entries} == {
        "check_for_python_script_existence",
        "check_python_sdk_version",
    }
    assert all(entry.message and entry.reason for entry in entries)


def test_without_libmagic_the_message_names_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("magic", "pylibmagic"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('no libmagic')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(GateError, match="apt-get install libmagic1"):
        require_libmagic()
