"""search-commands/savedsearch"""

from __future__ import annotations

from pathlib import Path

import pytest

from spl import Engine, SplError
from tests.commands.harness import NOW, Rows, table, timed

SEARCHES = """
[by user]
search = user=$who$ n<$most$ | table n user gone

[all]
search = `everything` | table n

[with subsearch]
search = * [search n=2 | table user] | table n

[made]
search = | makeresults | eval x="$who$" | table x

[loop]
search = | savedsearch again

[again]
search = * | append [| savedsearch loop]

[wrong]
search = * | nothing
"""
ROWS = table("user n", "ann 1", "bob 2", "ann 3")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    (tmp_path / "default").mkdir()
    (tmp_path / "default/savedsearches.conf").write_text(SEARCHES)
    (tmp_path / "default/macros.conf").write_text("[everything]\ndefinition = n=*\n")
    return Engine.from_app(tmp_path, now=NOW)


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("| savedsearch all", table("n", "1", "2", "3")),
        ('| savedsearch "by user" who=ann most=9', table("n user", "1 ann", "3 ann")),
        ('| savedsearch "by user" who="b*" most="9"', table("n user", "2 bob")),
        ('| savedsearch "by user" nosubstitution=true who=ann most=9', []),
        ('| savedsearch made who="a b"', [{"x": "a b"}]),
        ("| savedsearch made", [{"x": "$who$"}]),
        ('| savedsearch "with subsearch"', table("n", "2")),
        ("| savedsearch all | where n>1", table("n", "2", "3")),
        ("n=3 | table n | append [| savedsearch all | head 1]", table("n", "3", "1")),
        ("[| savedsearch all | head 1] | table user", table("user", "ann")),
    ],
)
def test_results(engine: Engine, search: str, expected: Rows) -> None:
    parsed = engine.parse(search)
    assert engine.parse(str(parsed)) == parsed
    assert list(engine.search(search, timed(ROWS))) == expected
    # events that can be read once only
    assert list(engine.search(search, iter(timed(ROWS)))) == expected


def test_columns(engine: Engine) -> None:
    results = engine.search('| savedsearch "by user" who=zoe most=9', timed(ROWS))
    assert results.fields == ["n", "user", "gone"]


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ("| savedsearch", "expected the name of a saved search"),
        ("| savedsearch al", "unknown saved search 'al': did you mean 'all'?"),
        ("| savedsearch all who", "unexpected 'who'"),
        ("| savedsearch all nosubstitution=maybe", "nosubstitution= takes true or false"),
        ("* | savedsearch all", "must be the first command"),
        ("| savedsearch loop", "the saved searches run themselves: loop → again → loop"),
        ("| savedsearch wrong", "unknown command 'nothing'"),
    ],
)
def test_what_is_refused(engine: Engine, search: str, message: str) -> None:
    with pytest.raises(SplError) as refused:
        engine.search(search, timed(ROWS))
    assert message in refused.value.message
