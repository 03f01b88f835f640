"""Runs whole processes, and takes their time and memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[1]
_SAMPLE_SECONDS = 0.05
_MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


class BenchError(Exception):
    """A process failed, or two disagree; the message is for the user."""


@dataclass(frozen=True)
class Command:
    """What to run. `feed` is a command whose output it reads; `stdin` a file."""

    argv: Sequence[str]
    stdin: Path | None = None
    feed: Sequence[str] = ()
    to_null: bool = False


@dataclass(frozen=True)
class Run:
    """Wall time in seconds, start-up included; peak memory in bytes; what it answered."""

    seconds: float
    memory: int
    answer: Any


def run(
    command: Command,
    *,
    watch_memory: bool = False,
    answer: Callable[[IO[bytes]], Any] | None = None,
) -> Run:
    """Run a command to its end; `answer` reads its output. Raises BenchError if it fails.

    The peak is the largest resident set of any of its processes; with `watch_memory`, which costs
    time, and where the system can tell, the largest total of all of them at one moment, with shared
    pages counted once.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        feeder = subprocess.Popen(command.feed, stdout=subprocess.PIPE) if command.feed else None
        source: IO[bytes] | int | None = subprocess.DEVNULL
        if feeder is not None:
            source = feeder.stdout
        elif command.stdin is not None:
            source = command.stdin.open("rb")
        start = time.perf_counter()
        process = subprocess.Popen(
            command.argv,
            stdin=source,
            # A real file: with /dev/null, grep stops at its first match.
            stdout=subprocess.DEVNULL if command.to_null else output,
            stderr=errors,
            cwd=ROOT,
        )
        watch = _Watch(process.pid) if watch_memory else None
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        memory = max(usage.ru_maxrss * _MAXRSS_BYTES, watch.stop() if watch else 0)
        if source is not None and not isinstance(source, int):
            source.close()
        if feeder is not None:
            feeder.wait()
        if process.returncode != 0:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip()
            raise BenchError(f"{' '.join(command.argv)}: exit {process.returncode}: {said}")
        output.seek(0)
        return Run(seconds, memory, answer(output) if answer else None)


class _Watch:
    """Samples the memory of a process and its descendants."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()

    def _sample(self) -> None:
        while not self._ended.wait(_SAMPLE_SECONDS):
            self._peak = max(self._peak, sum(map(_memory, _tree(self._pid))))

    def stop(self) -> int:
        self._ended.set()
        self._thread.join()
        return self._peak


def _tree(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):  # the process has ended
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in _text(children).split():
                yield from _tree(int(child))


def _memory(pid: int) -> int:
    found = _PSS.search(_text(Path(f"/proc/{pid}/smaps_rollup")))
    return int(found[1]) * 1024 if found else 0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the process has ended, or the system has no /proc
        return ""
