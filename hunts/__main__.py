"""`python -m hunts`."""

from hunts.cli import main

main()
