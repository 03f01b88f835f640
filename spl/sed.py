r"""Sed expressions as `rex mode=sed` takes them: `s/regex/replacement/flags`, `y/abc/xyz/`.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/search-commands/rex
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from spl.errors import SplSyntaxError
from spl.pcre import Pattern, compile_pattern

_FORM = "expected a sed expression such as s/regex/replacement/g or y/abc/xyz/"
_FLAGS = re.compile(r"(?:g|i|I|[1-9]\d{0,3})*")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True)
class Substitution:
    """`s///`: replaces matches from number `first` on; only that one unless `every`."""

    pattern: Pattern
    replacement: tuple[str | int, ...]
    first: int
    every: bool

    def apply(self, text: str, timeout: float) -> str:
        """Return the changed text; raise TimeoutError after `timeout` seconds."""
        seen = 0

        def replace(found: Any) -> str:
            nonlocal seen
            seen += 1
            if seen < self.first or (seen > self.first and not self.every):
                whole: str = found.group()
                return whole
            return "".join(
                part if isinstance(part, str) else found.group(part) or ""
                for part in self.replacement
            )

        count = 0 if self.every else self.first
        result: str = self.pattern.sub(replace, text, count=count, timeout=timeout)
        return result


@dataclass(frozen=True)
class Transliteration:
    """`y///`: replaces characters one by one."""

    table: dict[int, str]

    def apply(self, text: str, timeout: float) -> str:
        """Return the changed text."""
        return text.translate(self.table)


Expression = Substitution | Transliteration


def parse_sed(text: str) -> tuple[Expression, ...]:
    """Read one or more sed expressions, separated by blanks or `;`; raise SplSyntaxError."""
    expressions: list[Expression] = []
    rest = text.strip()
    while rest:
        if len(rest) < 2 or rest[0] not in "sy" or rest[1].isalnum() or rest[1] in "\\ \n":
            raise SplSyntaxError(f"{_FORM}, found '{rest}'")
        pattern, rest_after = _part(rest, rest[1], 2)
        replacement, rest_after = _part(rest, rest[1], rest_after)
        flags = _FLAGS.match(rest, rest_after)
        flag_text = flags.group() if flags and rest[0] == "s" else ""
        end = rest_after + len(flag_text)
        if rest[end : end + 1].strip(" ;\n\t"):
            raise SplSyntaxError(f"unknown flag '{rest[end]}' of '{rest}': g, i or a number")
        if rest[0] == "s":
            expressions.append(_substitution(pattern, replacement, flag_text))
        else:
            expressions.append(_transliteration(pattern, replacement))
        rest = rest[end:].lstrip(" ;\n\t")
    if not expressions:
        raise SplSyntaxError(_FORM)
    return tuple(expressions)


def _part(text: str, delimiter: str, start: int) -> tuple[str, int]:
    """Return what stands up to the next delimiter, whose escape is taken off, and where it ends."""
    position = start
    while position < len(text) and text[position] != delimiter:
        position += 2 if text[position] == "\\" else 1
    if position >= len(text):
        raise SplSyntaxError(f"{_FORM}, found '{text}': a '{delimiter}' is missing")
    return text[start:position].replace("\\" + delimiter, delimiter), position + 1


def _substitution(pattern: str, replacement: str, flags: str) -> Substitution:
    compiled = compile_pattern(pattern, ignore_case="i" in flags.lower())
    parts: list[str | int] = []
    for index, part in enumerate(re.split(r"\\(\d|.)", replacement, flags=re.DOTALL)):
        if index % 2 == 0:
            parts.append(part)
        elif part.isdecimal():
            if int(part) > compiled.groups:
                raise SplSyntaxError(f"'{pattern}' has no group {part}")
            parts.append(int(part))
        else:
            parts.append(_ESCAPES.get(part, part))
    number = re.search(r"\d+", flags)
    return Substitution(
        compiled,
        tuple(parts),
        first=int(number.group()) if number else 1,
        every="g" in flags,
    )


def _transliteration(source: str, target: str) -> Transliteration:
    if len(source) != len(target):
        raise SplSyntaxError(f"y/{source}/{target}/ needs as many characters on both sides")
    return Transliteration({ord(a): b for a, b in zip(source, target, strict=True)})
