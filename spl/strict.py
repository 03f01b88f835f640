"""All that would not run of a search, not its first error only: `hunts check --strict`.

Where a command cannot be read, reading goes on behind it. What is read is started, command by
command, over no events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import partial

from spl.commands import Commands, parse_pipeline
from spl.commands.base import Command, Pipeline, Unread
from spl.context import Context, Found
from spl.errors import SplError
from spl.evaluation import compile_eval
from spl.functions.registry import Environment
from spl.knowledge import App
from spl.lang.eval_expression import Call
from spl.lang.reader import Node, Span
from spl.values import Row

_FILLINGS = ("x", " ", "x=1")
"""What an unknown macro may stand for: a name or term, nothing, an option or comparison."""

Run = Callable[[Command, Context, bool], None]
"""Runs one command over no events; the flag says whether it begins a search over events."""


def find_problems(
    text: str, app: App, environment: Environment, custom: Commands, run: Run
) -> list[SplError]:
    """Return what of a search would not run, in the order of its text, macros first.

    An error that depends on what an unknown macro stands for is left out: the macro is named.
    `custom` are the app's own commands.
    """
    problems: list[SplError] = []
    try:
        expansion = app.expand(text, problems)
    except SplError as error:
        return [error]
    unknown = expansion.unresolved()
    readings = []
    for filling in _FILLINGS if unknown else ("",):
        filled = _filled(expansion.text, unknown, filling)
        check = _Check(app, environment, custom, run)
        check.search(filled)
        for problem in check.problems:
            if problem.text == filled:
                problem.text = expansion.text
        readings.append({_place(problem): problem for problem in check.problems})
    certain = [p for place, p in readings[0].items() if all(place in r for r in readings)]
    named = [expansion.name_macros(error) for error in certain]
    here = sorted((p for p in named if p.text == expansion.text), key=lambda p: p.start)
    return [*problems, *here, *(p for p in named if p.text != expansion.text)]


class _Check:
    """Collects the problems of a search, of those in it, and of the saved searches it runs."""

    def __init__(self, app: App, environment: Environment, custom: Commands, run: Run) -> None:
        self.problems: list[SplError] = []
        self._app = app
        self._environment = environment
        self._custom = custom
        self._run = run
        self._context = Context(
            app=app,
            environment=environment,
            events=lambda _expression: (),
            run=self._run_inner,
            parse=self._parse_inner,
        )
        self._seen: list[Pipeline] = []

    def search(self, text: str) -> Pipeline:
        """Check a search whose macros are expanded."""
        try:
            pipeline = parse_pipeline(text, self._custom, self.problems)
        except SplError as error:  # it cannot be read any further
            self.problems.append(error)
            return Pipeline((Unread(span=Span(0, len(text), text)),), span=Span(0, 0, text))
        self._pipeline(pipeline, self._context)
        return pipeline

    def _pipeline(self, pipeline: Pipeline, context: Context, *, begins: bool = True) -> None:
        if any(pipeline is other for other in self._seen):
            return
        self._seen.append(pipeline)
        for command in pipeline.commands:
            # The command itself first: it knows whether a search in it begins with events.
            self._try(command, partial(self._run, command, context, begins))
            begins = False
            for node in _nodes(command):
                if isinstance(node, Pipeline):
                    self._pipeline(node, context)
                elif isinstance(node, Call):
                    self._try(command, partial(compile_eval, node, self._environment))

    def _try(self, command: Command, act: Callable[[], object]) -> None:
        try:
            act()
        except SplError as error:
            span = command.span
            self.problems.append(error.at(span.text, span.start, span.start + len(command.name)))

    def _run_inner(self, pipeline: Pipeline, context: Context, rows: Iterable[Row] | None) -> Found:
        self._pipeline(pipeline, context, begins=rows is None)
        return Found([], [])

    def _parse_inner(self, text: str) -> Pipeline:
        """Read a saved search, to be run by `_run_inner`."""
        expansion = self._app.expand(text)
        found: list[SplError] = []
        pipeline = parse_pipeline(expansion.text, self._custom, found)
        self.problems += map(expansion.name_macros, found)
        return pipeline


def _nodes(value: object) -> Iterator[Node]:
    """Yield the nodes in a node, outer ones first; a search in brackets is one node."""
    if is_dataclass(value):
        for field in fields(value):
            yield from _members(getattr(value, field.name))
    elif isinstance(value, Mapping):
        yield from _members(tuple(value.values()))


def _members(value: object) -> Iterator[Node]:
    if isinstance(value, (tuple, list)):
        for member in value:
            yield from _members(member)
    elif isinstance(value, Node):
        yield value
        if not isinstance(value, Pipeline):
            yield from _nodes(value)
    else:
        yield from _nodes(value)


def _filled(text: str, places: Iterable[tuple[int, int]], filling: str) -> str:
    """Put `filling` in the place of macros, of the same length, so that places stay."""
    for start, end in places:
        put = filling * (end - start) if len(filling) == 1 else filling.ljust(end - start)
        text = text[:start] + put[: end - start] + text[end:]
    return text


def _place(error: SplError) -> tuple[str, str | None, int, int]:
    return error.message, error.text, error.start, error.end
