"""All that would not run of a search, not its first error only: `hunts check --strict`.

Where a command cannot be read, reading goes on behind it. What is read is started, command by
command, over no events.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import partial

from spl.commands import Commands, parse_pipeline
from spl.commands.base import Command, Pipeline
from spl.context import Context, Found
from spl.errors import SplError
from spl.evaluation import compile_eval
from spl.functions.registry import Environment
from spl.knowledge import App
from spl.lang.eval_expression import Call
from spl.lang.reader import Node
from spl.macros import Expansion
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
    expansions = {expansion.text: expansion}
    for filling in _FILLINGS if unknown else ("",):
        filled = _filled(expansion.text, unknown, filling)
        check = _Check(app, environment, custom, run)
        check.search(filled)
        for problem in (*check.syntax, *check.problems):
            if problem.text == filled:
                problem.text = expansion.text
        expansions |= check.expansions
        readings.append(_Reading(_by_place(check.syntax), _by_place(check.problems), check.ends))
    for problem in sorted(_certain(readings), key=lambda p: (p.text != expansion.text, p.start)):
        origin = expansions.get(problem.text or "")
        problems.append(origin.name_macros(problem) if origin else problem)
    return problems


_Problems = dict[tuple[object, ...], SplError]


@dataclass(frozen=True)
class _Reading:
    """What was found in a search, for one filling of its unknown macros."""

    syntax: _Problems
    others: _Problems
    ends: list[int]
    """Where each command ends."""

    def command_of(self, problem: SplError) -> int:
        """Return the position of the command that a problem is in."""
        return bisect_left(self.ends, problem.start)


def _certain(readings: list[_Reading]) -> Iterable[SplError]:
    """Return the problems that do not depend on the filling.

    A filling that cannot stand in a command says nothing of what else is wrong with the command.
    """
    certain = {
        place: problem
        for place, problem in readings[0].syntax.items()
        if all(place in reading.syntax for reading in readings)
    }
    spoilt = [
        {r.command_of(problem) for place, problem in r.syntax.items() if place not in certain}
        for r in readings
    ]
    for reading in readings:
        for place, problem in reading.others.items():
            command = reading.command_of(problem)
            able = [r for r, bad in zip(readings, spoilt, strict=True) if command not in bad]
            if all(place in other.others for other in able or readings):
                certain.setdefault(place, problem)
    return certain.values()


def _by_place(problems: Iterable[SplError]) -> _Problems:
    return {(p.message, p.text, p.start, p.end): p for p in problems}


class _Check:
    """Collects the problems of a search, of those in it, and of the saved searches it runs."""

    def __init__(self, app: App, environment: Environment, custom: Commands, run: Run) -> None:
        self.syntax: list[SplError] = []
        self.problems: list[SplError] = []
        self.ends: list[int] = []
        self.expansions: dict[str, Expansion] = {}
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
        self._seen: dict[int, Pipeline] = {}

    def search(self, text: str) -> None:
        """Check a search whose macros are expanded."""
        try:
            pipeline = parse_pipeline(text, self._custom, self.syntax)
        except SplError as error:  # it cannot be read any further
            self.syntax.append(error)
            return
        self.ends = [command.span.end for command in pipeline.commands]
        self._pipeline(pipeline, self._context)

    def _pipeline(self, pipeline: Pipeline, context: Context, *, begins: bool = True) -> None:
        if id(pipeline) in self._seen:
            return
        self._seen[id(pipeline)] = pipeline
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
        self.expansions[expansion.text] = expansion
        return parse_pipeline(expansion.text, self._custom, self.problems)


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
