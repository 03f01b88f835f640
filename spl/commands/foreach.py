"""`foreach`: runs a search for each of several fields, or for each value of one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import orjson

from spl.commands.arguments import (
    Convert,
    names_text,
    one_of,
    options_text,
    read_field,
    read_options,
    wildcard_pattern,
)
from spl.commands.base import Command, OnAll, PerBatch, Pipeline, Stage, Unread
from spl.commands.eval import Eval
from spl.context import Context
from spl.errors import SplError, SplSyntaxError, UnsupportedSplError
from spl.fields import scalar_text
from spl.lang.reader import Reader
from spl.values import Row, values_of

_MODES = ("multifield", "multivalue", "json_array", "auto_collections")
_PLACEHOLDERS = {
    "fieldstr": "<<FIELD>>",
    "matchstr": "<<MATCHSTR>>",
    "matchseg1": "<<MATCHSEG1>>",
    "matchseg2": "<<MATCHSEG2>>",
    "matchseg3": "<<MATCHSEG3>>",
    "itemstr": "<<ITEM>>",
    "iterstr": "<<ITER>>",
}
_OPTIONS: dict[str, Convert] = {"mode": one_of(*_MODES)} | dict.fromkeys(_PLACEHOLDERS, str)
_QUOTED = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", re.DOTALL)
_SAFE = re.compile(r"[\w.:{}@/-]*")


@dataclass(frozen=True, kw_only=True)
class Foreach(Command):
    """`foreach` with its fields and a template, the search in brackets, with placeholders.

    A name with blanks or signs can stand in a template in quotes only: elsewhere the field is
    left out with a message, as names come from the data. In the modes for values the template is
    one eval, which reads the placeholders as fields: a value is never read as SPL.
    """

    name: ClassVar[str] = "foreach"
    syntax: ClassVar[str] = (
        "foreach [mode=multifield|multivalue|json_array|auto_collections] <field> … "
        "[<options>] [ <template with <<FIELD>> or <<ITEM>>> ]"
    )
    documentation: ClassVar[str] = "search-commands/foreach"

    mode: str = "multifield"
    fields: tuple[str, ...]
    placeholders: dict[str, str] = field(default_factory=dict)
    template: str
    pipeline: Pipeline = field(compare=False, repr=False)

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = read_options(reader, _OPTIONS)
        fields: list[str] = []
        while not reader.at_end() and reader.char != "[":
            before = reader.position
            options |= read_options(reader, _OPTIONS)
            if reader.position == before:
                fields.append(read_field(reader))
                reader.take(",")
        if not fields:
            raise reader.error(f"expected a field, found {reader.found()}")
        mode = options.pop("mode", "multifield")
        if mode != "multifield" and (len(fields) > 1 or "*" in fields[0]):
            raise reader.error(f"mode={mode} takes one field", start, reader.position)
        begin = reader.position
        template = reader.bracketed()
        options |= read_options(reader, _OPTIONS)
        options.pop("mode", None)
        names = _PLACEHOLDERS | options
        try:
            if mode == "multifield":
                text = _with_names(template, dict.fromkeys(names.values(), "field"))
            else:
                text = _with_items(template, {names["itemstr"]: _ITEM, names["iterstr"]: _ITER})
            pipeline = reader.nested(text)
        except SplError as error:
            raise type(error)(
                f"the template of foreach: {error.message}",
                text=reader.text,
                start=begin,
                end=begin + len(template) + 2,
            ) from None
        assert isinstance(pipeline, Pipeline)
        return cls(
            mode=mode,
            fields=tuple(fields),
            placeholders=options,
            template=template.strip(),
            pipeline=pipeline,
            span=reader.span(start),
        )

    def start(self, context: Context) -> Stage:
        if self.mode == "multifield":
            return OnAll(context, lambda rows: self._each_field(rows, context))
        if len(self.pipeline.commands) != 1 or not isinstance(
            self.pipeline.commands[0], (Eval, Unread)
        ):
            raise UnsupportedSplError(f"foreach mode={self.mode} runs with one eval only")
        stage = self.pipeline.commands[0].start(context)
        members = _MEMBERS[self.mode]

        def each_item(rows: Iterable[Row]) -> Iterator[Row]:
            for row in rows:
                for number, item in enumerate(members(values_of(row.get(self.fields[0])))):
                    row[_ITEM], row[_ITER] = item, str(number)
                    list(stage.feed([row]))
                row.pop(_ITEM, None)
                row.pop(_ITER, None)
                yield row

        return PerBatch(each_item)

    def _each_field(self, rows: list[Row], context: Context) -> list[Row]:
        names = _PLACEHOLDERS | self.placeholders
        known = list(dict.fromkeys(name for row in rows for name in row))
        for pattern in self.fields:
            compiled = wildcard_pattern(pattern)
            for name in known:
                found = compiled.fullmatch(name)
                if found is None or (name.startswith("_") and not pattern.startswith("_")):
                    continue
                segments = dict(enumerate(found.groups(), 1))
                values = {
                    names["fieldstr"]: name,
                    names["matchstr"]: "".join(found.groups()),
                    **{names[f"matchseg{n}"]: segments.get(n, "") for n in (1, 2, 3)},
                }
                try:
                    pipeline = context.parse("| " + _with_names(self.template, values))
                except SplSyntaxError:
                    context.say(
                        "WARN",
                        "foreach: a field is left out, as the template cannot name it: "
                        f"{name[:100]!r}",
                    )
                    continue
                rows = context.run(pipeline, context, rows).rows
        return rows

    def subsearches(self) -> Iterable[Pipeline]:
        yield self.pipeline

    def arguments(self) -> Iterable[str]:
        yield f"mode={self.mode}"
        yield from options_text(self.placeholders)
        yield names_text(self.fields)
        yield f"[ {self.template} ]"


_ITEM, _ITER = _PLACEHOLDERS["itemstr"], _PLACEHOLDERS["iterstr"]


def _with_names(template: str, values: Mapping[str, str]) -> str:
    """Put names in the place of placeholders; raise SplSyntaxError for one that would be SPL."""
    parts = _QUOTED.split(template)
    for index, part in enumerate(parts):
        for placeholder, value in values.items():
            if placeholder not in part:
                continue
            if index % 2:
                value = value.replace("\\", "\\\\").replace(part[0], "\\" + part[0])
            elif not _SAFE.fullmatch(value):
                raise SplSyntaxError(f"'{value}' stands outside quotes")
            part = part.replace(placeholder, value)
        parts[index] = part
    return "".join(parts)


def _with_items(template: str, names: Mapping[str, str]) -> str:
    """Put fields in the place of placeholders; `names`: placeholder -> field."""
    placeholder = re.compile("(" + "|".join(map(re.escape, names)) + ")")

    def in_text(part: str) -> str:
        pieces = placeholder.split(part[1:-1])
        operands = [
            f"'{names[piece]}'" if index % 2 else f'"{piece}"'
            for index, piece in enumerate(pieces)
            if piece
        ]
        return operands[0] if len(operands) == 1 else f"({' . '.join(operands)})"

    parts = _QUOTED.split(template)
    for index, part in enumerate(parts):
        if not placeholder.search(part):
            continue
        if not index % 2:
            parts[index] = placeholder.sub(lambda found: f"'{names[found[1]]}'", part)
        elif part[0] == '"':
            parts[index] = in_text(part)
        elif part[1:-1] in names:
            parts[index] = f"'{names[part[1:-1]]}'"
        else:
            raise SplSyntaxError("an item cannot be part of a field's name")
    return "".join(parts)


def _json_members(values: list[str]) -> list[str]:
    """Return the members of a JSON array, those that are arrays or objects as JSON text."""
    try:
        array = orjson.loads(values[0]) if len(values) == 1 else None
    except orjson.JSONDecodeError:
        array = None
    if not isinstance(array, list):
        return []
    return [
        orjson.dumps(member).decode() if isinstance(member, (dict, list)) else scalar_text(member)
        for member in array
    ]


_MEMBERS: dict[str, Callable[[list[str]], list[str]]] = {
    "multivalue": lambda values: values,
    "json_array": _json_members,
    "auto_collections": lambda values: _json_members(values) or values,
}
