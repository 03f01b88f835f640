"""The console that tables are written to."""

from __future__ import annotations

from typing import NoReturn

import rich.console


class Console(rich.console.Console):
    """rich's, but a closed pipe raises BrokenPipeError: the exit code is for the caller to say."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError
