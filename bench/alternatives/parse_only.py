"""Two processes that only parse every line of their half of a file."""

from __future__ import annotations

import os
import sys
from multiprocessing import Process

import orjson


def parse(path: str, start: int, end: int) -> None:
    with open(path, "rb") as stream:
        if start:
            stream.seek(start - 1)
            stream.readline()
        position = stream.tell()
        for line in stream:
            if position >= end:
                return
            position += len(line)
            orjson.loads(line)


def main() -> None:
    path = sys.argv[1]
    size = os.path.getsize(path)
    halves = [(0, size // 2), (size // 2, size)]
    processes = [Process(target=parse, args=(path, *half)) for half in halves]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        sys.exit("a line is not JSON")


if __name__ == "__main__":
    main()
