"""`regex`: keeps the rows whose field matches a regular expression."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from spl.commands.arguments import name_text, read_pattern
from spl.commands.base import Command, PerBatch, Stage
from spl.context import Context
from spl.errors import SplSyntaxError
from spl.lang.reader import Reader, quote
from spl.pcre import TimeLimit, compile_pattern
from spl.values import Row, values_of

_FIELD = r'([^\s"|=!\[\]()<>\\]+|"(?:[^"\\]|\\.)*")\s*(!=|=)(?!=)'


@dataclass(frozen=True, kw_only=True)
class Regex(Command):
    """`regex` with a field (by default `_raw`) and a pattern, found anywhere in the value.

    Not documented: of a multivalue any value may match, with `!=` none may; a row without the
    field passes `!=` and fails `=`.
    """

    name: ClassVar[str] = "regex"
    syntax: ClassVar[str] = 'regex [<field>=|<field>!=]"<regex>"'
    documentation: ClassVar[str] = "search-commands/regex"
    ordered: ClassVar[bool] = False

    field: str = "_raw"
    negated: bool = False
    pattern: str

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        field, negated = "_raw", False
        if found := reader.match(_FIELD):
            field = Reader(found[1]).quoted() if found[1].startswith('"') else found[1]
            negated = found[2] == "!="
        reader.skip_space()
        begin = reader.position
        pattern = read_pattern(reader)
        try:
            compile_pattern(pattern)
        except SplSyntaxError as error:
            raise error.at(reader.text, begin, reader.position) from None
        return cls(field=field, negated=negated, pattern=pattern, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        compiled = compile_pattern(self.pattern)
        limit = TimeLimit(
            lambda: context.say(
                "WARN",
                f"regex: '{self.pattern}' takes too long on some values of {self.field}, "
                "whose rows pass",
            )
        )

        def passes(row: Row) -> bool:
            try:
                found = any(
                    compiled.search(text, timeout=limit.of(compiled))
                    for text in values_of(row.get(self.field))
                )
            except TimeoutError:
                limit.exceeded()
                return True
            return found is not self.negated

        return PerBatch(lambda rows: filter(passes, rows))

    def arguments(self) -> Iterable[str]:
        yield f"{name_text(self.field)}{'!=' if self.negated else '='}{quote(self.pattern)}"
