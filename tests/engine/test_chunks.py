"""What a custom command answers, and answers that are no chunk."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from spl import Engine
from spl.external import prepare_commands, read_chunk, read_table
from spl.knowledge import App


def chunk(head: bytes, body: bytes = b"") -> io.BytesIO:
    return io.BytesIO(b"chunked 1.0,%d,%d\n%b%b" % (len(head), len(body), head, body))


def test_a_chunk_has_metadata_messages_and_rows() -> None:
    head = b'{"finished": true, "inspector": {"messages": [["WARN", "slow"]]}}'
    found = read_chunk(chunk(head, b"a\n1\n"))
    assert found.metadata["finished"] is True
    assert found.messages == [("WARN", "slow")]
    assert found.body == "a\n1\n"


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (io.BytesIO(b"Traceback (most recent call last):\n"), "does not begin with"),
        (io.BytesIO(b"chunked 1.0,99999999999999999999,0\n"), "does not begin with"),
        (io.BytesIO(b"chunked 1.0,5,0\n{}"), "cut off"),
        (chunk(b"{"), "metadata"),
        (chunk(b"[1]"), "metadata"),
        (chunk(b'{"inspector": "x"}'), "metadata"),
        (chunk(b'{"inspector": {"messages": [["ERROR"]]}}'), "metadata"),
        (chunk(b"[" * 100_000), "metadata"),
    ],
)
def test_what_is_no_chunk_is_refused(stream: io.BytesIO, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_chunk(stream)


def test_the_end_of_the_stream_is_no_wrong_chunk() -> None:
    with pytest.raises(EOFError):
        read_chunk(io.BytesIO(b""))


def test_a_short_row_lacks_fields_and_a_multivalue_is_decoded() -> None:
    fields, rows = read_table('a,__mv_a,b\n"x\ny",$x$;$y$,1\nz\n')
    assert fields == ["a", "b"]
    assert rows == [{"a": ["x", "y"], "b": "1"}, {"a": "z"}]


@pytest.mark.parametrize(
    ("body", "reason"), [("a\n1,2\n", "more cells"), ("a\n1\r2\n", "new-line character")]
)
def test_rows_that_cannot_be_read_are_refused(body: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_table(body)


def test_an_app_named_by_a_relative_path_finds_its_commands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    engine = Engine.from_app("app")
    results = engine.search("| makeresults | riskscore impact=70 confidence=70")
    assert results.rows[0]["risk_score"] == "49"


@pytest.fixture
def app(tmp_path: Path) -> App:
    """An app with the commands `one` and `two`, and one whose script is missing."""
    for name in ("default/commands.conf", "bin/one.py", "bin/two.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    stanzas = [f"[{name}]\nchunked = true\n" for name in ("one", "two", "three")]
    (tmp_path / "default/commands.conf").write_text("".join(stanzas))
    return App.open(tmp_path)


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr("spl.external.prepare_script", lambda script: names.append(script.name))
    return names


def test_the_commands_that_searches_name_are_prepared(app: App, prepared: list[str]) -> None:
    prepare_commands(app, ["* | stats count", "* | two x=1"])
    assert prepared == ["two.py"]


def test_the_command_of_a_search_is_prepared_with_it(app: App, prepared: list[str]) -> None:
    engine = Engine(app)
    engine.parse("* | one")
    assert prepared == []
    engine.start("* | one")
    assert prepared == ["one.py"]


def test_a_wrong_command_is_one_problem_however_often_it_is_read(app: App) -> None:
    prepare_commands(app, [])
    Engine(app).parse("* | one")
    (problem,) = app.problems
    assert problem.startswith("commands.conf: [three] names a missing file: ")
