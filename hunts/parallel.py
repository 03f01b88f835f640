"""Work on several cores: each share of it in a process of its own.

The processes are forked, so that they have all that was set up before; what they find comes back
pickled, bit by bit. Where a system cannot fork safely there is one share, which the process itself
does.
"""

from __future__ import annotations

import gc
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from spl.spill import Spill, use

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

_T = TypeVar("_T")
_Share = TypeVar("_Share")
_EVERY = 4 << 20  # bytes
_NUMBER = 2  # bytes, which are read at once or not at all


class WorkerError(Exception):
    """A process ended before it had done its share."""


def available_cores() -> int:
    """Return how many processes can work at once; 1 where they cannot be forked."""
    if sys.platform != "linux":  # elsewhere a fork may break what the system's libraries hold
        return 1
    return len(os.sched_getaffinity(0))


class Numbers:
    """The numbers from 0 to below `count`: each of the processes that iterate over them gets other
    ones, the next whenever it asks."""

    def __init__(self, count: int) -> None:
        self._pipe, write = os.pipe()
        with open(write, "wb") as stream:
            stream.write(b"".join(number.to_bytes(_NUMBER, "big") for number in range(count)))

    def __iter__(self) -> Iterator[int]:
        with open(self._pipe, "rb", buffering=0) as stream:
            while number := stream.read(_NUMBER):
                yield int.from_bytes(number, "big")


class Workers(Generic[_Share, _T]):
    """Processes that each do a share of the work, forked from this one; to be used in `with`.

    What `work(share, progress)` yields in one comes here one by one, so that it need not be in
    memory at once. Whatever count one calls `progress` with comes to `on_progress` here, once
    `progress` or `results` is called.
    """

    def __init__(
        self,
        shares: Sequence[_Share],
        work: Callable[[_Share, Callable[[int], object]], Iterable[_T]],
        on_progress: Callable[[int], object],
    ) -> None:
        self._shares = shares
        self._work = work
        self._on_progress = on_progress
        self.processes: list[BaseProcess] = []
        self._spills = [Spill() for _ in shares]
        self._waiting: dict[Connection, int] = {}
        self._found: list[deque[_T]] = [deque() for _ in shares]
        self._unheard = 0

    def __enter__(self) -> Self:
        if not self._shares:
            return self
        gc.freeze()  # what is there already need not be copied because a process looked at it
        try:
            self._fork()
        except BaseException:  # such as Ctrl-C between two of them
            self.__exit__()
            raise
        return self

    def _fork(self) -> None:
        # Imported when needed only: most runs are over before it would pay.
        from multiprocessing import get_context

        context = get_context("fork")
        for place, share in enumerate(self._shares):
            here, there = context.Pipe(duplex=False)
            process = context.Process(
                target=_do, args=(there, self._work, share, self._spills[place]), daemon=True
            )
            process.start()
            there.close()
            self.processes.append(process)
            self._waiting[here] = place

    def __exit__(self, *_error: object) -> None:
        for process in self.processes:
            process.terminate()
            process.join()
        gc.unfreeze()

    def progress(self, count: int) -> None:
        """Tell of progress made here, and of that of the processes. Raises WorkerError."""
        self._on_progress(count)
        self._unheard += count
        if self._waiting and self._unheard >= _EVERY:
            self._listen(0)
            self._unheard = 0

    def results(self) -> Iterator[_T]:
        """Yield what the processes find, in the order of the shares, until all are done.

        Raises WorkerError where one fails, with the reason.
        """
        for place, found in enumerate(self._found):
            while found or place in self._waiting.values():
                if found:
                    yield found.popleft()
                else:
                    self._listen(None)

    def _listen(self, seconds: float | None) -> None:
        from multiprocessing.connection import wait

        heard = {*wait([*self._waiting], seconds)}
        for connection in [one for one in self._waiting if one in heard]:
            try:
                kind, value = connection.recv()
            except EOFError:
                raise WorkerError(
                    "a process that reads the logs ended before it was done; if memory ran out, "
                    "--jobs 1 needs less"
                ) from None
            if kind == "progress":
                self._on_progress(value)
            elif kind == "failed":
                raise WorkerError(f"a process that reads the logs failed: {value}")
            elif kind == "found":
                self._found[self._waiting[connection]].append(value)
            else:
                del self._waiting[connection]


def _do(
    connection: Connection,
    work: Callable[[_Share, Callable[[int], object]], Iterable[_T]],
    share: _Share,
    own: Spill,
) -> None:
    use(own)
    unsaid = 0

    def progress(count: int) -> None:
        nonlocal unsaid
        unsaid += count
        if unsaid >= _EVERY:
            connection.send(("progress", unsaid))
            unsaid = 0

    try:
        for found in work(share, progress):
            connection.send(("found", found))
        connection.send(("done", None))
    except KeyboardInterrupt:
        pass  # the process that waits for this one says so
    except Exception as error:
        connection.send(("failed", f"{type(error).__name__}: {error}"))
    # Without what the parent would do at its own end: its files and children are not this one's.
    os._exit(0)
