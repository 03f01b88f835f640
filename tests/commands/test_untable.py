"""search-commands/untable"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case(
        "* | table u a b | untable u k v",
        table("u a b", "x 1 2", "y 3 -"),
        table("u k v", "x a 1", "x b 2", "y a 3"),
        "u,k,v",
    ),
    Case("* | untable u k v", table("u a", "x 1"), table("u k v", "x a 1")),
    Case("* | table u a | untable u k v", table("u a", "x 1|2"), table("u k v", "x a 1|2")),
    Case("* | table u a | untable none k v", table("u a", "x 1"), table("k v", "u x", "a 1")),
    Case(
        "* | chart count OVER u BY v | untable u k n", table("u v", "a x"), table("u k n", "a x 1")
    ),
    Case(
        '* | table u "a b" | untable u k v',
        [{"u": "x", "a b": "1"}],
        [{"u": "x", "k": "a b", "v": "1"}],
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | untable u k", "expected a field", ""),
    Wrong("* | untable a b c d", "takes three fields", "untable a b c d"),
)
def test_refused(case: Wrong) -> None:
    check_wrong(case)
