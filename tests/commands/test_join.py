"""search-commands/join"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table

# k says which side a row is on
ROWS = table(
    "k id v w",
    "l 1 a -",
    "l 2 b old",
    "l - c -",
    "l 1|2 d -",
    "r 2 - x",
    "r 2 - y",
    "r 3 - z",
    "r 1|2 - m",
)
RIGHT = "[search k=r | table id w]"


@each(
    Case(
        f"k=l | table id v w | join id {RIGHT}",
        ROWS,
        table("id v w", "2 b x", "1|2 d m"),
        "id,v,w",
    ),
    Case(
        f"k=l | table id v | join type=inner id {RIGHT}", ROWS, table("id v w", "2 b x", "1|2 d m")
    ),
    Case(
        f"k=l | table id v | join type=left id {RIGHT}",
        ROWS,
        table("id v w", "1 a -", "2 b x", "- c -", "1|2 d m"),
    ),
    Case(
        f"id=2 k=l | table id v | join type=outer id {RIGHT}",
        ROWS,
        table("id v w", "2 b x", "1|2 d m"),
    ),
    Case(
        f"v=b | table id v w | join max=0 id {RIGHT}",
        ROWS,
        table("id v w", "2 b x", "2 b y"),
    ),
    Case(
        f"v=b | table id w | join max=2 overwrite=false id {RIGHT}",
        ROWS,
        table("id w", "2 old", "2 old"),
    ),
    Case(f"v=a | table id v | join id {RIGHT}", ROWS, []),
    # without fields: those that both sides have, here id and w
    Case(f"v=b | table id v | join {RIGHT}", ROWS, table("id v w", "2 b x")),
    Case(f"v=b | table id v w | join {RIGHT}", ROWS, []),
    Case(f"v=b | table v | join {RIGHT}", ROWS, []),
    Case(f"v=b | table v | join type=left {RIGHT}", ROWS, table("v", "b")),
    Case(
        'v=b | table id v w | join id, w [search w=y | eval w="old", n=1 | table id w n]',
        ROWS,
        table("id v w n", "2 b old 1"),
    ),
    Case(
        'v=b | rename id AS "i d" | table "i d" '
        '| join "i d" [search k=r | rename id AS "i d" | table "i d" w]',
        ROWS,
        [{"i d": "2", "w": "x"}],
    ),
    # values compare with their case
    Case('v=b | eval n="A" | table n | join n [search w=x | eval n="a" | table n w]', ROWS, []),
    Case(f"k=none | table id | join type=left id {RIGHT}", ROWS, []),
    Case("v=b | table id v | join type=left id [search k=none]", ROWS, table("id v", "2 b")),
    Case(
        "v=b | fields id v _time "
        "| join usetime=true id [search k=r | fields id w _time] | table v w",
        ROWS,
        table("v w", "b x"),
    ),
    Case(
        "w=y | fields id _time | join usetime=true earlier=false max=0 id "
        "[search id=2 | fields id v w _time] | table v w",
        ROWS,
        table("v w", "b old", "- x", "- y"),
    ),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | join id", "join needs a subsearch", ""),
    Wrong("* | join type=right id [search x]", "type= takes one of inner, outer, left", "right"),
    Wrong("* | join typ=left id [search x]", "did you mean 'type'?", "typ"),
    Wrong("* | join id [search x", "this bracket is not closed", "["),
    Wrong(
        "* | join left=L right=R where L.a=R.b [search x]",
        "rename the fields",
        "join",
    ),
    Wrong("* | join left=L right=R where [search x]", "expected L.field = R.field", "["),
)
def test_what_is_refused(case: Wrong) -> None:
    check_wrong(case)
