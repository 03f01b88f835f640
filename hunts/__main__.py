"""The program `hunts`, and `python -m hunts`."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C ends it quietly, also while its modules are loaded."""
    try:
        from hunts import cli
    except KeyboardInterrupt:
        sys.exit(130)  # EXIT_INTERRUPTED, which is not loaded yet
    cli.main()


if __name__ == "__main__":
    main()
