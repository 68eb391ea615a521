"""Moments in UTC, for years that Python's own datetime cannot hold (it knows 1 to 9999)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

# RFC 3339, and for years outside 0 to 9999 ISO 8601's expanded form with a sign and six digits, as the API writes it.
RFC_3339 = re.compile(
    r"([+-]\d{6}|\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)
MICROS_PER_DAY = 86_400_000_000


@dataclass(frozen=True, order=True)
class Instant:
    """Microseconds since 1970-01-01T00:00:00Z: a type of its own, so that no integer passes for a moment."""

    micros: int

    @classmethod
    def parse(cls, text):
        """The moment that a text says, or None."""
        match = RFC_3339.fullmatch(text)
        if not match:
            return None
        year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
        nanos = int((match[7] or "").ljust(9, "0"))
        offset = int(match[8] + "1") * (int(match[9]) * 60 + int(match[10])) if match[8] else 0
        if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60) or nanos % 1000:
            return None
        seconds = ((_days(year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second
        return cls(seconds * 1_000_000 + nanos // 1000)

    @classmethod
    def of(cls, moment):
        """The moment of one of Python's datetimes, which is taken for UTC where it names no zone."""
        moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        return cls((moment - EPOCH) // MICROSECOND)

    def cut(self, micros):
        """The last moment on a coarser grid that is not after this one."""
        return Instant(self.micros // micros * micros)

    def __str__(self):
        """As the API writes it: RFC 3339 with no more digits of a second than there are."""
        days, micros = divmod(self.micros, MICROS_PER_DAY)
        year, month, day = _date(days)
        seconds, micros = divmod(micros, 1_000_000)
        year = f"{year:04}" if 0 <= year <= 9999 else f"{year:+07}"
        fraction = f".{micros:06}".rstrip("0") if micros else ""
        time = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        return f"{year}-{month:02}-{day:02}T{time}{fraction}Z"


# The Gregorian calendar for all years, both ways: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".


def _days(year, month, day):
    """Days since 1970-01-01."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def _date(days):
    """Year, month and day."""
    era, day_of_era = divmod(days + 719_468, 146_097)
    year = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year + year // 4 - year // 100)
    month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    return era * 400 + year + (month <= 2), month, day
