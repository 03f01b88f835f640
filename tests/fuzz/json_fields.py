"""Fuzz target: the fields of a JSON event. The first line is a field name, the rest the event."""

from __future__ import annotations

from spl import Event


def check(data: bytes) -> None:
    name, _, raw = data.partition(b"\n")
    whole = dict(Event(raw))
    for value in whole.values():
        texts = value if isinstance(value, list) else [value]
        assert texts
        assert all(isinstance(text, str) for text in texts)
        assert isinstance(value, str) or len(value) > 1
    alone = Event(raw)
    asked = name.decode("utf-8", "replace")
    for field in [asked, *whole]:
        # A key with dots and a nested object can make one field, in either order.
        assert as_set(alone.get(field)) >= as_set(whole.get(field)), field
    assert alone["_raw"] == whole["_raw"]


def as_set(value: str | list[str] | None) -> set[str]:
    return set(value) if isinstance(value, list) else {value} if value is not None else set()
