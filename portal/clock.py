"""Time as an argument: one small protocol, the real clock, and a fixed one for tests and replay.

Nothing else in the project asks the operating system what time it is, so that tests and seeding are exact.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

#: All of China keeps one civil time; a statutory day is a day of this zone.
CIVIL_ZONE = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Tells the present moment."""

    def now(self) -> datetime:
        """The moment, timezone-aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that moves only when told to."""

    def __init__(self, moment: datetime) -> None:
        if moment.tzinfo is None:
            raise ValueError("a clock needs an aware moment")
        self._moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        return self._moment

    def advance(self, step: timedelta) -> None:
        """Move forward by ``step``."""
        self._moment += step

    def set(self, moment: datetime) -> None:
        """Move to ``moment`` (aware)."""
        self._moment = moment.astimezone(UTC)


def civil_day(clock: Clock) -> date:
    """The calendar day in the office's zone; the finest time that is ever kept of a tip."""
    return clock.now().astimezone(CIVIL_ZONE).date()


def civil_hour(clock: Clock) -> int:
    """The hour 0..23 in the office's zone; kept for urgent tips alone (their clock runs in hours)."""
    return clock.now().astimezone(CIVIL_ZONE).hour


def day_start(day: date) -> datetime:
    """Midnight of ``day`` in the office's zone, as UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=CIVIL_ZONE).astimezone(UTC)
