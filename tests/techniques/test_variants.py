"""Variants of each technique are found, and other look-alikes are not, see variants/README.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.techniques import variants

CASES = [
    pytest.param(variant, shape, id=f"{variant.id}-{shape}")
    for variant in variants.load()
    for shape in variant.shapes
]


@pytest.mark.parametrize(("variant", "shape"), CASES)
def test_a_variant_is_judged_as_it_is(
    variant: variants.Variant, shape: str, tmp_path: Path
) -> None:
    missed, false = variant.outcome(shape, tmp_path)
    if shape in variant.spec.get("fails", {}):
        assert missed | false, "judged rightly: take it out of `fails`"
    else:
        assert (missed, false) == (set(), set())
