"""督查通知: telling the units of an announced inspection when it comes and what they are asked to lay ready.

Under 四不两直 nothing goes out before the card was shown on site; the guard refuses it. What goes out is
sealed to the case and to each unit's own key: dates, the plan's list of material, words of the office, and
never the plan. Source: county notice 四不两直; rules.toml unannounced-no-notice.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.domain.acting import Acting
from verification.domain.inputs import MEDIUM, Inputs
from verification.domain.locking import locked_case
from verification.domain.offplan import approved_plan
from verification.keys.addressees import of_case, of_unit
from verification.keys.records import open_whole_records
from verification.models import Case, InspectionNotice, Plan, PlanUnit, Unit
from verification.workflow.states import Action, SubjectKind


@dataclass(frozen=True, slots=True, repr=False)
class ReadNotice:
    """A notice as the unit reads it."""

    row: InspectionNotice
    number: str
    starts_on: date
    ends_on: date
    materials: tuple[str, ...]
    words: str


def issue_notice(
    acting: Acting, *, case_id: uuid.UUID, version: int, words: str, materials: tuple[str, ...]
) -> list[InspectionNotice]:
    """Issue the notice to every unit of the approved plan that has a liaison's key, once for each version.

    materials: the plan's own list, as whoever acts opened it. Raises InvalidInput (words), Refused, NotHere,
    StaleSubject.
    """
    case = locked_case(acting, case_id, version=version)
    inputs = Inputs()
    checked = inputs.text("words", words, most=MEDIUM, needed=False)
    inputs.done()
    plan = approved_plan(acting, case_id)
    issued = plan is not None and _is_issued(acting, plan)
    acting.apply(
        SubjectKind.CASE,
        case_id,
        Action.ISSUE_NOTICE,
        version=version,
        given={"issued": issued},
        noted={"plan": plan.number if plan else 0},
    )
    assert plan is not None  # the guard asked for it
    units = select(Unit).join(PlanUnit, PlanUnit.unit_id == Unit.id).where(PlanUnit.plan_id == plan.id)
    rows = [
        _notice(acting, case, plan, unit, words=checked, materials=materials)
        for unit in acting.session.scalars(units.order_by(Unit.code)).all()
        if unit.key_id is not None
    ]
    acting.session.add_all(rows)
    acting.session.flush()
    return rows


def notices_of(acting: Acting, case_id: uuid.UUID) -> list[InspectionNotice]:
    """Notices issued in a case, the newest first."""
    query = select(InspectionNotice).where(InspectionNotice.case_id == case_id)
    return list(acting.session.scalars(query.order_by(InspectionNotice.issued_at.desc())))


def notices_for_unit(acting: Acting, unit_id: uuid.UUID) -> list[ReadNotice]:
    """What a unit was told, the newest first, for whoever holds its key; what does not open is left out."""
    query = select(InspectionNotice).where(InspectionNotice.unit_id == unit_id)
    rows = acting.session.scalars(query.order_by(InspectionNotice.issued_at.desc())).all()
    bodies = open_whole_records(acting.session, [row.body_id for row in rows], keyring=acting.keyring)
    return [
        ReadNotice(
            row=row,
            number=str(body["number"]),
            starts_on=date.fromisoformat(str(body["starts"])),
            ends_on=date.fromisoformat(str(body["ends"])),
            materials=tuple(str(name) for name in body["materials"]),
            words=str(body["words"]),
        )
        for row in rows
        if (body := bodies.get(row.body_id)) is not None
    ]


def _is_issued(acting: Acting, plan: Plan) -> bool:
    query = select(InspectionNotice.id).where(InspectionNotice.plan_id == plan.id).limit(1)
    return acting.session.scalar(query) is not None


def _notice(
    acting: Acting, case: Case, plan: Plan, unit: Unit, *, words: str, materials: tuple[str, ...]
) -> InspectionNotice:
    body = {
        "number": case.number or "",
        "starts": plan.starts_on.isoformat(),
        "ends": plan.ends_on.isoformat(),
        "materials": list(materials),
        "words": words,
    }
    return InspectionNotice(
        id=new_id(acting.rng),
        case_id=case.id,
        plan_id=plan.id,
        unit_id=unit.id,
        body_id=acting.seal(body, kind=ObjectKind.DOCUMENT, to=[of_case(case), of_unit(unit)]),
        issued_by=acting.staff_id,
        issued_at=acting.clock.now(),
    )
