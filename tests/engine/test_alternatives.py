"""Alternatives of one field and of several, as subsearches return them."""

from __future__ import annotations

import pytest

from tests.commands.harness import Case, check

EVENT = {"user": "Alice", "ns": ["prod", "dev"], "ip": "10.1.2.3", "n": "1"}


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        ("user=bob OR user=ALICE", True),
        ("user=bob OR user=al", False),
        ("user=bob OR user=al*", True),
        ("user=x OR ns=DEV", True),
        ("gone=x OR gone=y", False),
        ("n=1.0 OR n=2", False),
        ("ip=10.0.0.0/8 OR ip=x", True),
        ("ip=10.2.0.0/16 OR ip=x", False),
        ("user!=alice OR n=1", True),
        ("user!=alice OR n=2", False),
        ("user=CASE(alice) OR n=2", False),
        ("(user=bob ns=dev) OR (ns=dev user=alice)", True),
        ("(user=bob ns=dev) OR (user=alice ns=test)", False),
        ("(user=alice ns=dev gone=x) OR (user=bob n=1)", False),
        # any value of a multivalue will do, for each part by itself
        ("(ns=dev ns=prod) OR n=2", True),
        ("(ns=dev ns=test) OR n=2", False),
        ("NOT (user=bob OR user=carol)", True),
        ("NOT (user=bob OR user=alice)", False),
    ],
)
def test_what_alternatives_match(expression: str, matches: bool) -> None:
    check(Case(f"{expression} | table n", [EVENT], [{"n": "1"}] if matches else []))
