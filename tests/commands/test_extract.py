"""search-commands/extract"""

from __future__ import annotations

from pathlib import Path

from spl import Engine
from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong


@each(
    Case("* | extract", [{"_raw": 'a=1, b="x y"; c-d=3'}], [{"a": "1", "b": "x y", "c_d": "3"}]),
    Case(
        '* | kv pairdelim="|;" kvdelim=":" ',
        [{"_raw": "a:1|b:x y;c:u:v"}],
        [{"a": "1", "b": "x y", "c": "u:v"}],
    ),
    Case(
        '* | extract pairdelim="|" kvdelim="=:" mv_add=t',
        [{"_raw": "a=1|a:2"}],
        [{"a": ["1", "2"]}],
    ),
    Case('* | extract pairdelim="|" kvdelim="="', [{"_raw": "a=1|a=2"}], [{"a": "1"}]),
    Case('* | extract pairdelim="|" kvdelim="=" limit=1', [{"_raw": "a=1|b=2"}], [{"a": "1"}]),
    Case(
        '* | extract pairdelim="|" kvdelim="=" clean_keys=f',
        [{"_raw": "a.b=1|c d=2"}],
        [{"a.b": "1", "c d": "2"}],
    ),
    Case("* | extract maxchars=3", [{"_raw": "a=1 b=2"}], [{"a": "1"}]),
    Case("* | extract", [{"_raw": "nothing here", "n": "1"}], [{"n": "1"}]),
    Case("* | extract auto=t reload=t", [{"_raw": "a=1"}], [{"a": "1"}]),
    Case(
        '* | extract pairdelim="\\\\]" kvdelim="^"',
        [{"_raw": "a^1]b^2\\c^3"}],
        [{"a": "1", "b": "2", "c": "3"}],
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong('* | extract pairdelim="|"', "need each other", 'extract pairdelim="|"'),
    Wrong('* | extract pairdelim="|" kvdelim=""', "at least one character", '""'),
    Wrong("* | extract limt=1", "did you mean 'limit'", "limt"),
    Wrong("* | extract none", "unknown field transform 'none'", "extract"),
    Wrong("* | extract mv_add=t", "mv_add=true runs with", "extract"),
    Wrong("* | extract segment=t", "does not run here", "segment=t"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)


def test_a_field_transform_of_the_app(tmp_path: Path) -> None:
    (tmp_path / "default").mkdir()
    text = "[pods]\nREGEX = pod/(?<pod>\\S+) in (?<ns>\\S+)\n"
    (tmp_path / "default/transforms.conf").write_text(text)
    search = "* | extract pods | table pod ns"
    results = Engine.from_app(tmp_path).search(
        search, [{"_raw": "saw pod/web in prod", "_time": 1}]
    )
    assert list(results) == [{"pod": "web", "ns": "prod"}]
