"""Settings for all tests."""

from hypothesis import settings

# Machines are noisy: how long an example takes decides nothing.
settings.register_profile("default", deadline=None)
settings.load_profile("default")
