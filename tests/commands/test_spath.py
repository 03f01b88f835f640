"""search-commands/spath"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | spath input=j path=a.b output=o | table o",
        [{"j": '{"a":{"b":1.50}}'}, {"j": "none"}, {}],
        [{"o": "1.50"}, {}, {}],
        "o",
    ),
    Case(
        "* | spath input=j a{}.b | table a{}.b",
        [{"j": '{"a":[{"b":1},{"b":"x"},{}]}'}],
        [{"a{}.b": ["1", "x"]}],
    ),
    Case("* | spath input=j path=a{1} output=o | table o", [{"j": '{"a":[1,2]}'}], table("o", "2")),
    Case(
        "* | spath input=j | table a.b c{}",
        [{"j": '{"a":{"b":true},"c":[null,2]}'}],
        [{"a.b": "true", "c{}": ["null", "2"]}],
    ),
    Case(
        "* | spath input=j output=o path=a | table o",
        [{"j": '{"a":{"b":[1]}}'}],
        [{"o": '{"b":[1]}'}],
    ),
    Case(
        '* | spath input=j path="a b" output="o o" | table "o o"',
        [{"j": '{"a b":1}'}],
        [{"o o": "1"}],
    ),
    Case("* | spath a output=o | table o", [{"_raw": '{"a":"x"}'}], table("o", "x")),
    Case(
        "* | spath input=j path=none output=o | table o",
        [{"j": '{"a":1}', "o": "old"}],
        table("o", "old"),
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | spath output=x", "output= needs a path", "s"),
    Wrong("* | spath a b", "has its path already", "b"),
    Wrong("* | spath outptu=x a", "did you mean 'output'", "outptu"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
