"""search-commands/tstats"""

from __future__ import annotations

import pytest

from spl import UnsupportedSplError
from tests.commands.harness import (
    NOW,
    Case,
    Rows,
    Wrong,
    check,
    check_wrong,
    each,
    each_wrong,
    engine,
    table,
    timed,
)

EVENTS: Rows = [
    {"_raw": "user=ann GET /api", "host": "h1", "sourcetype": "web", "index": "main"},
    {
        "_raw": "user=bob GET /",
        "host": "h2",
        "sourcetype": "web",
        "index": "main",
        "_time": NOW - 4000,
    },
    {"_raw": "user=ann POST 10.0.0.1", "host": "h1", "sourcetype": "app", "index": "other"},
    {"_raw": "no host", "sourcetype": "app", "_time": NOW - 90_000},
]


@each(
    Case("| tstats count", EVENTS, table("count", "4"), "count"),
    Case("| tstats count where index=main", EVENTS, table("count", "2")),
    Case(
        "| tstats count AS n WHERE index=* BY index sourcetype",
        EVENTS,
        table("index sourcetype n", "main web 2", "other app 1"),
        "index,sourcetype,n",
    ),
    Case("| tstats count by host", EVENTS, table("host count", "h1 2", "h2 1"), "host,count"),
    Case(
        "| tstats fillnull_value=none count by host",
        EVENTS,
        table("host count", "h1 2", "h2 1", "none 1"),
    ),
    Case(
        "| tstats dc(host) values(sourcetype) AS types",
        EVENTS,
        [{"dc(host)": "2", "types": ["app", "web"]}],
    ),
    Case(
        "| tstats count(host) min(_time) AS a max(_time) AS b",
        EVENTS,
        [{"count(host)": "3", "a": str(NOW - 90_000), "b": str(NOW)}],
    ),
    Case(
        "| tstats count where sourcetype IN (web, x) GROUPBY sourcetype",
        EVENTS,
        table("sourcetype count", "web 2"),
    ),
    Case("| tstats count where ann", EVENTS, table("count", "2")),
    Case("| tstats count where TERM(10.0.0.1) OR bob", EVENTS, table("count", "2")),
    Case("| tstats count where (host=h1 NOT sourcetype=app)", EVENTS, table("count", "1")),
    Case("| tstats latest(sourcetype) AS s earliest(host) AS h", EVENTS, table("s h", "web h2")),
    Case(
        "| tstats count max(_time) AS m where host=* by host, _time span=1h "
        "| table _time host count m",
        EVENTS,
        [
            {"_time": "1699999200", "host": "h1", "count": "2", "m": str(NOW)},
            {"_time": "1699995600", "host": "h2", "count": "1", "m": str(NOW - 4000)},
        ],
        "_time,host,count,m",
    ),
    Case(
        "| tstats count where earliest=-1d by _time span=1d | table count",
        EVENTS,
        table("count", "3"),
    ),
    Case("| tstats count where index=none", EVENTS, table("count", "0")),
    Case("| tstats count where index=none by host", EVENTS, []),
    Case("| tstats count where [search bob | table host]", EVENTS, table("count", "1")),
    Case(
        "| tstats summariesonly=false allow_old_summaries=true chunk_size=9 count "
        "where index=other",
        EVENTS,
        table("count", "1"),
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("| tstats", "expected a statistical function", ""),
    Wrong("| tstats count whre x=1", "unknown statistical function 'whre'", "whre"),
    Wrong("| tstats count where (x)) y", "expected FROM, WHERE or BY, found ')'", ")"),
    Wrong("| tstats count by", "expected a field", ""),
    Wrong("| tstats count by _time span=1x", "span= takes a time span", "1x"),
    Wrong("| tstats sumariesonly=t count", "did you mean 'summariesonly'?", "sumariesonly"),
    Wrong("* | tstats count", "must be the first command", "tstats"),
    Wrong("| tstats count by user", "'user' is not known to be indexed", "tstats"),
    Wrong("| tstats count where user=ann", "'user' is not known to be indexed", "tstats"),
    Wrong("| tstats dc(user)", "'user' is not known to be indexed", "tstats"),
    Wrong("| tstats dc(user) by a", "'a' and 'user' are not known to be indexed", "tstats"),
    Wrong("| tstats prestats=t count", "prestats=true does not run", "tstats"),
    Wrong("* | tstats prestats=t append=t count", "prestats=true does not run", "tstats"),
)
def test_what_is_refused(case: Wrong) -> None:
    check_wrong(case)


@pytest.mark.parametrize(
    "search",
    [
        "| tstats count min(_time) as firstTime from datamodel=Endpoint.Processes",
        "| tstats summariesonly=t count FROM datamodel=Endpoint.Processes "
        'WHERE (Processes.process_name="kubectl" AND Processes.process IN ("* exec *", "*cp*")) '
        "BY Processes.dest, Processes.user _time span=1h",
        "| tstats values(All_Traffic.dest_port) as port dc(All_Traffic.dest) from "
        "datamodel=Network_Traffic where nodename=All_Traffic All_Traffic.action!=blocked "
        "by _time All_Traffic.src span=30m | `drop`",
        '| tstats count from datamodel = "Change"."All_Changes" by All_Changes.user',
        "| tstats count from sid=1234.5 groupby x",
        "| tstats count from old_namespace where x=1",
        "| tstats count where index=main by PREFIX(user=)",
    ],
)
def test_what_parses_and_does_not_run(search: str) -> None:
    search = search.replace(" | `drop`", " | rename a AS b")
    parsed = engine().parse(search)
    assert engine().parse(str(parsed)) == parsed
    with pytest.raises(UnsupportedSplError, match=r"^tstats: "):
        engine().search(search, timed(EVENTS))
