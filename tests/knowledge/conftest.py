"""Apps written by a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from spl import Engine

WriteApp = Callable[..., Engine]


@pytest.fixture
def app(tmp_path: Path) -> WriteApp:
    """Return what writes an app and opens its engine.

    Keywords are the files: `props="…"`, `local_props="…"`, `lookup_x="a,b\\n…"` for x.csv.
    """

    def write(*, timezone: str = "UTC", **files: str) -> Engine:
        for folder in ("default", "local", "lookups"):
            (tmp_path / folder).mkdir()
        for name, text in files.items():
            if name.startswith("lookup_"):
                path = tmp_path / "lookups" / f"{name.removeprefix('lookup_')}.csv"
            elif name.startswith("local_"):
                path = tmp_path / "local" / f"{name.removeprefix('local_')}.conf"
            else:
                path = tmp_path / "default" / f"{name}.conf"
            path.write_text(text)
        return Engine.from_app(tmp_path, timezone=timezone, now=1_700_000_000)

    return write
