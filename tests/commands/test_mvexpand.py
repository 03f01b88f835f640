"""search-commands/mvexpand"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, engine, table


@each(
    Case("* | mvexpand m", table("m n", "a|b 1", "c 2"), table("m n", "a 1", "b 1", "c 2")),
    Case("* | mvexpand m limit=2", table("m", "a|b|c"), table("m", "a", "b")),
    Case("* | mvexpand limit=0 m", table("m", "a|b|c"), table("m", "a", "b", "c")),
    Case("* | mvexpand m", table("m n", "- 1"), table("m n", "- 1")),
    Case(
        "* | mvexpand m | mvexpand n",
        table("m n", "a|b 1|2"),
        table("m n", "a 1", "a 2", "b 1", "b 2"),
    ),
    Case("* | mvexpand none", table("m", "a|b"), table("m", "a|b")),
    Case('* | mvexpand "a b"', [{"a b": ["1", "2"]}], [{"a b": "1"}, {"a b": "2"}]),
    Case("* | mvexpand m | stats list(m) as m", table("m", "b|a", "c"), table("m", "b|a|c"), "m"),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | mvexpand", "expected a field", ""),
    Wrong("* | mvexpand x y", "unexpected 'y'", "y"),
    Wrong("* | mvexpand x limit=-1", "a whole number", "-1"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)


def test_rows_of_one_event_do_not_share_changes() -> None:
    event = {"_raw": '{"t":["a","b"],"i":1}', "_time": 1, "sourcetype": "_json"}
    results = engine().search("* | mvexpand t{} | eval n='t{}'.i | table n", [event])
    assert list(results) == [{"n": "a1"}, {"n": "b1"}]
