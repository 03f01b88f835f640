"""The app's own search commands, run as splunkd runs them: chunked protocol, version 2.

https://dev.splunk.com/enterprise/docs/devtools/customsearchcommands/ (commands.conf, chunked)
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, ClassVar, Self

from spl.commands.base import Columns, Command, Stage, adding
from spl.context import Context
from spl.errors import SplError
from spl.knowledge import App
from spl.lang.reader import Reader, closing_quote
from spl.script_server import prepare_script, start_script
from spl.values import Row, Value, to_value, values_of

# A field may be as long as an event.
csv.field_size_limit(sys.maxsize)

_CHUNK_ROWS = 50_000
_HEADER = re.compile(rb"chunked 1\.0,(\d{1,9}),(\d{1,9})\n")
_LONGEST_HEADER = 40
_ENCODED = "__mv_"
_TOKEN = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^\s"|\[\]])+', re.DOTALL)
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\|])')

Json = dict[str, Any]


@dataclass(frozen=True)
class Chunk:
    """What a command answers: metadata, messages as (level, text), rows as CSV."""

    metadata: Json
    messages: list[tuple[str, str]]
    body: str


@dataclass(frozen=True, kw_only=True)
class ExternalCommand(Command):
    """A command of commands.conf with its arguments as they stand in the search."""

    script: ClassVar[Path]
    tokens: tuple[str, ...]

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        tokens = []
        while not reader.at_end():
            begin = reader.position
            found = reader.match(_TOKEN.pattern, re.DOTALL)
            if not found:
                if closing_quote(reader.text, begin) < 0 and reader.char == '"':
                    raise reader.error('this " has no closing quote', begin)
                raise reader.error(f"expected an argument, found {reader.found()}")
            tokens.append(found.group())
        return cls(tokens=tuple(tokens), span=reader.span(start))

    def start(self, context: Context) -> Stage:
        prepare_script(self.script)
        return _ExternalStage(self, context)

    def arguments(self) -> Iterable[str]:
        return self.tokens


def prepare_commands(app: App, searches: Sequence[str]) -> None:
    """Begin to start the scripts of those commands of the app that searches seem to name.

    It is done again when such a search is prepared, but long before that it is known already.
    """
    for name, command in custom_commands(app).items():
        if any(name in text for text in searches):
            prepare_script(command.script)


def custom_commands(app: App) -> dict[str, type[ExternalCommand]]:
    """Return the commands that the app's commands.conf defines. A wrong one is a problem."""
    commands: dict[str, type[ExternalCommand]] = {}
    for name, settings in app.conf("commands").items():
        # absolute, for the command is started in its own folder
        script = (app.path / "bin" / settings.get("filename", f"{name}.py")).absolute()
        if settings.get("chunked", "false").lower() not in ("true", "1"):
            app.problem(f"commands.conf: [{name}] is not chunked = true: it is not run here")
        elif not script.is_file():
            app.problem(f"commands.conf: [{name}] names a missing file: {script}")
        else:
            attributes = {
                "name": name,
                "syntax": f"{name} <arguments>",
                "documentation": "searchbnf.conf of the app",
                "script": script,
                "__doc__": f"The app's own command {name}.",
            }
            commands[name] = type(name.capitalize(), (ExternalCommand,), attributes)
    return commands


class _ExternalStage(Stage):
    """Feeds rows in chunks; the process is started when the first row comes."""

    def __init__(self, command: ExternalCommand, context: Context) -> None:
        self._command = command
        self._context = context
        self._process: _Process | None = None
        self._added: dict[str, None] = {}

    def feed(self, rows: Iterable[Row]) -> Iterator[Row]:
        waiting = iter(rows)
        while chunk := list(islice(waiting, _CHUNK_ROWS)):
            if self._process is None:
                self._process = _Process(self._command, self._context)
            yield from self._send(chunk, finished=False)

    def finish(self) -> Iterator[Row]:
        if self._process is not None:
            yield from self._send([], finished=True)
            self._process.close()

    def _send(self, rows: list[Row], *, finished: bool) -> Iterator[Row]:
        assert self._process is not None
        names = list(dict.fromkeys(name for row in rows for name in row))
        for chunk in self._process.exchange(rows, names, finished=finished):
            self._report(chunk)
            fields, answer = self._process.table(chunk)
            # A field that is empty in every row is a column nonetheless.
            self._added.update((name, None) for name in fields if name not in names)
            yield from answer

    def _report(self, chunk: Chunk) -> None:
        for level, text in chunk.messages:
            if level in ("ERROR", "FATAL"):
                raise SplError(_named(self._command.name, text))
            self._context.say("WARN" if level == "WARN" else "INFO", text)

    def columns(self, before: Columns) -> Columns:
        return adding(list(self._added))(before)


class _Process:
    """One run of a command's script."""

    def __init__(self, command: ExternalCommand, context: Context) -> None:
        import tempfile

        self._name = command.name
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process)
        try:
            self._process = start_script(command.script, self._errors)
        except OSError as error:
            raise SplError(f"the command '{self._name}' cannot be started: {error}") from None
        self._input, self._output = self._process.input, self._process.output
        searchinfo = {
            "args": [_unquote(token) for token in command.tokens],
            "raw_args": list(command.tokens),
            "app": context.app.path.name,
            "command": command.name,
            "search": str(command),
            "sid": "embedded",
            "owner": "nobody",
            "username": "nobody",
            "session_key": "",
            "splunkd_uri": "",
            "splunk_version": "9.4.0",
            "dispatch_dir": tempfile.gettempdir(),
            "maxresultrows": _CHUNK_ROWS,
            "earliest_time": 0,
            "latest_time": context.environment.now,
        }
        reply = self._request({"action": "getinfo", "preview": False, "searchinfo": searchinfo})
        for level, text in reply.messages:
            if level in ("ERROR", "FATAL"):
                self.close()
                raise SplError(_named(self._name, text))
        if "error" in reply.metadata:
            self.close()
            raise SplError(f"{self._name}: {reply.metadata['error']}")

    def exchange(self, rows: list[Row], names: list[str], *, finished: bool) -> Iterator[Chunk]:
        """Send one chunk of rows; yield the reply, in parts where the command sends parts."""
        metadata: Json = {"action": "execute", "finished": finished}
        answer = self._request(metadata, _write_rows(rows, names))
        yield answer
        while answer.metadata.get("partial"):
            answer = self._receive()
            yield answer

    def table(self, chunk: Chunk) -> tuple[list[str], list[Row]]:
        """Return the fields and the rows of a chunk. Raises SplError."""
        try:
            return read_table(chunk.body)
        except ValueError as error:
            raise self._failure(f"gave rows that cannot be read ({error})") from None

    def close(self) -> None:
        """End the process."""
        self._process.end()
        self._errors.close()

    def _request(self, metadata: Json, body: str = "") -> Chunk:
        head, data = json.dumps(metadata).encode(), body.encode("utf-8", "replace")
        try:
            self._input.write(b"chunked 1.0,%d,%d\n%b%b" % (len(head), len(data), head, data))
            self._input.flush()
        except OSError:
            raise self._failure("ended before it read its input") from None
        return self._receive()

    def _receive(self) -> Chunk:
        try:
            return read_chunk(self._output)
        except EOFError:
            raise self._failure("gave no answer") from None
        except ValueError as error:
            raise self._failure(f"gave an answer that is no chunk ({error})") from None

    def _failure(self, what: str) -> SplError:
        self._process.kill()
        self._errors.seek(0)
        said = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return SplError(f"the command '{self._name}' {what}" + (f": {said[-1]}" if said else ""))


def read_chunk(stream: IO[bytes]) -> Chunk:
    """Read one chunk. Raises EOFError where the stream has ended, ValueError where it is none."""
    line = stream.readline(_LONGEST_HEADER)
    if not line:
        raise EOFError
    header = _HEADER.fullmatch(line)
    if not header:
        raise ValueError("it does not begin with 'chunked 1.0,<length>,<length>'")
    head, body = (stream.read(int(length)) for length in header.groups())
    if len(head) < int(header[1]) or len(body) < int(header[2]):
        raise ValueError("it is cut off")
    try:
        metadata = json.loads(head)
        messages = metadata.get("inspector", {}).get("messages", [])
        pairs = [(str(level), str(text)) for level, text in messages]
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise ValueError("its metadata is not what a command may say") from None
    return Chunk(metadata, pairs, body.decode("utf-8", "replace"))


def read_table(body: str) -> tuple[list[str], list[Row]]:
    """Return the fields and the rows of a chunk's CSV. Raises ValueError where it is none."""
    reader = csv.reader(io.StringIO(body))
    try:
        header = next(reader, [])
        records = [cells for cells in reader if cells]
    except csv.Error as error:
        raise ValueError(str(error)) from None
    if any(len(cells) > len(header) for cells in records):
        raise ValueError("a row has more cells than there are columns")
    rows = [_read_row(dict(zip(header, cells, strict=False))) for cells in records]
    return [name for name in header if not name.startswith(_ENCODED)], rows


def _named(command: str, text: str) -> str:
    """Say which command a message is from, unless it says so itself."""
    return text if text.startswith(command) else f"{command}: {text}"


def _unquote(token: str) -> str:
    return _QUOTED.sub(lambda found: _ESCAPE.sub(r"\1", found[1]), token)


def _write_rows(rows: list[Row], names: list[str]) -> str:
    """Write rows as splunkd does: CSV, a multivalue in `name` and, encoded, in `__mv_name`."""
    if not rows:
        return ""
    multivalued = {name for row in rows for name in names if isinstance(row.get(name), list)}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*names, *(_ENCODED + name for name in names if name in multivalued)])
    for row in rows:
        values = [row.get(name) for name in names]
        encoded = [_encode(row.get(name)) for name in names if name in multivalued]
        writer.writerow(["\n".join(values_of(value)) for value in values] + encoded)
    return text.getvalue()


def _encode(value: Value | None) -> str:
    if not isinstance(value, list):
        return ""
    return ";".join("$" + member.replace("$", "$$") + "$" for member in value)


def _decode(text: str) -> Value | None:
    members = re.findall(r"\$((?:[^$]|\$\$)*)\$(?:;|$)", text)
    return to_value([member.replace("$$", "$") for member in members])


def _read_row(record: Mapping[str, str]) -> Row:
    row: Row = {}
    for name, text in record.items():
        if name.startswith(_ENCODED):
            continue
        value = _decode(record.get(_ENCODED + name) or "") or text
        if value != "":
            row[name] = value
    return row
