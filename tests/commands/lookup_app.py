"""An app with lookups, and searches that run in it."""

from __future__ import annotations

from pathlib import Path

from spl import Engine
from tests.commands.harness import NOW, Case, timed

TRANSFORMS = """
[groups]
filename = groups.csv

[folded]
filename = groups.csv
case_sensitive_match = false

[first_only]
filename = groups.csv
max_matches = 1

[or_none]
filename = groups.csv
min_matches = 1
default_match = none

[admins_only]
filename = groups.csv
filter = group="admin*"

[networks]
filename = networks.csv
match_type = CIDR(net)

[agents]
filename = agents.csv
match_type = WILDCARD(agent), WILDCARD(verb)
max_matches = 1

[store]
external_type = kvstore
collection = things
fields_list = _key, name, seen

[script]
external_cmd = resolve.py host
fields_list = host, ip

[temporal]
filename = groups.csv
time_field = when
"""
FILES = {
    "groups.csv": (
        "user,group,role\nalice,admins,owner\nbob,dev,\nalice,ops,member\nCarol,ops,member\n"
    ),
    "networks.csv": "net,zone\n10.0.0.0/8,internal\n10.1.0.0/16,pods\n2001:db8::/32,docs\nx,junk\n",
    "agents.csv": "agent,verb,known\nkubectl*,get,yes\nkubectl*,*,maybe\n*,*,no\n",
    "quoted.csv": '"a b",c\n"x, y","line 1\nline 2"\n',
}


def lookup_engine(folder: Path, overlay: Path | None = None) -> Engine:
    """Write the app and return its engine."""
    for name in ("default", "lookups"):
        (folder / name).mkdir()
    (folder / "default/transforms.conf").write_text(TRANSFORMS)
    for name, text in FILES.items():
        (folder / "lookups" / name).write_text(text)
    return Engine.from_app(folder, now=NOW, lookups=overlay)


def check_in(engine: Engine, case: Case) -> None:
    """Run a case; its text survives printing."""
    parsed = engine.parse(case.search)
    assert engine.parse(str(parsed)) == parsed
    results = engine.search(case.search, timed(case.events))
    assert [{k: v for k, v in row.items() if k[0] != "_"} for row in results] == case.expected
    if case.columns is not None:
        assert results.fields == case.columns.split(",")
