"""What happens on which day, in order: steps are entered in any order and played day by day.

Owns: the order of steps, and the moment each one gets. Staff work on working days; a step that would fall
on a free day happens on the next working one. Must not know: what a step does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from portal.clock import CIVIL_ZONE, FixedClock, day_start

Step = Callable[[], None]

OPENS, CLOSES = timedelta(hours=8, minutes=35), timedelta(hours=17, minutes=55)
#: Whatever time it is now, today's steps lie in the hours before it.
TODAYS_HOURS = timedelta(hours=3)


@dataclass(frozen=True, slots=True, order=True)
class _Entry:
    day: date
    order: int
    number: int
    step: Step = field(compare=False)


class Diary:
    """Steps by day. ``today`` is the last day there is."""

    def __init__(self, *, now: datetime, free_days: Callable[[date], bool]) -> None:
        self.now = now
        self._today = now.astimezone(CIVIL_ZONE).date()
        self._is_free = free_days
        self._entries: list[_Entry] = []

    @property
    def today(self) -> date:
        """The civil day of ``now``."""
        return self._today

    def ago(self, days: int) -> date:
        """The day so many days before today."""
        return self._today - timedelta(days=days)

    def working_day(self, day: date) -> date:
        """``day`` or the next day on which the office works, but never later than today."""
        while day < self._today and self._is_free(day):
            day += timedelta(days=1)
        return min(day, self._today)

    def enter(self, day: date, step: Step, *, order: int) -> None:
        """Note a step. order: within the day; steps of the same order come as they were entered.

        ValueError for a day that lies ahead: a story that promises more than there is time for.
        """
        if day > self._today:
            raise ValueError(f"{(day - self._today).days} days too late")
        self._entries.append(_Entry(day, order, len(self._entries), step))

    def days(self) -> list[date]:
        """Every day from the first entry to today."""
        first = min(entry.day for entry in self._entries)
        return [first + timedelta(days=count) for count in range((self._today - first).days + 1)]

    def play(self, day: date, *, clock: FixedClock) -> int:
        """Play one day's steps, the clock set to each one's moment; returns how many."""
        entries = sorted(entry for entry in self._entries if entry.day == day)
        for entry, moment in zip(entries, self._moments(day, len(entries)), strict=True):
            clock.set(moment)
            entry.step()
        return len(entries)

    def _moments(self, day: date, count: int) -> Iterable[datetime]:
        begins, ends = day_start(day) + OPENS, day_start(day) + CLOSES
        if day == self._today:
            ends = self.now
            begins = max(day_start(day), ends - TODAYS_HOURS)
        gap = (ends - begins) / (count + 1)
        return (begins + gap * (index + 1) for index in range(count))
