"""The report as tables for a terminal."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich import box
from rich.cells import cell_len
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hunts.model import HuntResult, Report, Row, Status
from hunts.render.console import Console
from hunts.render.rows import constants, is_numeric, ranked, top_rows
from hunts.render.text import counted, grouped, shorten, values, visible

_ROWS = 10
_VALUES = 3
_LENGTH = 120  # of one value; a user agent may have 1,024 characters
_INPUTS = 8
_LINES = 20  # of inputs with problems, and of errors
_NARROW = 18  # columns of text that still say something
_ADDRESS = 39  # an IPv6 address in full
_TIME = 20  # a time, with its zone
_STYLES: dict[Status, str] = {
    "findings": "bold red",
    "clean": "green",
    "no data": "yellow",
    "error": "bold magenta",
}
# Which columns a narrow terminal shows first: who, how much, with what, what, when.
_PREFERENCE = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(src_ip|sourceips\{\}|src)$",
        r"^count$",
        r"agent",
        r"^(?!risk_|threat_).*user",
        r"uri|^resource_name$",
        r"time",
        r"^risk_score$",
        r"verb|method",
        r"^(?!risk_|threat_)",
        r"",
    )
]


def _text(text: str, style: str = "") -> Text:
    """Untrusted text: no markup, no control characters."""
    return Text(visible(text), style)


def _lines(row: Row, name: str) -> list[str]:
    several = values(row.get(name))
    lines = [visible(shorten(value, _LENGTH)) for value in several[:_VALUES]]
    if len(several) > _VALUES:
        lines.append(f"… {grouped(len(several) - _VALUES)} more")
    return lines


def _preference(name: str) -> int:
    return next(n for n, pattern in enumerate(_PREFERENCE) if pattern.search(name))


def _columns(names: Iterable[str], rows: Sequence[Row], width: int) -> dict[str, int]:
    """The columns that fit, the preferred first, with their widths."""
    wanted: dict[str, int] = {}
    chosen: dict[str, int] = {}
    room = width - 1
    for name in sorted(names, key=_preference):
        content = max(cell_len(line) for row in rows for line in [*_lines(row, name), ""])
        wanted[name] = max(content, cell_len(visible(name)))
        # An address that is cut is of no use, nor is a time that lacks its last digit.
        limit = _ADDRESS if _preference(name) == 0 else _NARROW
        least = min(wanted[name], max(limit, content if content <= _TIME else 0), width - 4)
        if content and least <= room - 3:
            chosen[name] = least
            room -= least + 3
    while room and (growing := [name for name in chosen if chosen[name] < wanted[name]]):
        for name in growing[:room]:
            chosen[name] += 1
            room -= 1
    return chosen


def _results(result: HuntResult, console: Console) -> None:
    rows = top_rows(result, _ROWS)
    same = constants(result)
    columns = _columns((n for n in result.fields if n not in same), rows, console.width)
    shown = [name for name in result.fields if name in columns]
    cells = [[_lines(row, name) for name in shown] for row in rows]
    several = any(len(lines) > 1 for row in cells for lines in row)
    table = Table(box=box.ROUNDED, border_style="dim", show_lines=several)
    for name in shown:
        table.add_column(
            Text(visible(name), overflow="fold"),
            width=columns[name],
            justify="right" if is_numeric(name, rows) else "left",
        )
    for row in cells:
        table.add_row(*(Text("\n".join(c), no_wrap=True, overflow="ellipsis") for c in row))
    if same:
        facts = (f"{name}={', '.join(_lines(same, name))}" for name in same)
        _note("in every row: " + " · ".join(facts), console)
    if shown:
        console.print(table)
    missing = []
    if len(result.results) > len(rows):
        missing.append(counted(len(result.results) - len(rows), "more row"))
    hidden = [name for name in result.fields if name not in columns and name not in same]
    if hidden:
        names = shorten(", ".join(map(visible, hidden)), 3 * _LENGTH)
        missing.append(f"{counted(len(hidden), 'more column')} ({names})")
    if missing:
        _note(f"… {' and '.join(missing)}: --format html, json or csv shows all", console)


def _note(text: str, console: Console, style: str = "dim") -> None:
    console.print(Padding(_text(text, style), (0, 0, 0, 2), expand=False))


def _finding(result: HuntResult, console: Console) -> None:
    hunt = result.hunt
    facts = [hunt.type, *hunt.attack]
    if result.risk_score is not None:
        facts.append(f"risk {grouped(result.risk_score)}")
    facts.append(f"{counted(len(result.results), 'row')} from {counted(result.matched, 'event')}")
    if result.filtered:
        facts.append(f"{counted(result.filtered, 'row')} filtered")
    console.print(Text("● ", _STYLES[result.status]) + _text(hunt.name, "bold"))
    console.print(
        Text("  ") + Text(result.status, _STYLES[result.status]) + _text(" · " + " · ".join(facts))
    )
    for message in result.messages:
        _note(message, console, "yellow")
    _results(result, console)
    console.print()


def _summary(hunts: Iterable[HuntResult], console: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Hunt", overflow="fold")
    table.add_column("Status", no_wrap=True)
    for name in ("Events", "Matched", "Rows", "Filtered", "Risk"):
        table.add_column(name, justify="right", no_wrap=True)
    notes: dict[tuple[Status, str], list[str]] = {}
    for result in hunts:
        table.add_row(
            _text(result.hunt.name),
            Text(result.status, _STYLES[result.status]),
            *(grouped(n) for n in (result.events, result.matched, len(result.results))),
            grouped(result.filtered),
            "" if result.risk_score is None else grouped(result.risk_score),
        )
        if not result.results:
            for message in result.messages:
                notes.setdefault((result.status, message), []).append(result.hunt.name)
    console.print(table)
    for (status, message), names in notes.items():
        console.print(Text(f"{status}: ", _STYLES[status]) + _text(", ".join(names)))
        _note(message, console, "")
    if notes:
        console.print()


def _inputs(report: Report, console: Console) -> None:
    inputs = report.inputs
    events, bad = sum(i.events for i in inputs), sum(i.bad_lines for i in inputs)
    total = f"{counted(len(inputs), 'input')}, {counted(events, 'event')}"
    console.print(
        Text(total) + Text(f", {counted(bad, 'bad line')}" if bad else "", style="yellow")
    )
    shown = inputs
    if len(inputs) > _INPUTS:
        shown = [i for i in inputs if i.bad_lines or not i.events]
    for entry in shown[:_LINES]:
        line = Text("  ") + _text(entry.path) + Text(f"  {counted(entry.events, 'event')}", "dim")
        if entry.bad_lines:
            line += Text(f", {counted(entry.bad_lines, 'bad line')}", "yellow")
        console.print(line)
    if len(shown) > _LINES:
        console.print(Text(f"  … {len(shown) - _LINES} more: --format json or html shows all"))


def _errors(errors: Sequence[str], console: Console) -> None:
    console.print()
    console.print(Text(counted(len(errors), "error"), _STYLES["error"]))
    for error in errors[:_LINES]:
        _note(error, console, "")
    if len(errors) > _LINES:
        console.print(Text(f"  … {len(errors) - _LINES} more: --format json or html shows all"))


def write_table(report: Report, stream: TextIO, *, color: bool | None, width: int | None) -> None:
    """Write findings, a summary of all hunts, the inputs and the errors."""
    if color is None:
        color = stream.isatty() and not os.environ.get("NO_COLOR")
    console = Console(
        file=stream,
        width=width,
        color_system="standard" if color else None,
        force_terminal=color,
        no_color=False,
        markup=False,
        highlight=False,
        emoji=False,
    )
    hunts = ranked(report.hunts)
    for result in hunts:
        if result.results:
            _finding(result, console)
    _summary(hunts, console)
    _inputs(report, console)
    if report.errors:
        _errors(report.errors, console)
