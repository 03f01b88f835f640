"""Writes docs/proof.md and its table in the README: `python -m tests.techniques.table`."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase

from tests.techniques import proof

FILE = proof.ROOT / "docs/proof.md"
README = proof.ROOT / "README.md"
_BEGIN = "<!-- Written by python -m tests.techniques.table -->\n"
_END = "<!-- end of the table -->\n"

_HEAD = """\
# What each hunt finds in recorded attacks

Written by `python -m tests.techniques.table`; the tests hold it current. Each row is a hunt over
the recording of one technique (`tests/techniques/datasets`), converted into the shape of each
platform. A cell says how many requests of the attack the hunt names in its evidence, of how many;
then, where there are any, how many requests it should not have named. A technique may be served by
several hunts that find a part each: together they find all but what is listed below.
Kubernetes Cluster Stopped Sending finds a silence, in which no request has an audit id.

In the 20,901 events of an ordinary cluster each hunt gives at most one row, and none where its type
is TTP.
"""


def text() -> str:
    """Return the whole page."""
    shapes = list(proof.SHAPES)
    rows = [
        f"| {name} | {row} | " + " | ".join(_cell(name, row, shape) for shape in shapes) + " |"
        for name, hunt in proof.hunts().items()
        for row in hunt.coverage
    ]
    head = [
        "| hunt | row | " + " | ".join(shapes) + " |",
        "| --- | ---: |" + " --- |" * len(shapes),
    ]
    return "\n".join([_HEAD, *head, *rows, "", "## By nature", "", *_by_nature()]) + "\n"


def readme() -> str:
    """Return the README with its table as it has to be now."""
    before, _, rest = README.read_text().partition(_BEGIN)
    return before + _BEGIN + "\n" + readme_table() + "\n" + _END + rest.partition(_END)[2]


def readme_table() -> str:
    """Return each hunt by shape: found/missed/false, with a letter where that is so by nature."""
    shapes = list(proof.SHAPES)
    entries = [entry for kind in ("missed", "false_positives") for entry in proof.expected(kind)]
    reasons = dict.fromkeys(entry["reason"] for entry in entries)
    letters = dict(zip(reasons, ascii_lowercase, strict=False))
    lines = [
        "| row | hunt | " + " | ".join(shapes) + " |",
        "| ---: | --- |" + " --- |" * len(shapes),
    ]
    for row, name in sorted((row, h.name) for h in proof.hunts().values() for row in h.coverage):
        cells = [_counts(name, row, shape) for shape in shapes]
        for entry in entries:
            if entry["row"] == row and entry.get("hunt", name) == name:
                for shape in entry["shapes"]:
                    cells[shapes.index(shape)] += " " + letters[entry["reason"]]
        filled = " †" if (proof.HERE / "lookups" / f"{row}").is_dir() else ""
        lines.append(f"| {row}{filled} | {name} | " + " | ".join(cells) + " |")
    notes = [f"- {letter}: {reason}" for reason, letter in letters.items()]
    note = "- †: with lookups filled as an installation would (`tests/techniques/lookups`)."
    return "\n".join([*lines, "", *notes, note]) + "\n"


def _counts(name: str, row: int, shape: str) -> str:
    found = proof.outcome(name, row, shape)
    attack = len(proof.TECHNIQUES[row].ids("attack"))
    return f"{len(found.found)}/{attack - len(found.found)}/{len(found.false)}"


def _cell(name: str, row: int, shape: str) -> str:
    found = proof.outcome(name, row, shape)
    cell = f"{len(found.found)} of {len(proof.TECHNIQUES[row].ids('attack'))}"
    return f"{cell}, {len(found.false)} false" if found.false else cell


def _by_nature() -> Iterator[str]:
    for kind in ("missed", "false_positives"):
        for entry in proof.expected(kind):
            ids = entry["audit_ids"]
            count = "all" if ids == "all" else len(ids)
            hunt = f", {entry['hunt']}" if "hunt" in entry else ""
            what = "missed" if kind == "missed" else "found, and no attack"
            where = f"Row {entry['row']}{hunt}, {', '.join(entry['shapes'])}"
            yield f"- {where}: {count} {what}. {entry['reason']}"


if __name__ == "__main__":
    FILE.write_text(text())
    README.write_text(readme())
