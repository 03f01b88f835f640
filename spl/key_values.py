"""Fields that stand in an event's text by themselves: `key=value` pairs, and XML.

https://docs.splunk.com/Documentation/Splunk/9.4.0/Knowledge/Automatickey-valuefieldextractionsatsearch-time
"""

from __future__ import annotations

import re

_PAIR = re.compile(
    r"""(?<![\w.:-])([A-Za-z_][\w.:-]*)\s?=\s?(?:"([^"]*)"|'([^']*)'|([^\s"',;|&=]+))""", re.ASCII
)
_ESCAPED_PAIR = re.compile(
    r"""(?<![\w.:-])([A-Za-z_][\w.:-]*)\s?=\s?"""
    r"""(?:"((?:\\.|[^"\\])*)"|'([^']*)'|([^\s"',;|&=]+))""",
    re.ASCII | re.DOTALL,
)
_ESCAPE = re.compile(r'\\(["\\])')
_UNCLEAN = re.compile(r"[^A-Za-z0-9_]")
_LEADING = re.compile(r"^[0-9_]+")
_MAX_DEPTH = 250
_NAMESPACE = re.compile(r"^\{[^}]*\}")


def clean_key(name: str) -> str:
    """Return a field name of letters, digits and `_` that begins with a letter.

    (transforms.conf, CLEAN_KEYS)
    """
    return _LEADING.sub("", _UNCLEAN.sub("_", name))


def key_value_pairs(text: str, *, escapes: bool = False, trim: bool = True) -> dict[str, list[str]]:
    r"""Return the fields `key=value` of a text; the first of a name counts, an empty one does not.

    A value ends at a blank or one of `,;|&` unless it stands in quotes (not documented). With
    `escapes`, `\"` and `\\` are unescaped in quotes; with `trim`, blanks around a value go.
    (props.conf, KV_MODE and KV_TRIM_SPACES)
    """
    fields: dict[str, list[str]] = {}
    for name, double, single, bare in (_ESCAPED_PAIR if escapes else _PAIR).findall(text):
        value = (_ESCAPE.sub(r"\1", double) if escapes else double) or single or bare
        if trim:
            value = value.strip(" ")
        key = clean_key(name)
        if key and value:
            fields.setdefault(key, [value])
    return fields


def xml_fields(text: str) -> dict[str, list[str]]:
    """Return the fields of an XML text, as `spath` names them: `a.b`, and `a.b{@attribute}`.

    There are none where it is no XML, or declares entities, which could make a small text large;
    elements deeper than 250 are left out.
    """
    if not text.lstrip().startswith("<") or "<!DOCTYPE" in text:
        return {}
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        return {}
    fields: dict[str, list[str]] = {}
    waiting = [(_local(root.tag), 1, root)]
    while waiting:
        name, depth, element = waiting.pop()
        for attribute, value in element.attrib.items():
            fields.setdefault(f"{name}{{@{_local(attribute)}}}", []).append(value)
        if element.text and element.text.strip():
            fields.setdefault(name, []).append(element.text.strip())
        if depth < _MAX_DEPTH:
            for child in reversed(element):
                waiting.append((f"{name}.{_local(child.tag)}", depth + 1, child))
    return fields


def _local(name: str) -> str:
    return _NAMESPACE.sub("", name)
