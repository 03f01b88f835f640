"""`rex`: takes fields out of text by a regular expression, or changes it by sed expressions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar, Self

from spl.commands.arguments import (
    Convert,
    integer,
    one_of,
    options_text,
    read_options,
    read_pattern,
)
from spl.commands.base import Command, Stage, adding, per_row
from spl.context import Context
from spl.errors import SplSyntaxError
from spl.lang.reader import Reader, quote
from spl.pcre import Pattern, TimeLimit, compile_pattern
from spl.sed import Expression, parse_sed
from spl.values import Row, to_value, values_of

_OPTIONS: dict[str, Convert] = {
    "field": str,
    "max_match": integer,
    "offset_field": str,
    "mode": one_of("sed"),
}


@dataclass(frozen=True, kw_only=True)
class Rex(Command):
    r"""`rex` with a regular expression whose named groups become fields, or with sed expressions.

    Without a match the fields stay as they are. Not documented: of a multivalue each value is
    matched, `max_match` counting for each; groups that take no part in a match add nothing.
    """

    name: ClassVar[str] = "rex"
    syntax: ClassVar[str] = (
        'rex [field=<field>] [max_match=<N>] [offset_field=<field>] "<regex>" | '
        'rex [field=<field>] mode=sed "<sed expression>"'
    )
    documentation: ClassVar[str] = "search-commands/rex"
    ordered: ClassVar[bool] = False

    field: str = "_raw"
    pattern: str
    max_match: int = 1
    offset_field: str | None = None
    sed: bool = False

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        options: dict[str, Any] = {}
        pattern: str | None = None
        place = reader.span(start)
        while not reader.at_end():
            before = reader.position
            options |= read_options(reader, _OPTIONS)
            if reader.position == before:
                if pattern is not None:
                    raise reader.error(f"unexpected {reader.found()}; the syntax is: {cls.syntax}")
                reader.skip_space()
                begin = reader.position
                pattern = read_pattern(reader)
                place = reader.span(begin)
        if pattern is None:
            raise reader.error(f"expected a regular expression, found {reader.found()}")
        sed = options.pop("mode", None) == "sed"
        try:
            parse_sed(pattern) if sed else _named_groups(pattern)
        except SplSyntaxError as error:
            raise error.at(reader.text, place.start, place.end) from None
        return cls(pattern=pattern, sed=sed, **options, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        limit = TimeLimit(
            lambda: context.say(
                "WARN",
                f"rex: '{self.pattern}' takes too long on some values of {self.field}, "
                "which pass unchanged",
            )
        )
        if self.sed:
            expressions = parse_sed(self.pattern)
            return per_row(lambda row: self._substitute(expressions, row, limit))
        pattern = _named_groups(self.pattern)
        outputs = list(pattern.groupindex)
        if self.offset_field is not None:
            outputs.append(self.offset_field)
        return per_row(lambda row: self._extract(pattern, row, limit), adding(outputs))

    def _extract(self, pattern: Pattern, row: Row, limit: TimeLimit) -> None:
        groups = pattern.groupindex
        found: dict[str, list[str]] = {}
        offsets: list[str] = []
        try:
            for text in values_of(row.get(self.field)):
                matches = pattern.finditer(text, timeout=limit.seconds)
                for match in islice(matches, self.max_match or None):
                    for group in groups:
                        if match[group] is not None:
                            found.setdefault(group, []).append(match[group])
                            begin, end = match.span(group)
                            offsets.append(f"{group}={begin}-{end - 1}")
        except TimeoutError:
            limit.exceeded()
            return
        if self.offset_field is not None and offsets:
            row[self.offset_field] = "&".join(offsets)
        for name, values in found.items():
            row[name] = values if len(values) > 1 else values[0]

    def _substitute(self, expressions: tuple[Expression, ...], row: Row, limit: TimeLimit) -> None:
        values = values_of(row.get(self.field))
        try:
            for expression in expressions:
                values = [expression.apply(text, limit.seconds) for text in values]
        except TimeoutError:
            limit.exceeded()
            return
        if (value := to_value(values)) is not None:
            row[self.field] = value

    def arguments(self) -> Iterable[str]:
        yield from options_text({"field": self.field})
        if self.sed:
            yield "mode=sed"
        yield from options_text({"max_match": self.max_match, "offset_field": self.offset_field})
        yield quote(self.pattern)


def _named_groups(pattern: str) -> Pattern:
    compiled = compile_pattern(pattern)
    if not compiled.groupindex:
        raise SplSyntaxError(f"'{pattern}' extracts nothing: it needs a group such as (?<name>…)")
    return compiled
