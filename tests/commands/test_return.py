"""search-commands/return"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table

LOGINS = table("user ip", "ann 1.1.1.1", "bob 2.2.2.2", "cid -")


def search(text: str) -> list[dict[str, str]]:
    return [{"search": text}]


@each(
    Case("* | return ip", LOGINS, search('ip="1.1.1.1"'), "search"),
    Case("* | return src=ip", LOGINS, search('src="1.1.1.1"')),
    Case("* | return $ip", LOGINS, search("1.1.1.1")),
    Case(
        "* | return 2 user ip",
        LOGINS,
        search('(user="ann" ip="1.1.1.1") OR (user="bob" ip="2.2.2.2")'),
    ),
    Case("* | return 2 $user", LOGINS, search("(ann) OR (bob)")),
    Case(
        "* | return 2 who=user, $ip", LOGINS, search('(who="ann" 1.1.1.1) OR (who="bob" 2.2.2.2)')
    ),
    Case(
        "* | return 9 user ip",
        LOGINS,
        search('(user="ann" ip="1.1.1.1") OR (user="bob" ip="2.2.2.2") OR (user="cid")'),
    ),
    Case("* | return user", [], search("NOT( )")),
    Case("* | return gone", LOGINS, search("NOT( )")),
    Case("* | return 0 user", LOGINS, search("NOT( )")),
    Case("* | return a", table("a", "x|y"), search('(a="x" OR a="y")')),
    Case("* | return a", [{"a": 'a"b'}], search('a="a\\"b"')),
    Case('* | return "a b" "c d"=x', [{"a b": "1", "x": "2"}], search('"a b"="1" "c d"="2"')),
    Case('* | return $"a b"', [{"a b": "1"}], search("1")),
    Case("* | sort user | return 1 _time", LOGINS, search('_time="1700000000"')),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | return", "expected a field to return", ""),
    Wrong("* | return 3", "expected a field to return", ""),
    Wrong("* | return a=", "expected a field after a=", ""),
    Wrong("* | return $", "expected a field", ""),
    Wrong("* | return 'a'", "double quotes here", "'"),
)
def test_what_is_refused(case: Wrong) -> None:
    check_wrong(case)
