"""The plainest search command that adds a column, on the same SDK as riskscore."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from splunklib.searchcommands import Configuration, StreamingCommand, dispatch


@Configuration()
class PlainCommand(StreamingCommand):  # type: ignore[misc]  # the SDK has no types
    def stream(self, records: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for record in records:
            record["risk_score"] = "49"
            yield record


if __name__ == "__main__":
    dispatch(PlainCommand, sys.argv, sys.stdin, sys.stdout, __name__)
