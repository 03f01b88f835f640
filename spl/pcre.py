"""Regular expressions as Splunk writes them (PCRE), compiled once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from spl.errors import SplSyntaxError
from spl.lang.eval_expression import EvalExpression, String

Pattern = Any
_REPETITION = re.compile(r"[*+{]")


class TimeLimit:
    """How long the pattern of one command may take on a value, in seconds.

    Splunk has a match_limit instead (limits.conf, [rex]). Each time it is exceeded it halves, so
    that an attacker's million values cannot hold up a search.
    """

    def __init__(self, exceeded: Callable[[], object], seconds: float = 0.5) -> None:
        self.seconds = seconds
        self._exceeded = exceeded

    def of(self, pattern: Pattern) -> float | None:
        """Return the limit for `pattern`: None where it repeats nothing, so that it is fast.

        To watch the clock takes ten times as long as such a match.
        """
        return self.seconds if _REPETITION.search(pattern.pattern) else None

    def exceeded(self) -> None:
        """Take note that a pattern took too long."""
        self.seconds = max(self.seconds / 2, 0.002)
        self._exceeded()


@lru_cache(maxsize=1_000)
def compile_pattern(pattern: str, *, ignore_case: bool = False) -> Pattern:
    """Compile a PCRE; raise SplSyntaxError with the reason where it is none.

    Classes such as `\\d` are ASCII, as in PCRE without UCP.
    """
    # Not every run needs it, and it takes long to import.
    import regex

    flags = regex.ASCII | (regex.IGNORECASE if ignore_case else 0)
    try:
        return regex.compile(pattern, flags)
    except (regex.error, OverflowError, RecursionError) as error:
        raise SplSyntaxError(f"'{pattern}' is not a regular expression: {error}") from None


def constant_pattern(position: int) -> Callable[[Sequence[EvalExpression]], None]:
    """Return the check that argument `position`, where it is a literal, is a PCRE."""

    def verify(arguments: Sequence[EvalExpression]) -> None:
        pattern = arguments[position]
        if isinstance(pattern, String):
            compile_pattern(pattern.value)

    return verify
