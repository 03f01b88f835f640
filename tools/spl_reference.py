"""Writes docs/spl.md from the registries: `python -m tools.spl_reference > docs/spl.md`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from spl.commands import builtin_commands
from spl.commands.base import Command
from spl.commands.not_run import NotRun
from spl.functions.aggregates import aggregate_names, find_aggregate
from spl.functions.registry import Function, eval_functions

REFERENCE = "https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/"
PERCENTILES = ("perc<N>", "p<N>", "exactperc<N>", "upperperc<N>")

INTRODUCTION = f"""\
# The SPL of this engine

Made by `python -m tools.spl_reference` from the engine itself; a test holds it current. What
stands here follows the [Search Reference of Splunk Enterprise 9.4]({REFERENCE}).
What the engine does not know is an error that names it, never skipped; `hunts check --strict` names
all of it in a search, before the search is run.
"""


def reference() -> str:
    """Return the page."""
    return "\n".join([INTRODUCTION, *_commands(), *_eval_functions(), *_statistics()]) + "\n"


def _commands() -> Iterator[str]:
    commands = sorted(set(builtin_commands().values()), key=lambda command: command.name)
    run = [command for command in commands if not issubclass(command, NotRun)]
    yield "## Commands\n"
    yield "The app's own commands (commands.conf, chunked protocol) run, too.\n"
    yield from _table(("Command", "Syntax"), map(_command_row, run))
    yield "\n## Commands that parse and do not run\n"
    yield "A search with one of these is SPL; to run it is an `UnsupportedSplError`.\n"
    refused = [command for command in commands if issubclass(command, NotRun)]
    refused.sort(key=lambda command: (command.reason, command.name))
    rows = (
        (", ".join(_code(command.name) for command in group), _text(reason))
        for reason, group in groupby(refused, key=lambda command: command.reason)
    )
    yield from _table(("Commands", "Why"), rows)


def _command_row(command: type[Command]) -> tuple[str, str]:
    link = f"[{command.name}]({REFERENCE}{command.documentation})"
    return ", ".join([link, *map(_code, command.aliases)]), _code(command.syntax)


def _eval_functions() -> Iterator[str]:
    by_module: dict[str, dict[object, list[Function]]] = {}
    for function in eval_functions().values():
        functions = by_module.setdefault(function.call.__module__, {})
        # Other names of a function share what it calls.
        functions.setdefault(function.call, []).append(function)
    yield "\n## Eval functions"
    for module, functions in sorted(by_module.items()):
        title = (inspect.getdoc(sys.modules[module]) or module).splitlines()[0].rstrip(".")
        yield f"\n### {title}\n"
        rows = sorted(map(_function_row, functions.values()))
        yield from _table(("Function", "Note"), rows)


def _function_row(functions: Sequence[Function]) -> tuple[str, str]:
    function = functions[0]
    least = ", ".join(["<value>"] * function.least)
    syntax, description = _description(function.call, f"{function.name}({least})")
    own = syntax.partition("(")[0]
    others = sorted(f.name for f in functions if f.name != own)
    return ", ".join(map(_code, [syntax, *others])), _text(description)


def _statistics() -> Iterator[str]:
    yield "\n## Statistical functions\n"
    yield "Of `stats`, `eventstats`, `streamstats`, `chart`, `timechart` and their kin.\n"
    by_class: dict[type, list[str]] = {}
    for name in [*aggregate_names(), *PERCENTILES]:
        kind = type(find_aggregate(name.replace("<N>", "95"))())
        by_class.setdefault(kind, []).append(name)
    rows = (
        (", ".join(map(_code, names)), _text(_description(kind, "")[1]))
        for kind, names in sorted(by_class.items(), key=lambda item: item[1])
    )
    yield from _table(("Function", "Note"), rows)


def _description(documented: object, syntax: str) -> tuple[str, str]:
    """Split "`f(<x>)`: what it does." of a docstring's first paragraph."""
    text = " ".join((inspect.getdoc(documented) or "").partition("\n\n")[0].split())
    head, colon, rest = text.partition(": ")
    if not head.startswith("`"):
        return syntax, text
    return head.rstrip(".").strip("`"), rest if colon else ""


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _line(header)
    yield _line(["---"] * len(header))
    yield from map(_line, rows)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


def _text(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(reference())
