"""The time bounds of a search: `earliest` (inclusive) and `latest` (exclusive)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spl.errors import SplError, UnsupportedSplError
from spl.functions.registry import Environment
from spl.lang.search_expression import And, Comparison, SearchExpression
from spl.matching import is_time_modifier, walk
from spl.relative_time import resolve
from spl.values import Row, to_number


@dataclass(frozen=True)
class TimeRange:
    """Epoch seconds; None is no bound."""

    earliest: float | None = None
    latest: float | None = None

    @classmethod
    def parse(cls, earliest: str, latest: str, environment: Environment) -> TimeRange:
        """Return the range between two time modifiers, empty for none; raise SplError."""

        def moment(text: str) -> float | None:
            if text in ("", "0"):
                return None
            return resolve(text, environment.now, environment.timezone)

        return cls(moment(earliest), moment(latest))

    @property
    def bounded(self) -> bool:
        """There is a bound."""
        return self.earliest is not None or self.latest is not None

    def narrowed(self, expression: SearchExpression, environment: Environment) -> TimeRange:
        """Return the range with the modifiers in a search expression, which win, applied."""
        top = expression.operands if isinstance(expression, And) else (expression,)
        found = self
        for part in top:
            if isinstance(part, Comparison) and is_time_modifier(part):
                try:
                    moment = resolve(part.value, environment.now, environment.timezone)
                except SplError as error:
                    raise SplError(f"{part.field}={part.value}: {error.message}") from None
                if part.field.endswith("earliest"):
                    found = replace(found, earliest=moment)
                else:
                    found = replace(found, latest=moment)
        if any(is_time_modifier(part) for part in walk(expression) if part not in top):
            raise UnsupportedSplError("time modifiers under OR, NOT or parentheses do not run here")
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
