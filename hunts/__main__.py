"""The program `hunts`, and `python -m hunts`."""

import atexit
import gc
import sys

_OBJECTS_BEFORE_COLLECTION = 100_000


def main() -> None:
    """Run the command line; Ctrl-C ends it quietly, also while its modules are loaded."""
    # Neither modules nor parsed events are cycles: to look for some takes a fifth of the time.
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)
    atexit.register(gc.freeze)  # nor for the last time, when all memory is given back anyway
    try:
        from hunts import cli
    except KeyboardInterrupt:
        sys.exit(130)  # EXIT_INTERRUPTED, which is not loaded yet
    cli.main()


if __name__ == "__main__":
    main()
