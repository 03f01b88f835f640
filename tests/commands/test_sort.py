"""search-commands/sort"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case("* | sort x", table("x", "10", "9", "b", "a"), table("x", "9", "10", "a", "b")),
    Case("* | sort -x", table("x n", "1 a", "- b", "2 c"), table("x n", "2 c", "1 a", "- b")),
    Case("* | sort - u, + x", table("u x", "a 2", "b 1", "a 1"), table("u x", "b 1", "a 1", "a 2")),
    Case("* | sort 1 -num(x)", table("x", "10", "9"), table("x", "10")),
    Case("* | sort limit=1 str(x)", table("x", "9", "10"), table("x", "10")),
    Case(
        "* | sort ip(x)", table("x", "10.0.0.10", "10.0.0.9"), table("x", "10.0.0.9", "10.0.0.10")
    ),
    Case("* | sort x desc", table("x", "1", "2"), table("x", "2", "1")),
    Case("* | sort u, d", table("u d", "a 2", "a 1"), table("u d", "a 1", "a 2")),
    Case('* | sort -"a b"', [{"a b": "1"}, {"a b": "2"}], [{"a b": "2"}, {"a b": "1"}]),
    Case("* | sort u", table("u n", "a 1", "a 2", "a 3"), table("u n", "a 1", "a 2", "a 3")),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | sort", "expected a field to sort by", ""),
    Wrong("* | sort num(x", "expected ')'", ""),
    Wrong("* | sort limt=1 x", "unknown option", "limt"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
