"""Shows lists: the hunts of an app, and the rows of a search."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, TextIO

from hunts.render.as_csv import cell
from hunts.render.text import counted, values, visible

if TYPE_CHECKING:
    from hunts.model import Hunt, Value
    from spl import Results

_UNBROKEN = 10_000  # characters


def write_listing(hunts: Sequence[Hunt], format_: str, stream: TextIO) -> None:
    """Write the hunts as a table, or as a JSON array."""
    if format_ == "json":
        json.dump([_record(hunt) for hunt in hunts], stream, indent=2)
        stream.write("\n")
        return
    by_story: dict[str, list[list[str]]] = {}
    for h in hunts:
        attack = "\n".join(" ".join(h.attack[i : i + 2]) for i in range(0, len(h.attack), 2))
        row = [f"  {h.name}", h.type, attack or "-", f"{h.risk:g}", h.data_source]
        by_story.setdefault(", ".join(h.stories) or "no story", []).append(row)
    rows = [row for story, members in by_story.items() for row in ([story], *members)]
    _write_table(["story and hunt", "type", "ATT&CK", "risk", "data source"], rows, stream)


def _record(hunt: Hunt) -> dict[str, object]:
    return {
        "name": hunt.name,
        "id": hunt.id,
        "type": hunt.type,
        "description": hunt.description,
        "mitre_attack": list(hunt.attack),
        "analytic_story": list(hunt.stories),
        "impact": hunt.impact,
        "confidence": hunt.confidence,
        "risk_score": hunt.risk,
        "data_source": hunt.data_source,
        "coverage": list(hunt.coverage),
        "ms_ta": list(hunt.ms_ta),
        "audit_level": hunt.audit_level,
    }


def write_results(
    results: Results, format_: str, stream: TextIO, *, timezone: tzinfo = UTC
) -> None:
    """Write the rows of a search as a table, a JSON array, or CSV.

    The table shows events as a list of time and text, and times in `timezone`.
    """
    if format_ == "json":
        json.dump(results.rows, stream, indent=1)
        stream.write("\n")
    elif format_ == "csv":
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(map(cell, results.fields))
        writer.writerows([cell(row.get(name)) for name in results.fields] for row in results)
    else:
        events = "_raw" in results.fields
        names = ["_time", "_raw"] if events else results.fields
        rows = [[_lines(name, row.get(name), timezone) for name in names] for row in results]
        if rows or names:
            _write_table(names, rows, stream)
        stream.write(f"{counted(len(results), 'row')}\n")
        if events and rows:
            more = counted(len(results.fields) - len(names), "more field")
            stream.write(f"{more}: choose with | table, or see all with --format json\n")


def _lines(name: str, value: Value | None, timezone: tzinfo) -> str:
    """Return a cell of a table, a value a line."""
    if name == "_time" and isinstance(value, str):
        try:
            moment = datetime.fromtimestamp(float(value), timezone)
        except (ValueError, OverflowError, OSError):
            return visible(value)
        return moment.isoformat(sep=" ", timespec="milliseconds")
    return "\n".join(map(visible, values(value)))


def _write_table(names: Sequence[str], rows: Sequence[Sequence[str]], stream: TextIO) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from hunts.render.console import Console

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(Text(visible(name)), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    # Into a file or a pipe goes a line a row, so that it can be searched.
    width = None if stream.isatty() or "COLUMNS" in os.environ else _UNBROKEN
    Console(file=stream, width=width).print(table)
