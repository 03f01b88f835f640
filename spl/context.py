"""What the commands of one search share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from spl.fields import Event
from spl.functions.registry import Environment
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


@dataclass
class Context:
    """The app, the time and the messages of one search, and how to run another inside it."""

    app: App
    environment: Environment
    events: Callable[[], Iterable[Event]]
    """All events that the search may read, newest first, each time anew."""
    run: Callable[[Pipeline, Context, Iterable[Row] | None], list[Row]]
    """Runs a subsearch: over the given rows, or from its own beginning."""
    messages: list[Message] = field(default_factory=list)

    def say(self, level: Level, text: str) -> None:
        """Add a message, once."""
        message = Message(level, text)
        if message not in self.messages:
            self.messages.append(message)
