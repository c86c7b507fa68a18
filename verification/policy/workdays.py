"""Working days: the plain week, changed by an editable table of holidays and worked weekends (调休).

"日" in a statute is a calendar day; only limits given in working days come here. Source: 2-domain §2.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import chinese_calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clock import CIVIL_ZONE, day_start
from verification.models import CalendarDay

#: The moment a working day ends for a limit: the end of its calendar day.
_SATURDAY = 5


def is_shipped_workday(day: date) -> bool:
    """Whether the office works on ``day`` by the calendar that is shipped; the plain week where it ends."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < _SATURDAY


def seed_calendar(session: Session, *, years: range) -> int:
    """Write the days of ``years`` that differ from the plain week, where the library knows them.

    Returns how many were added. Days an office has edited are left as they are.
    """
    known = set(session.scalars(select(CalendarDay.day)))
    added = 0
    for year in years:
        day = date(year, 1, 1)
        while day.year == year:
            is_workday = is_shipped_workday(day)
            if is_workday is (day.weekday() >= _SATURDAY) and day not in known:
                session.add(CalendarDay(day=day, is_workday=is_workday))
                added += 1
            day += timedelta(days=1)
    return added


def add_workdays(session: Session, *, start: date, count: int) -> date:
    """The ``count``-th working day after ``start`` (``start`` itself is not counted)."""
    horizon = start + timedelta(days=count * 3 + 30)
    special = {
        row.day: row.is_workday
        for row in session.scalars(
            select(CalendarDay).where(CalendarDay.day > start, CalendarDay.day <= horizon)
        )
    }
    day, left = start, count
    while left > 0:
        day += timedelta(days=1)
        if special.get(day, day.weekday() < _SATURDAY):
            left -= 1
    return day


def workdays_until(session: Session, *, start: date, end: date) -> int:
    """How many working days come after ``start`` up to ``end`` itself; the reverse of ``add_workdays``."""
    special = {
        row.day: row.is_workday
        for row in session.scalars(select(CalendarDay).where(CalendarDay.day > start, CalendarDay.day <= end))
    }
    days = (start + timedelta(days=number) for number in range(1, (end - start).days + 1))
    return sum(special.get(day, day.weekday() < _SATURDAY) for day in days)


def end_of(day: date) -> datetime:
    """The last second of ``day`` in the office's zone, as UTC."""
    return day_start(day + timedelta(days=1)) - timedelta(seconds=1)


def civil(moment: datetime) -> date:
    """The calendar day of ``moment`` in the office's zone."""
    return moment.astimezone(CIVIL_ZONE).date()
