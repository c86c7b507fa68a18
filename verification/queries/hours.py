"""Where the office's recorded hours go, by week: the two thirds of the county notice, and hours by kind.

Counted as rule two-thirds says: a record's minutes, and those on the way, for each person who was there. Clue
verification is the case's type, an unannounced visit that of the task's plan. One query for the whole window.
Must not know: pages, words. Source: 2-domain §3 "Two thirds".
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import or_, select

from portal.clock import civil_day, day_start
from verification.domain.acting import Acting
from verification.models import Case, CaseType, FieldRecord, FieldRecordStaff, Plan, RecordKind, Task
from verification.policy.workdays import civil

RULE = "two-thirds"
WEEKS = 8


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole. percent: rounded down, so that 66.9 never looks like 67; None of nothing."""

    part: int
    whole: int

    @property
    def percent(self) -> int | None:
        """Hundredths."""
        return self.part * 100 // self.whole if self.whole else None


@dataclass(slots=True)
class Hours:
    """Person-minutes of one week, or of all weeks: at it on site, on the way, at the desk; and of these the
    focused ones (clue verification, unannounced) for each person."""

    on_site: int = 0
    travel: int = 0
    desk: int = 0
    focused: Counter[uuid.UUID] = field(default_factory=Counter)
    recorded: Counter[uuid.UUID] = field(default_factory=Counter)

    @property
    def time(self) -> Share:
        """Focused minutes out of all."""
        return Share(self.focused.total(), self.recorded.total())

    @property
    def people(self) -> Share:
        """People with at least half of their minutes focused, out of all with any."""
        half = sum(self.focused[person] * 2 >= minutes for person, minutes in self.recorded.items())
        return Share(half, len(self.recorded))

    def add(self, person: uuid.UUID, *, kind: RecordKind, minutes: int, travel: int, focused: bool) -> None:
        """Count one person's part in one record."""
        self.desk += minutes if kind is RecordKind.DESK else 0
        self.on_site += 0 if kind is RecordKind.DESK else minutes
        self.travel += travel
        self.recorded[person] += minutes + travel
        self.focused[person] += minutes + travel if focused else 0


@dataclass(frozen=True, slots=True)
class Week:
    """A week by its Monday."""

    monday: date
    hours: Hours


@dataclass(frozen=True, slots=True)
class Balance:
    """All weeks together, and each, the newest first; weeks without a record are left out."""

    whole: Hours
    weeks: tuple[Week, ...]
    since: date
    least_percent: int


def balance_of(acting: Acting, *, weeks: int = WEEKS) -> Balance:
    """The last ``weeks`` weeks, the present one included, from coarse fields alone: no key is needed."""
    today = civil_day(acting.clock)
    since = today - timedelta(days=today.weekday(), weeks=weeks - 1)
    query = (
        select(
            FieldRecordStaff.staff_id, FieldRecord.kind, FieldRecord.began_at, FieldRecord.minutes,
            FieldRecord.travel_minutes,
            or_(Case.case_type == CaseType.VERIFICATION, Plan.unannounced.is_(True)).label("focused"),
        )
        .join(FieldRecord, FieldRecord.id == FieldRecordStaff.record_id)
        .join(Task, Task.id == FieldRecord.task_id)
        .join(Plan, Plan.id == Task.plan_id)
        .join(Case, Case.id == FieldRecord.case_id)
        .where(FieldRecord.began_at >= day_start(since))
    )  # fmt: skip
    whole, by_week = Hours(), defaultdict[date, Hours](Hours)
    for row in acting.session.execute(query):
        day = civil(row.began_at)
        for hours in (whole, by_week[day - timedelta(days=day.weekday())]):
            hours.add(
                row.staff_id, kind=row.kind, minutes=row.minutes, travel=row.travel_minutes,
                focused=bool(row.focused),
            )  # fmt: skip
    return Balance(
        whole=whole,
        weeks=tuple(Week(monday, by_week[monday]) for monday in sorted(by_week, reverse=True)),
        since=since,
        least_percent=acting.rules.number(RULE),
    )
