"""Writes what the dashboards know of each hunt: its story, tactic, techniques and macros.

`python -m tools.catalog > app/lookups/kubernetes_hunts_catalog.csv`
"""

from __future__ import annotations

import csv
import io
import sys

from hunts.content import default_app, filter_macro, load_hunts
from spl.knowledge import App

FIELDS = ("hunt", "type", "story", "tactic", "technique", "filter_macro", "risk_macro")
_TACTICS = {
    "Initial Access",
    "Execution",
    "Persistence",
    "Privilege Escalation",
    "Defense Evasion",
    "Credential Access",
    "Discovery",
    "Lateral Movement",
    "Collection",
    "Impact",
}
# The other stories are named for what is looked at, not for what the actor wants.
_TACTIC_OF_STORY = {
    "Scanning Activity": "Discovery",
    "Sensitive Object Access Activity": "Credential Access",
    "Audit Health": "Defense Evasion",
    "Security": "Discovery",
}


def table() -> str:
    """Return the CSV file; several stories, tactics or techniques are separated by `|`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    for hunt in sorted(load_hunts(App.open(default_app())), key=lambda hunt: hunt.name):
        macro = filter_macro(hunt) or ""
        tactics = dict.fromkeys(map(_tactic, hunt.stories))
        several = map("|".join, (hunt.stories, tactics, hunt.attack))
        risk = macro.removesuffix("_filter") + "_risk"
        writer.writerow((hunt.name, hunt.type, *several, macro, risk))
    return text.getvalue()


def _tactic(story: str) -> str:
    """Return the ATT&CK tactic of a story. Raises KeyError for a story that has none here."""
    name = story.removeprefix("Kubernetes ")
    return name if name in _TACTICS else _TACTIC_OF_STORY[name]


if __name__ == "__main__":
    sys.stdout.write(table())
