"""In which order hunts and their rows are shown, and which of a row's values say what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hunts.model import HuntResult, Report, Row, Status, Value
from hunts.render.text import is_number, values

STATUSES: tuple[Status, ...] = ("findings", "error", "no data", "clean")
"""Most urgent first."""

_ADDRESS_FIELDS = ("src_ip", "sourceIPs{}", "src")


def ranked(hunts: Iterable[HuntResult]) -> list[HuntResult]:
    """Hunts as a reader needs them: findings by highest risk, then what went wrong, then clean."""
    return sorted(hunts, key=lambda h: (STATUSES.index(h.status), -(h.risk_score or 0)))


def number_in(row: Row, name: str) -> float:
    """The highest number of a field, 0 where it has none."""
    return max((float(v) for v in values(row.get(name)) if is_number(v)), default=0.0)


def top_rows(result: HuntResult, limit: int) -> list[Row]:
    """The `limit` rows with the highest risk, those with the highest count first among equals."""
    order = sorted(
        result.results, key=lambda row: (-number_in(row, "risk_score"), -number_in(row, "count"))
    )
    return order[:limit]


def is_numeric(name: str, rows: Sequence[Row]) -> bool:
    """Whether a column holds numbers only, so that it is set flush right."""
    cells = [values(row.get(name)) for row in rows]
    return any(cells) and all(len(c) < 2 and all(map(is_number, c)) for c in cells)


def constants(result: HuntResult) -> dict[str, Value]:
    """The fields that say the same in every one of several rows, so that they are said once."""
    if len(result.results) < 2:
        return {}
    first, *others = result.results
    return {
        name: first[name]
        for name in result.fields
        if name not in _ADDRESS_FIELDS
        and values(first.get(name))
        and all(row.get(name) == first[name] for row in others)
    }


@dataclass
class Address:
    """What all hunts together say of one source address."""

    address: str
    events: float = 0
    """Sum of `count` over its rows; an event that two hunts match counts twice."""
    risk: float = 0
    hunts: list[str] = field(default_factory=list)
    locations: list[str] = field(default_factory=list)


def addresses(report: Report) -> list[Address]:
    """The source addresses that the findings name, highest risk first, then most events."""
    found: dict[str, Address] = {}
    for result in ranked(report.hunts):
        for row in result.results:
            names = {v: None for name in _ADDRESS_FIELDS for v in values(row.get(name))}
            place = ", ".join(
                v
                for name in ("City", "Country")
                for v in values(row.get(name))
                if v and v.lower() != "unknown"
            )
            for name in names:
                entry = found.setdefault(name, Address(name))
                entry.events += number_in(row, "count")
                entry.risk = max(entry.risk, number_in(row, "risk_score"))
                if result.hunt.name not in entry.hunts:
                    entry.hunts.append(result.hunt.name)
                if place and place not in entry.locations:
                    entry.locations.append(place)
    return sorted(found.values(), key=lambda a: (-a.risk, -a.events))
