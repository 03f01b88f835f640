"""An embedded SPL engine: runs the searches of a Splunk app over events, without Splunk."""

from spl.engine import Engine, Results
from spl.errors import SplError, SplSyntaxError, UnsupportedSplError
from spl.fields import Event

__all__ = ["Engine", "Event", "Results", "SplError", "SplSyntaxError", "UnsupportedSplError"]
