"""Log files to records: one line, or one JSON value, each as bytes with the number of its line.

Where each record is a line, they come in blocks of whole lines, so that a block can be searched
for text before it is cut.

Reads regular files, named pipes and standard input; gzip by its magic bytes, also nested and in
many members; UTF-8 and, where a byte order mark says so, UTF-16. Memory stays flat: a record above
`MAX_RECORD` bytes is named and skipped without being held.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from spl.scan import occurrences

BLOCK: Final = 1 << 18  # much larger ones no longer fit the processor's caches
HEAD: Final = 1 << 20
"""How much comes first, so that it tells what follows."""
MAX_RECORD: Final = 64 << 20
_REST: Final = 1 << 16
_PIPE: Final = 1 << 20  # more needs a privilege
STDIN: Final = "-"

Problem = Callable[[int, str, bytes], object]
"""Called with a line number (0: the whole file), what is wrong, and the text there (its begin)."""
Record = tuple[int, bytes]
"""The number of its first line, and its bytes without the line's end."""


@dataclass(frozen=True)
class Lines:
    """Whole lines, joined by newlines, with none at the end."""

    first: int
    """The number of the first line."""
    data: bytes
    count: int

    def records(self) -> Iterator[Record]:
        """Yield the lines one by one."""
        return zip(count(self.first), self.data.split(b"\n"), strict=False)


_GZIP: Final = b"\x1f\x8b"
_MAX_LAYERS: Final = 3  # there is gzip data that unpacks to itself for ever
_LFS: Final = b"version https://git-lfs.github.com/spec/v1"
_ARCHIVES: Final = (
    (_GZIP, "compressed too many times over"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed"),
    (b"\xfd7zXZ\x00", "xz-compressed"),
    (b"BZh", "bzip2-compressed"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
)
_JSON_OBJECT = re.compile(rb'\{\s*"')
_OBJECT_OF_ARRAY = re.compile(r'\{\s*("(?:[^"\\]|\\.)*")\s*:\s*\[')
_FIRST_KEY = re.compile(r'\{\s*"(?:[^"\\]|\\.)*"\s*:')
_BETWEEN_VALUES = re.compile(r"[\s,\[\]]*")
_BETWEEN_MEMBERS = re.compile(r"[\s,:]*")
_scan = json.JSONDecoder().raw_decode
# A literal, a number or an escape may be cut at the buffer's end; none that matters is longer.
_CUT = 16


class SourceError(Exception):
    """A file cannot be read, or not to its end; the message says why and what to do."""


class NoTextError(SourceError):
    """A file is empty or binary: whoever looks through a directory passes over it."""


class Source:
    """One open input.

    `path` is a file, a named pipe or `-` for standard input. `problem` hears of what is
    skipped; `progress(n)` of every n bytes taken from disk. A regular file is read up to the
    size that it had when it was opened, so that a log in use comes to an end.

    Of a file of plain lines `part` may be read alone: the lines that begin between two offsets,
    numbered from 1.
    """

    def __init__(
        self,
        path: str,
        problem: Problem,
        progress: Callable[[int], object] | None = None,
        part: tuple[int, int] | None = None,
    ) -> None:
        self.path = path
        self._problem = problem
        self._progress = progress
        self._part = part
        self._told = False

    def records(self) -> Iterator[Record]:
        """Yield the records one by one: see `blocks`."""
        for block in self.blocks():
            if isinstance(block, Lines):
                yield from block.records()
            else:
                yield block

    def blocks(self) -> Iterator[Record | Lines]:
        """Yield the records, lines in blocks; the file is closed at the end.

        Raises SourceError where the file cannot be opened or holds no log. Where it breaks off,
        `problem` hears of it (line 0), and all that can be read is yielded.
        """
        with self._open() as file:
            _widen(file)
            if self._part:
                yield from _lines(self._blocks_of(file, *self._part), self._tell)
                return
            blocks = _decompress(self._blocks(file), self._tell)
            head = _head(blocks)
            if not head and self._told:
                return
            _refuse(head, self.path)
            blocks = _as_utf8(chain((head,), blocks))
            head = _head(blocks)
            reader = _lines if _is_by_line(head) else _values
            yield from reader(chain((head,), blocks), self._tell)

    def _tell(self, line: int, what: str, text: bytes = b"") -> None:
        self._told = True
        self._problem(line, what, text)

    def _open(self) -> nullcontext[BinaryIO] | BinaryIO:
        if self.path == STDIN:
            return nullcontext(sys.stdin.buffer)
        try:
            mode = os.stat(self.path).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
                raise SourceError("is neither a file nor a pipe")
            return open(self.path, "rb")
        except (OSError, ValueError) as error:
            raise SourceError(_reason(error)) from error

    def _blocks(self, file: BinaryIO) -> Iterator[bytes]:
        size = _size(file)
        done = 0
        while block := self._read(file, BLOCK if size is None else min(BLOCK, size - done)):
            done += len(block)
            if self._progress:
                self._progress(len(block))
            yield block
        if size != _size(file):
            self._tell(0, f"changed while it was read; its first {done:,} bytes were read")

    def _blocks_of(self, file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
        """Yield the lines that begin between two offsets."""
        size = _size(file)
        at = max(start - 1, 0)
        file.seek(at)
        whole = start == 0
        block = b""
        most = HEAD
        while at < end and (block := self._read(file, min(most, end - at))):
            at += len(block)
            most = BLOCK
            if self._progress:
                self._progress(len(block))
            if not whole:
                _, newline, block = block.partition(b"\n")
                whole = bool(newline)
            if whole and block:
                yield block
        while whole and block and not block.endswith(b"\n") and (more := self._read(file, _REST)):
            line, newline, _ = more.partition(b"\n")
            block = line + newline
            yield block
        if size != _size(file):
            self._tell(0, "changed while it was read; what it held at first was read")

    def _read(self, file: BinaryIO, size: int) -> bytes:
        try:
            return file.read(size)
        except OSError as error:
            self._tell(0, f"cannot be read on: {_reason(error)}")
            return b""


def is_plain_lines(path: str) -> bool:
    """Tell whether a file holds lines of JSON and nothing else, so that parts of it can be read
    alone."""
    try:
        with open(path, "rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    return head.startswith(b"{") and b"\n" in head and _is_by_line(head)


def files_under(directory: str, problem: Callable[[str, str], object]) -> Iterator[str]:
    """Yield the paths of all files below `directory`, sorted; `problem(path, text)` hears why not.

    Links to directories are not followed. Pipes, sockets and devices are left out, as to open one
    may wait for ever.
    """

    def unreadable(error: OSError) -> None:
        problem(str(error.filename), _reason(error))

    for folder, folders, names in os.walk(directory, onerror=unreadable):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            try:
                regular = stat.S_ISREG(os.stat(path).st_mode)
            except OSError as error:
                problem(path, _reason(error))
                continue
            if regular:
                yield path
            else:
                problem(path, "is not a regular file; to read a pipe, name it itself")


def _widen(file: BinaryIO) -> None:
    """Let a pipe hold more, where the system can, so that its writer waits less often."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(file.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _size(file: BinaryIO) -> int | None:
    try:
        status = os.fstat(file.fileno())
    except OSError:  # a stand-in for standard input has no descriptor
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _head(blocks: Iterator[bytes]) -> bytes:
    """Take a first block that is long enough to tell what follows."""
    parts: list[bytes] = []
    size = 0
    for block in blocks:
        parts.append(block)
        size += len(block)
        if size >= HEAD:
            break
    return b"".join(parts)


def _decompress(blocks: Iterator[bytes], problem: Problem) -> Iterator[bytes]:
    """Undo gzip, as often as it was applied: a delivery stream may compress compressed data."""
    for _ in range(_MAX_LAYERS):
        head = next(blocks, b"")
        blocks = chain((head,), blocks)
        if not head.startswith(_GZIP):
            break
        blocks = _gunzip(blocks, problem)
    return blocks


def _gunzip(blocks: Iterator[bytes], problem: Problem) -> Iterator[bytes]:
    member = before = zlib.decompressobj(wbits=31)
    data = b""
    try:
        for block in blocks:
            data = block
            while data:
                if member.eof:
                    data = data.lstrip(b"\0")  # archivers pad with zeros
                    if not data:
                        break
                    member = zlib.decompressobj(wbits=31)
                before = member.copy()
                if out := member.decompress(data, BLOCK):
                    yield out
                data = member.unused_data if member.eof else member.unconsumed_tail
        while not member.eof and (out := member.decompress(b"", BLOCK)):
            yield out
    except zlib.error as error:
        yield from _salvage(before, data)
        problem(0, f"the gzip data is damaged, read up to there ({error})", b"")
    else:
        if not member.eof:
            problem(0, "the gzip data is cut short, read up to there", b"")


def _salvage(member: Any, data: bytes) -> Iterator[bytes]:
    """Unpack what stands before the damage: a failed call gives none of its output."""
    with suppress(zlib.error):
        for place in range(len(data)):
            if out := member.decompress(data[place : place + 1]):
                yield out


def _refuse(head: bytes, path: str) -> None:
    """Raise SourceError where `head` shows that the file holds no log."""
    if not head:
        raise NoTextError("is empty")
    if head.startswith(_LFS):
        raise SourceError(
            "is a Git LFS pointer, not the data; get the data with: "
            f"git lfs pull --include={_path_in_repository(path)}"
        )
    for magic, what in _ARCHIVES:
        if head.startswith(magic):
            raise SourceError(f"is {what}; unpack it first")
    if head[257:262] == b"ustar":
        raise SourceError("is a tar archive; unpack it first")
    is_utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    # A log that a crash left NUL bytes in still holds JSON.
    if b"\0" in head and not is_utf16 and not _JSON_OBJECT.search(head):
        raise NoTextError("is a binary file")


def _path_in_repository(path: str) -> str:
    absolute = Path(path).absolute()
    for parent in absolute.parents:
        if (parent / ".git").exists():
            return absolute.relative_to(parent).as_posix()
    return absolute.name


def _as_utf8(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Drop a byte order mark, and with it turn UTF-16 (Windows shells write it) to UTF-8."""
    head = next(blocks)
    blocks = chain((head,), blocks)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
        for block in blocks:
            yield decoder.decode(block).encode("utf-8", "replace")
    else:
        yield next(blocks).removeprefix(codecs.BOM_UTF8)
        yield from blocks


def _is_by_line(head: bytes) -> bool:
    """Tell whether each record is one line, or JSON values are laid out in any other way."""
    start = head.lstrip()
    if start[:1] != b"{":
        return start[:1] != b"["
    first, _, rest = start.partition(b"\n")
    try:
        orjson.loads(first)
    except orjson.JSONDecodeError:
        pass
    else:
        return True
    try:
        _scan(start.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        goes_on = not rest or first.rstrip()[-1:] in (b"{", b"[", b",")
        return not goes_on or rest.lstrip()[:1] == b"{"
    return False  # a whole value that its line does not end: pretty-printed, or glued to the next


def _lines(blocks: Iterator[bytes], problem: Problem) -> Iterator[Lines]:
    number = 1
    parts: list[bytes] = []  # of a line that has not ended
    size = 0
    for block in blocks:
        last_newline = block.rfind(b"\n")
        if last_newline < 0:
            size += len(block)
            if size <= MAX_RECORD or not parts:
                parts.append(block)
            else:
                del parts[1:]
            continue
        if size + block.find(b"\n") > MAX_RECORD:
            problem(number, _too_long("line"), parts[0])
            number += 1
            block = block[block.find(b"\n") + 1 :]
            last_newline = block.rfind(b"\n")
            parts = []
        if last_newline >= 0:
            data = b"".join([*parts, memoryview(block)[:last_newline]])  # copied once
            if b"\r" in data:
                data = data.replace(b"\r\n", b"\n").removesuffix(b"\r")
            lines = Lines(number, data, occurrences(data, b"\n") + 1)
            yield lines
            number += lines.count
        rest = block[last_newline + 1 :]
        parts, size = [rest], len(rest)
    if size > MAX_RECORD:
        problem(number, _too_long("line"), parts[0])
    elif size:
        yield Lines(number, b"".join(parts).removesuffix(b"\r"), 1)


def _values(blocks: Iterator[bytes], problem: Problem) -> Iterator[Record]:
    return iter(_Values(blocks, problem))


class _Values:
    """JSON values one after another: in arrays, pretty-printed, or with nothing between them.

    An object too long for one block whose first member is an array (an export of everything as
    one document) is given out as one such object for each member of the array.
    """

    def __init__(self, blocks: Iterator[bytes], problem: Problem) -> None:
        self._blocks = blocks
        self._problem = problem
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._text = ""
        self._at = 0
        self._line = 1
        self._open_arrays = 0
        self._container: tuple[str, int] | None = None

    def __iter__(self) -> Iterator[Record]:
        while self._skip_to_value():
            end = self._end_of_value()
            if end is None:
                continue
            line, raw = self._line, self._text[self._at : end]
            self._advance(end)
            if self._container:
                raw = f"{{{self._container[0]}:[{raw}]}}"
            yield line, raw.encode("utf-8", "surrogateescape")

    def _skip_to_value(self) -> bool:
        while True:
            between = _BETWEEN_VALUES.match(self._text, self._at)
            assert between
            for place, mark in enumerate(between[0], self._at):
                if mark == "[":
                    self._open_arrays += 1
                elif mark == "]":
                    self._open_arrays -= 1
                    if self._container and self._open_arrays < self._container[1]:
                        self._container = None
                        self._advance(place + 1)
                        self._skip_rest_of_object()
                        break
            else:
                self._advance(between.end())
                if self._at < len(self._text):
                    return True
                if not self._fill():
                    if self._open_arrays > 0:
                        self._problem(
                            self._line, "the file ends within an array, it is cut short", b""
                        )
                    return False

    def _skip_rest_of_object(self) -> None:
        while True:
            between = _BETWEEN_MEMBERS.match(self._text, self._at)
            assert between
            self._advance(between.end())
            if self._at == len(self._text):
                if not self._fill():
                    self._problem(
                        self._line, "the file ends within an object, it is cut short", b""
                    )
                    return
            elif self._text[self._at] == "}":
                self._advance(self._at + 1)
                return
            elif (end := self._end_of_value()) is None:
                return
            else:
                self._advance(end)

    def _end_of_value(self) -> int | None:
        """Return where the value ends; None after it was found broken, named and passed."""
        while True:
            try:
                _, end = _scan(self._text, self._at)
            except json.JSONDecodeError as error:
                unfinished = error.msg.startswith("Unterminated") or (
                    error.pos >= len(self._text) - _CUT
                )
                if not unfinished:
                    line = self._line + self._text.count("\n", self._at, error.pos)
                    self._pass_broken(f"not JSON: {error.msg} (line {line})")
                    return None
            except RecursionError:
                self._pass_broken("JSON nested too deeply")
                return None
            else:
                if end < len(self._text) or not self._fill():
                    return end
                continue
            opening = _OBJECT_OF_ARRAY.match(self._text, self._at)
            if opening and not self._container:
                self._advance(opening.end())
                self._open_arrays += 1
                self._container = (opening[1], self._open_arrays)
                return None
            if len(self._text) - self._at > MAX_RECORD:
                self._pass_broken(_too_long("JSON value"))
                return None
            if not self._fill():
                self._pass_broken("not JSON: the file ends within this value, it is cut short")
                return None

    def _pass_broken(self, what: str) -> None:
        """Name a broken value; go on where one begins with the same key, or a line as an object."""
        text = self._text[self._at : self._at + BLOCK].encode("utf-8", "surrogateescape")
        self._problem(self._line, what, text)
        begin = _FIRST_KEY.match(self._text, self._at)
        # A line that begins with a compact object is a record: in a laid out one none does.
        mark = re.compile(rf'{re.escape(begin[0])}|\n\{{"' if begin else r"\n\{")
        longest = len(begin[0]) if begin else 3
        self._advance(self._at + 1)
        while not (found := mark.search(self._text, self._at)):
            self._advance(max(self._at, len(self._text) - longest))
            if not self._fill():
                self._advance(len(self._text))
                self._open_arrays = 0
                self._container = None
                return
        self._advance(found.start())

    def _advance(self, to: int) -> None:
        self._line += self._text.count("\n", self._at, to)
        self._at = to

    def _fill(self) -> bool:
        """Read at least as much again as is left, so that a long value costs linear time."""
        rest = self._text[self._at :]
        parts, size = [rest], 0
        for block in self._blocks:
            parts.append(self._decode(block))
            size += len(parts[-1])
            if size >= len(rest) and size:
                break
        else:
            parts.append(self._decode(b"", True))
            size += len(parts[-1])
        if size:
            self._text, self._at = "".join(parts), 0
        return size > 0


def _too_long(what: str) -> str:
    return f"this {what} is longer than {MAX_RECORD >> 20} MB, skipped"
