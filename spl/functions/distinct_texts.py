"""A set of texts that takes little memory where there is but one, as in most groups."""

from __future__ import annotations

from collections.abc import Sequence


class DistinctTexts:
    """Different texts."""

    __slots__ = ("_texts",)

    def __init__(self) -> None:
        self._texts: set[str] | tuple[str, ...] = ()

    def update(self, texts: Sequence[str]) -> None:
        """Add texts, at least one."""
        known = self._texts
        if isinstance(known, set):
            known.update(texts)
        elif texts.count((known or texts)[0]) == len(texts):
            self._texts = known or (texts[0],)
        else:
            self._texts = {*known, *texts}

    def merge(self, other: DistinctTexts) -> None:
        """Add the texts of another."""
        known, more = self._texts, other._texts
        if isinstance(known, set):
            known.update(more)
        elif isinstance(more, set):
            self._texts = {*more, *known}
        elif more:
            self.update(more)

    def __len__(self) -> int:
        return len(self._texts)

    def in_order(self) -> list[str]:
        """Return the texts in lexicographic order."""
        return sorted(self._texts)
