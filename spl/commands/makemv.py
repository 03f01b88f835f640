"""`makemv`: splits a field's value to a multivalue."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from spl.commands.arguments import (
    Convert,
    boolean,
    name_text,
    options_text,
    read_field,
    read_options,
)
from spl.commands.base import Command, Stage, per_row
from spl.context import Context
from spl.errors import SplSyntaxError, UnsupportedSplError
from spl.lang.reader import Reader, quote
from spl.pcre import TimeLimit, compile_pattern
from spl.values import Row, to_value, values_of


@dataclass(frozen=True, kw_only=True)
class Makemv(Command):
    """`makemv` by a delimiter, or by a regular expression whose first group is a value.

    Where no value remains the field becomes null; the values of a multivalue are split each
    (neither is documented).
    """

    name: ClassVar[str] = "makemv"
    syntax: ClassVar[str] = (
        'makemv [delim="<text>" | tokenizer="<regex>"] [allowempty=<bool>] <field>'
    )
    documentation: ClassVar[str] = "search-commands/makemv"
    ordered: ClassVar[bool] = False

    delim: str = " "
    tokenizer: str | None = None
    allowempty: bool = False
    setsv: bool = False
    field: str

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = {}
        field: str | None = None
        while not reader.at_end():
            options |= read_options(reader, _OPTIONS, patterns={"tokenizer"})
            if not reader.at_end():
                if field is not None:
                    raise reader.error(f"unexpected {reader.found()}; the syntax is: {cls.syntax}")
                field = read_field(reader)
        if field is None:
            raise reader.error(f"expected a field, found {reader.found()}")
        return cls(field=field, **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        if self.setsv:
            raise UnsupportedSplError("setsv=true does not run here: a field has one value here")
        split = self._delimited if self.tokenizer is None else self._tokenized(context)

        def change(row: Row) -> None:
            if (value := row.get(self.field)) is None:
                return
            parts = [part for text in values_of(value) for part in split(text)]
            if (made := to_value(parts)) is None:
                row.pop(self.field)
            else:
                row[self.field] = made

        return per_row(change)

    def _delimited(self, text: str) -> list[str]:
        return [part for part in text.split(self.delim) if part or self.allowempty]

    def _tokenized(self, context: Context) -> Callable[[str], list[str]]:
        assert self.tokenizer is not None
        compiled = compile_pattern(self.tokenizer)
        limit = TimeLimit(
            lambda: context.say(
                "WARN",
                f"makemv: '{self.tokenizer}' takes too long on some values of {self.field}, "
                "which pass unchanged",
            )
        )

        def split(text: str) -> list[str]:
            try:
                found = [match[1] for match in compiled.finditer(text, timeout=limit.seconds)]
            except TimeoutError:
                limit.exceeded()
                return [text]
            return [part for part in found if part or (self.allowempty and part is not None)]

        return split

    def arguments(self) -> Iterable[str]:
        if self.tokenizer is None:
            yield f"delim={quote(self.delim)}"
        else:
            yield f"tokenizer={quote(self.tokenizer)}"
        yield from options_text({"allowempty": self.allowempty, "setsv": self.setsv})
        yield name_text(self.field)


def _delimiter(text: str) -> str:
    if not text:
        raise ValueError("at least one character")
    return text


def _tokenizer(text: str) -> str:
    try:
        groups = compile_pattern(text).groups
    except SplSyntaxError as error:
        raise ValueError(f"a regular expression ({error.message})") from None
    if not groups:
        raise ValueError("a regular expression with a group, such as ([^,]+),?")
    return text


_OPTIONS: dict[str, Convert] = {
    "delim": _delimiter,
    "tokenizer": _tokenizer,
    "allowempty": boolean,
    "setsv": boolean,
}
