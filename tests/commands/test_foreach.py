"""search-commands/foreach"""

from __future__ import annotations

from tests.commands.harness import (
    Case,
    Wrong,
    check,
    check_wrong,
    each,
    each_wrong,
    engine,
    table,
    timed,
)


@each(
    Case(
        "* | eval t=0 | foreach a* [eval t=t+'<<FIELD>>']",
        table("a1 a2 b", "1 2 9"),
        table("a1 a2 b t", "1 2 9 3"),
    ),
    Case(
        "* | foreach * [eval <<FIELD>>=if(isnull('<<FIELD>>'), \"none\", '<<FIELD>>')]",
        table("a b", "1 -", "- 2"),
        table("a b", "1 none", "none 2"),
    ),
    Case(
        "* | foreach a_* [eval b_<<MATCHSTR>>='<<FIELD>>'.\"!\"]",
        table("a_x a_y", "1 2"),
        table("a_x a_y b_x b_y", "1 2 1! 2!"),
    ),
    Case(
        '* | foreach *_* [eval n=coalesce(n,"")."<<MATCHSEG1>>-<<MATCHSEG2>>;"]',
        table("a_x", "1"),
        table("a_x n", "1 a-x;"),
    ),
    Case(
        "* | foreach a b [eval <<FIELD>>='<<FIELD>>'*2]",
        table("a b c", "1 2 3"),
        table("a b c", "2 4 3"),
    ),
    Case("* | foreach a none [eval n='<<FIELD>>']", table("a", "1"), table("a n", "1 1")),
    Case("* | foreach fieldstr=%F a [eval n='%F']", table("a", "1"), table("a n", "1 1")),
    Case("* | foreach \"a b\" [eval n='<<FIELD>>']", [{"a b": "1"}], [{"a b": "1", "n": "1"}]),
    Case(
        "* | foreach * [eval n=coalesce(n,0)+'<<FIELD>>']",
        [{"a'b": "1", 'c"d': "2"}],
        [{"a'b": "1", 'c"d': "2", "n": "3"}],
    ),
    Case('* | foreach a [eval n="]" | where a=1]', table("a", "1", "2"), table("a n", "1 ]")),
    Case(
        "* | eval t=0 | foreach mode=multivalue m [eval t=t+<<ITEM>>]",
        table("m", "1|2|3", "4"),
        table("m t", "1|2|3 6", "4 4"),
    ),
    Case(
        '* | eval t="" | foreach mode=multivalue m [eval t=t."<<ITER>>=<<ITEM>> "]',
        table("m", "a|b"),
        [{"m": ["a", "b"], "t": "0=a 1=b "}],
    ),
    Case(
        '* | eval t="" | foreach mode=multivalue m [eval t=t.\'<<ITEM>>\'."<<ITEM>>"]',
        table("m", "a"),
        table("m t", "a aa"),
    ),
    Case(
        "* | foreach mode=multivalue m [eval t=<<ITEM>>]", table("m n", "- 1"), table("m n", "- 1")
    ),
    Case(
        '* | eval t="" | foreach mode=json_array j [eval t=t.<<ITEM>>.";"]',
        [{"j": '[1,"a",{"k":true},null]'}, {"j": "none"}],
        [{"j": '[1,"a",{"k":true},null]', "t": '1;a;{"k":true};null;'}, {"j": "none", "t": ""}],
    ),
    Case(
        '* | eval t="" | foreach mode=auto_collections m itemstr=II [eval t=t.II]',
        [{"m": ["a", "b"]}, {"m": '["c"]'}],
        [{"m": ["a", "b"], "t": "ab"}, {"m": '["c"]', "t": "c"}],
    ),
    Case(
        "* | foreach mode=multivalue m [eval t=<<ITEM>>]",
        [{"m": '" | delete'}],
        [{"m": '" | delete', "t": '" | delete'}],
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | foreach [eval a=1]", "expected a field", "["),
    Wrong("* | foreach a", "expected '['", ""),
    Wrong("* | foreach a [eval b=1", "not closed", "["),
    Wrong(
        "* | foreach a [eval b=]", "the template of foreach: expected an expression", "[eval b=]"
    ),
    Wrong("* | foreach a [| evil b=1]", "the template of foreach: unknown command", "[| evil b=1]"),
    Wrong("* | foreach mode=many a [eval b=1]", "one of multifield", "many"),
    Wrong(
        "* | foreach mode=multivalue a b [eval c=1]",
        "takes one field",
        "foreach mode=multivalue a b ",
    ),
    Wrong("* | foreach mode=multivalue a [where b=1]", "one eval only", "foreach"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)


def test_a_name_that_would_be_read_as_spl_is_left_out_with_a_message() -> None:
    rows = [{"a": "1", "b=1 | delete": "2"}]
    results = engine().search("* | foreach * [eval x_<<FIELD>>=1]", timed(rows))
    assert results.rows[0]["x_a"] == "1"
    assert [message.level for message in results.messages] == ["WARN"]
    assert "b=1 | delete" in results.messages[0].text
