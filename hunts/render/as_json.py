"""The report as one JSON document."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, TextIO, TypeVar

from hunts.model import HuntResult, Report, Row
from hunts.render.text import values, well_formed

_T = TypeVar("_T")


def _dump(value: Any) -> str:
    # ASCII alone: valid in every encoding, and no character of it can repaint a terminal.
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def _array(stream: TextIO, items: Iterable[_T], write: Callable[[_T], object]) -> None:
    stream.write("[")
    for n, item in enumerate(items):
        stream.write(",\n" if n else "\n")
        write(item)
    stream.write("]")


def _row(row: Row) -> dict[str, Any]:
    """A row with its null fields left out."""
    return {
        well_formed(name): well_formed(value)
        if isinstance(value, str)
        else [well_formed(v) for v in value]
        for name, value in row.items()
        if isinstance(value, str) or values(value)
    }


def write_json(report: Report, stream: TextIO) -> None:
    """Write the document, a row a line, so that a large one needs no memory of its size."""

    def write_row(row: Row) -> None:
        stream.write(_dump(_row(row)))

    def write_hunt(result: HuntResult) -> None:
        head = {
            "name": well_formed(result.hunt.name),
            "status": result.status,
            "events": result.events,
            "matched": result.matched,
            "filtered": result.filtered,
            "risk_score": result.risk_score,
            "fields": [well_formed(name) for name in result.fields],
            "messages": [well_formed(message) for message in result.messages],
        }
        stream.write(_dump(head)[:-1] + ',"results":')
        _array(stream, result.results, write_row)
        stream.write("}")

    stream.write('{"hunts":')
    _array(stream, report.hunts, write_hunt)
    inputs = [
        {"path": well_formed(i.path), "events": i.events, "bad_lines": i.bad_lines}
        for i in report.inputs
    ]
    errors = [well_formed(error) for error in report.errors]
    stream.write(f',\n"inputs":{_dump(inputs)},\n"errors":{_dump(errors)}}}\n')
