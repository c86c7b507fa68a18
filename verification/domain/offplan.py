"""Measuring what was done on site against the approved plan: on logging, and again after every approval.

Source: 2-domain §2 (Art. 15); rules.toml off-plan, derived-lead. The measure itself: ``policy.coverage``.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from verification.domain.acting import Acting
from verification.domain.locking import locked_case
from verification.models import (
    Case,
    DerivedLead,
    Exhibit,
    FieldRecord,
    FieldRecordStaff,
    LeadRecord,
    Plan,
    PlanUnit,
)
from verification.policy.coverage import Act, Gap, covers_day, gaps_of
from verification.policy.designations import strangers_on
from verification.policy.workdays import civil


def approved_plan(acting: Acting, case_id: uuid.UUID) -> Plan | None:
    """The newest approved version of a case's plan: the one that binds the field work."""
    query = (
        select(Plan)
        .where(Plan.case_id == case_id, Plan.approved_at.is_not(None))
        .order_by(Plan.number.desc())
        .limit(1)
    )
    return acting.session.scalars(query).one_or_none()


def plan_bounds(acting: Acting, case_id: uuid.UUID) -> tuple[Plan | None, frozenset[uuid.UUID]]:
    """The approved plan and its units."""
    plan = approved_plan(acting, case_id)
    if plan is None:
        return None, frozenset()
    query = select(PlanUnit.unit_id).where(PlanUnit.plan_id == plan.id)
    return plan, frozenset(acting.session.scalars(query))


def gaps_now(acting: Acting, act: Act, *, case_id: uuid.UUID) -> tuple[Gap, ...]:
    """What of ``act`` the case's approved plan does not cover."""
    plan, units = plan_bounds(acting, case_id)
    return gaps_of(act, plan=plan, units=units, least_people=acting.rules.number("visit-two"))


def exhibit_is_off_plan(acting: Acting, *, case_id: uuid.UUID, taken_at: datetime) -> bool:
    """For an exhibit without a record: whether it was taken outside the plan's dates."""
    plan = approved_plan(acting, case_id)
    return plan is None or not covers_day(plan, civil(taken_at))


def cover_again(acting: Acting, *, case_id: uuid.UUID) -> None:
    """After a plan was approved: what it covers may support findings from now on.

    Only what lay outside is measured again; what an earlier version covered stays covered. Where the case was
    derived from another, what showed the lead there is measured against this plan too.
    """
    _cover(acting, case_id)
    behind = select(DerivedLead.case_id).where(DerivedLead.became_id == case_id)
    origin = acting.session.scalar(behind)
    if origin is not None:
        locked_case(acting, origin)
        _cover(acting, origin)


def _cover(acting: Acting, case_id: uuid.UUID) -> None:
    session = acting.session
    plan, units = plan_bounds(acting, case_id)
    people, led = _people(acting, case_id), _led_to(acting, case_id)
    least = acting.rules.number("visit-two")
    for record in session.scalars(
        select(FieldRecord).where(FieldRecord.case_id == case_id, FieldRecord.off_plan.is_(True))
    ):
        act = act_of(session, record, people=people.get(record.id, ()))
        gaps = gaps_of(act, plan=plan, units=units, least_people=least)
        if record.id in led:
            # What led to a case was done before that case had its plan: its dates cannot cover it.
            theirs, places = plan_bounds(acting, led[record.id])
            lacks = gaps_of(act, plan=theirs, units=places, least_people=least)
            gaps = gaps if set(lacks) - {Gap.DATES} else ()
        record.gaps, record.off_plan = [gap.value for gap in gaps], bool(gaps)
    session.flush()
    for exhibit in session.scalars(
        select(Exhibit).where(Exhibit.case_id == case_id, Exhibit.off_plan.is_(True))
    ):
        if exhibit.record_id is not None:
            exhibit.off_plan = session.get_one(FieldRecord, exhibit.record_id).off_plan
        else:
            exhibit.off_plan = plan is None or not covers_day(plan, civil(exhibit.taken_at))
    session.flush()


def _led_to(acting: Acting, case_id: uuid.UUID) -> dict[uuid.UUID, uuid.UUID]:
    """The cases that records of this case led to."""
    query = (
        select(LeadRecord.record_id, DerivedLead.became_id)
        .join(DerivedLead, DerivedLead.id == LeadRecord.lead_id)
        .where(DerivedLead.case_id == case_id, DerivedLead.became_id.is_not(None))
    )
    return {record: became for record, became in acting.session.execute(query) if became is not None}


def act_of(session: Session, record: FieldRecord, *, people: Collection[uuid.UUID]) -> Act:
    """A record as the plan sees it. people: who was there."""
    case, day = session.get_one(Case, record.case_id), civil(record.began_at)
    return Act(
        kind=record.kind,
        method=record.method,
        day=day,
        unit_id=record.unit_id,
        people=len(people),
        strangers=bool(strangers_on(session, case=case, people=people, on=day)),
    )


def _people(acting: Acting, case_id: uuid.UUID) -> dict[uuid.UUID, list[uuid.UUID]]:
    query = (
        select(FieldRecordStaff.record_id, FieldRecordStaff.staff_id)
        .join(FieldRecord, FieldRecord.id == FieldRecordStaff.record_id)
        .where(FieldRecord.case_id == case_id)
    )
    found: dict[uuid.UUID, list[uuid.UUID]] = {}
    for record_id, staff_id in acting.session.execute(query):
        found.setdefault(record_id, []).append(staff_id)
    return found
