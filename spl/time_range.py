"""The time bounds of a search: `earliest` (inclusive) and `latest` (exclusive)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spl.errors import SplError, UnsupportedSplError
from spl.functions.registry import Environment
from spl.lang.search_expression import And, Comparison, SearchExpression
from spl.matching import is_time_modifier, walk
from spl.relative_time import resolve
from spl.values import Row, to_number

_NOT_RUN = {
    "_index_earliest": "events have no index time here: _index_earliest does not run",
    "_index_latest": "events have no index time here: _index_latest does not run",
    "timeformat": "timeformat does not run here: write times as 11/21/2026:02:44:58",
    **{
        name: f"{name}= does not run here: use earliest= and latest="
        for name in (
            *("starttime", "endtime", "starttimeu", "endtimeu", "searchtimespandays"),
            *("searchtimespanhours", "searchtimespanminutes", "searchtimespanmonths"),
            *("startdaysago", "enddaysago", "starthoursago", "endhoursago", "startminutesago"),
            *("endminutesago", "startmonthsago", "endmonthsago", "daysago", "hoursago"),
            *("minutesago", "monthsago"),
        )
    },
}
"""Time modifiers of the documentation that this engine does not run, and why."""


@dataclass(frozen=True)
class TimeRange:
    """Epoch seconds; None is no bound."""

    earliest: float | None = None
    latest: float | None = None

    @classmethod
    def parse(cls, earliest: str, latest: str, environment: Environment) -> TimeRange:
        """Return the range between two time modifiers, empty for none; raise SplError."""

        return cls(_moment(earliest, environment), _moment(latest, environment))

    @property
    def bounded(self) -> bool:
        """There is a bound."""
        return self.earliest is not None or self.latest is not None

    def narrowed(self, expression: SearchExpression, environment: Environment) -> TimeRange:
        """Return the range with the modifiers in a search expression, which win, applied.

        Raises SplError, UnsupportedSplError for modifiers that do not run here.
        """
        top = expression.operands if isinstance(expression, And) else (expression,)
        found = self
        for part in walk(expression):
            if not isinstance(part, Comparison) or part.operator != "=":
                continue
            if part.field in _NOT_RUN:
                raise _error(UnsupportedSplError(_NOT_RUN[part.field]), part)
            if not is_time_modifier(part):
                continue
            if part not in top:
                message = "time modifiers under OR, NOT or parentheses do not run here"
                raise _error(UnsupportedSplError(message), part)
            try:
                moment = _moment(part.value, environment)
            except SplError as error:
                raise _error(error, part) from None
            if part.field == "earliest":
                found = replace(found, earliest=moment)
            else:
                found = replace(found, latest=moment)
        return found

    def contains(self, row: Row) -> bool:
        """Tell whether the row's `_time` is within the range; a row without time is not."""
        value = row.get("_time")
        time = to_number(value) if isinstance(value, str) else None
        if time is None:
            return False
        if self.earliest is not None and time < self.earliest:
            return False
        return self.latest is None or time < self.latest


def _moment(text: str, environment: Environment) -> float | None:
    """Return the time that a modifier means; None for 0, which is all time, and for none."""
    if text in ("", "0"):
        return None
    return resolve(text, environment.now, environment.timezone)


def _error(error: SplError, part: Comparison) -> SplError:
    return error.on(part.span)
