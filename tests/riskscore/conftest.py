"""Make the app's own modules importable, as Splunk does for a command by starting it in bin."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "app" / "bin"))
