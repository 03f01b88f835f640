"""search-commands/fieldsummary"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | fieldsummary x "
        "| table field count distinct_count max mean min numeric_count stdev values",
        table("x", "1", "3", "3"),
        [
            {
                "field": "x",
                "count": "3",
                "distinct_count": "2",
                "max": "3",
                "mean": "2.33333333333333",
                "min": "1",
                "numeric_count": "3",
                "stdev": "1.15470053837925",
                "values": '[{"value":"3","count":2},{"value":"1","count":1}]',
            }
        ],
    ),
    Case(
        "* | fieldsummary u",
        table("u", "a", "-"),
        [
            {
                "field": "u",
                "count": "1",
                "distinct_count": "1",
                "is_exact": "1",
                "numeric_count": "0",
                "values": '[{"value":"a","count":1}]',
            }
        ],
        "field,count,distinct_count,is_exact,max,mean,min,numeric_count,stdev,values",
    ),
    Case(
        "* | fieldsummary maxvals=1 u | table values",
        table("u", "b", "a", "a"),
        [{"values": '[{"value":"a","count":2}]'}],
    ),
    Case("* | fieldsummary | table field", table("b a", "1 2"), table("field", "a", "b")),
    Case(
        "* | fieldsummary a* | table field", table("a1 a2 b", "1 2 3"), table("field", "a1", "a2")
    ),
    Case("* | fieldsummary u | table count", table("u", "a|b"), table("count", "2")),
    Case("* | fieldsummary none | table field", table("u", "a"), []),
    Case(
        "* | fieldsummary x | table max numeric_count",
        table("x", "5", "word"),
        table("max numeric_count", "5 1"),
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | fieldsummary maxval=1", "did you mean 'maxvals'", "maxval"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
