"""What the engine says of searches that it cannot run as they are meant."""

from __future__ import annotations

import pytest

from spl import Engine, SplError
from spl.knowledge import App


@pytest.mark.parametrize(
    ("search", "message", "marked"),
    [
        ("`a` x=1 | `b(1)` | `a`", "unknown macros 'a', 'b(1)'", "`a`"),
        ("x=1 | `stats`", "unknown macro 'stats'", "`stats`"),
        ("* | head -5", "head takes a whole number, found '-5'", "-"),
        (
            "* | search x=1 earliest=-1d",
            "time modifiers run only in the first search",
            "earliest=-1d",
        ),
        ("* | where a IN (b) + 1", "unexpected '+'", "+"),
        ("* | where a NOT IN (b) . c = d", "unexpected '.'", "."),
        ("* | append [ search x=1 | search latest=now ]", "time modifiers run only", "latest=now"),
    ],
)
def test_message_and_place(
    search: str, message: str, marked: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    engine = Engine(App(tmp_path_factory.mktemp("app")))
    with pytest.raises(SplError) as caught:
        engine.search(search, [])
    assert message in caught.value.message
    assert caught.value.text is not None
    assert caught.value.text[caught.value.start :].startswith(marked)
