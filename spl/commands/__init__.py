"""The commands, one module each: `head` is in head.py; nothing else to touch to add one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache

from spl.commands.base import Command, Pipeline, Unread
from spl.commands.not_run import NotRun, not_run_commands
from spl.errors import SplError, SplSyntaxError, did_you_mean
from spl.lang.reader import Reader

_NO_COMMANDS = {"arguments", "base"}
_NAME = r"[A-Za-z_][\w-]*"

Commands = Mapping[str, type[Command]]


@cache
def builtin_commands() -> dict[str, type[Command]]:
    """Return the commands by name and alias, with those that are known but do not run here."""
    commands: dict[str, type[Command]] = dict(not_run_commands())
    for module in _modules().values():
        commands.update(_commands_in(module))
    return commands


@cache
def _modules() -> dict[str, str]:
    """Return the modules by the command that each is named after: `return` is in return_.py."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return {name.rstrip("_"): name for name in names if name not in _NO_COMMANDS}


def _commands_in(module: str) -> dict[str, type[Command]]:
    commands: dict[str, type[Command]] = {}
    for member in vars(importlib.import_module(f"{__name__}.{module}")).values():
        if isinstance(member, type) and issubclass(member, Command) and vars(member).get("name"):
            commands.update(dict.fromkeys((member.name, *member.aliases), member))
    return commands


@cache
def _builtin_command(name: str) -> type[Command]:
    """Return one command; raise KeyError.

    Its module alone is imported, which is much faster than all; but no other name than the module's
    own says where it is.
    """
    found = _commands_in(_modules()[name]) if name in _modules() else {}
    return found[name] if name in found else builtin_commands()[name]


class _Commands(Mapping[str, type[Command]]):
    """All commands that a search can name, with the app's own in front."""

    def __init__(self, custom: Commands) -> None:
        self._custom = custom

    def __getitem__(self, name: str) -> type[Command]:
        return self._custom[name] if name in self._custom else _builtin_command(name)

    def __iter__(self) -> Iterator[str]:
        return iter({**builtin_commands(), **self._custom})

    def __len__(self) -> int:
        return len({**builtin_commands(), **self._custom})


def parse_pipeline(
    text: str, custom: Commands | None = None, problems: list[SplError] | None = None
) -> Pipeline:
    """Parse a search whose macros are expanded; `custom` are the app's own commands.

    Without a leading pipe the first command is `search`. Raises SplError; with `problems` all
    errors are put there instead, and `Unread` stands in the place of a command that has one.
    """
    commands = _Commands(custom or {})

    def parse_in_brackets(reader: Reader) -> Pipeline:
        # In brackets a search may begin with any command, with or without a pipe.
        before = reader.position
        word = reader.match(_NAME)
        is_command = word is not None and word.group().lower() in commands
        reader.position = before
        return _parse(reader, commands, implied_search=not is_command)

    reader = Reader(text, parse_in_brackets)
    reader.problems = problems
    try:
        pipeline = _parse(reader, commands, implied_search=True)
    except RecursionError:
        raise SplSyntaxError("the search is nested too deeply") from None
    if reader.char:
        reader.report(reader.error(f"unexpected {reader.found()}"))
    return pipeline


def _parse(reader: Reader, commands: Commands, *, implied_search: bool) -> Pipeline:
    reader.skip_space()
    start = reader.position
    parsed: list[Command] = []
    search = not reader.take("|") and implied_search
    while True:
        begin = reader.position
        try:
            if search:
                parsed.append(_parse_search(reader, commands["search"]))
            else:
                parsed.append(_parse_command(reader, commands, first=not parsed))
        except SplError as error:
            reader.report(error)
            parsed.append(_skip(reader, begin))
        search = False
        if not reader.take("|"):
            return Pipeline(tuple(parsed), span=reader.span(start))


def _parse_search(reader: Reader, search: type[Command]) -> Command:
    """Read the first command, whose name may be left out."""
    begin = reader.position
    word = reader.match(r"search(?![\w=.:{!<>-])(?!\s*[=<>!])")
    return _parse_arguments(reader, search, reader.position if word else begin)


def _skip(reader: Reader, begin: int) -> Unread:
    """Go on behind a command that cannot be read, from where it begins."""
    reader.position = begin
    try:
        reader.skip_command()
    except SplError:  # a quote or bracket that is not closed reaches to the end
        reader.position = len(reader.text)
    return Unread(span=reader.span(begin))


def _parse_command(reader: Reader, commands: Commands, *, first: bool) -> Command:
    if reader.at_end():
        raise reader.error(f"expected a command, found {reader.found()}")
    start = reader.position
    word = reader.match(_NAME)
    if not word:
        raise reader.error(f"expected a command, found {reader.found()}")
    name = word.group().lower()
    if name not in commands:
        run = [known for known, command in commands.items() if not issubclass(command, NotRun)]
        near = did_you_mean(name, run) or did_you_mean(name, commands, likeness=0.9)
        message = f"unknown command '{word.group()}'{near}"
        raise reader.error(message, start, reader.position)
    command = _parse_arguments(reader, commands[name], start)
    if command.stands_first and not first:
        message = f"'{name}' makes its own rows: it must be the first command"
        reader.report(reader.error(message, start, start + len(name)))
    return command


def _parse_arguments(reader: Reader, command: type[Command], start: int) -> Command:
    try:
        parsed = command.parse(reader, start)
    except SplSyntaxError as error:
        raise error.at(reader.text, start, reader.position) from None
    if not reader.at_end():
        raise reader.error(f"unexpected {reader.found()}; the syntax is: {command.syntax}")
    return parsed
