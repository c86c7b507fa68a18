"""What of an act on site lies outside the approved plan (计划外), and why.

Such a record is kept and never refused; it supports no finding until a plan version covers it. Must not know:
records' texts, who may read them. Source: 2-domain §2 (Art. 15), rules.toml off-plan, visit-two.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from verification.models import Method, Plan, RecordKind

#: What is done face to face, and therefore by at least two people.
FACE_TO_FACE = (RecordKind.VISIT, RecordKind.INTERVIEW)


class Gap(StrEnum):
    """One way in which a record is not covered by the plan."""

    NO_PLAN = "no-plan"
    DATES = "dates"
    UNIT = "unit"
    METHOD = "method"
    PEOPLE = "people"
    DESIGNATION = "designation"


@dataclass(frozen=True, slots=True)
class Act:
    """An act on site as the plan sees it. ``people``: how many of the team were there.

    strangers: whether one of them came from a department that was not designated on that day (Reg. art. 7).
    """

    kind: RecordKind
    method: Method
    day: date
    unit_id: uuid.UUID | None
    people: int
    strangers: bool = False


def gaps_of(
    act: Act, *, plan: Plan | None, units: Collection[uuid.UUID], least_people: int
) -> tuple[Gap, ...]:
    """Every gap between ``act`` and the newest approved ``plan`` with its ``units``; empty if covered.

    least_people: how many must make a visit or an interview (rule visit-two).
    """
    if act.kind is RecordKind.DESK:
        return ()  # Nothing of it happens on site; it brings no exhibit either.
    few = act.kind in FACE_TO_FACE and act.people < least_people
    alone = (*((Gap.PEOPLE,) if few else ()), *((Gap.DESIGNATION,) if act.strangers else ()))
    if plan is None:
        return (Gap.NO_PLAN, *alone)
    found = {
        Gap.DATES: not covers_day(plan, act.day),
        Gap.UNIT: act.unit_id is not None and act.unit_id not in units,
        Gap.METHOD: act.method.value not in plan.methods,
    }
    return (*(gap for gap, open_ in found.items() if open_), *alone)


def covers_day(plan: Plan, day: date) -> bool:
    """Whether ``day`` lies within the plan's dates, both included."""
    return plan.starts_on <= day <= plan.ends_on
