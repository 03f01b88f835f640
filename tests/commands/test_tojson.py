"""search-commands/tojson"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | table a b | tojson output_field=o | table o",
        table("a b", "1 x", "- y"),
        [{"o": '{"a":1,"b":"x"}'}, {"o": '{"b":"y"}'}],
    ),
    Case("* | tojson str(a) output_field=o | table o", table("a b", "1 x"), [{"o": '{"a":"1"}'}]),
    Case(
        "* | tojson num(a) bool(b) json(c) output_field=o | table o",
        [{"a": "1.5", "b": "TRUE", "c": '{"k":[1]}'}],
        [{"o": '{"a":1.5,"b":true,"c":{"k":[1]}}'}],
    ),
    Case(
        "* | tojson num(a) bool(b) json(c) output_field=o | table o",
        [{"a": "x", "b": "y", "c": "{"}],
        [{"o": "{}"}],
    ),
    Case(
        "* | tojson num(a) fill_null=t output_field=o | table o",
        [{"a": "x"}],
        [{"o": '{"a":null}'}],
    ),
    Case(
        "* | table a b | tojson auto(*) output_field=o | table o",
        [{"a": "true", "b": '{"k":1}'}],
        [{"o": '{"a":true,"b":{"k":1}}'}],
    ),
    Case(
        "* | tojson a default_type=str output_field=o | table o",
        table("a b", "1|2 3"),
        [{"o": '{"a":["1","2"]}'}],
    ),
    Case("* | table a | tojson | table _raw", table("a", "1"), [{"_raw": '{"a":1}'}], "_raw"),
    Case(
        "* | table _time a | tojson include_internal=t output_field=o | table o",
        table("a", "1"),
        [{"o": '{"_time":1700000000,"a":1}'}],
    ),
    Case(
        '* | tojson str("a b") output_field=o | table o',
        [{"a b": 'say "hi"'}],
        [{"o": '{"a b":"say \\"hi\\""}'}],
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | tojson default_type=text", "one of auto", "text"),
    Wrong("* | tojson str(a", "expected a field", ""),
    Wrong("* | tojson filnull=t", "did you mean 'fill_null'", "filnull"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
