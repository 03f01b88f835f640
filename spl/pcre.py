"""Regular expressions as Splunk writes them (PCRE), compiled once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import regex

from spl.errors import SplSyntaxError

Pattern = Any


@lru_cache(maxsize=1_000)
def compile_pattern(pattern: str, *, ignore_case: bool = False) -> Pattern:
    """Compile a PCRE; raise SplSyntaxError with the reason where it is none.

    Classes such as `\\d` are ASCII, as in PCRE without UCP.
    """
    flags = regex.ASCII | (regex.IGNORECASE if ignore_case else 0)
    try:
        return regex.compile(pattern, flags)
    except (regex.error, OverflowError, RecursionError) as error:
        raise SplSyntaxError(f"'{pattern}' is not a regular expression: {error}") from None
