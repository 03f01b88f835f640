"""search-commands/fromjson"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong


@each(
    Case(
        "* | fromjson j | fields - j",
        [{"j": '{"a":1.50,"b":"x","c":true}'}],
        [{"a": "1.50", "b": "x", "c": "true"}],
    ),
    Case("* | fromjson j prefix=p_ | fields - j", [{"j": '{"a":1}'}], [{"p_a": "1"}]),
    Case(
        "* | fromjson j | fields - j",
        [{"j": '{"a":[1,"x"],"o":{"k":1},"n":null}'}],
        [{"a": ["1", "x"], "o": '{"k":1}'}],
    ),
    Case(
        "* | fromjson j | fields - j",
        [{"j": '{"a":[{"k":1},[2],null]}'}],
        [{"a": ['{"k":1}', "[2]"]}],
    ),
    Case(
        "* | fromjson j",
        [{"j": "[1,2]"}, {"j": "none"}, {"n": "1"}],
        [{"j": "[1,2]"}, {"j": "none"}, {"n": "1"}],
    ),
    Case("* | fromjson j | fields - j", [{"j": '{"a":1}', "a": "old"}], [{"a": "1"}]),
    Case("* | fromjson j | fields - j", [{"j": '{"a b":1}'}], [{"a b": "1"}]),
    Case("* | fromjson _raw", [{"_raw": '{"a":{"b":2}}'}], [{"a": '{"b":2}', "a.b": "2"}]),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | fromjson", "expected a field", ""),
    Wrong("* | fromjson x prefx=y", "did you mean 'prefix'", "prefx"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
