"""The report as one HTML file that needs nothing else, and asks for nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, TextIO

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from hunts.model import HuntResult, Report, Row, Value
from hunts.render.rows import addresses, constants, is_numeric, ranked, top_rows
from hunts.render.text import counted, grouped, shorten, values, visible
from hunts.render.timeline import timeline

MAX_ROWS = 1000
"""Rows a table shows; a browser sorts as many at once."""


def _attack_url(technique: str) -> str | None:
    """The page of a technique in MITRE ATT&CK, or None if this is not the id of one."""
    if not re.fullmatch(r"T\d{4}(\.\d{3})?", technique, re.ASCII):
        return None
    return f"https://attack.mitre.org/techniques/{technique.replace('.', '/')}/"


def _shown(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@dataclass(frozen=True)
class _Finding:
    """One hunt's table."""

    result: HuntResult
    rows: list[Row]
    same: dict[str, Value]
    """What is said once above the table."""
    columns: list[tuple[str, bool]]
    """The other fields, each with whether it holds numbers."""


def _finding(result: HuntResult) -> _Finding:
    rows, same = top_rows(result, MAX_ROWS), constants(result)
    columns = [(name, is_numeric(name, rows)) for name in result.fields if name not in same]
    return _Finding(result, rows, same, columns)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("hunts.render"),
        autoescape=True,
        undefined=StrictUndefined,
        # Every string passes here before it is escaped: no template can forget it.
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "attack_url": _attack_url,
        "grouped": grouped,
        "shorten": shorten,
        "values": values,
    }
    environment.globals |= {
        "counted": counted,
        "max_rows": MAX_ROWS,
    }
    return environment


def write_html(report: Report, stream: TextIO) -> None:
    """Write the file; it is ASCII, hence the same in every encoding."""
    templates = files("hunts.render") / "templates"
    script = (templates / "report.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    hunts = ranked(report.hunts)
    pieces = (
        _environment()
        .get_template("report.html.j2")
        .generate(
            report=report,
            hunts=hunts,
            findings=[_finding(result) for result in hunts if result.results],
            highest=max((h.risk_score for h in hunts if h.risk_score is not None), default=None),
            events=sum(i.events for i in report.inputs),
            bad_lines=sum(i.bad_lines for i in report.inputs),
            timeline=timeline(report),
            addresses=addresses(report),
            css=Markup((templates / "report.css").read_text("utf-8")),
            script=Markup(script),
            script_hash=digest,
        )
    )
    for piece in pieces:
        stream.write(piece.encode("ascii", "xmlcharrefreplace").decode("ascii"))
