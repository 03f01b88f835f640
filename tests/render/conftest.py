"""The browser that shows the HTML report."""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Iterator

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """The system's Chromium; without one, a skip, or a failure if HUNTS_REQUIRE_BROWSER is 1."""
    required = os.environ.get("HUNTS_REQUIRE_BROWSER") == "1"
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if not path:
        reason = f"no browser: none of {', '.join(_NAMES)} is installed"
        pytest.fail(reason) if required else pytest.skip(reason)
    name = "playwright.sync_api"
    playwright = importlib.import_module(name) if required else pytest.importorskip(name)
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield launched
        launched.close()
