"""What a search can raise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from spl.lang.reader import Span

_CONTEXT = 60


class SplError(Exception):
    """A search that cannot be run. Its text shows the place in the search, with a caret.

    `text` is the search, `start` and `end` the offsets of what is wrong in it, where known.
    """

    def __init__(
        self, message: str, *, text: str | None = None, start: int = 0, end: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.start = start
        self.end = start + 1 if end is None else end

    def at(self, text: str, start: int, end: int) -> SplError:
        """Say where in the search it happened, unless that is known already."""
        if self.text is None:
            self.text, self.start, self.end = text, start, end
        return self

    def on(self, span: Span) -> SplError:
        """Say on which part of the search it happened, unless that is known already."""
        return self.at(span.text, span.start, span.end)

    def excerpt(self) -> tuple[str, str, str] | None:
        """Return the line of the search in three parts: before what is wrong, that, and behind it.

        The line is cut to some characters around the place; None where the place is not known.
        """
        if self.text is None:
            return None
        before = self.text.rfind("\n", 0, self.start) + 1
        after = self.text.find("\n", self.start)
        line_end = len(self.text) if after < 0 else after
        first = max(before, self.start - _CONTEXT)
        last = min(line_end, max(self.end, self.start + 1) + _CONTEXT)
        end = max(self.start, min(self.end, line_end))
        return (
            ("…" if first > before else "") + self.text[first : self.start],
            self.text[self.start : end],
            self.text[end:last] + ("…" if last < line_end else ""),
        )

    def shown(self, write: Callable[[str], str] = str) -> str:
        """Return the message with the place and a caret; `write` makes each part fit to show."""
        parts = self.excerpt()
        if parts is None:
            return write(self.message)
        before, wrong, behind = map(write, parts)
        marks = "^" * max(1, len(wrong))
        return f"{write(self.message)}\n    {before}{wrong}{behind}\n    {' ' * len(before)}{marks}"

    def __str__(self) -> str:
        return self.shown()


class SplSyntaxError(SplError):
    """The text is not SPL."""


class UnsupportedSplError(SplError):
    """The text is SPL, and parses, but this engine does not run it."""


def did_you_mean(word: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """Return `: did you mean 'x'?` for the nearest of `known`, or an empty text.

    `likeness`, from 0 to 1, is how near it must be.
    """
    from difflib import get_close_matches

    near = get_close_matches(word.lower(), list(known), n=1, cutoff=likeness)
    return f": did you mean '{near[0]}'?" if near else ""
