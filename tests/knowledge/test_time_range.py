"""The time range of a search: modifiers in its text, and as options.

https://docs.splunk.com/Documentation/Splunk/9.4.0/Search/Specifytimemodifiersinyoursearch
"""

from __future__ import annotations

import pytest

from spl import SplError, UnsupportedSplError
from tests.knowledge.conftest import WriteApp

# The engine's now is 2023-11-14 22:13:20 UTC, a Tuesday.
NOW = 1_700_000_000
DAY = 86_400
EVENTS = [
    {"_raw": f'{{"n": "{name}"}}', "_time": time}
    for name, time in {
        "future": NOW + 60,
        "now": NOW,
        "second": NOW - 1,
        "midnight": NOW - NOW % DAY,
        "before": NOW - NOW % DAY - 0.5,
        "week": NOW - 7 * DAY,
        "epoch": 0,
    }.items()
] + [{"_raw": '{"n": "none"}'}]
ALL = "future now second midnight before week epoch none"


@pytest.mark.parametrize(
    ("search", "earliest", "latest", "found"),
    [
        ("*", "", "", ALL),
        ("*", "0", "", ALL),
        ("*", "0", "now", "second midnight before week epoch"),
        ("*", "@d", "", "future now second midnight"),
        ("*", "-1s", "now", "second"),
        ("earliest=-1s latest=now", "", "", "second"),
        ("earliest=-1s latest=+1s *", "", "", "now second"),
        ("earliest=0", "@d", "", ALL),
        ("earliest=@d", "-7d", "", "future now second midnight"),
        ("latest=@d", "-7d", "", "before week"),
        ("earliest=11/14/2023:22:13:20", "", "", "future now"),
        ("earliest=1700000000 latest=1700000001", "", "", "now"),
        ("earliest=@w0 latest=@d", "", "", "before"),
        ('earliest="-1d@d" latest="@d"', "", "", "before"),
    ],
)
def test_events_in_the_range(
    app: WriteApp, search: str, earliest: str, latest: str, found: str
) -> None:
    results = app().search(f"{search} | fields n", EVENTS, earliest=earliest, latest=latest)
    assert [row["n"] for row in results] == found.split()


def test_times_are_those_of_the_zone(app: WriteApp) -> None:
    engine = app(timezone="Asia/Tokyo")  # where it is 07:13:20 on the 15th
    results = engine.search("earliest=@d latest=11/15/2023:07:13:20 | fields n", EVENTS)
    assert [row["n"] for row in results] == ["second"]


@pytest.mark.parametrize(
    ("search", "kind", "words"),
    [
        ("earliest=rt-5m", UnsupportedSplError, "real-time searches do not run here"),
        ("latest=rt", UnsupportedSplError, "real-time"),
        ("_index_earliest=-1d", UnsupportedSplError, "events have no index time here"),
        ("_index_latest=-1d", UnsupportedSplError, "events have no index time here"),
        ("x earliest=01 timeformat=%d", UnsupportedSplError, "timeformat does not run here"),
        ("daysago=3", UnsupportedSplError, "use earliest= and latest="),
        ("a OR earliest=-1d", UnsupportedSplError, "under OR, NOT or parentheses"),
        ("NOT earliest=-1d", UnsupportedSplError, "under OR, NOT or parentheses"),
        ("earliest=-1x", SplError, "unknown unit 'x'"),
        ("earliest=13/45/2023:00:00:00", SplError, "is no time"),
    ],
)
def test_a_wrong_time_is_an_error(
    app: WriteApp, search: str, kind: type[SplError], words: str
) -> None:
    with pytest.raises(kind, match=words) as raised:
        app().search(search, EVENTS)
    assert type(raised.value) is kind or kind is SplError
    assert raised.value.text is not None
