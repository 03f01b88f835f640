from __future__ import annotations

import math

import pytest

from spl.evaluation import to_field
from tests.functions import evaluate


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("acos(0)", "1.5707963267948966"),
        ("acosh(2)", "1.3169578969248166"),
        ("asin(1)", "1.5707963267948966"),
        ("asinh(1)", "0.881373587019543"),
        ("round(atan(0.50),2)", "0.46"),
        ("round(atan2(0.50,0.75),2)", "0.59"),
        ("round(atanh(0.500),3)", "0.549"),
        ("cos(-1)", "0.5403023058681398"),
        ("round(cos(pi()),11)", "-1"),
        ("cosh(1)", "1.5430806348152437"),
        ("hypot(3,4)", "5"),
        ("sin(1)", "0.8414709848078965"),
        ("sinh(1)", "1.1752011936438014"),
        ("tan(1)", "1.5574077246549023"),
        ("tan(135)", "-0.08871575677006045"),
        ("tanh(1)", "0.7615941559557649"),
        ("round(acos(0)*180/pi(),10)", "90.0000000003"),
        ("sin(absent)", None),
        ("atan2(1,absent)", None),
        ('sin("1")', None),
        ("acos(2)", "nan"),
        ("cosh(1000)", "inf"),
    ],
)
def test_value(expression: str, text: str | None) -> None:
    """https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/trig-and-hyperbolic-functions"""
    found = to_field(evaluate(expression))
    # The last digit is the C library's.
    assert found == text or math.isclose(float(str(found)), float(str(text)), rel_tol=1e-15)
