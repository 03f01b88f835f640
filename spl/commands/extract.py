"""`extract`: takes `key=value` pairs out of the text of events."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from spl.commands.arguments import (
    Convert,
    boolean,
    integer,
    names_text,
    not_here,
    options_text,
    read_fields,
    read_options,
)
from spl.commands.base import Command, Stage, per_row
from spl.context import Context
from spl.errors import SplError, UnsupportedSplError, did_you_mean
from spl.field_extraction import FieldExtraction, Found, read_transform
from spl.fields import Event
from spl.key_values import clean_key, key_value_pairs
from spl.lang.reader import Reader
from spl.values import Row, to_value, values_of


def _characters(text: str) -> str:
    """Convert a list of delimiters; raise ValueError."""
    if not text:
        raise ValueError("at least one character")
    return text


_OPTIONS: dict[str, Convert] = {
    "pairdelim": _characters,
    "kvdelim": _characters,
    "limit": integer,
    "maxchars": integer,
    "mv_add": boolean,
    "clean_keys": boolean,
    "auto": boolean,
    "reload": boolean,
    "segment": not_here,
}
_UNCHANGING = {"auto", "reload"}
Pairs = Callable[[str], Iterable[tuple[str, str]]]


@dataclass(frozen=True, kw_only=True)
class Extract(Command):
    """`extract` by delimiters, by field transforms of the app, or, without either, of `key=value`.

    Each character of `pairdelim` and `kvdelim` is a delimiter. The first value of a key counts,
    with `mv_add` all do. Not documented: a field that the event has already is replaced.
    """

    name: ClassVar[str] = "extract"
    aliases: ClassVar[tuple[str, ...]] = ("kv",)
    syntax: ClassVar[str] = (
        "extract [pairdelim=<characters> kvdelim=<characters>] [limit=<N>] [maxchars=<N>] "
        "[mv_add=<bool>] [clean_keys=<bool>] [<transform> …]"
    )
    documentation: ClassVar[str] = "search-commands/extract"
    ordered: ClassVar[bool] = False

    pairdelim: str | None = None
    kvdelim: str | None = None
    limit: int = 50
    maxchars: int = 10_240
    mv_add: bool = False
    clean_keys: bool = True
    transforms: tuple[str, ...] = ()

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = {}
        transforms: tuple[str, ...] = ()
        while not reader.at_end():
            before = reader.position
            options |= read_options(reader, _OPTIONS)
            if reader.position == before:
                transforms += read_fields(reader)
        for name in _UNCHANGING:
            options.pop(name, None)
        if ("pairdelim" in options) is not ("kvdelim" in options):
            raise reader.error("pairdelim= and kvdelim= need each other", start, reader.position)
        return cls(transforms=transforms, **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        if self.transforms:
            found = [self._transform(name, context) for name in self.transforms]
            return per_row(lambda row: _apply(found, row))
        if self.mv_add and self.pairdelim is None:
            raise UnsupportedSplError("extract: mv_add=true runs with pairdelim= and kvdelim= only")
        pairs = self._delimited() if self.pairdelim is not None else _automatic
        return per_row(lambda row: self._extract(row, pairs))

    def _transform(self, name: str, context: Context) -> FieldExtraction:
        stanzas = context.app.conf("transforms")
        if name not in stanzas:
            raise SplError(
                f"extract: unknown field transform '{name}'{did_you_mean(name, stanzas)}"
            )
        slow = f"extract: the pattern of '{name}' takes too long on some events"
        return read_transform(stanzas[name], lambda: context.say("WARN", slow))

    def _delimited(self) -> Pairs:
        pair = re.compile(f"[{re.escape(self.pairdelim or '')}]+")
        key = re.compile(f"[{re.escape(self.kvdelim or '')}]")

        def pairs(text: str) -> Iterable[tuple[str, str]]:
            for part in pair.split(text):
                halves = key.split(part, maxsplit=1)
                if len(halves) == 2:
                    yield halves[0].strip(), halves[1].strip().strip('"')

        return pairs

    def _extract(self, row: Row, pairs: Pairs) -> None:
        found: dict[str, list[str]] = {}
        for text in values_of(row.get("_raw")):
            for name, value in pairs(text[: self.maxchars]):
                key = clean_key(name) if self.clean_keys else name
                if key and value and (key in found or len(found) < self.limit):
                    found.setdefault(key, []).append(value)
        for key, values in found.items():
            row[key] = to_value(values if self.mv_add else values[:1]) or ""

    def arguments(self) -> Iterable[str]:
        yield from options_text(
            {name: getattr(self, name) for name in _OPTIONS if name in self.__dataclass_fields__}
        )
        yield names_text(self.transforms)


def _automatic(text: str) -> Iterable[tuple[str, str]]:
    for name, values in key_value_pairs(text).items():
        for value in values:
            yield name, value


def _apply(transforms: list[FieldExtraction], row: Row) -> None:
    event = row if isinstance(row, Event) else Event.from_mapping(row)
    found = Found(event)
    for transform in transforms:
        transform.apply(found)
    for name, values in found.fields.items():
        if (value := to_value(values)) is not None:
            row[name] = value
