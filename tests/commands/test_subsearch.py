"""Searches in brackets in `search`: Search Manual, "About subsearches"; search-commands/format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spl import Engine, SplError, UnsupportedSplError
from tests.commands.harness import (
    NOW,
    Case,
    Wrong,
    check,
    check_wrong,
    each,
    each_wrong,
    engine,
    table,
    timed,
)

LOGINS = table("user ip code", "ann 1.1.1.1 1", "bob 2.2.2.2 2", "ann 3.3.3.3 3")


@each(
    Case("* [search code=2 | fields user] | table user code", LOGINS, table("user code", "bob 2")),
    Case("[search code=1 | fields user] | table code", LOGINS, table("code", "1", "3")),
    Case("search [search code>1 | table user code] | table code", LOGINS, table("code", "2", "3")),
    Case("NOT [search code>1 | table code] | table code", LOGINS, table("code", "1")),
    Case("code=1 OR [search user=bob | table ip] | table code", LOGINS, table("code", "1", "2")),
    Case("[search code=9 | table user] | table code", LOGINS, []),
    Case("NOT [search code=9 | table user] | stats count", LOGINS, table("count", "3")),
    Case("code<3 [search code=9 | table user] | stats count", LOGINS, table("count", "0")),
    Case("* | search [search code=3 | return user] | table code", LOGINS, table("code", "1", "3")),
    Case("* | search NOT [search code=3 | return user] | table code", LOGINS, table("code", "2")),
    Case("[search user=ann | return 5 $code] OR code=2 | stats count", LOGINS, table("count", "1")),
    Case("user=[search code=2 | return $user] | table code", LOGINS, table("code", "2")),
    Case("user!=[search code=2 | return $user] | table code", LOGINS, table("code", "1", "3")),
    Case("user=[search code=9 | return $user] | table code", LOGINS, []),
    Case(
        "code IN ([search user=ann | stats values(code) AS search "
        '| eval search=mvjoin(search, ",")]) | table code',
        LOGINS,
        table("code", "1", "3"),
    ),
    Case("code IN [search user=bob | return $code] | table code", LOGINS, table("code", "2")),
    Case(
        '[search code=2 | eval search="code>" . (code - 1) | table search] | table code',
        LOGINS,
        table("code", "2", "3"),
    ),
    Case(
        '[| makeresults | eval user=split("ann,bob", ",") | table user] | stats count',
        LOGINS,
        table("count", "3"),
    ),
    Case(
        "[stats count by user | where count>1 | fields user] | stats count", [], table("count", "0")
    ),
    Case(
        "* [search [search code=2 | table ip] | table user] | table code",
        LOGINS,
        table("code", "2"),
    ),
    # the times that a subsearch returns bound the search
    Case(
        "[search code=2 | eval earliest=_time, latest=_time+1 | return earliest latest] "
        "| table code",
        LOGINS,
        table("code", "2"),
    ),
    Case(
        "code=* [search code=2 | eval latest=_time | table latest | format] | table code",
        LOGINS,
        table("code", "3"),
    ),
    # field names are quoted where they must be
    Case(
        '* [search x=1 | table "a b"] | table x',
        [{"x": "1", "a b": "c d"}, {"x": "2"}],
        [{"x": "1"}],
    ),
    Case(
        "* [search x=1 | table a{}] | stats count",
        [{"x": "1", "a{}": ["p", "q"]}],
        [{"count": "1"}],
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* [search x=1", "this bracket is not closed", "["),
    Wrong("* [search x=1 | nothing]", "unknown command 'nothing'", "nothing"),
    Wrong("x=[search x=1 | table x]", "returned no search expression", "("),
    Wrong('[search x=1 | eval search="a=" | table search]', "returned no search expression", ""),
    Wrong(
        "* | where x=[search x=1 | return $x]",
        "eval expression does not run here",
        "[search x=1 | return $x]",
    ),
    Wrong(
        "* | eval y=1+[search x=1 | return $x]",
        "eval expression does not run here",
        "[search x=1 | return $x]",
    ),
    Wrong("* | stats count by [search x]", "expected a field, found '['", "["),
)
def test_what_is_refused(case: Wrong) -> None:
    check_wrong(case)


def test_a_subsearch_has_the_time_range_of_the_search() -> None:
    results = engine().search(
        "[search * | stats values(code) AS code] | table code", timed(LOGINS), latest=str(NOW - 5)
    )
    assert list(results) == table("code", "2", "3")


def test_the_time_of_the_search_itself_does_not_bound_the_subsearch() -> None:
    search = f"latest={NOW - 5} [search code=1 | table user] | table code"
    assert list(engine().search(search, timed(LOGINS))) == table("code", "3")


def test_10_000_rows_go_into_a_search() -> None:
    events = [{"_raw": "", "n": str(n)} for n in range(10_002)]
    results = engine().search("[search * | fields n] | stats count", events)
    assert list(results) == [{"count": "10000"}]
    assert [str(m) for m in results.messages] == [
        "WARN: a subsearch found 10002 rows, the limit is 10000: the rest is cut off"
    ]


def test_events_that_come_once_are_read_by_both() -> None:
    def once() -> Iterator[dict[str, Any]]:
        yield from timed(LOGINS)

    results = engine().search("* [search code=2 | table user] | table code", once())
    assert list(results) == table("code", "2")


def test_a_search_that_is_fed_cannot_have_them() -> None:
    with pytest.raises(UnsupportedSplError, match="takes its events as they come"):
        engine().start("* [search code=2 | table user]")
    fed = engine().start('* [| makeresults | eval code="2" | table code] | table user')
    fed.feed(map(engine().bind, timed(LOGINS)))
    assert list(fed.finish()) == table("user", "bob")


@pytest.mark.parametrize(
    ("search", "code", "reads"),
    [
        ("code=1 | stats count", "1", True),
        ("code=1 | stats count", "2", False),
        ("code=1 [search code=2 | table user]", "2", True),
        ("code=1 [search code=2 | table user]", "3", False),
        ("code=1 NOT [search code=2 | table user]", "1", True),
        ("code=1 code=[search code=2 | return $code]", "1", True),
        ("| tstats count where host=h | append [search code=3]", "3", True),
        ("| tstats count where host=h", "3", False),
        ("| makeresults", "3", False),
    ],
)
def test_what_a_search_reads(search: str, code: str, reads: bool) -> None:
    event = engine().bind({"_raw": "", "code": code})
    assert engine().reads(search)(event) is reads


def test_errors_inside_say_their_place(tmp_path: Path) -> None:
    (tmp_path / "default").mkdir()
    app = Engine.from_app(tmp_path)
    with pytest.raises(SplError) as refused:
        app.search("* [| inputlookup gone.csv]")
    assert "there is no file gone.csv" in refused.value.message
