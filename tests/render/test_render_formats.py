"""JSON, CSV and the terminal's tables."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from rich.cells import cell_len

from hunts.model import HuntResult, InputReport, Report, Value
from hunts.render import Format, render
from hunts.render.as_csv import cell

from . import sample
from .sample import HOSTILE, hunt


def shown(
    report: Report, format: Format, color: bool | None = None, width: int | None = None
) -> str:
    stream = io.StringIO()
    render(report, format, stream, color=color, width=width)
    return stream.getvalue()


def small(**changes: Any) -> Report:
    facts: dict[str, Any] = {
        "status": "findings",
        "events": 10,
        "matched": 7,
        "filtered": 1,
        "risk_score": 49.0,
        "fields": ["src_ip", "verb", "City"],
        "results": [{"src_ip": "203.0.113.7", "verb": ["get", "list"]}],
        "messages": ["a warning"],
    }
    return Report(
        [HuntResult(hunt("Kubernetes Access Scanning"), **{**facts, **changes})],
        [InputReport("audit.log", 10, 1)],
        ["audit.log:3: not JSON"],
    )


def test_json_is_exactly_its_schema() -> None:
    assert json.loads(shown(small(), "json")) == {
        "hunts": [
            {
                "name": "Kubernetes Access Scanning",
                "status": "findings",
                "events": 10,
                "matched": 7,
                "filtered": 1,
                "risk_score": 49.0,
                "fields": ["src_ip", "verb", "City"],
                "results": [{"src_ip": "203.0.113.7", "verb": ["get", "list"]}],
                "messages": ["a warning"],
            }
        ],
        "inputs": [{"path": "audit.log", "events": 10, "bad_lines": 1}],
        "errors": ["audit.log:3: not JSON"],
    }


def test_json_of_nothing() -> None:
    document = shown(Report([], []), "json")
    assert json.loads(document) == {"hunts": [], "inputs": [], "errors": []}
    assert document.endswith("}\n")


def test_json_keeps_hostile_text_but_for_lone_surrogates() -> None:
    rows: list[dict[str, Value]] = [{"userAgent": text} for text in HOSTILE.values()]
    document = shown(small(fields=["userAgent"], results=rows), "json")
    assert document.isascii()
    read = [row["userAgent"] for row in json.loads(document)["hunts"][0]["results"]]
    assert read == [text.replace("\ud800", "\ufffd") for text in HOSTILE.values()]


def test_json_leaves_null_fields_out() -> None:
    document = json.loads(shown(small(results=[{"src_ip": "", "verb": []}]), "json"))
    assert document["hunts"][0]["results"] == [{"src_ip": ""}]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        ("plain", "plain"),
        (["get", "list"], "get\nlist"),
        ("=1+2", "'=1+2"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-1+2", "'-1+2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", r"'\t=1"),
        ("\r=1", r"'\r=1"),
        ("＝1", "'＝1"),  # noqa: RUF001
        (["=1", "x"], "'=1\nx"),
        ("-5", "-5"),
        ("+1.5", "+1.5"),
        ("-2.5e-3", "-2.5e-3"),
        ("a\x1b[31m\x00", r"a\x1b[31m\x00"),
        ("one\ntwo", r"one\ntwo"),
    ],
)
def test_csv_cells(value: Value | None, expected: str) -> None:
    assert cell(value) == expected


def test_csv_is_one_table_of_all_hunts() -> None:
    header, *rows = csv.reader(io.StringIO(shown(sample.report(), "csv")))
    fields = list(dict.fromkeys([*sample.EKS_FIELDS, *sample.ACCESS_FIELDS]))
    assert header == ["hunt", "status", *fields]
    assert {len(row) for row in rows} == {len(header)}
    assert [row[1] for row in rows].count("findings") == 27 + 6
    # A hunt without rows still says that it ran, or that it had no data.
    assert [row[1] for row in rows].count("no data") == 3
    first = dict(zip(header, rows[0], strict=True))
    assert first["values(verb)"] == "get\nlist"


@pytest.mark.parametrize("width", [40, 80, 120, 200])
@pytest.mark.parametrize(
    "report", [sample.report(), sample.hostile_report()], ids=["real", "hostile"]
)
def test_tables_are_never_wider_than_the_terminal(report: Report, width: int) -> None:
    lines = shown(report, "table", width=width).splitlines()
    assert max(map(cell_len, lines)) <= width


@pytest.mark.parametrize("width", [80, 120, 200])
def test_tables_show_addresses_in_full_and_say_what_they_leave_out(width: int) -> None:
    text = shown(sample.report(), "table", width=width)
    assert "2001:db8:85a3::8a2e:370:18" in text
    assert "… 33 more" in text
    flat = " ".join(text.split())
    note = re.search(r"… 17 more rows(?: and (\d+) more columns? \(.*?\))?: --format html", flat)
    assert note
    # Each field is a column, or said once for all rows, or counted among the hidden.
    columns = re.findall("╭.*╮", text)[0].count("┬") + 1
    same = flat.partition("in every row: ")[2].partition("╭")[0].count("=")
    assert columns + same + int(note[1] or 0) == len(sample.ACCESS_FIELDS)


def test_tables_tell_no_data_from_clean_and_say_why() -> None:
    text = shown(sample.report(), "table", width=120)
    assert "No event matches `kubernetes_azure`" in text
    assert re.search(r"Kubernetes Azure scan fingerprint +no data", text)
    assert re.search(r"Amazon EKS Kubernetes Pod scan detection +clean +51,204", text)
    assert "Unknown search command 'spathh'" in text


def test_tables_name_only_inputs_with_problems_among_many() -> None:
    inputs = [InputReport(f"part-{n}.log", 100, 3 if n == 41 else 0) for n in range(60)]
    text = shown(Report([], inputs), "table", width=100)
    assert "60 inputs, 6,000 events, 3 bad lines" in text
    assert re.findall(r"part-\d+", text) == ["part-41"]


def test_hostile_text_reaches_no_terminal() -> None:
    text = shown(sample.hostile_report(), "table", width=200)
    assert all(line.isprintable() for line in text.splitlines())
    assert r"\x1b[2J\x1b[31mall clean" in text
    assert "[red]alert[/red]" in text


def test_colours_come_only_with_the_style() -> None:
    coloured = shown(sample.hostile_report(), "table", color=True, width=120)
    codes = set(re.findall(r"\x1b[^m]*m", coloured))
    assert any("31" in code for code in codes)
    assert all(re.fullmatch(r"\x1b\[[\d;]*m", code) for code in codes)
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == shown(
        sample.hostile_report(), "table", width=120
    )


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_no_color_is_respected(
    monkeypatch: pytest.MonkeyPatch, no_color: str, coloured: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = _Terminal()
    render(sample.report(), "table", terminal, width=100)
    assert ("\x1b[" in terminal.getvalue()) is coloured


@pytest.mark.parametrize("format", ["table", "json", "csv", "html"])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
def test_every_encoding_can_be_written(format: Format, encoding: str) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding=encoding)
    render(sample.hostile_report(), format, stream, width=80)
    stream.flush()
    assert written.getvalue().decode(encoding)


@pytest.mark.parametrize("format", ["table", "json", "csv", "html"])
def test_thousands_of_rows_are_no_burden(format: Format) -> None:
    text = shown(sample.report(5000), format, width=120)
    assert len(text) < 12_000_000
    if format == "table":
        assert "4,990 more rows" in text
    elif format == "html":
        assert "The first 1,000 of 5,000 rows" in text
    else:
        assert text.count("Kubernetes scanning from ip") == 5000
