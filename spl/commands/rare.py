"""`rare`: the least frequent combinations of values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spl.commands.top import Top


@dataclass(frozen=True, kw_only=True)
class Rare(Top):
    """`rare` with its fields: `top` with the rarest first."""

    name: ClassVar[str] = "rare"
    syntax: ClassVar[str] = Top.syntax.replace("top", "rare", 1)
    documentation: ClassVar[str] = "search-commands/rare"
    rarest_first: ClassVar[bool] = True
