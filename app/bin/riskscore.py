"""The search command `riskscore`: impact × confidence / 100 and the risk fields beside it.

A distributable streaming command over Splunk's search command protocol v2. `searchbnf.conf`
documents it for users; `risk.py` holds what it computes.
"""

from __future__ import annotations

import csv
import os
import signal
import sys
from io import StringIO
from typing import Any, BinaryIO, Iterator

from risk import USAGE, Record, RiskFields, problems, risk_score

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))

try:
    from splunklib.searchcommands import Configuration, Option, StreamingCommand, dispatch
except ImportError as error:
    raise SystemExit(
        f"riskscore: the Splunk SDK for Python is missing ({error}): "
        "install the packaged app, which has it in lib, or run: pip install splunk-sdk"
    ) from None

__all__ = ["RiskScoreCommand", "main", "risk_score"]

# The SDK stops a search at a field of 10 MB, which one long event would reach.
csv.field_size_limit(2**31 - 1)

# Stands for a NUL while csv reads; the digit tells it from the character itself.
_ESCAPE = "\ue000"


@Configuration(distributed=True)
class RiskScoreCommand(StreamingCommand):  # type: ignore[misc]  # the SDK has no types
    """Set the risk fields on every record of the search."""

    impact = Option(doc="How bad it is if true: a number from 0 to 100, or a field.")
    confidence = Option(doc="How sure the search is: a number from 0 to 100, or a field.")
    object = Option(doc="The field with the user or system at risk.")
    object_type = Option(doc="What the object is: user, system or other.")
    threat_object = Option(doc="The field with what threatens it.")
    threat_object_type = Option(doc="What the threat object is, such as ip_address.")
    message = Option(doc="The risk message, with $field$ for a field's value.")

    _unscored = 0

    def prepare(self) -> None:
        """Check the options; stop the search, saying what to write, where they are wrong."""
        options = {name: getattr(self, name) for name in USAGE}
        found = list(problems(options))
        if self.fieldnames:
            words = ", ".join(self.fieldnames)
            found.append(f"{words} is not an option: the options are {', '.join(USAGE)}")
        for problem in found:
            self.write_error(f"riskscore: {problem}")
        if found:
            sys.exit(1)
        self._risk_fields = RiskFields(options)

    def stream(self, records: Iterator[Record]) -> Iterator[Record]:
        """Yield the records of a chunk, in order; warn, in the last chunk, of those unscored."""
        add = self._risk_fields.add
        for record in records:
            if not add(record):
                self._unscored += 1
            yield record
        if self._finished and self._unscored:
            self.write_warning(
                "riskscore: records with an empty risk_score, because impact or confidence is "
                "missing or not a number from 0 to 100: {}",
                self._unscored,
            )

    def write_error(self, message: str) -> None:
        """Show an error as it is: the SDK would take a brace that the user typed for a format."""
        super().write_error("{}", message)

    def _read_csv_records(self, ifile: StringIO) -> Iterator[Record]:
        """Read the records of a chunk, NUL characters too, which csv refuses before 3.11."""
        text = ifile.getvalue()
        if "\0" not in text:
            yield from super()._read_csv_records(ifile)
            return
        escaped = text.replace(_ESCAPE, _ESCAPE + "0").replace("\0", _ESCAPE + "1")
        for record in super()._read_csv_records(StringIO(escaped)):
            yield _unescape(record)

    def _report_unexpected_error(self) -> None:
        """Let the search's own end through; report anything else."""
        error = sys.exc_info()[1]
        if isinstance(error, (BrokenPipeError, SystemExit)):
            raise error
        super()._report_unexpected_error()


def _unescape(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(_ESCAPE + "1", "\0").replace(_ESCAPE + "0", _ESCAPE)
    if isinstance(value, list):
        return [_unescape(member) for member in value]
    return {_unescape(name): _unescape(member) for name, member in value.items()}


class WholeReads:
    """Standard input that ends the process where it is cut: the SDK takes any part for the whole.

    Raises SystemExit, with a message for search.log, instead of returning a part.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._started = False

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes."""
        data = self._stream.read(size)
        if len(data) < size:
            raise SystemExit("riskscore: the search ended in the middle of a chunk")
        return data

    def readline(self) -> bytes:
        """Return a line with its newline, or nothing at an end between two chunks."""
        line = self._stream.readline()
        if not line and not self._started:
            raise SystemExit("riskscore: this is a search command: write | riskscore in a search")
        if line and not line.endswith(b"\n"):
            raise SystemExit("riskscore: the search ended in the middle of a chunk")
        self._started = True
        return line


def main() -> None:
    """Serve one search on standard input and output."""
    # Ctrl-C in a terminal reaches the command too, and must not end it with a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        dispatch(RiskScoreCommand, sys.argv[:1], WholeReads(sys.stdin.buffer), sys.stdout)
    except BrokenPipeError:
        # Python flushes standard output once more as it exits, which would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
