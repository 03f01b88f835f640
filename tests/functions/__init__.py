"""Tests of the eval functions: tables of (expression, expected value), by category."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from spl.evaluation import evaluate_text
from spl.functions.registry import Environment, EvalValue
from spl.values import Value

NOW = 1_700_000_000.25  # Tuesday, 14 November 2023, 22:13:20.25 UTC
_PAGES = "https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/"

Case = tuple[str, Any]
"""An expression, and the text, number, list or Boolean that it yields, or None."""


def evaluate(expression: str, timezone: str = "UTC", /, **fields: Value) -> EvalValue:
    """Evaluate an expression over `fields`, as a search that started at NOW does."""
    return evaluate_text(expression, fields, Environment(ZoneInfo(timezone), NOW))


def documented(page: str, *cases: Case) -> list[Any]:
    """Return parameters for cases that an evaluation function's page documents."""
    return [pytest.param(*case, _PAGES + page, id=case[0]) for case in cases]


def undocumented(*cases: Case) -> list[Any]:
    """Return parameters for cases in which the engine chose, since no page decides."""
    return [pytest.param(*case, "not documented", id=case[0]) for case in cases]


def check(expression: str, expected: Any, source: str, /, **fields: Value) -> None:
    """Hold an expression to what its source says."""
    found = evaluate(expression, **fields)
    assert found == expected, source
    # 1 == True in Python, not in SPL.
    assert isinstance(found, bool) == isinstance(expected, bool), source
