"""The command line: `hunts list`, `run`, `search`, `check`, `navigator`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hunts.content import ANNOTATIONS, default_app, load_hunts
from hunts.parallel import WorkerError, available_cores
from spl import SplError
from spl.knowledge import App

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from hunts.inputs import Inputs
    from hunts.model import Hunt, Report
    from hunts.render import Format
    from spl import Engine

EXIT_FINDINGS = 1
EXIT_PROBLEMS = 1
EXIT_INCOMPLETE = 3
# As a shell reports a program that SIGINT or SIGPIPE ended.
EXIT_INTERRUPTED = 130
EXIT_CLOSED_PIPE = 141

_EXIT_CODES = f"""\b
Exit codes:
  0  everything was read and run
  {EXIT_FINDINGS}  there are findings, and --fail-on findings was given; `hunts check`: problems
  2  the command line or the app is wrong: nothing was run
  {EXIT_INCOMPLETE}  an input could not be read to its end, or a hunt could not be run; the rest was
  {EXIT_INTERRUPTED}  Ctrl-C; {EXIT_CLOSED_PIPE} the program that reads the output has ended
"""


class _Failure(click.ClickException):
    """A message to the user, and exit code 2."""

    exit_code = 2


class _Incomplete(click.ClickException):
    """A message to the user, and exit code 3."""

    exit_code = EXIT_INCOMPLETE


@contextmanager
def _errors_as_messages() -> Iterator[None]:
    try:
        yield
        sys.stdout.flush()
    except SplError as error:
        raise _Failure(str(error)) from None
    except WorkerError as error:
        raise _Incomplete(str(error)) from None
    except BrokenPipeError:
        # Python flushes standard output once more as it exits, which would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_CLOSED_PIPE)
    except OSError as error:
        raise _Failure(f"{error.filename or 'output'}: {error.strerror}") from None


def _macro(
    _context: click.Context, _parameter: click.Parameter, given: Sequence[str]
) -> dict[str, str]:
    macros = {}
    for text in given:
        name, equals, definition = text.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"'{text}' is not name=definition")
        macros[name.strip()] = definition.strip()
    return macros


def _writable(
    _context: click.Context, _parameter: click.Parameter, path: Path | None
) -> Path | None:
    """Refuse a file whose folder does not exist, before hours of work are for nothing."""
    if path is not None and not path.parent.is_dir():
        raise click.BadParameter(f"there is no folder {path.parent}")
    return path


_app_option = click.option(
    "--app",
    type=click.Path(exists=True, path_type=Path),
    default=default_app,
    help="The app: a folder, or a package (.spl). Default: the one that ships with this program.",
)
_macro_option = click.option(
    "--macro",
    "macros",
    multiple=True,
    callback=_macro,
    metavar="NAME=DEFINITION",
    help="Define a macro in place of the app's, for example 'kube_audit=sourcetype=my:audit'.",
)
_OPTIONS_OF_INPUT: list[Callable[..., Any]] = [
    click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR|DATASET.yml…"),
    click.option(
        "--as",
        "shape",
        type=click.Choice(["auto", "kube", "eks", "aks", "gke"]),
        default="auto",
        show_default=True,
        help="Which platform's records the files hold; auto tells by their content.",
    ),
    click.option("--source", help="Take this as the source of all events."),
    click.option("--sourcetype", help="Take this as the sourcetype of all events."),
    _macro_option,
    click.option(
        "--earliest",
        default="",
        metavar="TIME",
        help="Leave out what is earlier: a time such as 2026-11-21T00:00:00Z, or -24h.",
    ),
    click.option(
        "--latest", default="", metavar="TIME", help="Leave out this time and what is later."
    ),
    click.option(
        "--tz",
        "timezone",
        default="UTC",
        show_default=True,
        metavar="ZONE",
        help="Time zone of times shown and given.",
    ),
    click.option(
        "--location-db",
        "location_database",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="An MMDB file for iplocation. Default: the app's, or the package of the geo extra.",
    ),
    click.option(
        "--lookups",
        type=click.Path(file_okay=False, path_type=Path),
        help="A folder of lookup files that win over the app's, and where searches write theirs.",
    ),
    _app_option,
]


@dataclass(frozen=True)
class _Given:
    """The options that `run` and `search` share."""

    paths: tuple[str, ...]
    shape: Any
    source: str | None
    sourcetype: str | None
    macros: dict[str, str]
    earliest: str
    latest: str
    timezone: str
    location_database: Path | None
    lookups: Path | None
    app: Path

    def open_app(self) -> App:
        return App.open(self.app, self.macros)

    def engine(self, app: App) -> Engine:
        """Return the engine of the app, with all that was given for it."""
        from spl import Engine

        if self.lookups is not None:
            self.lookups.mkdir(parents=True, exist_ok=True)
        return Engine(
            app,
            timezone=self.timezone,
            lookups=self.lookups,
            location_database=self.location_database,
        )

    @contextmanager
    def inputs(self) -> Iterator[Inputs]:
        """Return the inputs, with a progress bar while they are read."""
        from hunts.inputs import Inputs
        from hunts.progress import progress

        with progress() as bar:
            inputs = Inputs(self.paths, self.shape, self.source, self.sourcetype, bar.advance)
            bar.total = inputs.total_bytes
            yield inputs


def _input_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the shared options, as one `_Given`."""

    @wraps(command)
    def gather(**given: Any) -> None:
        shared = _Given(**{field.name: given.pop(field.name) for field in fields(_Given)})
        command(shared, **given)

    for option in reversed(_OPTIONS_OF_INPUT):
        gather = option(gather)
    return gather


@click.group(epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kubernetes-hunts", prog_name="hunts")
def cli() -> None:
    """Hunt Kubernetes scanning and abuse in API-server audit logs, with the searches of the Splunk
    app Kubernetes Hunts."""


@cli.command("list")
@_app_option
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table")
def list_(app: Path, format_: str) -> None:
    """List the hunts, with type, ATT&CK, story, risk and data source."""
    with _errors_as_messages():
        from hunts.listing import write_listing

        opened = App.open(app)
        hunts = load_hunts(opened)
        _warn(opened.problems)
        write_listing(hunts, format_, sys.stdout)


@cli.command(epilog=_EXIT_CODES)
@_input_options
@click.option(
    "--hunt", "names", multiple=True, metavar="NAME", help="Run only this hunt; repeatable."
)
@click.option(
    "--story",
    "stories",
    multiple=True,
    metavar="NAME",
    help="Run the hunts of this story; repeatable.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json", "csv", "html"]),
    default="table",
    show_default=True,
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_writable,
    help="Write there instead of to the terminal.",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_writable,
    help="Write the HTML report there, too.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=available_cores,
    show_default="one for each core",
    help="Read with so many processes at most; one needs the least memory.",
)
@click.option("--fail-on", type=click.Choice(["findings"]), help="Exit with 1 if there are any.")
def run(
    given: _Given,
    names: tuple[str, ...],
    stories: tuple[str, ...],
    format_: Format,
    output: Path | None,
    html: Path | None,
    jobs: int,
    fail_on: str | None,
) -> None:
    """Run the hunts over audit logs.

    Reads NDJSON, JSON arrays, .gz, directories, standard input (-), what CloudWatch, Azure and
    Google export, and dataset.yml files of attack_data.
    """
    from spl.external import prepare_commands

    with _errors_as_messages():
        app = given.open_app()
        hunts = _chosen(load_hunts(app), names, stories)
        if not hunts:
            raise SplError(f"{given.app} has no hunts: no saved search with {ANNOTATIONS}")
        prepare_commands(app, [hunt.search for hunt in hunts])
        # What takes longer to import comes while those start.
        from hunts.runner import run_hunts

        engine = given.engine(app)
        foreign = [name for name in given.macros if name not in app.conf("macros")]
        _warn(f"--macro {name}: the app has no macro of this name" for name in foreign)
        with given.inputs() as inputs:
            report = run_hunts(
                engine,
                hunts,
                inputs,
                earliest=given.earliest,
                latest=given.latest,
                jobs=jobs,
                timelines=html is not None or format_ == "html",
            )
        _warn(app.problems)
        if output is not None or format_ == "csv":
            _warn(report.errors)
        _write(report, format_, output)
        if html is not None:
            _write(report, "html", html)
            click.echo(f"The report is in {html}", err=True)
    if inputs.unread or any(result.status == "error" for result in report.hunts):
        sys.exit(EXIT_INCOMPLETE)
    if fail_on and any(result.status == "findings" for result in report.hunts):
        sys.exit(EXIT_FINDINGS)


@cli.command()
@click.argument("spl", metavar="SPL")
@_input_options
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
)
def search(given: _Given, spl: str, format_: str) -> None:
    """Run any search over audit logs, with the app's macros, lookups, fields and commands."""
    from hunts.listing import write_results
    from hunts.runner import run_search

    with _errors_as_messages():
        engine = given.engine(given.open_app())
        with given.inputs() as inputs:
            results = run_search(engine, spl, inputs, earliest=given.earliest, latest=given.latest)
        _warn([*engine.app.problems, *inputs.problems, *(m.text for m in results.messages)])
        write_results(results, format_, sys.stdout, timezone=engine.environment.timezone)
    if inputs.unread:
        sys.exit(EXIT_INCOMPLETE)


@cli.command(epilog=_EXIT_CODES)
@click.argument("spl", required=False, metavar="[SPL|-]")
@_app_option
@_macro_option
@click.option(
    "--strict",
    is_flag=True,
    help="Say all that would not run outside Splunk, of SPL, or of every search of the app.",
)
@click.option(
    "--file",
    type=click.File("r", encoding="utf-8", errors="replace"),
    help="Read SPL from this file; - for standard input.",
)
def check(
    spl: str | None, app: Path, macros: dict[str, str], strict: bool, file: TextIO | None
) -> None:
    """Check the app: every search parses, and all that it names exists. Exits with 1 if not.

    With --strict and SPL (- reads it from standard input) check that search: every command,
    function, option, macro and lookup that is unknown or does not run here is named, each with
    its place.
    """
    from hunts.check import check_app, check_search
    from hunts.render.text import visible
    from spl import Engine

    if spl is not None and file is not None:
        raise click.UsageError("SPL comes from the command line or from --file, not from both")
    if (spl is not None or file is not None) and not strict:
        raise click.UsageError("a search is checked with --strict")
    with _errors_as_messages():
        engine = Engine.from_app(app, macros=macros)
        source = click.File(encoding="utf-8", errors="replace")("-") if spl == "-" else file
        text = spl if source is None else source.read().strip()
        if text is None:
            count, problems = check_app(engine, strict=strict)
        else:
            count, problems = 1, check_search(engine, text)
            _warn(engine.app.problems)
        for problem in problems:
            click.echo("\n".join(map(visible, problem.split("\n"))))
        click.echo(f"searches checked: {count}, problems: {len(problems)}")
    if problems:
        sys.exit(EXIT_PROBLEMS)


@cli.command()
@_app_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_writable,
    help="Write there instead of to the terminal.",
)
def navigator(app: Path, output: Path | None) -> None:
    """Write an ATT&CK Navigator layer of the techniques that the hunts look for."""
    from hunts.navigator import write_layer

    with _errors_as_messages():
        opened = App.open(app)
        hunts = load_hunts(opened)
        _warn(opened.problems)
        if output is None:
            write_layer(hunts, sys.stdout)
            return
        with output.open("w", encoding="utf-8") as stream:
            write_layer(hunts, stream)


def _chosen(hunts: list[Hunt], names: Sequence[str], stories: Sequence[str]) -> list[Hunt]:
    """Return the hunts of these names and stories, in any case; all where none is given."""
    by_name = {hunt.name: [hunt] for hunt in hunts}
    by_story: dict[str, list[Hunt]] = {}
    for hunt in hunts:
        for story in hunt.stories:
            by_story.setdefault(story, []).append(hunt)
    chosen = [hunt for name in names for hunt in _named(name, by_name, "hunt")]
    chosen += [hunt for story in stories for hunt in _named(story, by_story, "story")]
    return list(dict.fromkeys(chosen)) or hunts


def _named(name: str, known: dict[str, list[Hunt]], what: str) -> list[Hunt]:
    folded = {key.lower(): key for key in known}
    if name.lower() in folded:
        return known[folded[name.lower()]]
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), folded, n=1)
    hint = f": did you mean '{folded[near[0]]}'?" if near else "; see `hunts list`"
    raise SplError(f"there is no {what} '{name}'{hint}")


def _warn(warnings: Iterable[str]) -> None:
    from hunts.render.text import visible

    for warning in warnings:
        click.echo(f"warning: {visible(warning)}", err=True)


def _write(report: Report, format_: Format, output: Path | None) -> None:
    from hunts.render import render

    if output is None:
        render(report, format_, sys.stdout)
        return
    with output.open("w", encoding="utf-8", newline="") as stream:
        render(report, format_, stream)


def main() -> None:
    """Run the command line; Ctrl-C ends it quietly."""
    try:
        sys.exit(cli.main(prog_name="hunts", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(EXIT_INTERRUPTED)
