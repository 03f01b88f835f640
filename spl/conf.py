"""Splunk's .conf files and the layering of `local/` over `default/`.

https://docs.splunk.com/Documentation/Splunk/9.4.0/Admin/Aboutconfigurationfiles
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Stanza = dict[str, str]
Conf = dict[str, Stanza]
Warn = Callable[[str], object]

LAYERS = ("default", "local")
DEFAULT = "default"
"""The stanza whose settings all others of the file have, too."""


def read_conf(path: Path, warn: Warn = print) -> Conf:
    r"""Read one .conf file: stanza name -> key -> value.

    A value goes on in the next line where a line ends in a backslash; the lines are joined by a
    newline. Settings above the first stanza belong to `default`. What Splunk would read in a way
    that its author hardly meant (a repeated stanza or key, a line that is no setting, a blank after
    the backslash) is passed to `warn` as `file:line: message`; as in Splunk the later value wins
    and the rest is read. Raises OSError where the file cannot be read.
    """
    conf: Conf = {}
    stanza_lines: dict[str, int] = {}
    key_lines: dict[tuple[str, str], int] = {}
    stanza = DEFAULT
    text = _read_text(path, warn)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    number = 0
    while number < len(lines):
        number += 1
        at = number
        line = lines[number - 1].strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            stanza = line[1:].rpartition("]")[0] if "]" in line else line[1:]
            if not line.endswith("]"):
                warn(f"{path}:{at}: the stanza header {line!r} does not end in ]")
            elif stanza in stanza_lines:
                warn(
                    f"{path}:{at}: stanza [{stanza}] stands at line {stanza_lines[stanza]} "
                    "already; both are merged and the later settings win"
                )
            stanza_lines.setdefault(stanza, at)
            conf.setdefault(stanza, {})
            continue
        raw = lines[number - 1].lstrip()
        while raw.endswith("\\") and number < len(lines):
            raw = raw[:-1] + "\n" + lines[number]
            number += 1
        if raw.rstrip().endswith("\\"):
            ends = "a blank follows the backslash" if raw[-1].isspace() else "the file ends there"
            warn(f"{path}:{number}: the value does not go on in another line: {ends}")
        key, equals, value = raw.partition("=")
        key = key.strip()
        if not equals or not key:
            warn(f"{path}:{at}: neither a stanza nor a setting: {line!r}")
            continue
        if (stanza, key) in key_lines:
            warn(
                f"{path}:{at}: {key} of stanza [{stanza}] is set at line "
                f"{key_lines[stanza, key]} already; the later value wins"
            )
        key_lines[stanza, key] = at
        conf.setdefault(stanza, {})[key] = value.strip()
    return conf


def read_layers(app: Path, name: str, warn: Warn = print) -> Conf:
    """Read `default/<name>.conf` of the app in folder `app`, then `local/<name>.conf` over it."""
    merged: Conf = {}
    for layer in LAYERS:
        path = app / layer / f"{name}.conf"
        if path.is_file():
            for stanza, settings in read_conf(path, warn).items():
                merged.setdefault(stanza, {}).update(settings)
    return merged


def fill_defaults(conf: Conf) -> Conf:
    """Return the stanzas, each with the settings of `[default]` that it does not set itself."""
    defaults = conf.get(DEFAULT, {})
    return {name: {**defaults, **settings} for name, settings in conf.items() if name != DEFAULT}


def is_true(text: str) -> bool:
    """Tell whether a setting says yes, in one of the ways that Splunk takes."""
    return text.strip().lower() in ("1", "true", "t", "yes", "y")


def _read_text(path: Path, warn: Warn) -> str:
    data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        warn(f"{path}:{line}: this is not UTF-8; what cannot be read is replaced by U+FFFD")
        return data.decode(errors="replace")
