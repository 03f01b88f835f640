"""Which settings of props.conf hold for an event: stanzas, their patterns and their precedence.

https://docs.splunk.com/Documentation/Splunk/9.4.0/Admin/Propsconf (stanza patterns, precedence)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from spl.conf import DEFAULT, Conf
from spl.errors import SplError
from spl.pcre import TimeLimit, compile_pattern

_LITERAL_PRIORITY = 100
_PATTERN_PRIORITY = 0
_SOURCETYPE_PATTERN = "(?::){0}"
_CASE_SENSITIVE = "(?-i)"
_KINDS = ("sourcetype", "host", "source")
"""The kinds of stanzas, the lowest precedence first."""
_WILDCARD = re.compile(r"\\.|\.\.\.|\*|\.", re.DOTALL)
_WILDCARDS = {"...": ".*", "*": "[^/]*", ".": r"\."}

Test = Callable[[str], bool]
Problem = Callable[[str], object]


@dataclass(frozen=True)
class Setting:
    """A value in props.conf, and the stanza that states it."""

    value: str
    stanza: str


@dataclass(frozen=True)
class _Stanza:
    name: str
    kind: str
    matches: Test
    priority: int


class Props:
    """The stanzas of props.conf. Wrong ones are left out and passed to `problem`."""

    def __init__(self, conf: Conf, problem: Problem) -> None:
        self._conf = conf
        self.renames = {
            name: settings["rename"]
            for name, settings in conf.items()
            if settings.get("rename") and "::" not in name
        }
        """The sourcetypes that have another name at search time (props.conf, rename)."""
        self._stanzas: list[_Stanza] = []
        for name in conf:
            if name == DEFAULT or name.startswith(("rule::", "delayedrule::")):
                continue
            try:
                self._stanzas.append(_read_stanza(name, conf[name].get("priority"), problem))
            except SplError as error:
                problem(f"props.conf: [{name}] {error}")
        # Of one kind the higher priority wins, then the name that is first in ASCII order.
        self._stanzas.sort(key=lambda stanza: stanza.name, reverse=True)
        self._stanzas.sort(key=lambda stanza: (_KINDS.index(stanza.kind), stanza.priority))

    def stanzas(self, sourcetype: str, source: str, host: str) -> tuple[str, ...]:
        """Return the stanzas that hold for events of this origin, the lowest precedence first."""
        origin = {"sourcetype": sourcetype, "source": source, "host": host}
        found = [s.name for s in self._stanzas if s.matches(origin[s.kind])]
        return tuple([DEFAULT, *found] if DEFAULT in self._conf else found)

    def settings(self, stanzas: tuple[str, ...]) -> dict[str, Setting]:
        """Return the settings of `stanzas` together, each from the last that states it."""
        return {
            key: Setting(value, stanza)
            for stanza in stanzas
            for key, value in self._conf[stanza].items()
        }


def _read_stanza(name: str, priority: str | None, problem: Problem) -> _Stanza:
    kind, pattern = "sourcetype", name
    for prefix in ("source", "host"):
        if name.startswith(f"{prefix}::"):
            kind, pattern = prefix, name[len(prefix) + 2 :]
    if name.startswith(_SOURCETYPE_PATTERN):
        pattern = name[len(_SOURCETYPE_PATTERN) :]
        wild = True
    else:
        wild = kind != "sourcetype" and ("*" in pattern or "..." in pattern)
    ignore_case = kind == "host" and _CASE_SENSITIVE not in pattern
    pattern = pattern.replace(_CASE_SENSITIVE, "")
    if priority is None:
        rank = _PATTERN_PRIORITY if wild else _LITERAL_PRIORITY
    elif re.fullmatch(r"\d{1,9}", priority, re.ASCII):
        rank = int(priority)
    else:
        raise SplError(f"priority takes a whole number, not '{priority}'")
    if wild:
        limit = TimeLimit(lambda: problem(f"props.conf: [{name}] the pattern takes too long"))
        return _Stanza(name, kind, _pattern(pattern, limit, ignore_case=ignore_case), rank)
    literal = pattern.replace("\\\\", "\\")
    if ignore_case:
        return _Stanza(name, kind, lambda text: text.lower() == literal.lower(), rank)
    return _Stanza(name, kind, literal.__eq__, rank)


def _pattern(pattern: str, limit: TimeLimit, *, ignore_case: bool) -> Test:
    """Return the test of a whole source, host or sourcetype.

    A pattern is a regular expression in which `...` is any text, `*` any without a slash, and `.`
    a full stop.
    """
    regex = _WILDCARD.sub(lambda found: _WILDCARDS.get(found[0], found[0]), pattern)
    compiled = compile_pattern(f"(?s:{regex})", ignore_case=ignore_case)

    def matches(text: str) -> bool:
        try:
            return compiled.fullmatch(text, timeout=limit.seconds) is not None
        except TimeoutError:
            limit.exceeded()
            return False

    return matches
