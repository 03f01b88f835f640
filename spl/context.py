"""What the commands of one search share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from spl.fields import Event
from spl.functions.registry import Environment
from spl.lang.search_expression import SearchExpression
from spl.time_range import TimeRange
from spl.values import Row

if TYPE_CHECKING:
    from spl.commands.base import Pipeline
    from spl.knowledge import App

Level = Literal["INFO", "WARN", "ERROR"]


@dataclass(frozen=True)
class Message:
    """What a search says to its user."""

    level: Level
    text: str

    def __str__(self) -> str:
        return f"{self.level}: {self.text}"


@dataclass(frozen=True)
class Found:
    """What a subsearch found: its rows, and its columns in order."""

    rows: list[Row]
    fields: list[str]


@dataclass
class Context:
    """The app, the time and the messages of one search, and how to run another inside it."""

    app: App
    environment: Environment
    events: Callable[[SearchExpression], Iterable[Event]]
    """All events that a search for an expression has to look at, each time anew. The collected
    ones are among them where it names their index."""
    run: Callable[[Pipeline, Context, Iterable[Row] | None], Found]
    """Runs a subsearch: over the given rows, or from its own beginning."""
    parse: Callable[[str], Pipeline]
    """Parses a search, macros expanded."""
    collected: dict[str, list[Event]] = field(default_factory=dict)
    """Events that `collect` has put into an index, for this and later searches."""
    time_range: TimeRange = field(default_factory=TimeRange)
    """The time range that the search was given; its subsearches have it, too."""
    searched: TimeRange = field(default_factory=TimeRange)
    """The time range with the modifiers of the search itself applied."""
    within: tuple[str, ...] = ()
    """The saved searches that are being run, one inside the other."""
    messages: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.environment = replace(self.environment, warn=partial(self.say, "WARN"))

    def say(self, level: Level, text: str) -> None:
        """Add a message, once."""
        message = Message(level, text)
        if message not in self.messages:
            self.messages.append(message)
