"""search-commands/format; Search Manual, "Change the format of subsearch results"."""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table

HOSTS = table("source host", "syslog.log mylaptop", "bob.log bobslaptop")


def search(text: str) -> list[dict[str, str]]:
    return [{"search": text}]


@each(
    Case(
        "* | fields source host | format",
        HOSTS,
        search(
            '( ( host="mylaptop" AND source="syslog.log" ) OR '
            '( host="bobslaptop" AND source="bob.log" ) )'
        ),
        "search",
    ),
    Case(
        '* | fields source host | format "[" "[" "&&" "]" "||" "]"',
        HOSTS,
        search(
            '[ [ host="mylaptop" && source="syslog.log" ] || '
            '[ host="bobslaptop" && source="bob.log" ] ]'
        ),
    ),
    Case("* | table host | format maxresults=1", HOSTS, search('( ( host="mylaptop" ) )')),
    Case("* | table a | format", [], search("NOT( )")),
    Case('* | table a | format emptystr="Nothing"', [], search("Nothing")),
    Case("* | format", [], search("NOT( )")),
    # a row of internal fields or nulls alone is no row
    Case("* | table a b | format", table("a b", "- -", "1 -"), search('( ( a="1" ) )')),
    Case("* | table a", table("a", "-"), [{}]),
    Case(
        '* | table foo | format mvsep="mvseparator" "{" "[" "AND" "]" "AND" "}"',
        table("foo", "eventtype|level"),
        search('{ [ ( foo="eventtype" mvseparator foo="level" ) ] }'),
    ),
    Case("* | table a | format", table("a", "x|y"), search('( ( ( a="x" OR a="y" ) ) )')),
    Case(
        "* | table a | format",
        [{"a": 'say "hi" \\ bye'}],
        search('( ( a="say \\"hi\\" \\\\ bye" ) )'),
    ),
    Case("* | table a{} | format", [{"a{}": "1", "b c": "2"}], search('( ( a{}="1" ) )')),
    Case('* | table "b c" | format', [{"b c": "2"}], search('( ( "b c"="2" ) )')),
    # `search` stands as it is, its first value only; `query` without its name
    Case(
        "* | table search a | format", table("search a", "x=1|y 2"), search('( ( a="2" AND x=1 ) )')
    ),
    Case("* | table query | format", table("query", "x_y"), search('( ( "x y" ) )')),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong('* | format "a" "b"', "none or all six of its texts, not 2", ""),
    Wrong("* | format maxresult=1", "did you mean 'maxresults'?", "maxresult"),
    Wrong("* | format maxresults=x", "maxresults= takes a whole number", "x"),
    Wrong('* | format "a', "has no closing quote", '"'),
    Wrong("* | format a", "unexpected 'a'", "a"),
)
def test_what_is_refused(case: Wrong) -> None:
    check_wrong(case)
