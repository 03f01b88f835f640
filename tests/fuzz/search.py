"""Fuzz target: the parser. Any text is a search that prints as itself, or an SplError.

The strict check finds something in all that does not parse.
"""

from __future__ import annotations

from pathlib import Path

from spl import Engine, SplError
from spl.commands import parse_pipeline
from spl.knowledge import App

MACROS = {"one": "search a=1", "two": '"x | `one`"', "three": "`one` OR `two`", "four": "`four`"}
ENGINE = Engine(App(Path(__file__).parent, MACROS))
ENGINE.parse("*")  # imports the commands now, so that atheris sees them


def check(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    problems = ENGINE.problems(text)
    for problem in problems:
        check_error(problem)
    try:
        pipeline = ENGINE.parse(text)
    except SplError as error:
        check_error(error)
        assert problems
        return
    printed = str(pipeline)
    assert parse_pipeline(printed) == pipeline, printed


def check_error(error: SplError) -> None:
    assert str(error)
    assert error.text is None or 0 <= error.start <= len(error.text)
