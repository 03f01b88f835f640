"""The rows of all hunts as one CSV table."""

from __future__ import annotations

import csv
from typing import TextIO

from hunts.model import Report, Value
from hunts.render.text import is_number, values, visible

# A spreadsheet runs a cell that begins with one of these, the full-width forms included.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def cell(value: Value | None) -> str:
    """One cell: values a line each, as Splunk's own CSV has them, and nothing that a sheet runs."""
    several = values(value)
    text = "\n".join(map(visible, several))
    if several and several[0].startswith(_FORMULA) and not is_number(text):
        return "'" + text
    return text


def write_csv(report: Report, stream: TextIO) -> None:
    """Write a row for each result; a hunt without any has one row, which tells its status."""
    fields = list(dict.fromkeys(name for result in report.hunts for name in result.fields))
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["hunt", "status", *map(cell, fields)])
    for result in report.hunts:
        for row in result.results or [{}]:
            writer.writerow(
                [cell(result.hunt.name), result.status, *(cell(row.get(name)) for name in fields)]
            )
