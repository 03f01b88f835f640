"""Writes docs/costs.md from the hunts: `python -m tools.costs > docs/costs.md`."""

from __future__ import annotations

import gzip
import sys
from functools import cache
from pathlib import Path

from hunts.content import default_app, load_hunts
from spl import Engine
from spl.commands.search import Search
from spl.lang.search_expression import And, Or, SearchExpression, Term
from spl.matching import compile_search

_TESTS = Path(__file__).parents[1] / "tests"
ORDINARY = _TESTS / "datasets/datasets/benign/benign_cluster/benign_cluster.jsonl.gz"

_HEAD = """\
# What a hunt costs

Written by `python -m tools.costs` from the app; a test holds it current. The searches were not
timed on a live Splunk; how fast the command line runs them is in [performance.md](performance.md).

Each search begins with what Splunk's index can answer before it reads an event:

1. **The data source.** `kubernetes_audit` is the macros of the four platforms. Put your index into
   each (`index=k8s sourcetype=…`), and leave out of `kubernetes_audit` those that you do not have:
   without an index a search reads all that the role searches by default.
2. **Raw terms.** The words below are in the text of every event that a hunt can find. The index has
   them, so an event without them is neither read from disk nor are its fields extracted. *Ordinary
   events* is how many of the {events:,} events of the recorded ordinary cluster hold them: what is
   left to read.
3. **The time range.** An hourly search reads the hour that ended ten minutes ago, for events that
   arrive late; one that looks for a sequence begins a little earlier.

Fields are no substitute: those of [fields.md](fields.md) are made at search time, so a condition on
one reads every event that the terms leave. The scanning hunts of one platform are another thing:
they name fields of the event as it is, whose values Splunk looks up in its index, too
(`system:anonymous`, `403`).
"""

EVERY_EVENT = {
    "Kubernetes Odd User Agent": "any request may be sent by an odd program",
    "Kubernetes Request From Threat Address": "any request may come from a listed address; an "
    "empty list ends it at once, and one of at most 500 single IPv4 addresses narrows it to the "
    "events that hold one of them",
    "Kubernetes Identity From Unusual Network": "any request may come from an unusual place",
    "Kubernetes Audit Event Unreadable": "any event may be cut off; it reads one hour a day",
}
"""The hunts of all platforms that no raw term can narrow, each with the reason."""


def page() -> str:
    """Return docs/costs.md."""
    lines = [
        _HEAD.format(events=len(_ordinary())),
        "| Hunt | Raw terms | Ordinary events | Time range | Schedule |",
        "| --- | --- | ---: | --- | --- |",
    ]
    engine = Engine.from_app(default_app())
    for hunt in load_hunts(engine.app):
        settings = engine.app.saved_search(hunt.name)
        terms = raw_terms(engine, hunt.search)
        cells = (
            hunt.name,
            " ".join(map(_quoted, terms.operands)) or "none",
            f"{ordinary_share(terms):.1%}",
            f"{settings['dispatch.earliest_time']} to {settings['dispatch.latest_time']}",
            settings["cron_schedule"],
        )
        lines.append("| " + " | ".join(cells) + " |")
    reasons = [f"- **{name}**: {reason}." for name, reason in EVERY_EVENT.items()]
    return "\n".join([*lines, "\nWhat no term can narrow:\n", *reasons]) + "\n"


def raw_terms(engine: Engine, search: str) -> And:
    """Return what the first clause of a search asks of the text alone; no operands for nothing."""
    first = engine.parse(search).commands[0]
    assert isinstance(first, Search)
    text = _of_text(first.expression)
    if isinstance(text, And):
        return text
    return And(() if text is None else (text,), span=first.span)


def ordinary_share(terms: And) -> float:
    """Return the share of the ordinary cluster's events that hold all of the terms."""
    return len(_holding(terms)) / len(_ordinary())


def _of_text(expression: SearchExpression) -> SearchExpression | None:
    """Return the part of an expression that is about the text; None where it has none."""
    match expression:
        case Term():
            return expression
        case And(operands=operands):
            parts = [part for part in map(_of_text, operands) if part is not None]
            flat = (
                p for part in parts for p in (part.operands if isinstance(part, And) else [part])
            )
            different = tuple(dict.fromkeys(flat))
            if len(different) == 1:
                return different[0]
            return And(different, span=expression.span) if different else None
        case Or(operands=operands):
            parts = [part for part in map(_of_text, operands) if part is not None]
            return Or(tuple(parts), span=expression.span) if len(parts) == len(operands) else None
        case _:
            return None


def _quoted(term: SearchExpression) -> str:
    return f"`({term})`" if isinstance(term, Or) else f"`{term}`"


@cache
def _holding(term: SearchExpression) -> frozenset[int]:
    """Return the numbers of the ordinary cluster's events that hold a term."""
    match term:
        case Or(operands=operands):
            return frozenset[int]().union(*map(_holding, operands))
        case And(operands=operands):
            return frozenset(range(len(_ordinary()))).intersection(*map(_holding, operands))
        case _:
            holds = compile_search(term)
            return frozenset(n for n, raw in enumerate(_ordinary()) if holds({"_raw": raw}))


@cache
def _ordinary() -> tuple[str, ...]:
    with gzip.open(ORDINARY, "rt", encoding="utf-8") as lines:
        return tuple(line.rstrip("\n") for line in lines)


if __name__ == "__main__":
    sys.stdout.write(page())
