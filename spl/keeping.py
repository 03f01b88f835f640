"""Keeps what a function made of the last texts: the same come again and again."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar

_Call = TypeVar("_Call", bound=Callable[..., Any])


def kept_of_short(texts: int, characters: int) -> Callable[[_Call], _Call]:
    """Let a function of a text, and of what else can be hashed, keep its last results.

    Of longer texts than so many characters none is kept: attackers choose how long they are.
    """

    def keeping(call: _Call) -> _Call:
        kept = lru_cache(maxsize=texts)(call)

        @wraps(call)
        def run(text: str, *others: Any) -> Any:
            return (kept if len(text) <= characters else call)(text, *others)

        return run  # type: ignore[return-value]  # as `call` is

    return keeping
