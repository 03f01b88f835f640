"""An embedded SPL engine: runs the searches of a Splunk app over events, without Splunk."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spl.engine import Engine, Results
    from spl.errors import SplError, SplSyntaxError, UnsupportedSplError
    from spl.fields import Event

__all__ = ["Engine", "Event", "Results", "SplError", "SplSyntaxError", "UnsupportedSplError"]

_MODULES = {
    "Engine": "engine",
    "Event": "fields",
    "Results": "engine",
    "SplError": "errors",
    "SplSyntaxError": "errors",
    "UnsupportedSplError": "errors",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: pytest loads this package in every run, for its plugin."""
    if name not in _MODULES:
        raise AttributeError(f"module 'spl' has no attribute '{name}'")
    return getattr(import_module(f"spl.{_MODULES[name]}"), name)
