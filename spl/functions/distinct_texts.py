"""A set of texts that takes little memory: where there is but one, and where there are very many,
such as the ids of all requests."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

MANY = 10_000
SOME = 100


class DistinctTexts:
    """Different texts. Thousands are put away pickled until they are read.

    Once they were read, those that come later stay unpickled: `streamstats` reads at every row.
    """

    __slots__ = ("_put_away", "_texts", "_was_read")

    def __init__(self) -> None:
        self._texts: set[str] | tuple[str, ...] = ()
        self._put_away: list[bytes] = []
        """Lists, pickled. A text may be in several, and in `_texts`, too."""
        self._was_read = False

    def update(self, texts: Sequence[str]) -> None:
        """Add texts, at least one."""
        known = self._texts
        if isinstance(known, set):
            known.update(texts)
            if len(known) > MANY and not self._was_read:
                self._put_texts_away()
        elif texts.count((known or texts)[0]) == len(texts):
            self._texts = known or (texts[0],)
        else:
            self._texts = {*known, *texts}

    def merge(self, other: DistinctTexts) -> None:
        """Add the texts of another."""
        self._put_away += other._put_away
        if isinstance(other._texts, set) and not isinstance(self._texts, set):
            self._texts = {*other._texts, *self._texts}
        elif other._texts:
            self.update([*other._texts])

    def put_away(self) -> None:
        """Put them away, where they are some, for another process, which takes them as they are."""
        if len(self._texts) > SOME:
            self._put_texts_away()

    def _put_texts_away(self) -> None:
        self._put_away.append(pickle.dumps([*self._texts]))
        self._texts = ()

    @property
    def unpickled(self) -> int:
        """How many are not put away."""
        return len(self._texts)

    def __len__(self) -> int:
        return len(self._read())

    def in_order(self) -> list[str]:
        """Return the texts in lexicographic order."""
        return sorted(self._read())

    def _read(self) -> set[str] | tuple[str, ...]:
        self._was_read = True
        if self._put_away:
            self._texts = set(self._texts).union(*map(pickle.loads, self._put_away))
            self._put_away = []
        return self._texts
