"""Searches in brackets: reading them, running them, and their results as a search expression.

https://docs.splunk.com/Documentation/Splunk/9.4.0/Search/Aboutsubsearches
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from spl.commands.arguments import Convert, boolean, integer
from spl.commands.base import Pipeline
from spl.context import Context, Found
from spl.errors import SplError, UnsupportedSplError
from spl.fields import Event
from spl.lang.reader import Reader, quote
from spl.lang.search_expression import (
    And,
    Not,
    Or,
    SearchExpression,
    Subsearch,
    SubsearchValue,
    parse_search_expression,
)
from spl.matching import walk
from spl.values import Row, values_of

OPTIONS: dict[str, Convert] = {
    "extendtimerange": boolean,
    "maxout": integer,
    "maxtime": integer,
    "timeout": integer,
}
"""The options that `append` and its kin take for their subsearch."""

MAX_ROWS = 50_000
"""How many rows of a subsearch `append` and `join` take (limits.conf, subsearch_maxout)."""

FORMAT = ("(", "(", "AND", ")", "OR", ")")
"""What `format` writes: row prefix, column prefix, column separator, column end, row separator,
row end."""

EMPTY = "NOT( )"
"""What `format` writes for no rows: the expression that nothing matches."""

_MAX_IN_SEARCH = 10_000
_SPECIAL = set(' \t\n"()|[]=<>!,`\\')


def read_subsearch(reader: Reader, command: str) -> Pipeline:
    """Read the search in brackets that `command` needs."""
    reader.skip_space()
    if reader.char != "[":
        raise reader.error(f"{command} needs a subsearch: [ … ], found {reader.found()}")
    return cast(Pipeline, reader.subsearch())


def run_subsearch(pipeline: Pipeline, context: Context, most: int = MAX_ROWS) -> Found:
    """Run a subsearch from its beginning; rows above `most` are cut off with a message."""
    found = context.run(pipeline, context, None)
    if len(found.rows) > most:
        context.say(
            "WARN",
            f"a subsearch found {len(found.rows)} rows, the limit is {most}: the rest is cut off",
        )
        found = Found(found.rows[:most], found.fields)
    return found


def run_with_options(pipeline: Pipeline, context: Context, options: Mapping[str, Any]) -> Found:
    """Run a subsearch with OPTIONS. Raises UnsupportedSplError for one that is not carried out."""
    if options.get("extendtimerange"):
        raise UnsupportedSplError("extendtimerange=true does not run here")
    for name in ("maxtime", "timeout"):
        if name in options:
            context.say("INFO", f"{name}= is not applied: subsearches run to their end here")
    return run_subsearch(pipeline, context, options.get("maxout") or MAX_ROWS)


def copy_of(row: Row) -> Row:
    """Return a row that can be changed without the other."""
    return row.view() if isinstance(row, Event) else dict(row)


def has_subsearch(expression: SearchExpression) -> bool:
    """Tell whether there are subsearches in an expression."""
    return any(isinstance(part, (Subsearch, SubsearchValue)) for part in walk(expression))


def subsearches_of(expression: SearchExpression) -> Iterator[Pipeline]:
    """Yield the subsearches in an expression."""
    for part in walk(expression):
        if isinstance(part, (Subsearch, SubsearchValue)):
            yield cast(Pipeline, part.pipeline)


def resolved(expression: SearchExpression, context: Context) -> SearchExpression:
    """Run the subsearches in an expression, and put their results in their place.

    Raises SplError where the results are no search expression.
    """
    match expression:
        case And(operands=operands):
            parts: list[SearchExpression] = []
            for operand in operands:
                part = resolved(operand, context)
                # earliest= and latest= of a subsearch bound the time: they must stand on top
                parts += part.operands if isinstance(part, And) else [part]
            return And(tuple(parts), span=expression.span)
        case Or(operands=operands):
            choices = tuple(resolved(operand, context) for operand in operands)
            return Or(choices, span=expression.span)
        case Not(operand=operand):
            return Not(resolved(operand, context), span=expression.span)
        case Subsearch(pipeline=pipeline):
            return _parsed(_text(cast(Pipeline, pipeline), context))
        case SubsearchValue(pipeline=pipeline):
            text = _text(cast(Pipeline, pipeline), context)
            return _parsed(text if text == EMPTY else expression.with_value(text))
    return expression


def possible(expression: SearchExpression) -> SearchExpression:
    """Return what an expression may at most match, before its subsearches have run."""
    match expression:
        case And(operands=operands) | Or(operands=operands):
            return replace(expression, operands=tuple(map(possible, operands)))
        case Subsearch() | SubsearchValue():
            return And((), span=expression.span)
        case Not() if has_subsearch(expression):
            return And((), span=expression.span)
    return expression


def _text(pipeline: Pipeline, context: Context) -> str:
    """Return what a subsearch becomes: its only field `search` as it is, else `format` of it."""
    found = run_subsearch(pipeline, context, _MAX_IN_SEARCH)
    if len(found.rows) == 1 and list(found.rows[0]) == ["search"]:
        return values_of(found.rows[0]["search"])[0]
    return formatted(found.rows)


def _parsed(text: str) -> SearchExpression:
    reader = Reader(text)
    try:
        expression = parse_search_expression(reader)
        if reader.char:
            raise reader.error(f"unexpected {reader.found()}")
    except SplError as error:
        error.message = f"the subsearch returned no search expression: {error.message}"
        raise
    return expression


def formatted(
    rows: Iterable[Row],
    parts: tuple[str, ...] = FORMAT,
    separator: str = "OR",
    empty: str = EMPTY,
) -> str:
    """Write rows as a search expression, as `format` does.

    `parts` are as in FORMAT; `separator` stands between the values of a multivalue. Internal
    fields are left out; of a field `search` the first value stands as it is, of `query` the
    values without the field's name (Search Manual, "Change the format of subsearch results").
    Fields are in the order of their names, as in the examples of the documentation.
    """
    row_prefix, column_prefix, column_separator, column_end, row_separator, row_end = parts
    lines = []
    for row in rows:
        names = sorted(name for name in row if not name.startswith("_"))
        columns = [_column(name, values_of(row[name]), separator) for name in names]
        if columns:
            inner = f" {column_separator} ".join(columns)
            lines.append(f"{column_prefix} {inner} {column_end}")
    if not lines:
        return empty
    return f"{row_prefix} " + f" {row_separator} ".join(lines) + f" {row_end}"


def _column(name: str, values: list[str], separator: str) -> str:
    if name == "search":
        return values[0]
    written = [quote(v) if name == "query" else comparison_text(name, v) for v in values]
    return written[0] if len(written) == 1 else f"( {f' {separator} '.join(written)} )"


def comparison_text(name: str, value: str) -> str:
    """Write `name="value"`; the name is in quotes only where it needs them."""
    return f"{quote(name) if set(name) & _SPECIAL else name}={quote(value)}"
