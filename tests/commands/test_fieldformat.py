"""search-commands/fieldformat"""

from __future__ import annotations

from tests.commands.harness import Case, Wrong, check, check_wrong, each, each_wrong, table


@each(
    Case('* | fieldformat x="$".tostring(x,"commas")', table("x", "5000"), table("x", "5000")),
    Case("* | fieldformat x=1, new=2 | where x>1", table("x", "5000"), table("x", "5000")),
)
def test_results(case: Case) -> None:
    check(case)


@each_wrong(
    Wrong("* | fieldformat x", "expected '='", ""),
    Wrong("* | fieldformat x=nothing(1)", "unknown function 'nothing'", "nothing"),
)
def test_wrong(case: Wrong) -> None:
    check_wrong(case)
