"""search-commands/collect"""

from __future__ import annotations

from pathlib import Path

import pytest

from spl import Engine, SplError, UnsupportedSplError
from tests.commands.harness import NOW, Rows, table, timed

ROWS = table("user n", "ann 1", "bob 2|3")
INFO = f'info_min_time="0.000", info_max_time="+Infinity", info_search_time="{NOW}.000"'


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    (tmp_path / "default").mkdir()
    return Engine.from_app(tmp_path, now=NOW)


def run(engine: Engine, search: str) -> Rows:
    parsed = engine.parse(search)
    assert engine.parse(str(parsed)) == parsed
    return list(engine.search(search, timed(ROWS)))


def test_the_rows_go_on(engine: Engine) -> None:
    assert run(engine, "* | table user n | collect index=summary") == ROWS


@pytest.mark.parametrize(
    ("options", "raw"),
    [
        ("", f'11/14/2023 22:13:20 +0000, {INFO}, user="ann", n="1"'),
        ("addinfo=false", '11/14/2023 22:13:20 +0000, user="ann", n="1"'),
        ("addinfo=f addtime=false", 'user="ann", n="1"'),
        ("addinfo=f timeformat=%s", f'{NOW}, user="ann", n="1"'),
        ('addinfo=f addtime=f marker="m=\\"x y\\""', 'user="ann", n="1", m="x y"'),
    ],
)
def test_the_text_of_an_event(engine: Engine, options: str, raw: str) -> None:
    run(engine, f"n=1 | table user n | collect index=s {options}")
    assert run(engine, "index=s | table _raw") == [{"_raw": raw}]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("index=summary | table user n", ROWS),
        ("index=summary user=bob | table user", table("user", "bob")),
        ("index=SUMM* ann | table user", table("user", "ann")),
        ("index IN (summary, x) n=3 | table user", table("user", "bob")),
        (
            "index=summary | stats count BY index sourcetype",
            table("index sourcetype count", "summary stash 2"),
        ),
        ("| tstats count WHERE index=summary", table("count", "2")),
        (
            "n=1 | table n | append [search index=summary n=3 | table user]",
            table("n user", "1 -", "- bob"),
        ),
        # only a search that names the index sees them
        ("* | stats count", table("count", "2")),
        ("index!=x | stats count", table("count", "0")),
        ("index=other | stats count", table("count", "0")),
        ("index=* | stats count", table("count", "2")),
        ("index=summary earliest=-1m | stats count", table("count", "2")),
        ("index=summary latest=-1m | stats count", table("count", "0")),
    ],
)
def test_later_searches_read_them(engine: Engine, search: str, expected: Rows) -> None:
    run(engine, "* | table user n | collect index=summary")
    assert run(engine, search) == expected


def test_events_keep_their_text_and_time(engine: Engine) -> None:
    event = {"_raw": '{"a":1}', "_time": NOW - 99, "source": "f", "sourcetype": "json"}
    engine.search("* | collect index=s source=copy sourcetype=mine host=h", [event])
    found = engine.search("index=s a=1 | table _raw _time source sourcetype host a")
    assert list(found) == [
        {
            "_raw": '{"a":1}',
            "_time": str(NOW - 99),
            "source": "copy",
            "sourcetype": "mine",
            "host": "h",
            "a": "1",
        }
    ]


def test_where_a_row_came_from_is_kept_by_another_name(engine: Engine) -> None:
    engine.search("* | stats count BY host | collect index=s", [{"_raw": "x", "host": "h1"}])
    assert list(engine.search("index=s | table host orig_host count")) == [
        {"orig_host": "h1", "count": "1"}
    ]


def test_the_time_of_a_row(engine: Engine) -> None:
    run(engine, "* earliest=-1h | stats max(_time) AS _time | addinfo | collect index=s")
    assert run(engine, "index=s | table _time") == [{"_time": str(NOW - 3600)}]
    run(engine, "n=2 | stats max(_time) AS _time | collect index=t")
    assert run(engine, "index=t | table _time") == [{"_time": str(NOW - 10)}]


def test_testmode_keeps_nothing(engine: Engine) -> None:
    rows = run(engine, "n=1 | table user | collect index=s testmode=true addinfo=f addtime=f")
    assert [row["_raw"] for row in rows] == ['user="ann"']
    assert run(engine, "index=s | stats count") == table("count", "0")


def test_engines_share_nothing(engine: Engine, tmp_path: Path) -> None:
    run(engine, "* | collect index=s")
    assert run(Engine.from_app(tmp_path), "index=s | stats count") == table("count", "0")


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ("* | collect", "collect needs index=<name>"),
        ("* | collect index=s tstmode=t", "did you mean 'testmode'?"),
        ("* | collect index=s addtime=maybe", "addtime= takes true or false"),
        ("* | collect index=s x", "unexpected 'x'"),
    ],
)
def test_what_is_refused(engine: Engine, search: str, message: str) -> None:
    with pytest.raises(SplError) as refused:
        engine.search(search)
    assert message in refused.value.message


@pytest.mark.parametrize("option", ["file=x", "spool=false", "output_format=hec"])
def test_what_does_not_run(engine: Engine, option: str) -> None:
    with pytest.raises(UnsupportedSplError, match=option.partition("=")[0]):
        engine.search(f"* | collect index=s {option}")
