"""search-commands/lookup; Knowledge Manager Manual, "Add field matching rules"."""

from __future__ import annotations

from pathlib import Path

import pytest

from spl import Engine, SplError, UnsupportedSplError
from tests.commands.harness import Case, each, table
from tests.commands.lookup_app import check_in, lookup_engine


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return lookup_engine(tmp_path_factory.mktemp("app"))


@each(
    Case(
        "* | table user | lookup groups user",
        table("user", "bob", "eve"),
        table("user group", "bob dev", "eve -"),
        "user,group,role",
    ),
    Case(
        "* | lookup groups.csv user OUTPUT group AS g, role",
        table("user", "Carol"),
        table("user g role", "Carol ops member"),
    ),
    Case(
        "* | lookup groups user AS who OUTPUT role",
        table("who", "alice"),
        table("who role", "alice owner|member"),
    ),
    Case(
        "* | lookup local=true update=f first_only user OUTPUT group",
        table("user", "alice"),
        table("user group", "alice admins"),
    ),
    # exact matches mind the case, unless the definition says otherwise
    Case("* | lookup groups user OUTPUT role", table("user", "carol"), table("user", "carol")),
    Case(
        "* | lookup folded user OUTPUT group",
        table("user", "CAROL"),
        table("user group", "CAROL ops"),
    ),
    Case(
        "* | lookup or_none user OUTPUT group",
        table("user", "eve", "-", "bob"),
        table("user group", "eve none", "- -", "bob dev"),
    ),
    # OUTPUT replaces, OUTPUTNEW fills; an empty cell is null
    Case(
        "* | lookup groups user OUTPUT group",
        table("user group", "bob old", "eve old"),
        table("user group", "bob dev", "eve -"),
    ),
    Case(
        "* | lookup groups user OUTPUTNEW group",
        table("user group", "bob old", "bob -"),
        table("user group", "bob old", "bob dev"),
    ),
    Case(
        "* | lookup groups user OUTPUTNEW group role",
        table("user group", "Carol old"),
        table("user group role", "Carol old member"),
    ),
    Case("* | lookup groups user OUTPUT role", table("user", "bob"), table("user", "bob")),
    # several fields must all match
    Case(
        "* | lookup groups user group OUTPUT role",
        table("user group", "alice ops", "bob ops"),
        table("user group role", "alice ops member", "bob ops -"),
    ),
    Case(
        "* | lookup groups user OUTPUT group",
        table("user", "bob|Carol"),
        table("user group", "bob|Carol dev|ops"),
    ),
    Case(
        "* | lookup networks net AS ip OUTPUT zone",
        table("ip", "10.1.2.3", "10.200.0.1", "11.0.0.1", "2001:db8::1", "word", "x"),
        table(
            "ip zone",
            "10.1.2.3 internal|pods",
            "10.200.0.1 internal",
            "11.0.0.1 -",
            "2001:db8::1 docs",
            "word -",
            "x -",
        ),
    ),
    Case(
        "* | lookup agents agent verb OUTPUT known",
        table("agent verb", "kubectl/1.2 get", "kubectl/1.2 list", "curl get", "curl -"),
        table(
            "agent verb known",
            "kubectl/1.2 get yes",
            "kubectl/1.2 list maybe",
            "curl get no",
            "curl - -",
        ),
    ),
    Case(
        "* | lookup admins_only user OUTPUT group",
        table("user", "alice", "bob"),
        table("user group", "alice admins", "bob -"),
    ),
    Case(
        '* | lookup quoted.csv "a b" AS x OUTPUT c AS "d e"',
        [{"x": "x, y"}],
        [{"x": "x, y", "d e": "line 1\nline 2"}],
    ),
    Case("* | table user | lookup groups user", [], [], "user,group,role"),
)
def test_results(engine: Engine, case: Case) -> None:
    check_in(engine, case)


@pytest.mark.parametrize(
    ("search", "message", "marked"),
    [
        ("* | lookup", "expected the name of a lookup", ""),
        ("* | lookup groups", "expected a field of the lookup", ""),
        ("* | lookup groups user OUTPUT", "expected a field of the lookup", ""),
        ("* | lookup group user", "unknown lookup 'group': did you mean 'groups'?", "lookup"),
        ("* | lookup gone.csv user", "there is no file gone.csv", "lookup"),
        ("* | lookup groups name", "has no field 'name', it has: user, group, role", "lookup"),
        ("* | lookup groups user OUTPUT team", "has no field 'team'", "lookup"),
        ("* | lookup locl=t groups user", "unknown option 'locl': did you mean 'local'?", "locl"),
        ("* | lookup ../groups.csv user", "unknown lookup", "lookup"),
    ],
)
def test_what_is_refused(engine: Engine, search: str, message: str, marked: str) -> None:
    with pytest.raises(SplError) as refused:
        engine.search(search, [{"_raw": "x"}])
    error = refused.value
    assert message in error.message
    assert error.text is not None
    assert error.text[error.start : error.end].strip() == marked


@pytest.mark.parametrize(("name", "what"), [("script", "a script"), ("temporal", "time")])
def test_other_kinds_of_lookup_do_not_run(engine: Engine, name: str, what: str) -> None:
    with pytest.raises(UnsupportedSplError, match=what):
        engine.search(f"* | lookup {name} host")


def test_many_rows_are_found_through_an_index(tmp_path: Path) -> None:
    engine = lookup_engine(tmp_path)
    rows = "".join(f"10.{n // 256}.{n % 256}.0/24,{n}\n" for n in range(20_000))
    (tmp_path / "lookups/networks.csv").write_text("net,zone\n" + rows)
    events = [{"_raw": "", "ip": f"10.{n % 70}.{n % 256}.9"} for n in range(2_000)]
    results = engine.search("* | lookup networks net AS ip OUTPUT zone | stats count(zone)", events)
    assert list(results) == [{"count(zone)": "2000"}]


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    engine = lookup_engine(tmp_path)
    search = '| makeresults | eval user="bob" | lookup groups user OUTPUT group | table group'
    assert list(engine.search(search)) == [{"group": "dev"}]
    (tmp_path / "lookups/groups.csv").write_text("user,group\nbob,moved\n")
    assert list(engine.search(search)) == [{"group": "moved"}]


def test_lines_that_do_not_fit_are_named(tmp_path: Path) -> None:
    engine = lookup_engine(tmp_path)
    (tmp_path / "lookups/groups.csv").write_text("user,,group\nbob,x,dev\na\nb,1,2,3\n\n")
    rows = engine.search("| inputlookup groups.csv")
    assert list(rows) == [
        {"user": "bob", "group": "dev"},
        {"user": "a"},
        {"user": "b", "group": "2"},
    ]
    path = tmp_path / "lookups/groups.csv"
    assert engine.app.problems == [
        f"{path}:1: a column has no name, or that of another: it is left out",
        f"{path}:4: there are more cells than columns",
    ]
