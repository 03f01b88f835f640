"""Writes what splunkd would send to riskscore: a getinfo, then chunks of 50,000 records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import IO

from tests.riskscore.chunks import execute, getinfo

RECORDS_A_CHUNK = 50_000
ARGUMENTS = ("impact=70", "confidence=70")


def write(path: Path, chunks: int, fields: int, arguments: Sequence[str]) -> None:
    """Write chunks of records of `fields` fields, none of them a multivalue."""
    records = [
        {f"field_{column}": f"value {number * column}" for column in range(fields)}
        for number in range(RECORDS_A_CHUNK)
    ]
    last, another = execute(records, finished=True), execute(records)
    with path.open("wb") as stream:
        stream.write(getinfo(*arguments))
        for _ in range(chunks - 1):
            stream.write(another)
        stream.write(last)


def scored(output: IO[bytes]) -> int:
    """Count the records that have the score 70 × 70 / 100 in their last column."""
    return sum(line.endswith(b",49,\r\n") for line in output)
