"""Shows a report: as a table for a terminal, as JSON, as CSV, or as one HTML file."""

from __future__ import annotations

import io
from typing import Literal, TextIO

from hunts.model import Report

__all__ = ["Format", "render"]

Format = Literal["table", "json", "csv", "html"]


def render(
    report: Report,
    format: Format,
    stream: TextIO,
    *,
    color: bool | None = None,
    width: int | None = None,
) -> None:
    """Write `report` to `stream`.

    `color` and `width` (columns) concern the table only; None takes them from the stream: colours
    on a terminal unless NO_COLOR is set, its width, or 80. A character that the stream's encoding
    lacks is written as its escape. Raises what `stream.write` raises.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    # Imported when needed only: what makes tables and pages takes long to come.
    match format:
        case "table":
            from hunts.render.as_table import write_table

            write_table(report, stream, color=color, width=width)
        case "json":
            from hunts.render.as_json import write_json

            write_json(report, stream)
        case "csv":
            from hunts.render.as_csv import write_csv

            write_csv(report, stream)
        case "html":
            from hunts.render.as_html import write_html

            write_html(report, stream)
