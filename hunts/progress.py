"""A progress bar on standard error, for what takes longer than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PATIENCE = 1.0  # seconds
_EVERY = 1 << 20  # bytes


class Bar:
    """Counts bytes, and shows them once that takes long. `total` is None where it is unknown."""

    def __init__(self) -> None:
        self.total: int | None = None
        self._started = time.monotonic()
        self._read = 0
        self._shown_at = 0
        self._visible = sys.stderr.isatty()
        self._progress: object | None = None

    def advance(self, count: int) -> None:
        """Add `count` bytes."""
        self._read += count
        if self._visible and self._read - self._shown_at >= _EVERY:
            self._shown_at = self._read
            if time.monotonic() - self._started > _PATIENCE:
                self._show()

    def _show(self) -> None:
        # Imported when needed only: it takes longer than reading a small file.
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

        if not isinstance(self._progress, Progress):
            columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._progress.add_task("", total=self.total)
            self._progress.start()
        self._progress.update(self._task, completed=self._read)

    def close(self) -> None:
        """Take the bar off the screen."""
        if self._progress is not None:
            self._progress.stop()  # type: ignore[attr-defined]


@contextmanager
def progress() -> Iterator[Bar]:
    """Return a bar that is taken away at the end."""
    bar = Bar()
    try:
        yield bar
    finally:
        bar.close()
