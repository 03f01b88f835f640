"""Times as text, text as times, and relative time, in several zones and over changes of the clock.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/time-format-variables-and-modifiers/date-and-time-format-variables
https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/time-format-variables-and-modifiers/time-modifiers
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from spl.errors import SplError, SplSyntaxError, UnsupportedSplError
from spl.relative_time import resolve
from spl.time_format import strftime, strptime
from tests.functions import NOW, check, documented, evaluate, undocumented

BERLIN, NEW_YORK, UTC = "Europe/Berlin", "America/New_York", "UTC"
KOLKATA, KATHMANDU = "Asia/Kolkata", "Asia/Kathmandu"
T = 1_700_000_000  # Tuesday, 14 November 2023, 22:13:20 UTC


def at(text: str, timezone: str = UTC, fold: int = 0) -> float:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone), fold=fold)
    return moment.timestamp()


@pytest.mark.parametrize(
    ("form", "timezone", "expected"),
    [
        ("%Y-%m-%d %H:%M:%S", UTC, "2023-11-14 22:13:20"),
        ("%Y-%m-%d %H:%M:%S", BERLIN, "2023-11-14 23:13:20"),
        ("%F %T", KOLKATA, "2023-11-15 03:43:20"),
        ("%H:%M", UTC, "22:13"),
        ("%c", UTC, "Tue Nov 14 22:13:20 2023"),
        ("%+", NEW_YORK, "Tue Nov 14 17:13:20 EST 2023"),
        ("%Ez", KOLKATA, "+330"),
        ("%Ez", NEW_YORK, "-300"),
        ("%I:%M %p", UTC, "10:13 PM"),
        ("%l%P", UTC, "10pm"),
        ("%k|%e", NEW_YORK, "17|14"),
        ("%s", BERLIN, "1700000000"),
        ("%X", UTC, "22:13:20"),
        ("%x", UTC, "11/14/2023"),
        ("%D", UTC, "11/14/23"),
        ("%R", UTC, "22:13"),
        ("%Z %z", NEW_YORK, "EST -0500"),
        ("%:z %::z %:::z", KATHMANDU, "+05:45 +05:45:00 +05"),
        ("%A %a", UTC, "Tuesday Tue"),
        ("%B %b %h", UTC, "November Nov Nov"),
        ("%j", UTC, "318"),
        ("%U %W %V", UTC, "46 46 46"),
        ("%w %u", UTC, "2 2"),
        ("%y %C %G %g", UTC, "23 20 2023 23"),
        ("100%%", UTC, "100%"),
        ("a%nb%tc", UTC, "a\nb\tc"),
        ("", UTC, ""),
        ("no variable", UTC, "no variable"),
        ("%!", UTC, "%!"),
        ("%L", UTC, "%L"),
        ("%%T", UTC, "%T"),
    ],
)
def test_strftime(form: str, timezone: str, expected: str) -> None:
    assert strftime(T, form, ZoneInfo(timezone)) == expected


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("%Q", "049"),
        ("%3Q", "049"),
        ("%6Q", "049123"),
        ("%9Q", "049123000"),
        ("%N", "049123000"),
        ("%3N", "049"),
        ("%6N", "049123"),
        ("%1N", "0"),
        ("%f", "049123"),
        ("%Y-%m-%dT%H:%M:%S.%Q", "2018-03-19T13:55:03.049"),
    ],
)
def test_strftime_of_a_fraction(form: str, expected: str) -> None:
    assert strftime(1521467703.049123, form, ZoneInfo(UTC)) == expected


def test_midnight_and_noon_in_twelve_hours() -> None:
    form = "%I %l %k %H %p"
    assert strftime(at("2024-01-05T00:05:00"), form, ZoneInfo(UTC)) == "12 12  0 00 AM"
    assert strftime(at("2024-01-05T12:05:00"), form, ZoneInfo(UTC)) == "12 12 12 12 PM"
    assert strftime(at("2024-01-05T09:30:00"), "%X %x %e", ZoneInfo(UTC)) == "9:30:00 1/5/2024  5"


def test_week_of_the_documentation() -> None:
    """https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/date-and-time-functions"""
    assert strftime(at("2022-08-14T14:00:15"), "%V", ZoneInfo(UTC)) == "33"


@pytest.mark.parametrize(
    ("day", "iso"),
    [("2021-01-01", "53"), ("2020-12-31", "53"), ("2026-01-01", "01"), ("2018-12-31", "01")],
)
def test_week_of_iso_on_other_days_than_sunday(day: str, iso: str) -> None:
    assert strftime(at(day), "%V", ZoneInfo(UTC)) == iso


@pytest.mark.parametrize("time", [1e11, 1e20, -1e12, 10**400, 253_402_300_799, -62_135_596_800])
@pytest.mark.parametrize("timezone", [UTC, "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_times_out_of_the_calendar_are_none(time: float, timezone: str) -> None:
    text = strftime(time, "%Y-%m-%d %V %U %:z", ZoneInfo(timezone))
    assert text is None or text[:4] in ("9999", "0001", "5138")


@pytest.mark.parametrize(
    ("text", "form", "timezone", "expected"),
    [
        ("2023-11-14 22:13:20", "%Y-%m-%d %H:%M:%S", UTC, T),
        ("2023-11-14 23:13:20", "%Y-%m-%d %H:%M:%S", BERLIN, T),
        ("2023-11-14T22:13:20.5Z", "%Y-%m-%dT%H:%M:%S.%3N%Z", BERLIN, T + 0.5),
        ("2023-11-14T22:13:20.123456789Z", "%Y-%m-%dT%H:%M:%S.%9N%Z", UTC, T + 0.123456),
        ("2023-11-14T17:13:20-05:00", "%Y-%m-%dT%H:%M:%S%:z", UTC, T),
        ("2023-11-14T17:13:20-0500", "%Y-%m-%dT%H:%M:%S%z", UTC, T),
        ("2023-11-14T22:13:20Z", "%Y-%m-%dT%H:%M:%S%z", BERLIN, T),
        ("2023-11-14 17:13:20 EST", "%F %T %Z", UTC, T),
        ("2023-11-14 23:13:20 Europe/Berlin", "%F %T %Z", UTC, T),
        ("2023-11-14 22:13:20 +330", "%F %T %Ez", UTC, T - 330 * 60),
        ("Fri Apr 29 2022 23:45:22 GMT-0700", "%a %b %d %Y %H:%M:%S %:Z", UTC, 1651301122),
        ("Mon July 25 2022 17:19:01.89", "%a %B %d %Y %H:%M:%S.%N", UTC, 1658769541.89),
        ("Mon 7/25/2022 17:19:01.89", "%a %m/%d/%Y %H:%M:%S.%N", UTC, 1658769541.89),
        ("2022/07/25 17:19:01.89", "%Y/%m/%d %H:%M:%S.%N", UTC, 1658769541.89),
        ("Mon Aug 13 00:00:00 2018", "%a %B %d %H:%M:%S.%N %Y", "America/Los_Angeles", 1534143600),
        ("1534143600", "%s", BERLIN, 1534143600),
        ("1534143600.25", "%s.%3N", UTC, 1534143600.25),
        ("11/14/23 10:13:20 PM", "%D %I:%M:%S %p", UTC, T),
        ("11/14/23 12:00 AM", "%D %I:%M %p", UTC, at("2023-11-14T00:00:00")),
        ("11/14/23 12:30 pm", "%D %I:%M %p", UTC, at("2023-11-14T12:30:00")),
        ("11/14/23 22:00 AM", "%D %H:%M %p", UTC, at("2023-11-14T22:00:00")),
        ("20231114221320", "%Y%m%d%H%M%S", UTC, T),
        ("2023 318", "%Y %j", UTC, at("2023-11-14")),
        ("1/5/2024", "%x", UTC, at("2024-01-05")),
        ("9:30:00 1/5/2024", "%X %x", UTC, at("2024-01-05T09:30:00")),
        ("69-01-01", "%y-%m-%d", UTC, at("1969-01-01")),
        ("68-01-01", "%y-%m-%d", UTC, at("2068-01-01")),
        ("11:59", "%H:%M", UTC, at("2023-11-14T11:59:00")),
        ("11:59", "%H:%M", KOLKATA, at("2023-11-15T11:59:00", KOLKATA)),
        ("Jan 5", "%b %d", UTC, at("2023-01-05")),
        ("100% 2023-11-14", "100%% %F", UTC, at("2023-11-14")),
        ("2023-11-14 22:13:20 and more", "%Y-%m-%d", UTC, at("2023-11-14")),
        ("2016-12-31 23:59:60", "%F %T", UTC, at("2017-01-01")),
    ],
)
def test_strptime(text: str, form: str, timezone: str, expected: float) -> None:
    assert strptime(text, form, ZoneInfo(timezone), NOW) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2022-08", "%Y-%m"),  # "The timestamps must include a day."
        ("2022", "%Y"),
        ("August", "%B"),
        ("nonsense", "%Y-%m-%d"),
        ("", "%Y-%m-%d"),
        ("2023-02-30", "%Y-%m-%d"),
        ("2023-13-01", "%Y-%m-%d"),
        ("2023-11-14 24:00", "%Y-%m-%d %H:%M"),
        ("2023-11-14 22:60", "%Y-%m-%d %H:%M"),
        ("11/14/23 13:00 PM", "%D %I:%M %p"),
        ("x2023-11-14", "%Y-%m-%d"),
        ("2023-11-14 Nowhere/Land", "%F %Z"),
        ("2023-11-14 America", "%F %Z"),
        ("2023-11-14", "%Y-%m-%d %q"),
        ("٢٠٢٣-11-14", "%Y-%m-%d"),
    ],
)
def test_strptime_of_what_is_no_such_time(text: str, form: str) -> None:
    assert strptime(text, form, ZoneInfo(UTC), NOW) is None


@pytest.mark.parametrize(
    ("modifier", "timezone", "expected"),
    [
        ("now", UTC, NOW),
        ("now()", UTC, NOW),
        ("-1m", UTC, NOW - 60),
        ("-h@h", UTC, at("2023-11-14T21:00:00")),
        ("-60m", UTC, NOW - 3600),
        ("h", UTC, NOW + 3600),
        ("2d@d", UTC, at("2023-11-16")),
        ("-1d@d", UTC, at("2023-11-13")),
        ("-1d@d", KOLKATA, at("2023-11-14", KOLKATA)),
        ("@d", NEW_YORK, at("2023-11-14", NEW_YORK)),
        ("@h", KATHMANDU, at("2023-11-15T03:00:00", KATHMANDU)),
        ("@m", UTC, at("2023-11-14T22:13:00")),
        ("@s", UTC, T),
        ("@w", UTC, at("2023-11-12")),
        ("@week", UTC, at("2023-11-12")),
        ("@w0", UTC, at("2023-11-12")),
        ("@w7", UTC, at("2023-11-12")),
        ("@w1", UTC, at("2023-11-13")),
        ("@w2", UTC, at("2023-11-14")),
        ("@w3", UTC, at("2023-11-08")),
        ("@w6", UTC, at("2023-11-11")),
        ("-5d@w1", UTC, at("2023-11-06")),
        ("@mon", UTC, at("2023-11-01")),
        ("@month", UTC, at("2023-11-01")),
        ("@q", UTC, at("2023-10-01")),
        ("@qtr", UTC, at("2023-10-01")),
        ("-1q@quarter", UTC, at("2023-07-01")),
        ("@y", UTC, at("2023-01-01")),
        ("-2yrs@year", UTC, at("2021-01-01")),
        ("@d-2h", UTC, at("2023-11-13T22:00:00")),
        ("@d+1h", UTC, at("2023-11-14T01:00:00")),
        ("-1mon@mon+1d", UTC, at("2023-10-02")),
        ("-1d@d-1h@h+5m", UTC, at("2023-11-12T23:05:00")),
        ("+2mon@d", UTC, at("2024-01-14")),
        ("-1w@d", UTC, at("2023-11-07")),
        ("-30secs", UTC, NOW - 30),
        ("-1hr+1min", UTC, NOW - 3540),
        ("-250ms", UTC, T),
        ("@ds", UTC, T + 0.2),
        (" -1m ", UTC, NOW - 60),
        ("0", UTC, 0),
        ("1700000000", UTC, T),
        ("1700000000.5", UTC, T + 0.5),
        ("10/5/2016:20:00:00", UTC, at("2016-10-05T20:00:00")),
        ("11/21/2026:02:44:58", BERLIN, at("2026-11-21T02:44:58", BERLIN)),
        ("2026-11-21T02:44:58Z", BERLIN, at("2026-11-21T02:44:58")),
        ("2026-11-21T02:44:58+01:00", UTC, at("2026-11-21T01:44:58")),
        ("2026-11-21T02:44:58", BERLIN, at("2026-11-21T02:44:58", BERLIN)),
        ("2026-11-21T02:44:58.250Z", UTC, at("2026-11-21T02:44:58") + 0.25),
        ("2026-11-21", NEW_YORK, at("2026-11-21", NEW_YORK)),
    ],
)
def test_resolve(modifier: str, timezone: str, expected: float) -> None:
    assert resolve(modifier, NOW, ZoneInfo(timezone)) == expected


@pytest.mark.parametrize(
    ("modifier", "start", "timezone", "expected"),
    [
        # Clocks went forward on 26 March 2023 in Berlin and back on 29 October.
        ("+1d", "2023-03-25T12:00:00", BERLIN, "2023-03-26T12:00:00"),
        ("+24h", "2023-03-25T12:00:00", BERLIN, "2023-03-26T13:00:00"),
        ("-1d@d", "2023-03-27T12:00:00", BERLIN, "2023-03-26T00:00:00"),
        ("-1w", "2023-10-31T12:00:00", BERLIN, "2023-10-24T12:00:00"),
        ("-1mon", "2023-11-05T01:30:00", NEW_YORK, "2023-10-05T01:30:00"),
        ("+1d@d", "2023-10-28T23:00:00", BERLIN, "2023-10-29T00:00:00"),
        ("+1mon", "2024-01-31T10:00:00", UTC, "2024-02-29T10:00:00"),
        ("-1mon", "2023-03-31T10:00:00", UTC, "2023-02-28T10:00:00"),
        ("+1y", "2024-02-29T10:00:00", UTC, "2025-02-28T10:00:00"),
        ("-11mon@mon", "2023-11-14T10:00:00", UTC, "2022-12-01T00:00:00"),
    ],
)
def test_calendar(modifier: str, start: str, timezone: str, expected: str) -> None:
    found = resolve(modifier, at(start, timezone), ZoneInfo(timezone))
    assert found == at(expected, timezone)


def test_hour_that_comes_twice() -> None:
    second = at("2023-10-29T02:30:00", BERLIN, fold=1)
    assert resolve("@h", second, ZoneInfo(BERLIN)) == second - 1800
    assert resolve("-1h@h", second, ZoneInfo(BERLIN)) == second - 5400


@pytest.mark.parametrize(
    "modifier",
    ["", "-1x", "yesterday", "@", "-", "1 day", "-1d@", "@w8", "@d0", "13/40/2020:00:00:00",
     "2026-11-21T25:00:00", "-1d d", "--1d", "1.5d", "-1d@d\n-"],
)  # fmt: skip
def test_no_time(modifier: str) -> None:
    with pytest.raises(SplSyntaxError, match="expected a time such as -24h@h"):
        resolve(modifier, NOW, ZoneInfo(UTC))


@pytest.mark.parametrize("modifier", ["-9999y", "+999999999d", "+99999999999mon", "-99999999w@w"])
def test_time_out_of_the_calendar(modifier: str) -> None:
    with pytest.raises(SplSyntaxError, match="out of the calendar"):
        resolve(modifier, NOW, ZoneInfo(UTC))


@pytest.mark.parametrize("modifier", ["rt", "rt-5m", "rtnow"])
def test_real_time(modifier: str) -> None:
    with pytest.raises(UnsupportedSplError, match="real-time"):
        resolve(modifier, NOW, ZoneInfo(UTC))


@pytest.mark.parametrize(
    ("expression", "expected", "source"),
    documented(
        "date-and-time-functions",
        ("now()", T),
        ('relative_time(now(),"-1d@d")', 1699833600),
        ('relative_time(1700000000,"-1h@h")', 1699995600),
        ("relative_time(1721738260,\"-1m\")", 1721738200),
        ('relative_time(t,"@d")', 1699920000),
        ('strftime(t,"%H:%M")', "22:13"),
        ('strftime(stamp/pow(10,9),"%Y-%m-%dT%H:%M:%S.%Q")', "2018-03-19T13:55:03.049"),
        ('strptime(iso,"%Y-%m-%d %H:%M:%S")', T),
        ('strptime(t,"%s")', T),
        ("isnum(time())", True),
    )
    + undocumented(
        ('strftime("1700000000","%F")', "2023-11-14"),
        ('strftime(text,"%F")', None),
        ('strftime(absent,"%F")', None),
        ("strftime(t,absent)", None),
        ('strftime(mv,"%F")', None),
        ('strftime(1e300,"%F")', None),
        ('strptime(mv,"%s")', None),
        ('strptime(absent,"%s")', None),
        ('relative_time(text,"-1d")', None),
        ('relative_time(absent,"-1d")', None),
        ("relative_time(t,absent)", None),
        ('relative_time(1e300,"@d")', None),
        ('relative_time(t,"now")', NOW),
    ),
)  # fmt: skip
def test_function(expression: str, expected: Any, source: str) -> None:
    check(
        expression,
        expected,
        source,
        t="1700000000",
        stamp="1521467703049000000",
        iso="2023-11-14 22:13:20",
        text="yesterday",
        mv=["1", "2"],
    )


def test_functions_work_in_the_users_time_zone() -> None:
    assert evaluate('strftime(0,"%F %H %Z")', NEW_YORK) == "1969-12-31 19 EST"
    assert evaluate('strptime("1970-01-02","%F")', NEW_YORK) == 86_400 + 5 * 3_600
    assert evaluate('relative_time(1700000000,"@d")', KOLKATA) == at("2023-11-15", KOLKATA)


def test_a_literal_specifier_is_read_before_any_row() -> None:
    with pytest.raises(SplError, match="unknown unit 'x'"):
        evaluate('relative_time(absent,"-1x")')
