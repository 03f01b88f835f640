"""The chunked protocol without an SDK: a csv loop that only adds a column."""

from __future__ import annotations

import csv
import io
import json
import sys


def main() -> None:
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while header := source.readline():
        metadata_size, body_size = map(int, header.split(b",")[1:])
        metadata = json.loads(source.read(metadata_size))
        answer = {"finished": metadata.get("finished", False)}
        if metadata["action"] == "getinfo":
            answer = {"type": "streaming"}
        body = io.StringIO(newline="")
        rows = csv.reader(io.StringIO(source.read(body_size).decode(), newline=""))
        if names := next(rows, None):
            write = csv.writer(body).writerow
            write([*names, "risk_score", "__mv_risk_score"])
            for row in rows:
                row += ("49", "")
                write(row)
        head, data = json.dumps(answer).encode(), body.getvalue().encode()
        sink.write(b"chunked 1.0,%d,%d\n%b%b" % (len(head), len(data), head, data))


if __name__ == "__main__":
    main()
