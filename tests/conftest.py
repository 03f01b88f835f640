"""Settings for all tests, and what several need."""

import pytest
from hypothesis import settings

# Machines are noisy: how long an example takes decides nothing.
settings.register_profile("default", deadline=None)
settings.load_profile("default")


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let searches put away nearly all that they hold."""
    for limit, value in {
        "commands.rows.MOST": 2,
        "commands.rows.MOST_VALUES": 5,
        "commands.rows._READ_AT_ONCE": 2,
        "commands.groups.MOST": 2,
        "commands.groups._READ_AT_ONCE": 2,
        "functions.distinct_texts.MANY": 3,
        "functions.distinct_texts.SOME": 1,
        "functions.distinct_texts.COUNTED_AT_ONCE": 4,
    }.items():
        monkeypatch.setattr(f"spl.{limit}", value)
