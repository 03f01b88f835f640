"""Which commands there are, and that a search imports no others than it names."""

from __future__ import annotations

import subprocess
import sys

import pytest

from spl import SplError
from spl.commands import builtin_commands
from tests.commands.harness import engine

IMPORTED = """
import sys
from spl.commands import parse_pipeline
parse_pipeline("a=b [search c | return d] | head 1")
print(*sorted(name for name in sys.modules if name.startswith("spl.commands.")))
"""


def test_a_search_imports_the_commands_that_it_names() -> None:
    code = [sys.executable, "-c", IMPORTED]
    imported = subprocess.run(code, check=True, capture_output=True, text=True).stdout.split()
    assert {"spl.commands.head", "spl.commands.return_"} <= set(imported)
    assert not {"spl.commands.tail", "spl.commands.transaction"} & set(imported)


@pytest.mark.parametrize("alias", ["bucket", "discretize", "kv", "transam"])
def test_a_command_has_other_names(alias: str) -> None:
    arguments = "_time span=1h" if alias in ("bucket", "discretize") else ""
    (_, command) = engine().parse(f"* | {alias} {arguments}").commands
    assert alias in type(command).aliases


@pytest.mark.parametrize(
    "name", ["arguments", "base", "charting", "not_run", "__init__", "return_"]
)
def test_a_module_that_is_no_command_is_unknown(name: str) -> None:
    assert name not in builtin_commands()
    with pytest.raises(SplError, match=f"^unknown command '{name}'"):
        engine().parse(f"* | {name}")


def test_each_command_is_found_by_its_module_alone() -> None:
    for name, command in builtin_commands().items():
        module = command.__module__.rpartition(".")[2]
        assert module in (command.name, command.name + "_", "not_run"), name
