"""What a command is, and how commands are joined to a pipeline.

A command is parsed once and can be started many times; a started command is a `Stage`, which is
fed rows and gives rows. Most commands need one of three ways to start: `per_row` (each row by
itself), `per_batch` and `on_all` (all rows at once, when there are no more).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from spl.commands.rows import Held, Order, Rows
from spl.context import Context
from spl.lang.reader import Node, Reader
from spl.values import Row

Columns = list[str] | None
"""The columns of a result in order; None where the rows alone know them."""


class Stage:
    """A command at work on one stream of rows."""

    done = False
    """No row that comes now can change the result."""
    before: Columns = None
    """The columns of the input; known in `finish`."""

    def feed(self, rows: Iterable[Row]) -> Iterable[Row]:
        """Take rows; return those that can go on at once."""
        return rows

    def finish(self) -> Iterable[Row]:
        """Return the rows that were held back, now that no more come."""
        return ()

    def columns(self, before: Columns) -> Columns:
        """Return the columns of the output, given those of the input; called after `finish`."""
        return before


class Mergeable(Stage):
    """A stage that gives nothing before `finish`, and can go on where another one stopped.

    So the rows of one search can be fed to several processes, each with a stage of its own.
    """

    @abstractmethod
    def held(self) -> Any:
        """Return what the stage holds of the rows that it was fed; it can be pickled."""

    @abstractmethod
    def absorb(self, held: Any) -> None:
        """Take what another stage of the same command held of the rows after these."""


@dataclass(frozen=True, kw_only=True)
class Command(Node):
    """One command with its arguments. `str(command)` parses to an equal command."""

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    syntax: ClassVar[str]
    documentation: ClassVar[str]
    """The page of the Search Reference that says what the command does."""
    generating: ClassVar[bool] = False
    """It makes rows, and stands first after a leading pipe."""
    ordered: ClassVar[bool] = True
    """Whatever its arguments, its result depends on the order of its input."""
    writes: ClassVar[bool] = False
    """It leaves something behind that later searches see."""
    transforming: ClassVar[bool] = False
    """Its rows are no events any more: the order of events ends here."""

    @classmethod
    @abstractmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        """Read the arguments, from behind the command's name up to the end of the command."""

    @property
    def depends_on_order(self) -> bool:
        """Tell whether the result depends on the order of the input."""
        return self.ordered

    @property
    def stands_first(self) -> bool:
        """Tell whether the command makes its own rows, so that it cannot take those of others."""
        return self.generating

    @abstractmethod
    def start(self, context: Context) -> Stage:
        """Return the command at work. Raises SplError where it cannot run."""

    def arguments(self) -> Iterable[str]:
        """Yield the arguments as text."""
        return ()

    def subsearches(self) -> Iterable[Pipeline]:
        """Yield the searches in brackets among the arguments."""
        return ()

    def __str__(self) -> str:
        return " ".join([self.name, *filter(None, self.arguments())])


@dataclass(frozen=True, kw_only=True)
class Unread(Command):
    """Stands in the place of a command with an error, where all errors of a search are wanted."""

    name: ClassVar[str] = ""
    syntax: ClassVar[str] = ""
    documentation: ClassVar[str] = ""

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        return cls(span=reader.span(start))

    def start(self, context: Context) -> Stage:
        return Stage()


@dataclass(frozen=True)
class Pipeline(Node):
    """Commands joined by pipes."""

    commands: tuple[Command, ...]

    def __str__(self) -> str:
        return "| " + " | ".join(map(str, self.commands))


class PerBatch(Stage):
    """A stage that needs no memory of the rows before."""

    def __init__(
        self,
        run: Callable[[Iterable[Row]], Iterable[Row]],
        columns: Callable[[Columns], Columns] | None = None,
    ) -> None:
        self._run = run
        self._columns = columns

    def feed(self, rows: Iterable[Row]) -> Iterable[Row]:
        return self._run(rows)

    def columns(self, before: Columns) -> Columns:
        return self._columns(before) if self._columns else before


class Holding(Mergeable):
    """A stage that must see all rows first, and gives them in order."""

    def __init__(self, context: Context, order: Order | None = None) -> None:
        """`order`: None for that in which they come."""
        self.rows = Rows(context, order)

    def feed(self, rows: Iterable[Row]) -> Iterable[Row]:
        self.rows.extend(rows)
        return ()

    def finish(self) -> Iterable[Row]:
        return iter(self.rows)

    def held(self) -> Held:
        return self.rows.held()

    def absorb(self, held: Held) -> None:
        self.rows.absorb(held)


class OnAll(Holding):
    """A stage that works on all rows at once."""

    def __init__(
        self,
        context: Context,
        run: Callable[[list[Row]], Iterable[Row]],
        columns: Callable[[Columns], Columns] | None = None,
    ) -> None:
        super().__init__(context)
        self._run = run
        self._columns = columns

    def finish(self) -> Iterable[Row]:
        return self._run([*self.rows])

    def columns(self, before: Columns) -> Columns:
        return self._columns(before) if self._columns else before


def per_row(
    change: Callable[[Row], object], columns: Callable[[Columns], Columns] | None = None
) -> Stage:
    """Return a stage that changes each row in place."""

    def run(rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            change(row)
            yield row

    return PerBatch(run, columns)


def adding(names: Sequence[str]) -> Callable[[Columns], Columns]:
    """Return the columns function of a command that adds fields `names` at the end."""

    def columns(before: Columns) -> Columns:
        return None if before is None else [*before, *(n for n in names if n not in before)]

    return columns
