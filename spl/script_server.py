"""Runs a Python script of an app again and again, in processes that need not start anew.

A first process imports what such scripts take longest for, the Splunk SDK, and forks one process
for each run; this file is its program. Where a system cannot fork, each run starts anew.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import IO, Protocol
from weakref import finalize

_PRELOADED = "splunklib.searchcommands"
_PID = 8  # bytes
_PATIENCE = 10  # seconds


class Script:
    """A script at work, and the pipes to it."""

    def __init__(self, input: IO[bytes], output: IO[bytes], process: Process) -> None:
        self.input = input
        self.output = output
        self._process = process

    def end(self) -> None:
        """Close the pipes, and wait until the script has ended; if that takes long, end it."""
        for stream in (self.input, self.output):
            with contextlib.suppress(OSError):  # it has gone already, with something unsent
                stream.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the script now."""
        self._process.kill()
        self._process.wait()


class Process(Protocol):
    """What can be done to the process of a script, as `subprocess.Popen` does it."""

    def kill(self) -> None: ...

    def wait(self, timeout: float | None = None) -> object: ...


def prepare_script(script: Path) -> None:
    """Say that the script may be started: what takes long of that begins at once, elsewhere."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # it comes again when the script is started
            _server(script)


def start_script(script: Path, errors: IO[bytes]) -> Script:
    """Start a script; what it writes to standard error goes to `errors`."""
    if sys.platform == "win32":
        return _started_anew(script, errors)
    from_client, to_script = os.pipe()
    from_script, to_client = os.pipe()
    try:
        pid = _server(script).run(from_client, to_client, errors.fileno())
    finally:
        os.close(from_client)
        os.close(to_client)
    return Script(os.fdopen(to_script, "wb"), os.fdopen(from_script, "rb"), _Forked(pid))


def _started_anew(script: Path, errors: IO[bytes]) -> Script:
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        cwd=script.parent,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    return Script(process.stdin, process.stdout, process)


@dataclass
class _Forked:
    """A process that is another's child."""

    pid: int

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> None:
        end = None if timeout is None else time.monotonic() + timeout
        with contextlib.suppress(ProcessLookupError):
            while True:
                os.kill(self.pid, 0)
                if end is not None and time.monotonic() > end:
                    raise subprocess.TimeoutExpired("script", timeout or 0)
                time.sleep(0.0002)


class _ScriptServer:
    """The client of the first process, which ends with this object or with the interpreter."""

    def __init__(self, script: Path) -> None:
        here, there = socket.socketpair()
        # Ctrl-C is for this process, which then ends the other, even while that is being started.
        unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            process = subprocess.Popen(
                [sys.executable, __file__, str(there.fileno()), str(script)],
                stdin=subprocess.DEVNULL,
                pass_fds=[there.fileno()],
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
            there.close()
        self._socket = here
        finalize(self, _end, here, process)

    def run(self, stdin: int, stdout: int, stderr: int) -> int:
        """Run the script with these file descriptors; return the id of its process."""
        # Each answer has a pipe of its own: processes forked from this one ask, too.
        answered, answering = os.pipe()
        with open(answered, "rb") as stream:
            try:
                socket.send_fds(self._socket, [b"r"], [stdin, stdout, stderr, answering])
            finally:
                os.close(answering)
            answer = stream.read(_PID)
        if len(answer) < _PID:
            raise ConnectionError("the process that starts the app's scripts has ended")
        return int.from_bytes(answer, "big")


@lru_cache
def _server(script: Path) -> _ScriptServer:
    return _ScriptServer(script)


def _end(connection: socket.socket, process: subprocess.Popen[bytes]) -> None:
    connection.close()
    process.kill()  # it may not listen yet, and has nothing to tidy up
    process.wait()


def _serve(connection: socket.socket, script: Path) -> None:
    """Run the script once for each message, until there is nobody to send one."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # As if this were the script: the SDK asks for the file of the program.
    sys.modules["__main__"].__file__ = str(script)
    sys.argv = [str(script)]
    sys.path[0] = str(script.parent)
    vendored = script.parents[1] / "lib"
    with contextlib.suppress(ImportError):
        sys.path.insert(0, str(vendored))
        import_module(_PRELOADED)
    sys.path.remove(str(vendored))
    while True:
        message, descriptors, _, _ = socket.recv_fds(connection, 1, 4)
        if not message:
            return
        *standard, answering = descriptors
        pid = os.fork()
        if pid == 0:
            connection.close()
            os.close(answering)
            _become(script, standard)
        with contextlib.suppress(BrokenPipeError):  # who asked has ended; others may ask
            os.write(answering, pid.to_bytes(_PID, "big"))
        for descriptor in descriptors:
            os.close(descriptor)


def _become(script: Path, descriptors: list[int]) -> None:
    for standard, descriptor in enumerate(descriptors):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    os.chdir(script.parent)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 (lives as long as the process)
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
    status = 0
    try:
        _run_as_main(script)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(bool(end.code))
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        status = 1
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    # As multiprocessing ends what it forked: to take the interpreter apart takes longer than most
    # runs.
    os._exit(status)


def _run_as_main(script: Path) -> None:
    # Unlike runpy, a loader keeps the byte code of the script.
    loader = SourceFileLoader("__main__", str(script))
    main = sys.modules["__main__"] = ModuleType("__main__")
    main.__file__ = str(script)
    loader.exec_module(main)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])), Path(sys.argv[2]))
