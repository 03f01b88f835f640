"""search-commands/xmlkv"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong


@each(
    Case(
        "* | xmlkv",
        [{"_raw": "<e><a>1</a><b x='2'>two words</b></e>"}],
        [{"a": "1", "b": "two words"}],
    ),
    Case("* | xmlkv m", [{"m": "<a>1</a>", "_raw": "<b>2</b>"}], [{"m": "<a>1</a>", "a": "1"}]),
    Case("* | xmlkv", [{"_raw": "<a>x &amp; y</a>"}], [{"a": "x & y"}]),
    Case("* | xmlkv", [{"_raw": "<a>1</a><a>2</a>"}], [{"a": "2"}]),
    Case("* | xmlkv", [{"_raw": "<a></a><b/><c>1</d>", "n": "1"}], [{"n": "1"}]),
    Case("* | xmlkv maxinputs=10", [{"_raw": "<n:a>1</n:a>"}], [{"n:a": "1"}]),
    Case("* | xmlkv none", [{"_raw": "<a>1</a>", "n": "1"}], [{"n": "1"}]),
    Case("* | xmlkv", [{"_raw": "<" * 5_000 + "a>" * 5_000, "n": "1"}], [{"n": "1"}]),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | xmlkv maxinput=1", "did you mean 'maxinputs'", "maxinput"),
    Wrong("* | xmlkv a b", "unexpected 'b'", "b"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
