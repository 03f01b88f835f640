"""`fieldformat`: changes how a field is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spl.commands.base import Stage
from spl.commands.eval import Eval
from spl.context import Context
from spl.evaluation import compile_eval


@dataclass(frozen=True, kw_only=True)
class Fieldformat(Eval):
    """`fieldformat` with its expressions, which are checked.

    Rows pass as they are: only Splunk Web shows the format, the values do not change.
    """

    name: ClassVar[str] = "fieldformat"
    syntax: ClassVar[str] = "fieldformat <field>=<expression> [, <field>=<expression>] …"
    documentation: ClassVar[str] = "search-commands/fieldformat"

    def start(self, context: Context) -> Stage:
        for _, expression in self.assignments:
            compile_eval(expression, context.environment)
        return Stage()
