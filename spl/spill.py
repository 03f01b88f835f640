"""What a search needs only at its end goes into a temporary file, so that memory stays flat.

The file has no name: it is gone with the last thing that is kept there. A process that forks
another makes that one's file first (`use`), and so can read what it kept.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any
from weakref import WeakValueDictionary


class Spill:
    """A temporary file, in the folder that `TMPDIR` names, to which one process writes."""

    def __init__(self) -> None:
        self._end = 0
        self._file: IO[bytes] | None = None
        with suppress(OSError):  # where no folder can be written to
            self._file = TemporaryFile(buffering=0)  # noqa: SIM115 (lives as long as its content)
            self._number = self._file.fileno()
            _open[self._number] = self

    def __reduce__(self) -> tuple[Any, ...]:
        return _spill, (self._number,)  # in the process that made it, and in those it forks

    def keep(self, found: Any) -> Kept:
        """Put something away; see the function `keep`."""
        data = pickle.dumps(found, pickle.HIGHEST_PROTOCOL)
        try:
            written = self._write(data)
        except OSError:
            written = 0
        if written < len(data):
            return Kept(None, 0, 0, data)
        start, self._end = self._end, self._end + written
        return Kept(self, start, written)

    def _write(self, data: bytes) -> int:
        if self._file is None:
            return 0
        if hasattr(os, "pwrite"):
            return os.pwrite(self._number, data, self._end)
        self._file.seek(self._end)  # on Windows, where no forked process moves the place
        return self._file.write(data)

    def read(self, start: int, size: int) -> bytes:
        """Return what was written there."""
        if hasattr(os, "pread"):
            return os.pread(self._number, size, start)
        assert self._file is not None
        self._file.seek(start)
        return self._file.read(size)


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that was put away."""

    _file: Spill | None
    _start: int
    _size: int
    _data: bytes = b""
    """The thing itself, pickled, where the file could not take it."""

    def read(self) -> Any:
        """Return it as it was."""
        data = self._data if self._file is None else self._file.read(self._start, self._size)
        return pickle.loads(data)


_open: WeakValueDictionary[int, Spill] = WeakValueDictionary()
_own: WeakValueDictionary[str, Spill] = WeakValueDictionary()
"""The file to which this process writes, if anything is kept there."""


def _spill(number: int) -> Spill:
    return _open[number]


def use(spill: Spill) -> None:
    """Write there from now on; the caller holds it."""
    _own["file"] = spill


def keep(found: Any) -> Kept:
    """Put something away that can be pickled; it stays in memory where no disk takes it."""
    spill = _own.get("file")
    if spill is None:
        use(spill := Spill())
    return spill.keep(found)


def keep_in_parts(found: Iterable[Any], size: int) -> list[Kept]:
    """Put things away in lists of up to `size`, so that they can be read a few at a time."""
    rest = iter(found)
    return [*map(keep, iter(lambda: [*islice(rest, size)], []))]


# To a file one process writes, which knows where it ends.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_own.clear)
