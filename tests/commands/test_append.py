"""search-commands/append, appendcols, appendpipe, union, multisearch"""

from __future__ import annotations

import pytest

from spl import UnsupportedSplError
from tests.commands.harness import (
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

ROWS = table("user n", "ann 1", "bob 2", "ann 3")


@each(
    Case(
        "n=1 | table user n | append [search n=2 | table n x]",
        ROWS,
        table("user n", "ann 1", "- 2"),
        "user,n,x",
    ),
    Case("* | stats count | append [search n=1 | stats count]", ROWS, table("count", "3", "1")),
    Case("n=9 | table n | append [search n=2 | table n]", ROWS, table("n", "2")),
    Case("n=1 | table n | append [search n=9 | table n]", ROWS, table("n", "1")),
    Case("n=1 | table n | append maxout=1 [search * | table n]", ROWS, table("n", "1", "1")),
    Case(
        "n=1 | table n | append extendtimerange=f [stats count]",
        ROWS,
        table("n count", "1 -", "- 0"),
    ),
    Case(
        "n=1 | table n | append [| makeresults count=2 | eval x=1 | table x] | stats count sum(x)",
        ROWS,
        [{"count": "3", "sum(x)": "2"}],
    ),
    Case(
        "n=1 | table n | append [search n=2 | table n | append [search n=3 | table n]]",
        ROWS,
        table("n", "1", "2", "3"),
    ),
    Case(
        "* | table a | append [search * | table a | head 1]",
        [{"a": ["p", "q|]"]}, {"a": "-"}],
        [{"a": ["p", "q|]"]}, {"a": "-"}, {"a": ["p", "q|]"]}],
    ),
    # appendcols: row by row; what is there stays unless override
    Case(
        "* | table n | appendcols [search * | table user]",
        ROWS,
        table("n user", "1 ann", "2 bob", "3 ann"),
        "n,user",
    ),
    Case(
        '* | table n | appendcols [search n<3 | eval n="x" | table n]',
        ROWS,
        table("n", "1", "2", "3"),
    ),
    Case(
        '* | table n | appendcols override=true [search n<3 | eval n="x" | table n]',
        ROWS,
        table("n", "x", "x", "3"),
    ),
    Case(
        "n=1 | table n | appendcols [search * | table user]",
        ROWS,
        table("n user", "1 ann", "- bob", "- ann"),
    ),
    Case("n=9 | table n | appendcols [search n=1 | table user]", ROWS, table("user", "ann")),
    Case(
        "n=1 | table n | appendcols [search n=1] | table _time n user",
        ROWS,
        table("n user", "1 ann"),
    ),
    Case(
        "* | table n | appendcols maxout=1 [search * | table user]",
        ROWS,
        table("n user", "1 ann", "2 -", "3 -"),
    ),
    # appendpipe: over the rows that there are
    Case(
        '* | stats sum(n) AS n BY user | appendpipe [stats sum(n) AS n | eval user="all"]',
        ROWS,
        table("user n", "ann 4", "bob 2", "all 6"),
        "user,n",
    ),
    Case(
        "* | table n | appendpipe [where n>2 | eval big=1]",
        ROWS,
        table("n big", "1 -", "2 -", "3 -", "3 1"),
        "n,big",
    ),
    Case("n=9 | table n | appendpipe [stats count | where count=0]", ROWS, table("count", "0")),
    Case(
        "* | table n | appendpipe run_in_preview=f [search n=2]",
        ROWS,
        table("n", "1", "2", "3", "2"),
    ),
    Case(
        "* | table n | appendpipe [eval n=n*10] | appendpipe [stats count]",
        ROWS[:1],
        table("n count", "1 -", "10 -", "- 2"),
    ),
    Case("* | head 1 | appendpipe [eval n=9] | table n", ROWS, table("n", "1", "9")),
    # union: after the rows, or by itself
    Case("n=1 | table n | union [search n=2 | table n]", ROWS, table("n", "1", "2")),
    Case("| union [search n=3] [search n=1] | table n", ROWS, table("n", "1", "3")),
    Case(
        "| union maxout=1 [search n>1 | stats count by n], [search n=1 | table n]",
        ROWS,
        table("n count", "2 1", "1 -"),
    ),
    # multisearch: newest first
    Case(
        "| multisearch [search n=3] [search n=1 | eval x=n] | table n x",
        ROWS,
        table("n x", "1 1", "3 -"),
    ),
    Case("| multisearch [search n=9] [search n=8] | stats count", ROWS, table("count", "0")),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | append", "append needs a subsearch", ""),
    Wrong("* | append x", "append needs a subsearch: [ … ], found 'x'", "x"),
    Wrong("* | append [search x", "this bracket is not closed", "["),
    Wrong("* | append maxot=1 [search x]", "did you mean 'maxout'?", "maxot"),
    Wrong("* | append [search x] y", "unexpected 'y'", "y"),
    Wrong(
        "* | append extendtimerange=t [search x]",
        "extendtimerange=true does not run",
        "append",
    ),
    Wrong("* | appendcols overide=t [search x]", "did you mean 'override'?", "overide"),
    Wrong("* | appendpipe", "appendpipe needs a subsearch", ""),
    Wrong("* | union", "union needs a subsearch", ""),
    Wrong(
        "* | union datamodel:x [search y]",
        "the dataset datamodel:x does not run",
        "union",
    ),
    Wrong("| multisearch [search x]", "multisearch needs a subsearch", ""),
    Wrong(
        "| multisearch [search x] [search y | stats count]",
        "'stats' is no streaming command",
        "search y | stats count",
    ),
    Wrong("* | multisearch [search x] [search y]", "must be the first command", "multisearch"),
)
def test_what_is_refused(case: Wrong) -> None:
    check_wrong(case)


def test_limits_of_time_are_said_not_to_apply() -> None:
    results = engine().search("n=1 | append maxtime=300 timeout=9 [search n=2]", timed(ROWS))
    assert [str(m) for m in results.messages] == [
        "INFO: maxtime= is not applied: subsearches run to their end here",
        "INFO: timeout= is not applied: subsearches run to their end here",
    ]


def test_no_more_than_50_000_rows_are_appended() -> None:
    results = engine().search("| makeresults | append [| makeresults count=50001] | stats count")
    assert list(results) == [{"count": "50001"}]
    assert "the limit is 50000" in results.messages[0].text


def test_a_subsearch_of_something_that_does_not_run() -> None:
    with pytest.raises(UnsupportedSplError, match="'rest' does not run here"):
        engine().search("* | append [| rest /services/server/info]")
