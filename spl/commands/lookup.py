"""`lookup`: adds fields from a lookup table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import boolean, name_text, read_field, read_options
from spl.commands.base import Command, Stage, adding, per_row
from spl.context import Context
from spl.lang.reader import Reader
from spl.lookups import AppliedLookup

_OPTIONS = {"local": boolean, "update": boolean}

Pair = tuple[str, str]
"""A field of the lookup, and the field of the event."""


@dataclass(frozen=True, kw_only=True)
class Lookup(Command):
    """`lookup` with the fields to match, all of which must, and the fields to add.

    `local` and `update` choose where and how often a server reads the table: nothing to choose
    here.
    """

    name: ClassVar[str] = "lookup"
    syntax: ClassVar[str] = (
        "lookup [local=<bool>] [update=<bool>] <lookup> <field> [AS <event field>] … "
        "[OUTPUT|OUTPUTNEW <field> [AS <event field>] …]"
    )
    documentation: ClassVar[str] = "search-commands/lookup"
    ordered: ClassVar[bool] = False

    table: str
    inputs: tuple[Pair, ...]
    outputs: tuple[Pair, ...] = ()
    only_new: bool = False

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        read_options(reader, _OPTIONS)
        table = read_field(reader, "the name of a lookup")
        reader.take(",")
        inputs = _read_pairs(reader)
        word = reader.keyword("OUTPUT", "OUTPUTNEW")
        outputs = _read_pairs(reader) if word else ()
        return cls(
            table=table,
            inputs=inputs,
            outputs=outputs,
            only_new=word == "OUTPUTNEW",
            span=reader.span(start),
        )

    def start(self, context: Context) -> Stage:
        apply = AppliedLookup(
            context.app.lookup(self.table), self.inputs, self.outputs, only_new=self.only_new
        )
        return per_row(apply, adding([target for _, target in apply.outputs]))

    def arguments(self) -> Iterable[str]:
        yield name_text(self.table)
        yield _pairs_text(self.inputs)
        if self.outputs:
            yield "OUTPUTNEW" if self.only_new else "OUTPUT"
            yield _pairs_text(self.outputs)


def _read_pairs(reader: Reader) -> tuple[Pair, ...]:
    pairs: list[Pair] = []
    while not reader.at_end():
        before = reader.position
        if reader.keyword("OUTPUT", "OUTPUTNEW"):
            reader.position = before
            break
        name = read_field(reader, "a field of the lookup")
        target = read_field(reader, "a name after AS") if reader.keyword("AS") else name
        pairs.append((name, target))
        reader.take(",")
    if not pairs:
        raise reader.error(f"expected a field of the lookup, found {reader.found()}")
    return tuple(pairs)


def _pairs_text(pairs: Iterable[Pair]) -> str:
    return ", ".join(
        name_text(name) + ("" if name == target else f" AS {name_text(target)}")
        for name, target in pairs
    )
