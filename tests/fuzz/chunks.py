"""Fuzz target: what a custom command answers over the chunked protocol."""

from __future__ import annotations

import io
from contextlib import suppress

from spl.external import read_chunk, read_table


def check(data: bytes) -> None:
    stream = io.BytesIO(data)
    with suppress(EOFError, ValueError):
        while True:
            chunk = read_chunk(stream)
            assert all(len(pair) == 2 for pair in chunk.messages)
            fields, rows = read_table(chunk.body)
            for row in rows:
                assert row.keys() <= set(fields)
                assert all(value for value in row.values())
