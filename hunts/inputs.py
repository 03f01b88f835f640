"""What `hunts run` reads: paths and options to events, with an account of what was read."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any, Final, Literal

import orjson

from hunts.model import InputReport
from hunts.shapes import RAW, Record, Shape, mentions_audit, unwrap, unwrap_text
from spl.fields import Event, parse_json
from spl.scan import occurrences
from spl.sources import (
    STDIN,
    Lines,
    NoTextError,
    Source,
    SourceError,
    files_under,
    is_plain_lines,
)

MAX_MESSAGES: Final = 20
LEAST_SHARE: Final = 16 << 20
"""Bytes below which another process costs more than it spares."""
_MAX_SKIPPED: Final = 10
_DATASET_SUFFIXES: Final = (".yml", ".yaml")
_MAX_KEYS: Final = 8
_MAX_KEY: Final = 40
_BLANK: Final = b" \t\r\n"

Views = tuple[Event, ...]
# How every API server begins an audit event: its fields have a fixed order.
_RAW_EVENT: Final = b'{"kind":"Event","apiVersion":"audit.k8s.io/'


@dataclass(frozen=True)
class RawLines:
    """Lines that are raw audit events, not parsed yet: each begins and ends as one."""

    lines: Lines
    origin: Views
    """Events without text, which say under which identities the lines may be read."""
    _parse: Callable[[bytes, Callable[[], int]], Views]

    def views(self, start: int, end: int) -> Views:
        """Return the views of the line between two offsets; none if it is broken."""
        lines = self.lines
        return self._parse(
            lines.data[start:end], lambda: lines.first + lines.data.count(b"\n", 0, start)
        )

    def __iter__(self) -> Iterator[Views]:
        start = 0
        for _, raw in self.lines.records():
            if views := self.views(start, start + len(raw)):
                yield views
            start += len(raw) + 1


@dataclass(frozen=True)
class _File:
    path: str
    source: str | None
    sourcetype: str | None
    host: str | None = None
    directory: str | None = None
    """The directory argument in which it was found; None where it was named itself."""
    part: tuple[int, int] | None = None
    """The lines that begin between two offsets; None for all."""


class Inputs:
    """The events of files, directories, dataset files and standard input (`-`); read it once.

    Yields for each event its views: the event under each identity that it may have, the likeliest
    first. A raw audit event is both a self-managed API server's and an EKS event. `shape` keeps the
    records of one platform only. `source` and `sourcetype` replace what the input says; with
    `sourcetype` there is one view, and a file named itself yields everything in it, text too.
    `on_progress(n)` hears of every n bytes read from disk.

    `reports` and `problems` grow while it is read. A file in a directory that holds no audit
    records is passed over: it is named only where the directory holds none at all.
    """

    def __init__(
        self,
        paths: Iterable[str | os.PathLike[str]],
        shape: Literal["auto"] | Shape = "auto",
        source: str | None = None,
        sourcetype: str | None = None,
        on_progress: Callable[[int], object] | None = None,
    ) -> None:
        self.reports: list[InputReport] = []
        self.problems: list[str] = []
        self.unread: list[str] = []
        """The paths that could not be read, or not to their end."""
        self._shape = shape
        self._source = source
        self._sourcetype = sourcetype
        self.on_progress: Callable[[int], object] = on_progress or (lambda _count: None)
        self._skipped: dict[str, list[str]] = {}
        files: dict[str, _File] = {}
        for path in paths:
            for file in self._files(os.fspath(path)):
                files.setdefault(os.path.realpath(file.path), file)  # named twice is read once
        self._todo = list(files.values())
        self.total_bytes = _total_bytes(self._todo)
        """What lies on disk; None where a pipe or standard input is among it."""

    def __iter__(self) -> Iterator[Views]:
        for file in self._todo:
            reading = _Reading(file, self._shape, self.on_progress)
            for batch in reading.batches():
                if isinstance(batch, RawLines):
                    yield from batch
                else:
                    yield batch
            self._account(reading)
        self._close()

    def shares(self, most: int) -> list[Share]:
        """Return the events in shares of at least `LEAST_SHARE` bytes, in their order.

        There are at most `most` shares, and one where it is unknown how much there is. Once all are
        read, `close` takes what they say.
        """
        total = self.total_bytes or 0
        count = max(1, min(most, total // LEAST_SHARE))
        shares = [Share([], self._shape) for _ in range(count)]
        done = 0
        for file in self._todo if count > 1 else ():
            size = _size(file) or 0
            ends = [total * number // count - done for number in range(1, count)]
            cuts = [end for end in ends if 0 < end < size]
            if cuts and not is_plain_lines(file.path):
                cuts = []
            for start, end in pairwise([0, *cuts, size]):
                middle = done + (start + end) // 2
                part = (start, end) if cuts else None
                shares[middle * count // total].files.append(replace(file, part=part))
            done += size
        if count == 1:
            shares[0].files.extend(self._todo)
        return shares

    def close(self, shares: Iterable[Share]) -> None:
        """Take what was found in all shares, now that they are read; `reports` and `problems` then
        tell of it."""
        files: dict[str, _Reading] = {}
        for reading in chain.from_iterable(share.readings for share in shares):
            if reading.file.path in files:
                files[reading.file.path].go_on(reading)
            else:
                files[reading.file.path] = reading
        for reading in files.values():
            self._account(reading)
        self._close()

    def _account(self, reading: _Reading) -> None:
        file = reading.file
        self.problems += reading.messages()
        if reading.unread:
            self.unread.append(file.path)
        if reading.is_log:
            self.reports.append(reading.report)
            self._skipped.pop(file.directory or "", None)
        elif file.directory in self._skipped:
            self._skipped[file.directory].append(reading.skipped_as)

    def _close(self) -> None:
        for directory, skipped in self._skipped.items():
            names = ", ".join(skipped[:_MAX_SKIPPED]) or "no file"
            more = f" and {len(skipped) - _MAX_SKIPPED} more" if len(skipped) > _MAX_SKIPPED else ""
            self.problems.append(
                f"{directory}: no Kubernetes audit logs in this directory, found {names}{more}"
            )

    def _files(self, path: str) -> Iterator[_File]:
        if os.path.isdir(path):
            self._skipped[path] = []
            for file in files_under(path, lambda at, what: self.problems.append(f"{at}: {what}")):
                yield _File(file, self._source, self._sourcetype, directory=path)
        elif path.endswith(_DATASET_SUFFIXES):
            # Imported when needed only, as it takes long to come.
            from hunts import datasets

            try:
                found = datasets.load(
                    Path(path), lambda what: self.problems.append(f"{path}: {what}")
                )
            except datasets.DatasetError as error:
                self.unread.append(path)
                self.problems.append(f"{path}: {error}")
                return
            for data in found:
                yield _File(
                    _shown(data.path),
                    self._source or data.source,
                    self._sourcetype or data.sourcetype,
                    data.host,
                )
        else:
            yield _File(path, self._source, self._sourcetype)


@dataclass
class Share:
    """Some of the files, or parts of them; another process can read it."""

    files: list[_File]
    shape: Literal["auto"] | Shape
    readings: list[_Reading] = field(default_factory=list)
    """What was found, once `batches` has come to its end; it can be pickled."""

    def batches(self, on_progress: Callable[[int], object]) -> Iterator[Views | RawLines]:
        """Yield the views of each event, or, unparsed, lines of which each is a raw audit event.

        The lines are counted as events when they are yielded; a line that `parse` finds broken is
        taken from the count.
        """
        for file in self.files:
            reading = _Reading(file, self.shape, on_progress)
            yield from reading.batches()
            reading.on_progress = None
            self.readings.append(reading)


class _Reading:
    """One file, or a part of it, while it is read: its events, what was wrong with it, and whether
    it is a log."""

    def __init__(
        self,
        file: _File,
        shape: Literal["auto"] | Shape,
        on_progress: Callable[[int], object] | None,
    ) -> None:
        self.report = InputReport(file.path)
        self.skipped_as = f"{os.path.relpath(file.path, file.directory)} (no audit events)"
        self.file = file
        self._shape = shape
        self.on_progress = on_progress
        # In a directory there are other files, too: only what is recognised is an event.
        self._as_is = file.sourcetype is not None and file.directory is None
        self.unread = False
        self._file_problems: list[str] = []
        self._line_problems: list[tuple[int, str]] = []
        self._more_problems = 0
        self._mentions_audit = False
        self._others = 0
        self._first_other = (0, "")
        self._lines = 0

    def batches(self) -> Iterator[Views | RawLines]:
        """Yield each event under its identities; raises nothing for what is in the file."""
        source = Source(self.file.path, self._problem, self.on_progress, self.file.part)
        try:
            for block in source.blocks():
                if not isinstance(block, Lines):
                    yield from self._views(*block)
                    continue
                self._lines = block.first + block.count - 1
                if _are_raw_events(block) and (origin := self._raw_origin()):
                    self.report.events += block.count
                    yield RawLines(block, origin, self._parse_raw)
                else:
                    for line, raw in block.records():
                        yield from self._views(line, raw)
        except NoTextError as error:
            self.skipped_as = self.skipped_as.replace("no audit events", str(error))
            if self.file.directory is None:
                self._file_problems.append(str(error))
        except SourceError as error:
            self.unread = True
            self._file_problems.append(str(error))

    def _views(self, line: int, raw: bytes) -> Iterator[Views]:
        try:
            for record in self._records(line, raw):
                if views := self._identify(record, line):
                    self.report.events += 1
                    yield views
        except RecursionError:
            self._problem(line, "JSON nested too deeply", raw)

    def _raw_origin(self) -> Views:
        """Return the identities of raw audit events in this file, none if they are not wanted."""
        record = Record(b"", identities=RAW)
        return self._events(record, self._sourcetypes(record))

    def _parse_raw(self, raw: bytes, number: Callable[[], int]) -> Views:
        """Return the views of a line that is counted as one event already."""
        try:
            record = next(iter(unwrap(orjson.loads(raw), raw)))
        except orjson.JSONDecodeError:
            pass
        else:
            if record.identities == RAW:
                return self._events(record, self._sourcetypes(record))
        self.report.events -= 1
        return next(self._views(number(), raw), ())

    def go_on(self, next_part: _Reading) -> None:
        """Add what was found in the part of the file that follows this one."""
        self.report.events += next_part.report.events
        self.report.bad_lines += next_part.report.bad_lines
        self.unread = self.unread or next_part.unread
        self._mentions_audit = self._mentions_audit or next_part._mentions_audit
        problems = [text for text in next_part._file_problems if text not in self._file_problems]
        self._file_problems += problems
        problems_there = len(next_part._line_problems) + next_part._more_problems
        shown = next_part._line_problems[: MAX_MESSAGES - len(self._line_problems)]
        self._line_problems += [(self._lines + line, text) for line, text in shown]
        self._more_problems += problems_there - len(shown)
        if next_part._others and not self._others:
            line, keys = next_part._first_other
            self._first_other = (self._lines + line, keys)
        self._others += next_part._others
        self._lines += next_part._lines

    @property
    def is_log(self) -> bool:
        """Whether the file was named itself, or holds audit records, if only broken ones."""
        named = self.file.directory is None
        return bool(named or self.report.events or self._mentions_audit or self._file_problems)

    def messages(self) -> Iterator[str]:
        """Yield what is to be said of the file."""
        if not self.is_log:
            return
        path = self.file.path
        for text in self._file_problems:
            yield f"{path}: {text}"
        for line, text in self._line_problems:
            yield f"{path}:{line}: {text}"
        if self._more_problems:
            yield f"{path}: and {self._more_problems:,} more like it"
        if self._others:
            what = "Kubernetes audit event" if self._shape == "auto" else f"{self._shape} record"
            one = self._others == 1
            line, keys = self._first_other
            count = f"1 record is no {what}" if one else f"{self._others:,} records are no {what}s"
            yield f"{path}: {count}, first at {path}:{line}{keys}"
        elif not (self.report.events or self.report.bad_lines or self._file_problems):
            yield f"{path}: holds no records"

    def _problem(self, line: int, text: str, excerpt: bytes) -> None:
        if line == 0:
            self._file_problems.append(text)
            return
        self._lines = max(self._lines, line)
        self.report.bad_lines += 1
        self._mentions_audit = self._mentions_audit or mentions_audit(excerpt)
        self._note(line, text)

    def _note(self, line: int, text: str) -> None:
        if len(self._line_problems) < MAX_MESSAGES:
            self._line_problems.append((line, text))
        else:
            self._more_problems += 1

    def _records(self, line: int, raw: bytes) -> Iterable[Record]:
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            return self._unreadable(line, raw, error)
        return unwrap(value, None if b"\n" in raw else raw)

    def _unreadable(self, line: int, raw: bytes, error: orjson.JSONDecodeError) -> Iterable[Record]:
        """Return the records of a line that is not strict JSON."""
        text = raw.strip(b"\0" + _BLANK)
        if not raw.strip(_BLANK):
            return ()
        if not text:
            self._problem(line, "holds NUL bytes only", raw)
            return ()
        value = parse_json(text)
        if value is not None:
            if len(text) < len(raw.strip(_BLANK)):
                self._note(line, "NUL bytes around the record; it was read without them")
            elif not _is_utf8(raw):
                self._note(line, "bytes that are not UTF-8; the record was read nonetheless")
            return unwrap(value, None if b"\n" in text else text)
        record = unwrap_text(raw)
        if record.problem is None:
            return (record,)
        is_json = text.startswith(b"{")
        if is_json or not self._as_is:
            what = f"{record.problem}: {_what_is_wrong(error)}" if is_json else record.problem
            self._problem(line, what, raw)
        return (Record(raw),) if self._as_is else ()

    def _identify(self, record: Record, line: int) -> Views:
        """Return the views of a record; none, and a note, where it is of no (or another) shape."""
        if record.problem is not None:
            self._problem(line, record.problem, record.raw)
            return ()
        sourcetypes = self._sourcetypes(record)
        if not sourcetypes:
            self._others += 1
            if self._others == 1:
                self._first_other = (line, _keys(record.json))
        return self._events(record, sourcetypes)

    def _sourcetypes(self, record: Record) -> list[str]:
        """Return the sourcetypes under which a record may be read."""
        sourcetypes = [
            identity.sourcetype
            for identity in record.identities
            if self._shape in ("auto", identity.shape)
        ]
        if self.file.sourcetype is not None and (sourcetypes or self._as_is):
            return [self.file.sourcetype]
        if record.sourcetype is not None and self._shape == "auto":
            return [record.sourcetype]
        return sourcetypes

    def _events(self, record: Record, sourcetypes: list[str]) -> Views:
        if not sourcetypes:
            return ()
        file = self.file
        event = Event(
            record.raw,
            time=record.time,
            source=file.source or record.source or file.path,
            sourcetype=sourcetypes[0],
            host=file.host or record.host,
            index=record.index,
            json=record.json,
        )
        return (event, *(event.view(sourcetype=name) for name in sourcetypes[1:]))


def _are_raw_events(block: Lines) -> bool:
    """Tell whether each line begins and ends as a raw audit event; cheap, for it is asked often."""
    data = block.data
    inner = occurrences(data, b"}\n" + _RAW_EVENT)
    return inner == block.count - 1 and data.startswith(_RAW_EVENT) and data.endswith(b"}")


def _total_bytes(files: Iterable[_File]) -> int | None:
    sizes = [_size(file) for file in files]
    return None if None in sizes else sum(size for size in sizes if size is not None)


def _size(file: _File) -> int | None:
    """Return the size of a file, 0 where there is none; None where it is a pipe."""
    if file.path == STDIN:
        return None
    try:
        status = os.stat(file.path)
    except (OSError, ValueError):
        return 0
    return None if stat.S_ISFIFO(status.st_mode) else status.st_size


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _what_is_wrong(error: orjson.JSONDecodeError) -> str:
    if "end of data" in error.msg or error.pos >= len(error.doc):
        return "the line is cut short"
    return f"{error.msg} (column {error.colno})"


def _keys(value: Any) -> str:
    """Name the keys of a foreign record; who wrote it may have put anything into them."""
    if not isinstance(value, dict):
        return ""
    names = [re.sub(r"[^\w.:/@$ -]", "?", key)[:_MAX_KEY] for key in islice(value, _MAX_KEYS)]
    more = ", ..." if len(value) > _MAX_KEYS else ""
    return f"; its keys: {', '.join(names)}{more}" if names else "; it has no keys"


def _shown(path: Path) -> str:
    """Return a path as its user would write it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
