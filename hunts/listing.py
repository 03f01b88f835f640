"""Shows lists: the hunts of an app, and the rows of a search."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from hunts.render.as_csv import cell
from hunts.render.text import values, visible

if TYPE_CHECKING:
    from hunts.model import Hunt
    from spl import Results


def write_listing(hunts: Sequence[Hunt], format_: str, stream: TextIO) -> None:
    """Write the hunts as a table, or as a JSON array."""
    if format_ == "json":
        json.dump([_record(hunt) for hunt in hunts], stream, indent=2)
        stream.write("\n")
        return
    rows = [
        [
            h.name,
            h.type,
            " ".join(h.attack) or "-",
            ", ".join(h.stories),
            f"{h.risk:g}",
            h.data_source,
        ]
        for h in hunts
    ]
    _write_table(["hunt", "type", "ATT&CK", "story", "risk", "data source"], rows, stream)


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


def write_results(results: Results, format_: str, stream: TextIO) -> None:
    """Write the rows of a search as a table, a JSON array, or CSV."""
    if format_ == "json":
        json.dump(results.rows, stream, indent=1)
        stream.write("\n")
    elif format_ == "csv":
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(map(cell, results.fields))
        writer.writerows([cell(row.get(name)) for name in results.fields] for row in results)
    else:
        rows = [
            ["\n".join(map(visible, values(row.get(name)))) for name in results.fields]
            for row in results
        ]
        _write_table(results.fields, rows, stream)
        stream.write(f"{len(results)} rows\n")


def _write_table(names: Sequence[str], rows: Sequence[Sequence[str]], stream: TextIO) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(Text(visible(name)), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(file=stream).print(table)
