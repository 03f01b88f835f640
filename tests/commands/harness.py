"""Runs one search over rows and compares; a case is data.

Tables are written as text: a line of field names, then a line for each row; `-` is null, `a|b` a
multivalue, `_` a blank inside a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest

from spl import Engine, SplError

Rows = list[dict[str, Any]]
NOW = 1_700_000_000


class Case(NamedTuple):
    """A search with the events it reads, newest first, and its results without internal fields.

    Internal fields are compared where `columns`, the exact output columns, names them.
    """

    search: str
    events: Rows
    expected: Rows
    columns: str | None = None


class Wrong(NamedTuple):
    """A search that is refused: a part of the message, and the text above the caret."""

    search: str
    message: str
    marked: str


def table(*lines: str) -> Rows:
    """Return the rows of a table written as text."""
    header, *rest = lines
    names = header.split()
    rows = []
    for line in rest:
        cells = [cell.replace("_", " ") for cell in line.split()]
        assert len(cells) == len(names), line
        rows.append(
            {
                name: cell.split("|") if "|" in cell else cell
                for name, cell in zip(names, cells, strict=True)
                if cell != "-"
            }
        )
    return rows


_APP = TemporaryDirectory()  # removed at the end of the process


@cache
def engine(timezone: str = "UTC") -> Engine:
    """Return an engine with an app that has nothing, at a fixed time."""
    app = Path(_APP.name)
    (app / "default").mkdir(exist_ok=True)
    return Engine.from_app(app, timezone=timezone, now=NOW)


def timed(rows: Iterable[dict[str, Any]]) -> Rows:
    """Return events of the rows, each ten seconds older than the one before."""
    return [{"_raw": "", "_time": NOW - 10 * age, **row} for age, row in enumerate(rows)]


def check(case: Case, timezone: str = "UTC") -> None:
    """Run a case; its text survives printing, and it runs over nothing, too."""
    parsed = engine(timezone).parse(case.search)
    assert engine(timezone).parse(str(parsed)) == parsed
    assert all(command.span.end > command.span.start for command in parsed.commands)
    engine(timezone).search(case.search)
    results = engine(timezone).search(case.search, timed(case.events))
    named = (case.columns or "").split(",")
    found = [
        {name: value for name, value in row.items() if name[0] != "_" or name in named}
        for row in results
    ]
    assert found == case.expected
    if case.columns is not None:
        assert results.fields == named


def check_wrong(case: Wrong) -> None:
    """Run a search that is refused."""
    with pytest.raises(SplError) as refused:
        engine().search(case.search, timed([{"x": "1"}]))
    assert case.message in refused.value.message
    assert refused.value.text is not None
    assert refused.value.text[refused.value.start : refused.value.end] == case.marked


def each(*cases: Case) -> Callable[[Any], Any]:
    """Return the parametrization of a test over `cases`."""
    return pytest.mark.parametrize("case", cases, ids=[case.search for case in cases])


def each_wrong(*cases: Wrong) -> Callable[[Any], Any]:
    """Return the parametrization of a test over searches that are refused."""
    return pytest.mark.parametrize("case", cases, ids=[case.search for case in cases])
