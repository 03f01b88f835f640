"""Makes audit logs of any size from the recordings: python -m bench.data --help."""

from __future__ import annotations

import argparse
import gzip
import os
import random
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

RECORDINGS = Path(__file__).parents[1] / "tests/datasets/datasets"

_START = datetime(2026, 11, 21, tzinfo=UTC)
_EVENTS_A_SECOND = 20
_LONGEST_REQUEST = 20_000  # microseconds
_CHANGING = re.compile(
    rb'(?s)(.*?"auditID":")[^"]+(".*"requestReceivedTimestamp":")[^"]+'
    rb'(","stageTimestamp":")[^"]+(".*)'
)
_UNAUTHENTICATED = re.compile(rb'"user":\{(?:"username":"system:anonymous"|\})')

Template = tuple[bytes, ...]
"""A recorded line without its audit id and its two times."""


def templates() -> tuple[list[Template], list[Template]]:
    """Return the recorded events with credentials, and those without."""
    known: list[Template] = []
    unauthenticated: list[Template] = []
    for path in sorted(RECORDINGS.rglob("*.jsonl*")):
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            for line in lines:
                parts = _CHANGING.fullmatch(line)
                if parts is None:
                    raise ValueError(f"{path}: a line without audit id or times: {line[:80]!r}")
                pool = unauthenticated if _UNAUTHENTICATED.search(line) else known
                pool.append(parts.groups())
    return known, unauthenticated


def lines(share: float, seed: int) -> Iterator[bytes]:
    """Yield events for ever; `share` of them (0 to 1) without credentials.

    They are recorded lines, byte for byte, with new audit ids and times.
    """
    known, unauthenticated = templates()
    chance = random.Random(seed)
    microseconds = 0
    while True:
        pool = unauthenticated if chance.random() < share else known
        before, to_received, to_stage, after = pool[int(chance.random() * len(pool))]
        microseconds += int(chance.random() * 2_000_000 / _EVENTS_A_SECOND)
        done = microseconds + int(chance.random() * _LONGEST_REQUEST)
        audit_id = b"%032x" % chance.getrandbits(128)
        yield b"".join(
            (
                before,
                b"-".join(
                    (audit_id[:8], audit_id[8:12], audit_id[12:16], audit_id[16:20], audit_id[20:])
                ),
                to_received,
                _time(microseconds),
                to_stage,
                _time(done),
                after,
            )
        )


def _time(microseconds: int) -> bytes:
    seconds, fraction = divmod(microseconds, 1_000_000)
    return b"%s.%06dZ" % (_second(seconds), fraction)


@lru_cache(maxsize=16)
def _second(seconds: int) -> bytes:
    at = datetime.fromtimestamp(_START.timestamp() + seconds, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S").encode()


def write(path: Path, size: int, share: float, seed: int) -> None:
    """Write `size` bytes of events, to the end of the line that exceeds them."""
    written = 0
    with path.open("wb", buffering=1 << 20) as stream:
        for line in lines(share, seed):
            written += stream.write(line)
            if written >= size:
                return


def head(path: Path, size: int, to: Path) -> None:
    """Copy the first `size` bytes of a file, to the end of the line that exceeds them."""
    with path.open("rb") as stream, to.open("wb") as copy:
        while size > 0 and (block := stream.read(min(size, 1 << 20))):
            size -= copy.write(block)
        copy.write(stream.readline())


def compress(path: Path, to: Path) -> None:
    """Write a .gz as `gzip` does."""
    with path.open("rb") as stream, gzip.open(to, "wb", compresslevel=6) as copy:
        shutil.copyfileobj(stream, copy, 1 << 20)


def link(path: Path, times: int, folder: Path) -> list[Path]:
    """Return `times` names for one file."""
    folder.mkdir(exist_ok=True)
    names = [folder / f"{number:03d}-{path.name}" for number in range(times)]
    for name in names:
        name.unlink(missing_ok=True)
        os.link(path, name)
    return names


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.data", description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--size", type=float, default=200, help="megabytes")
    parser.add_argument("--share", type=float, default=0.005, help="of unauthenticated events")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    write(given.path, int(given.size * 1e6), given.share, given.seed)


if __name__ == "__main__":
    main()
