"""Writes docs/proof.md: `python -m tests.techniques.table`."""

from __future__ import annotations

from collections.abc import Iterator

from tests.techniques import proof

FILE = proof.ROOT / "docs/proof.md"

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
