"""Writes the hunts as a layer of MITRE's ATT&CK Navigator."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from hunts.model import Hunt


def write_layer(hunts: Sequence[Hunt], stream: TextIO) -> None:
    """Write a layer, whose techniques have the highest risk score (0 to 100) of their hunts.

    The format is MITRE's Navigator layer file format 4.5.
    """
    by_technique: dict[str, list[Hunt]] = {}
    for hunt in hunts:
        for technique in dict.fromkeys(hunt.attack):
            by_technique.setdefault(technique, []).append(hunt)
    layer = {
        "name": "Kubernetes Hunts",
        # The version in which the techniques have these ids: later ones move some of them.
        "versions": {"attack": "18", "navigator": "5.2.0", "layer": "4.5"},
        "domain": "enterprise-attack",
        "description": "What the hunts look for. The score is the highest risk of the hunts.",
        # With Containers alone the Navigator hides techniques of the nodes, cloud and identities.
        "filters": {"platforms": ["Containers", "IaaS", "Linux", "Windows"]},
        "sorting": 3,
        "layout": {
            "layout": "side",
            "showID": True,
            "showName": True,
            "showAggregateScores": True,
            "countUnscored": False,
            "aggregateFunction": "max",
            "expandedSubtechniques": "annotated",
        },
        "techniques": [
            {
                "techniqueID": technique,
                "score": max(hunt.risk for hunt in members),
                "comment": ", ".join(hunt.name for hunt in members),
            }
            for technique, members in sorted(by_technique.items())
        ],
        "gradient": {"colors": ["#ffffff", "#ffe766", "#ff6666"], "minValue": 0, "maxValue": 100},
    }
    json.dump(layer, stream, indent=2)
    stream.write("\n")
