"""docs/costs.md says how each search is kept cheap, and each is."""

from __future__ import annotations

from pathlib import Path

import pytest

from hunts.content import default_app, load_hunts
from spl import Engine
from tools.costs import EVERY_EVENT, ordinary_share, page, raw_terms

ROOT = Path(__file__).parents[2]
ENGINE = Engine.from_app(default_app())
SEARCHES = {h.name: h.search for h in load_hunts(ENGINE.app) if h.data_source == "kubernetes_audit"}


def test_the_page_is_what_the_app_holds() -> None:
    found = (ROOT / "docs/costs.md").read_text(encoding="utf-8")
    assert found == page(), "run: python -m tools.costs > docs/costs.md"


@pytest.mark.parametrize("name", SEARCHES)
def test_raw_terms_narrow_a_hunt_or_it_says_why_not(name: str) -> None:
    share = ordinary_share(raw_terms(ENGINE, SEARCHES[name]))
    assert (share > 0.6) == (name in EVERY_EVENT)


@pytest.mark.parametrize(
    ("search", "terms"),
    [
        ("a b x=1", "a b"),
        ("a (b (c d)) a", "a b c d"),
        ("(a OR b) x=1", "(a OR b)"),
        ("(a x=1) OR (b y=2)", "(a OR b)"),
        ("(a x=1) OR y=2", ""),
        ("NOT a x=1", ""),
        ("x IN (a, b)", ""),
    ],
)
def test_terms_are_what_must_be_in_the_text(search: str, terms: str) -> None:
    assert str(raw_terms(ENGINE, f"{search} | stats count")) == terms
