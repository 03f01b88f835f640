"""search-commands/inputlookup"""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from spl import Engine, SplError
from tests.commands.harness import Case, each, table
from tests.commands.lookup_app import check_in, lookup_engine

ALL = table(
    "user group role", "alice admins owner", "bob dev -", "alice ops member", "Carol ops member"
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return lookup_engine(tmp_path_factory.mktemp("app"))


@each(
    Case("| inputlookup groups", [], ALL, "user,group,role"),
    Case("| inputlookup groups.csv", [], ALL, "user,group,role"),
    Case("| inputlookup start=1 max=2 groups", [], ALL[1:3]),
    Case("| inputlookup groups max=0", [], []),
    Case("| inputlookup groups start=9", [], []),
    Case("| inputlookup strict=true groups where user=CAROL", [], ALL[3:]),
    Case('| inputlookup groups WHERE group="*s" role=m*', [], ALL[2:]),
    Case("| inputlookup groups where NOT role=*", [], ALL[1:2]),
    Case("| inputlookup max=1 groups where user=alice group=ops", [], ALL[2:3]),
    Case("| inputlookup admins_only", [], ALL[:1]),
    Case("| inputlookup store", [], [], "_key,name,seen"),
    Case(
        "* | table user | inputlookup append=true groups where user=bob",
        table("user", "x"),
        table("user group", "x -", "bob dev"),
        "user,group,role",
    ),
    Case("| inputlookup append=t groups max=1", [], ALL[:1]),
    Case('| inputlookup groups where [| makeresults | eval user="bob" | table user]', [], ALL[1:2]),
    Case(
        "* [| inputlookup admins_only | table user]",
        table("user", "alice", "bob"),
        table("user", "alice"),
    ),
    Case(
        "* NOT [| inputlookup groups | table user]",
        table("user", "alice", "eve"),
        table("user", "eve"),
    ),
)
def test_results(engine: Engine, case: Case) -> None:
    check_in(engine, case)


@pytest.mark.parametrize(
    ("search", "message", "marked"),
    [
        ("| inputlookup", "expected the name of a lookup", ""),
        ("* | inputlookup groups", "it must be the first command", "inputlookup"),
        ("| inputlookup grups", "unknown lookup 'grups': did you mean 'groups'?", "inputlookup"),
        ("| inputlookup max=x groups", "max= takes a whole number, not 'x'", "x"),
        ("| inputlookup groups whre user=x", "unexpected 'whre'", "whre"),
    ],
)
def test_what_is_refused(engine: Engine, search: str, message: str, marked: str) -> None:
    with pytest.raises(SplError) as refused:
        engine.search(search, [{"_raw": "x"}])
    error = refused.value
    assert message in error.message
    assert error.text is not None
    assert error.text[error.start : error.end].strip() == marked


def test_gzipped_files_are_read(tmp_path: Path) -> None:
    engine = lookup_engine(tmp_path)
    with gzip.open(tmp_path / "lookups/packed.csv.gz", "wt") as file:
        file.write("a\n1\n")
    assert list(engine.search("| inputlookup packed.csv.gz")) == [{"a": "1"}]


@pytest.mark.parametrize(
    "content",
    [b"no gzip", gzip.compress(b"a\n1\n")[:-9], gzip.compress(b"a\n1\n")[:12] + b"\xff" * 20],
    ids=["not gzip", "cut off", "damaged"],
)
def test_a_broken_file_is_an_error_with_its_name(tmp_path: Path, content: bytes) -> None:
    engine = lookup_engine(tmp_path)
    (tmp_path / "lookups/broken.csv.gz").write_bytes(content)
    with pytest.raises(SplError, match=r"broken\.csv\.gz:\d+: the lookup cannot be read"):
        engine.search("| inputlookup broken.csv.gz")


def test_bytes_that_are_no_text_are_shown(tmp_path: Path) -> None:
    engine = lookup_engine(tmp_path)
    (tmp_path / "lookups/bytes.csv").write_bytes(b"\xef\xbb\xbfa,b\r\n\xff\x00,2\r\n")
    assert list(engine.search("| inputlookup bytes.csv")) == [{"a": "\\xff\x00", "b": "2"}]
