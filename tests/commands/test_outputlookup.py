"""search-commands/outputlookup"""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from spl import Engine, SplError, UnsupportedSplError
from tests.commands.harness import table, timed
from tests.commands.lookup_app import lookup_engine

ROWS = table("user n", "a 1", "b 2|3", "c -")


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    return tmp_path / "written"


@pytest.fixture
def engine(tmp_path: Path, overlay: Path) -> Engine:
    (tmp_path / "app").mkdir()
    return lookup_engine(tmp_path / "app", overlay)


def run(
    engine: Engine, search: str, rows: list[dict[str, object]] = ROWS
) -> list[dict[str, object]]:
    parsed = engine.parse(search)
    assert engine.parse(str(parsed)) == parsed
    return list(engine.search(search, timed(rows)))


def test_the_rows_go_on_and_the_file_has_the_columns(engine: Engine, overlay: Path) -> None:
    rows = run(engine, "* | table n user gone | outputlookup new.csv")
    assert rows == [{"n": "1", "user": "a"}, {"n": ["2", "3"], "user": "b"}, {"user": "c"}]
    assert (overlay / "new.csv").read_text() == 'n,user,gone\n1,a,\n"2\n3",b,\n,c,\n'


@pytest.mark.parametrize(
    ("search", "name", "content"),
    [
        ("* | table user | outputlookup max=1 x.csv", "x.csv", "user\na\n"),
        ("* | table user | outputlookup groups", "groups.csv", "user\na\nb\nc\n"),
        (
            "* | head 1 | table user n | outputlookup append=true groups",
            "groups.csv",
            "user,group,role\nalice,admins,owner\nbob,dev,\nalice,ops,member\nCarol,ops,member\na,,\n",
        ),
        ("* | table user | outputlookup append=t fresh.csv", "fresh.csv", "user\na\nb\nc\n"),
        (
            '* | head 2 | eval user="bob", role=user | table user role '
            "| outputlookup append=true key_field=user groups",
            "groups.csv",
            "user,group,role\nalice,ops,member\nbob,,bob\nCarol,ops,member\n",
        ),
        (
            "* | head 1 | eval name=user | table name other | outputlookup store",
            "things.csv",
            "_key,name,seen\n,a,\n",
        ),
        (
            "* | table user | outputlookup createinapp=true create_context=app y.csv",
            "y.csv",
            "user\na\nb\nc\n",
        ),
        ("x=1 | outputlookup create_empty=true groups.csv", "groups.csv", ""),
    ],
)
def test_what_is_written(
    engine: Engine, overlay: Path, search: str, name: str, content: str
) -> None:
    run(engine, search)
    assert (overlay / name).read_text() == content


def test_the_app_is_never_written_to(engine: Engine) -> None:
    before = (engine.app.path / "lookups/groups.csv").read_text()
    run(engine, "* | table user | outputlookup groups.csv")
    assert (engine.app.path / "lookups/groups.csv").read_text() == before
    assert run(engine, "| inputlookup groups") == [{"user": "a"}, {"user": "b"}, {"user": "c"}]


def test_without_a_folder_the_engine_has_one_of_its_own(tmp_path: Path) -> None:
    engine = lookup_engine(tmp_path)
    run(engine, "* | table user | outputlookup z.csv")
    assert len(run(engine, "| inputlookup z.csv")) == 3
    assert not (tmp_path / "lookups/z.csv").exists()


def test_gzip_by_the_name(engine: Engine, overlay: Path) -> None:
    run(engine, "* | table user | outputlookup z.csv.gz")
    assert gzip.decompress((overlay / "z.csv.gz").read_bytes()).split() == [
        b"user",
        b"a",
        b"b",
        b"c",
    ]


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ("", None),
        ("override_if_empty=false", ["a"]),
        ("append=true", ["a"]),
        ("create_empty=true", []),
        ("override_if_empty=false create_empty=true", ["a"]),
    ],
)
def test_no_rows(engine: Engine, overlay: Path, options: str, left: list[str] | None) -> None:
    run(engine, "* | head 1 | table user | outputlookup t.csv")
    assert run(engine, f"user=nobody | outputlookup {options} t.csv") == []
    if left is None:
        assert not (overlay / "t.csv").exists()
    else:
        assert [row["user"] for row in run(engine, "| inputlookup t.csv")] == left


def test_no_rows_hide_the_file_of_the_app(engine: Engine) -> None:
    run(engine, "user=nobody | outputlookup groups.csv")
    assert run(engine, "| inputlookup groups.csv") == []


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ("* | outputlookup", "expected the name of a lookup"),
        ("* | outputlookup nothing", "unknown lookup 'nothing'"),
        ("* | outputlookup ../x.csv", "unknown lookup '../x.csv'"),
        ("* | outputlookup append=t x.csv.gz", "cannot append to a .gz file"),
        ("* | table user | outputlookup key_field=id x.csv", "there is no field 'id'"),
        ("* | outputlookup maxx=1 x.csv", "did you mean 'max'?"),
    ],
)
def test_what_is_refused(engine: Engine, search: str, message: str) -> None:
    with pytest.raises(SplError) as refused:
        engine.search(search, timed(ROWS))
    assert message in refused.value.message


@pytest.mark.parametrize("option", ["output_format=splunk_mv_csv", "allow_updates=false"])
def test_what_does_not_run(engine: Engine, option: str) -> None:
    with pytest.raises(UnsupportedSplError, match=option):
        engine.search(f"* | outputlookup {option} x.csv")
