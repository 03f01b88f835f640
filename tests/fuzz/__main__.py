"""Fuzz one target with atheris: `python -m tests.fuzz TARGET [libFuzzer options]`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

TARGETS = ("search", "json_fields", "conf", "chunks")


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: python -m tests.fuzz {'|'.join(TARGETS)} [libFuzzer options]")
    try:
        import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        sys.exit("atheris is not installed: pip install atheris")
    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=["spl"]):
        target = importlib.import_module(f"tests.fuzz.{name}")
    found = Path("build/fuzz", name)
    found.mkdir(parents=True, exist_ok=True)
    seeds = Path(__file__).parent / "seeds" / name
    # libFuzzer writes what it finds new into the first folder, and only reads the others.
    options = [f"-artifact_prefix={found}-", *sys.argv[1:], str(found), str(seeds)]
    atheris.Setup([sys.argv[0], *options], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
