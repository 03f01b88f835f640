"""Writes which hunt needs which audit level for which resource, for the hunt of low levels.

`python -m tools.audit_levels > app/lookups/kubernetes_hunts_audit_levels.csv`
"""

from __future__ import annotations

import csv
import io
import sys

from hunts.content import default_app, load_hunts
from spl import Engine
from spl.commands.search import Search
from spl.lang.search_expression import And, Comparison, In, Or, SearchExpression

_NEEDS = ("Request", "RequestResponse")


def table() -> str:
    """Return the CSV file: resource, level, hunt."""
    engine = Engine.from_app(default_app())
    rows = []
    for hunt in load_hunts(engine.app):
        first = engine.parse(hunt.search).commands[0]
        if hunt.audit_level in _NEEDS and isinstance(first, Search):
            for resource in resources(first.expression) or {"*"}:
                rows.append((resource, hunt.audit_level, hunt.name))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("resource", "level", "hunt"))
    writer.writerows(sorted(rows))
    return text.getvalue()


def resources(expression: SearchExpression) -> set[str] | None:
    """Return the resources that a search clause names; None where it names none."""
    match expression:
        case Comparison(field="resource", operator="=", value=value):
            return {value}
        case In(field="resource", values=values):
            return set(values)
        case And(operands=operands) | Or(operands=operands):
            named = [found for found in map(resources, operands) if found is not None]
            join = set.intersection if isinstance(expression, And) else set.union
            return join(*named) if named else None
    return None


if __name__ == "__main__":
    sys.stdout.write(table())
