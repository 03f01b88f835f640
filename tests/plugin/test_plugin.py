"""The pytest plugin as its users run it: options, and what a failed test shows."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

APP = Path(__file__).parents[1] / "example_app"
pytest_plugins = ["pytester"]

PASSES = """
    def test_passes(search):
        assert search.saved("Login After Failures").rows == []
"""


@pytest.fixture
def app(pytester: pytest.Pytester) -> Path:
    shutil.copytree(APP, pytester.path / "app")
    return pytester.path / "app"


def run(pytester: pytest.Pytester, test: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(test)
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", *options)


@pytest.mark.usefixtures("app")
def test_the_app_is_an_option(pytester: pytest.Pytester) -> None:
    run(pytester, PASSES, "--splunk-app", "app").assert_outcomes(passed=1)


@pytest.mark.usefixtures("app")
def test_the_app_is_a_setting(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nsplunk_app = app")
    run(pytester, PASSES).assert_outcomes(passed=1)


@pytest.mark.usefixtures("app")
def test_the_option_wins_over_the_setting(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nsplunk_app = elsewhere")
    run(pytester, PASSES, "--splunk-app=app").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "*which Splunk app? Give its folder or package: --splunk-app PATH*"),
        (("--splunk-app=nowhere",), "*nowhere is no Splunk app*"),
    ],
)
def test_a_missing_app_is_said(
    pytester: pytest.Pytester, options: tuple[str, ...], message: str
) -> None:
    result = run(pytester, PASSES, *options)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
    result.stdout.no_fnmatch_line("*Traceback*")


def failing(pytester: pytest.Pytester, test: str) -> pytest.RunResult:
    result = run(pytester, test, "--splunk-app=app")
    result.assert_outcomes(failed=1)
    return result


@pytest.mark.usefixtures("app")
def test_a_failure_shows_each_command_with_its_rows(pytester: pytest.Pytester) -> None:
    result = failing(
        pytester,
        """
        def test_finds(search):
            events = [
                {"_raw": '{"action": "failure", "user": "a"}', "sourcetype": "example:login"},
                {"_raw": '{"action": "success", "user": "b"}', "sourcetype": "example:login"},
                {"_raw": "noise", "sourcetype": "other"},
            ]
            assert search.saved("Login After Failures", events).rows
        """,
    )
    result.stdout.fnmatch_lines(
        [
            "*- Splunk search: Login After Failures -*",
            "   rows  command",
            '      2  | search sourcetype="example:login"',
            '      2  | stats count(eval(action = "failure")) AS "failures"*BY user',
            "      0  | where *",
            "      0  | table user, failures",
        ]
    )


@pytest.mark.usefixtures("app")
def test_a_failure_shows_the_last_searches_and_their_messages(pytester: pytest.Pytester) -> None:
    result = failing(
        pytester,
        r"""
        def test_finds(search):
            for number in range(5):
                search(f"number{number}")
            search("| makeresults | eval x=\"\x1b[2J\" | append maxtime=5 [| makeresults]")
            assert False
        """,
    )
    result.stdout.no_fnmatch_line("*Splunk search: number2*")
    result.stdout.fnmatch_lines(
        [
            "*Splunk search: number3*",
            "*Splunk search: number4*",
            r"      1  | eval x=*\x1b[[]2J*",
            "      2  | append *",
            "INFO: maxtime= is not applied*",
        ]
    )


@pytest.mark.usefixtures("app")
def test_a_wrong_search_shows_the_caret_and_no_frames_of_the_engine(
    pytester: pytest.Pytester,
) -> None:
    result = failing(
        pytester,
        """
        def test_finds(search):
            search("`logins` | stat count")
        """,
    )
    result.stdout.fnmatch_lines(
        [
            "E*unknown command 'stat': did you mean 'stats'?",
            "E*sourcetype=example:login | stat count",
            "E*                           ^^^^",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")
    result.stdout.no_fnmatch_line("*spl?engine.py*")


@pytest.mark.usefixtures("app")
def test_a_saved_search_that_is_none_is_named(pytester: pytest.Pytester) -> None:
    result = failing(
        pytester,
        """
        def test_finds(search):
            search.saved("Login After Failure")
        """,
    )
    result.stdout.fnmatch_lines(
        ["*unknown saved search 'Login After Failure': did you mean 'Login After Failures'?"]
    )


@pytest.mark.usefixtures("app")
def test_passing_tests_show_nothing(pytester: pytest.Pytester) -> None:
    result = run(pytester, PASSES, "--splunk-app=app", "-rA")
    result.stdout.no_fnmatch_line("*Splunk search*")


def test_loading_the_plugin_does_not_load_the_engine() -> None:
    code = "import spl.pytest_plugin, sys; sys.exit('spl.engine' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
