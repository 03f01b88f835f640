"""search-commands/transaction"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | transaction u | table u n duration eventcount closed_txn",
        table("u n", "a 3", "b 9", "a 1"),
        table("u n duration eventcount closed_txn", "b 9 0 1 0", "a 1|3 20 2 0"),
    ),
    Case(
        "* | transaction u mvlist=t | table n",
        table("u n", "a 1", "a 3", "a 1"),
        table("n", "1|3|1"),
    ),
    Case(
        "* | transaction u mvlist=m | table m v",
        table("u m v", "a 1 x", "a - x"),
        table("m v", "NULL|1 x"),
    ),
    Case(
        '* | transaction u mvlist="n,v" nullstr=0 | table n v',
        table("u n v", "a 1 x", "a - x"),
        table("n v", "0|1 x|x"),
    ),
    Case(
        "* | transaction u maxspan=15s | table n eventcount closed_txn",
        table("u n", "a 1", "a 2", "a 3"),
        table("n eventcount closed_txn", "1|2 2 1", "3 1 0"),
    ),
    Case(
        "* | transaction maxpause=5 | table n closed_txn",
        table("n", "1", "2"),
        table("n closed_txn", "1 1", "2 0"),
    ),
    Case(
        "* | transaction maxevents=2 | table n eventcount",
        table("n", "1", "2", "3"),
        table("n eventcount", "1|2 2", "3 1"),
    ),
    Case(
        '* | transaction startswith="n=3" | table n closed_txn',
        table("n", "1", "2", "3", "4"),
        table("n closed_txn", "1|2|3 1"),
    ),
    Case(
        '* | transaction startswith="n=3" keepevicted=t | table n closed_txn',
        table("n", "1", "3", "4"),
        table("n closed_txn", "1|3 1", "4 0"),
    ),
    Case(
        "* | transaction startswith=eval(n>2) endswith=(n=1 OR n=9) | table n",
        table("n", "0", "1", "2", "3", "4"),
        table("n", "1|2|3"),
    ),
    Case(
        '* | transaction endswith="n=1" | table n',
        table("n", "0", "1", "2", "1"),
        table("n", "1|2", "1"),
    ),
    Case(
        "* | transaction u v | table n",
        table("u v n", "a - 1", "a b 2", "- b 3", "c b 4"),
        table("n", "1|2|3", "4"),
    ),
    Case(
        "* | transaction u keeporphans=t | table n eventcount _txn_orphan",
        table("u n", "a 1", "- 2"),
        [{"n": "1", "eventcount": "1"}, {"n": "2", "_txn_orphan": "1"}],
        "n,eventcount,_txn_orphan",
    ),
    Case("* | transaction u | table n", table("u n", "- 1"), []),
    Case('* | transaction u mvlist="n," | table n', table("u n", "a 1", "a 1"), table("n", "1|1")),
    Case(
        "* | transaction u | table _raw _time",
        [{"_raw": "second", "u": "a"}, {"_raw": "first", "u": "a"}],
        [{"_raw": "first\nsecond", "_time": "1699999990"}],
        "_raw,_time",
    ),
    Case(
        '* | transaction u mvraw=t delim=";" | nomv _raw | table _raw',
        [{"_raw": "second", "u": "a"}, {"_raw": "first", "u": "a"}],
        [{"_raw": "first;second"}],
        "_raw",
    ),
    Case(
        "* | transaction startswith=login | table n",
        [{"_raw": "out", "n": "1"}, {"_raw": "a login", "n": "2"}],
        table("n", "1|2"),
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | transaction u maxspan=long", "a time span", "long"),
    Wrong("* | transaction u maxspn=1m", "did you mean 'maxspan'", "maxspn"),
    Wrong("* | transaction startswith=(a=1", "not closed", "("),
    Wrong('* | transaction startswith="a="', "expected", '"a="'),
    Wrong("* | transaction startswith=eval(a=) u", "expected an expression", ")"),
    Wrong("* | transaction name=web", "does not run here", "name=web"),
    Wrong("* | transaction u connected=f", "connected=false does not run here", "connected=f"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
