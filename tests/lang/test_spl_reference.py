"""docs/spl.md says what the engine knows."""

from __future__ import annotations

from pathlib import Path

from tools.spl_reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "spl.md"


def test_the_page_is_what_the_registries_hold() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == reference(), "run: python -m tools.spl_reference > docs/spl.md"
