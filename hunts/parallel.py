"""Work on several cores: each share of it in a process of its own.

The processes are forked, so that they have all that was set up before; what they find comes back
pickled. Where a system cannot fork safely there is one share, and no process for it.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_T = TypeVar("_T")
_Share = TypeVar("_Share")
_EVERY = 4 << 20  # bytes


class WorkerError(Exception):
    """A process ended before it had done its share."""


def available_cores() -> int:
    """Return how many processes can work at once; 1 where they cannot be forked."""
    if sys.platform != "linux":  # elsewhere a fork may break what the system's libraries hold
        return 1
    return len(os.sched_getaffinity(0))


def on_each(
    shares: Sequence[_Share],
    work: Callable[[_Share, Callable[[int], object]], _T],
    on_progress: Callable[[int], object],
) -> list[_T]:
    """Return what `work(share, progress)` returns for each share, each done in its own process.

    Whatever count a process calls `progress` with comes to `on_progress` here. Raises WorkerError
    where a process fails, with the reason.
    """
    # Imported when needed only: most runs are over before it would pay.
    from multiprocessing import get_context

    context = get_context("fork")
    gc.collect()
    gc.freeze()  # what is there already need not be copied because a process looked at it
    places: dict[Connection, int] = {}
    processes = []
    try:
        for place, share in enumerate(shares):
            here, there = context.Pipe(duplex=False)
            process = context.Process(target=_do, args=(there, work, share), daemon=True)
            process.start()
            there.close()
            processes.append(process)
            places[here] = place
        return _gathered(places, on_progress)
    finally:
        for process in processes:
            process.terminate()
            process.join()
        gc.unfreeze()


def _gathered(places: dict[Connection, int], on_progress: Callable[[int], object]) -> list[Any]:
    from multiprocessing.connection import Connection, wait

    done: dict[int, Any] = {}
    waiting = dict(places)
    while waiting:
        for connection in wait(list(waiting)):
            assert isinstance(connection, Connection)
            try:
                kind, value = connection.recv()
            except EOFError:
                raise WorkerError(
                    "a process that reads the logs ended before it was done; if memory ran out, "
                    "--jobs 1 needs less"
                ) from None
            if kind == "progress":
                on_progress(value)
            elif kind == "failed":
                raise WorkerError(f"a process that reads the logs failed: {value}")
            else:
                done[waiting.pop(connection)] = value
    return [done[place] for place in sorted(done)]


def _do(
    connection: Connection, work: Callable[[_Share, Callable[[int], object]], _T], share: _Share
) -> None:
    unsaid = 0

    def progress(count: int) -> None:
        nonlocal unsaid
        unsaid += count
        if unsaid >= _EVERY:
            connection.send(("progress", unsaid))
            unsaid = 0

    try:
        connection.send(("done", work(share, progress)))
    except KeyboardInterrupt:
        pass  # the process that waits for this one says so
    except Exception as error:
        connection.send(("failed", f"{type(error).__name__}: {error}"))
    # Without what the parent would do at its own end: its files and children are not this one's.
    os._exit(0)
