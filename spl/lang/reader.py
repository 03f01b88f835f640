"""A cursor over the text of a search; SPL's quoting differs by command, so each reads its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from spl.errors import SplError, SplSyntaxError

_SPACE = re.compile(r"(?:\s+|```(?:(?!```).)*```)+", re.DOTALL)
_IN_BRACKETS = re.compile(
    r"""(?:[^\[\]"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*+([\[\]])""", re.DOTALL
)
_STEP = re.compile(r'(?:[^"\[\]|`]|```(?:(?!```).)*```)+', re.DOTALL)
_WORD = re.compile(r"[\w.{}:-]+|.", re.DOTALL)
_STRING_ESCAPE = re.compile(r'\\(["\\|])')


class Span(NamedTuple):
    """A stretch of the search text: offsets of its first character and of the one after it."""

    start: int
    end: int
    text: str = ""
    """The whole search."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A part of the syntax tree. Its text, `str(node)`, parses to an equal node."""

    span: Span = field(compare=False, repr=False)


class Reader:
    """Reads one search from left to right. Offsets count characters of `text`."""

    def __init__(self, text: str, parse_subsearch: Callable[[Reader], Node] | None = None) -> None:
        self.text = text
        self.position = 0
        self.problems: list[SplError] | None = None
        """Where all problems are wanted, and not the first one only: those found so far."""
        self._parse_subsearch = parse_subsearch

    def error(self, message: str, start: int | None = None, end: int | None = None) -> SplError:
        """Return a syntax error at `start` (default: at the word here)."""
        if start is None:
            start = self.position
            found = _WORD.match(self.text, start)
            end = found.end() if found else None
        return SplSyntaxError(message, text=self.text, start=start, end=end)

    def report(self, error: SplError) -> None:
        """Raise an error; where all problems are wanted, note it, so that reading goes on."""
        if self.problems is None:
            raise error
        self.problems.append(error)

    def span(self, start: int) -> Span:
        """Return the stretch from `start` to here."""
        return Span(start, self.position, self.text)

    def skip_space(self) -> None:
        """Go past blanks and ```comments```."""
        char = self.text[self.position : self.position + 1]
        # Mostly there are none, and to look is faster than to match.
        if (char.isspace() or char == "`") and (found := _SPACE.match(self.text, self.position)):
            self.position = found.end()

    @property
    def char(self) -> str:
        """The character here, empty at the end of the text."""
        return self.text[self.position : self.position + 1]

    def at_end(self) -> bool:
        """Tell whether the command ends here: at a pipe, a closing bracket or the text's end."""
        self.skip_space()
        return self.position == len(self.text) or self.text[self.position] in "|]"

    def looking_at(self, literal: str) -> bool:
        """Tell whether `literal` comes next, after blanks."""
        self.skip_space()
        return self.text.startswith(literal, self.position)

    def take(self, literal: str) -> bool:
        """Go past `literal` if it comes next, and tell."""
        self.skip_space()
        if not self.text.startswith(literal, self.position):
            return False
        self.position += len(literal)
        return True

    def expect(self, literal: str, after: str) -> None:
        """Go past `literal`; raise where something else comes, saying what was read before."""
        if not self.take(literal):
            raise self.error(f"expected '{literal}' after {after}, found {self.found()}")

    def match(self, pattern: str, flags: int = 0) -> re.Match[str] | None:
        """Go past what the regular expression `pattern` matches here, after blanks."""
        self.skip_space()
        found = _compiled(pattern, flags).match(self.text, self.position)
        if found:
            self.position = found.end()
        return found

    def keyword(self, *words: str) -> str | None:
        """Go past one of `words`, whole, in any case; return it upper-case."""
        start = self.position
        if found := self.match(r"[A-Za-z_][\w-]*(?![\w.{}])"):
            word = found.group().upper()
            if word in words:
                return word
        self.position = start
        return None

    def quoted(self, quote: str = '"') -> str:
        r"""Read a text in quotes: `\"`, `\\` and `\|` are unescaped, the rest stands."""
        start = self.position
        end = closing_quote(self.text, start, quote)
        if end < 0:
            raise self.error(f"this {quote} has no closing quote", start)
        self.position = end + 1
        text = self.text[start + 1 : end]
        return _STRING_ESCAPE.sub(r"\1", text) if "\\" in text else text

    def subsearch(self) -> Node:
        """Read `[ … ]`, or raise where this place takes none."""
        start = self.position
        self.expect("[", "this")
        if self._parse_subsearch is None:
            raise self.error("a subsearch cannot stand here", start)
        pipeline = self._parse_subsearch(self)
        if not self.take("]"):
            raise self.error("this bracket is not closed", start)
        return pipeline

    def bracketed(self) -> str:
        """Read `[ … ]` as text: a template, which is no search yet."""
        start = self.position
        self.expect("[", "this")
        found = _IN_BRACKETS.match(self.text, self.position)
        depth, begin = 1, self.position
        while found:
            depth += {"[": 1, "]": -1}.get(found.group(1), 0)
            self.position = found.end()
            if not depth:
                return self.text[begin : found.start(1)]
            found = _IN_BRACKETS.match(self.text, self.position)
        raise self.error("this bracket is not closed", start)

    def skip_command(self) -> None:
        """Go to the end of the command: a pipe or a bracket outside quotes and brackets."""
        open_brackets: list[int] = []
        while char := self.char:
            if char == '"':
                end = closing_quote(self.text, self.position)
                if end < 0:
                    raise self.error('this " has no closing quote')
                self.position = end + 1
            elif char == "[":
                open_brackets.append(self.position)
                self.position += 1
            elif char == "]" and open_brackets:
                open_brackets.pop()
                self.position += 1
            elif char == "]" or (char == "|" and not open_brackets):
                return
            elif found := _STEP.match(self.text, self.position):
                self.position = found.end()
            else:
                self.position += 1
        if open_brackets:
            raise self.error("this bracket is not closed", open_brackets[-1])

    def nested(self, text: str) -> Node:
        """Parse `text` as what could stand in brackets here."""
        if self._parse_subsearch is None:
            raise self.error("a subsearch cannot stand here")
        other = Reader(text, self._parse_subsearch)
        other.problems = self.problems
        pipeline = self._parse_subsearch(other)
        if other.char:
            raise other.error(f"unexpected {other.found()}")
        return pipeline

    def found(self) -> str:
        """Name what comes next, for a message."""
        self.skip_space()
        if not self.char:
            return "the end of the search"
        found = _WORD.match(self.text, self.position)
        return f"'{found.group()}'" if found else "nothing"


@lru_cache(maxsize=512)
def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    return re.compile(pattern, flags)


def closing_quote(text: str, start: int, quote: str = '"') -> int:
    r"""Return the offset of the quote that closes the one at `start`, or -1."""
    found = _compiled(rf"[^{quote}\\]*+(?:\\.[^{quote}\\]*+)*+{quote}", re.DOTALL).match(
        text, start + 1
    )
    return found.end() - 1 if found else -1


def quote(text: str) -> str:
    """Write `text` in double quotes so that `Reader.quoted` gives it back."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
