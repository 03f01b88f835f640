"""A set of texts that takes little memory: where there is but one, and where there are very many,
such as the ids of all requests."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from spl import spill

MANY = 1_000
SOME = 100
COUNTED_AT_ONCE = 50_000


class DistinctTexts:
    """Different texts. Thousands are put away until they are read.

    Once they were read, those that come later are not: `streamstats` reads at every row.
    """

    __slots__ = ("_number_put_away", "_put_away", "_texts", "_was_read")

    def __init__(self) -> None:
        self._texts: set[str] | tuple[str, ...] = ()
        self._put_away: list[spill.Kept] = []
        """Lists of texts. A text may be in several, and in `_texts`, too."""
        self._number_put_away = 0
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
        self._number_put_away += other._number_put_away
        if isinstance(other._texts, set) and not isinstance(self._texts, set):
            self._texts = {*other._texts, *self._texts}
        elif other._texts:
            self.update([*other._texts])

    def put_away(self) -> None:
        """Put them away, where they are some."""
        if len(self._texts) > SOME:
            self._put_texts_away()

    def _put_texts_away(self) -> None:
        self._put_away.append(spill.keep([*self._texts]))
        self._number_put_away += len(self._texts)
        self._texts = ()

    @property
    def in_memory(self) -> int:
        """How many are not put away."""
        return len(self._texts)

    def __len__(self) -> int:
        if self._number_put_away <= COUNTED_AT_ONCE:
            return len(self._read())
        return sum(len(part._read()) for part in self._parts())

    def _parts(self) -> list[DistinctTexts]:
        """Part the texts, so that not all need be in memory at once."""
        parts = [DistinctTexts() for _ in range(0, self._number_put_away, COUNTED_AT_ONCE)]
        for texts in chain([self._texts], (kept.read() for kept in self._put_away)):
            split: list[list[str]] = [[] for _ in parts]
            for text in texts:
                split[hash(text) % len(parts)].append(text)
            for part, some in zip(parts, split, strict=True):
                if some:
                    part.update(some)
        return parts

    def in_order(self) -> list[str]:
        """Return the texts in lexicographic order."""
        return sorted(self._read())

    def _read(self) -> set[str] | tuple[str, ...]:
        self._was_read = True
        if self._put_away:
            texts = {*self._texts}
            for kept in self._put_away:
                texts.update(kept.read())
            self._texts = texts
            self._put_away = []
            self._number_put_away = 0
        return self._texts
