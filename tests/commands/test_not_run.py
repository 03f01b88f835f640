"""Commands that parse and do not run."""

from __future__ import annotations

import pytest

from spl import SplError, SplSyntaxError, UnsupportedSplError
from spl.commands import builtin_commands
from spl.commands.not_run import NotRun, not_run_commands
from tests.commands.harness import engine


@pytest.mark.parametrize(
    ("search", "name"),
    [
        ("| mstats avg(_value) WHERE metric_name=cpu.* AND index=m BY host span=1m", "mstats"),
        ('| from datamodel:"Risk.All_Risk" | search risk_score>1', "from"),
        ("| datamodel Risk All_Risk search | stats count", "datamodel"),
        ('* | map maxsearches=5 search="search x=$y$ | head 1"', "map"),
        ("* | map [search x=$y$ | stats count by z | where count>1] | table z", "map"),
        ("* | fit DensityFunction x by y into m | apply m", "fit"),
        ("* | apply threshold=0.01 m | rename a AS b", "apply"),
        ('| rest splunk_server=local /services/server/info | table "a b"', "rest"),
        ("| dbxquery query=\"SELECT '|' FROM t\" connection=c", "dbxquery"),
        ('* | sendemail to="a@example.com" subject="x | y [z"', "sendemail"),
        ('| loadjob savedsearch="admin:search:x"', "loadjob"),
        ("* | sendalert notable param.x=1", "sendalert"),
        ("| set diff [search a] [search b | head 1]", "set"),
        ("* | append [| mcatalog values(_dims) WHERE index=m]", "mcatalog"),
        ("* | script python x.py", "script"),
        ("* | predict", "predict"),
    ],
)
def test_they_parse_and_say_that_they_do_not_run(search: str, name: str) -> None:
    parsed = engine().parse(search)
    assert engine().parse(str(parsed)) == parsed
    with pytest.raises(UnsupportedSplError, match=f"^'{name}' does not run here: ") as refused:
        engine().search(search)
    error = refused.value
    assert error.text is not None
    assert error.text[error.start : error.end] == name


@pytest.mark.parametrize(
    ("search", "message", "at"),
    [
        ('* | map search="x', 'this " has no closing quote', 15),
        ("* | map [search x", "this bracket is not closed", 8),
        ("* | map [search [x]", "this bracket is not closed", 8),
        ("* | map ] x", "unexpected ']'", 8),
    ],
)
def test_quotes_and_brackets_must_close(search: str, message: str, at: int) -> None:
    with pytest.raises(SplSyntaxError, match=message) as refused:
        engine().parse(search)
    assert refused.value.start == at


def test_what_follows_is_read_as_ever() -> None:
    with pytest.raises(SplError, match="unknown command 'stat': did you mean 'stats'"):
        engine().parse('* | map search="a | b" | stat count')


def test_no_command_that_runs_is_listed() -> None:
    commands = builtin_commands()
    assert [n for n in not_run_commands() if not issubclass(commands[n], NotRun)] == []
