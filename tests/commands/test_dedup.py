"""search-commands/dedup"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case("* | dedup u", table("u n", "a 1", "a 2", "b 3", "- 4"), table("u n", "a 1", "b 3")),
    Case("* | dedup 2 u", table("u n", "a 1", "a 2", "a 3"), table("u n", "a 1", "a 2")),
    Case("* | dedup u v", table("u v", "a 1", "a 2", "a 1"), table("u v", "a 1", "a 2")),
    Case(
        "* | dedup u keepempty=t",
        table("u n", "a 1", "- 2", "- 3"),
        table("u n", "a 1", "- 2", "- 3"),
    ),
    Case("* | dedup u keepevents=t", table("u n", "a 1", "a 2"), table("u n", "a 1", "- 2")),
    Case(
        "* | dedup consecutive=t u",
        table("u n", "a 1", "a 2", "b 3", "a 4"),
        table("u n", "a 1", "b 3", "a 4"),
    ),
    Case("* | dedup u sortby -n", table("u n", "a 1", "a 2", "b 3"), table("u n", "b 3", "a 2")),
    Case("* | dedup u sortby +n", table("u n", "a 2", "a 1", "b 3"), table("u n", "a 1", "b 3")),
    Case("* | dedup u", table("u n", "a|b 1", "b|a 2", "a|b 3"), table("u n", "a|b 1", "b|a 2")),
    Case('* | dedup "a b"', [{"a b": "1"}, {"a b": "1"}], [{"a b": "1"}]),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | dedup", "expected a field", ""),
    Wrong("* | dedup 0 u", "at least one row", "dedup 0 u"),
    Wrong("* | dedup u keepempti=t", "did you mean 'keepempty'", "keepempti"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
