"""Fuzz target: the .conf files of an app. What is wrong in them is a problem or an SplError."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from spl import Engine, Event, SplError
from spl.conf import read_conf
from spl.knowledge import App

FILES = ("macros", "props", "transforms", "savedsearches", "commands")
TEMPORARY = tempfile.TemporaryDirectory(prefix="fuzz-conf-")  # removed at the end of the process
FOLDER = Path(TEMPORARY.name)
DEFAULT = FOLDER / "default"
DEFAULT.mkdir()
EVENT = {"_raw": '{"a": "1"}', "sourcetype": "s", "source": "/var/log/x", "host": "h"}


def check(data: bytes) -> None:
    """Read the same text as each file, then use what is in it."""
    for name in FILES:
        (DEFAULT / f"{name}.conf").write_bytes(data)
    problems: list[str] = []
    for settings in read_conf(DEFAULT / "macros.conf", problems.append).values():
        assert all(key and key == key.strip() for key in settings)
    assert all(str(DEFAULT) in problem for problem in problems)
    app = App.open(FOLDER)
    engine = Engine(app)
    for macro in app.macros:
        use(partial(engine.expand, f"`{macro}`"))
    for search in app.saved_searches:
        use(partial(engine.parse, app.saved_search(search)["search"]))
    use(lambda: dict(engine.bind(Event.from_mapping(EVENT))))
    for lookup in app.conf("transforms"):
        use(partial(app.lookup, lookup))


def use(action: Callable[[], object]) -> None:
    with suppress(SplError):
        action()
