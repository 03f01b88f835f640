"""Finds the lines of a text that hold one of many literals, in any case, and counts literals."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

# Where a platform has no wheel of these, the slower ways below find the same.
hyperscan: Any
try:
    import hyperscan
except ImportError:
    hyperscan = None
try:
    from stringzilla import count as _count
except ImportError:
    _count = bytes.count

Hit = tuple[int, int]
"""Where a pattern was found (the offset of one of its bytes), and the bits of who asked for it."""
Find = Callable[[bytes], list[Hit]]


def occurrences(text: bytes, literal: bytes) -> int:
    """Return how often `literal` stands in `text`, without overlap."""
    found: int = _count(text, literal)
    return found


class Scanner:
    """Finds candidate lines. `wanted`: literal (lower case) -> the bits of those who ask for it.

    Each of `exceptions` is a pattern that makes a line everybody's candidate.
    """

    def __init__(
        self, wanted: Mapping[bytes, int], exceptions: Sequence[bytes], *, fast: bool = True
    ) -> None:
        self._everybody = 0
        for bits in wanted.values():
            self._everybody |= bits
        if hyperscan is not None and fast:
            self._find = _hyperscan(wanted, exceptions, self._everybody)
        else:
            self._find = _plain(wanted, exceptions, self._everybody)

    def lines(self, chunk: bytes) -> Iterator[tuple[int, int, int]]:
        """Yield each line that holds a literal: its start, its end, and the bits of who asked."""
        end, start, bits = -1, 0, 0
        for position, asked in sorted(self._find(chunk)):
            if position < end:
                bits |= asked
                continue
            if bits:
                yield start, end, bits
            start = chunk.rfind(b"\n", 0, position) + 1
            end = chunk.find(b"\n", position)
            end = len(chunk) if end < 0 else end
            bits = asked
        if bits:
            yield start, end, bits


def _hyperscan(wanted: Mapping[bytes, int], exceptions: Sequence[bytes], everybody: int) -> Find:
    asked = [everybody] * len(exceptions) + [*wanted.values()]
    database: Any = hyperscan.Database()
    database.compile(
        expressions=[*exceptions, *(_escaped(literal) for literal in wanted)],
        ids=list(range(len(asked))),
        flags=[0] * len(exceptions) + [hyperscan.HS_FLAG_CASELESS] * len(wanted),
    )

    def find(chunk: bytes) -> list[Hit]:
        hits: list[Hit] = []

        def found(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            hits.append((end - 1, asked[number]))

        database.scan(chunk, match_event_handler=found)
        return hits

    return find


def _escaped(literal: bytes) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in literal)


def _plain(wanted: Mapping[bytes, int], exceptions: Sequence[bytes], everybody: int) -> Find:
    exception = re.compile(b"|".join(exceptions))

    def find(chunk: bytes) -> list[Hit]:
        hits = [(found.end() - 1, everybody) for found in exception.finditer(chunk)]
        folded = chunk.lower()
        for literal, asked in wanted.items():
            position = folded.find(literal)
            while position >= 0:
                hits.append((position, asked))
                # One hit a line is enough.
                line_end = folded.find(b"\n", position)
                position = -1 if line_end < 0 else folded.find(literal, line_end)
        return hits

    return find
