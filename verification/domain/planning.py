"""Plans: writing a version, approving or returning it, opening an approved one for change.

A plan's text is sealed to the case; its units, methods and dates are plain, because field work is measured
against them. It is locked on approval; a change is a new version. Source: Reg. art. 8, 12, 15; 1-mission 4.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.domain.acting import Acting
from verification.domain.casework import write_note
from verification.domain.codes import publish_codes
from verification.domain.embargo import end_embargo, keys_of_plan
from verification.domain.inputs import LONG, MEDIUM, SHORT, Inputs, note_text
from verification.domain.locking import locked_case
from verification.domain.offplan import cover_again
from verification.domain.readers import give_to_role
from verification.models import (
    Case,
    CaseUnit,
    Method,
    NoteKind,
    Plan,
    PlanUnit,
    Role,
)
from verification.policy.burden import Burden, burdens_of
from verification.policy.redaction import find_identifiers
from verification.policy.roles import staff_with_role
from verification.workflow.states import Action, SubjectKind

MAX_PEOPLE, MAX_HOURS, MAX_MATERIALS, MAX_MEETING = 99, 2_000, 40, 9_999


@dataclass(frozen=True, slots=True, repr=False)
class PlanText:
    """What a plan says in words, and whom it proposes for the team; sealed to the case.

    ``leader`` and ``members`` may be empty: the queue proposes a team later. outside: invited members
    (Art. 8). materials: what the unit is asked for, one thing a line. meeting_people: the largest meeting
    planned, 0 for none. burden_reason: why the plan burdens the unit all the same. card_scope: what the
    inspection code shows of the scope.
    """

    content: str
    objects: str
    scope: str
    risks: str = ""
    leader: uuid.UUID | None = None
    members: tuple[uuid.UUID, ...] = ()
    outside: tuple[uuid.UUID, ...] = ()
    materials: tuple[str, ...] = ()
    meeting_people: int = 0
    burden_reason: str = ""
    card_scope: str = ""


@dataclass(frozen=True, slots=True)
class PlanFrame:
    """What the field work is measured against. ``people`` and ``hours`` are planned totals (Art. 15)."""

    units: tuple[uuid.UUID, ...]
    methods: tuple[Method, ...]
    unannounced: bool
    starts_on: date | None
    ends_on: date | None
    people: int | None
    hours: int | None


def write_and_propose_plan(
    acting: Acting, *, case_id: uuid.UUID, version: int, text: PlanText, frame: PlanFrame
) -> Plan:
    """Write the next version of the case's plan and propose it to the directors.

    Raises NotHere, StaleSubject; InvalidInput (content, objects, scope, risks, units, methods, starts_on,
    ends_on, people, hours, members, leader, outside, materials, meeting_people, burden_reason); Refused,
    KeyLocked.
    """
    # First of all: two who write the next version at once would both give it the same number.
    case = locked_case(acting, case_id, version=version)
    checked = check_plan(acting, case_id=case_id, text=text, frame=frame)
    burdens = burdens_in(acting, checked)
    give_to_role(acting, case, Role.DIRECTOR)
    readers = keys_of_plan(acting, case, unannounced=frame.unannounced)
    plan = Plan(
        id=new_id(acting.rng),
        case_id=case_id,
        number=_next_number(acting, case_id),
        body_id=acting.seal(_record(checked), kind=ObjectKind.DOCUMENT, to=readers),
        methods=[method.value for method in Method if method in frame.methods],
        unannounced=frame.unannounced,
        starts_on=frame.starts_on,
        ends_on=frame.ends_on,
        people_planned=frame.people,
        hours_planned=frame.hours,
        written_by=acting.staff_id,
        burdens=[burden.value for burden in burdens],
    )
    acting.session.add(plan)
    acting.session.flush()
    acting.session.add_all(PlanUnit(plan_id=plan.id, unit_id=unit) for unit in frame.units)
    acting.apply(
        SubjectKind.CASE,
        case_id,
        Action.PROPOSE_PLAN,
        version=version,
        given={"burdens": burdens, "burden_reason": bool(checked.burden_reason)},
        noted={"plan": plan.number, "burdens": plan.burdens},
    )
    return plan


def approve_plan(acting: Acting, *, case_id: uuid.UUID, version: int) -> Plan:
    """Approve and lock the proposed version; records outside the earlier one are measured against it anew."""
    plan = latest_plan(acting, case_id)
    noted = {"plan": plan.number} if plan else {}
    case = acting.apply(SubjectKind.CASE, case_id, Action.APPROVE_PLAN, version=version, noted=noted)
    assert plan is not None  # the case was in PLAN_PROPOSED
    if not plan.unannounced:
        end_embargo(acting, case)
    plan.approved_by, plan.approved_at = acting.staff_id, acting.clock.now()
    acting.session.flush()
    publish_codes(acting, case)
    cover_again(acting, case_id=case_id)
    return plan


def return_plan(acting: Acting, *, case_id: uuid.UUID, version: int, note: str) -> Case:
    """Return the proposed version with the reason."""
    words = note_text(note)
    plan = latest_plan(acting, case_id)
    case: Case = acting.apply(
        SubjectKind.CASE, case_id, Action.RETURN_PLAN, version=version, given={"has_note": bool(words)}
    )
    assert plan is not None  # one waited
    plan.returned_at = acting.clock.now()
    write_note(acting, case, kind=NoteKind.RETURN, text=words)
    return case


def revise_plan(acting: Acting, *, case_id: uuid.UUID, version: int) -> Case:
    """Open an approved plan for change: the next version has to be proposed and approved again."""
    case: Case = acting.apply(SubjectKind.CASE, case_id, Action.REVISE_PLAN, version=version)
    return case


def waits(plan: Plan | None) -> bool:
    """Whether this version waits to be approved or returned."""
    return plan is not None and plan.approved_at is None and plan.returned_at is None


def latest_plan(acting: Acting, case_id: uuid.UUID) -> Plan | None:
    """The newest version of a case's plan."""
    query = select(Plan).where(Plan.case_id == case_id).order_by(Plan.number.desc()).limit(1)
    return acting.session.scalars(query).one_or_none()


def versions_of(acting: Acting, case_id: uuid.UUID) -> list[Plan]:
    """Every version of a case's plan, the newest first."""
    query = select(Plan).where(Plan.case_id == case_id).order_by(Plan.number.desc())
    return list(acting.session.scalars(query))


def read_plan(acting: Acting, plan: Plan) -> tuple[PlanText, PlanFrame]:
    """Open a plan. Raises KeyLocked for those who are not the case's readers."""
    body = acting.open(plan.body_id)
    units = acting.session.scalars(select(PlanUnit.unit_id).where(PlanUnit.plan_id == plan.id))
    text = PlanText(
        content=body["content"],
        objects=body["objects"],
        scope=body["scope"],
        risks=body["risks"],
        leader=uuid.UUID(body["leader"]) if body["leader"] else None,
        members=tuple(uuid.UUID(member) for member in body["members"]),
        outside=tuple(uuid.UUID(member) for member in body.get("outside", ())),
        materials=tuple(body.get("materials", ())),
        meeting_people=body.get("meeting_people", 0),
        burden_reason=body.get("burden_reason", ""),
        card_scope=body.get("card_scope", ""),
    )
    frame = PlanFrame(
        units=tuple(units),
        methods=tuple(Method(method) for method in plan.methods),
        unannounced=plan.unannounced,
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        people=plan.people_planned,
        hours=plan.hours_planned,
    )
    return text, frame


def check_plan(acting: Acting, *, case_id: uuid.UUID, text: PlanText, frame: PlanFrame) -> PlanText:
    """The plan as it would be stored; nothing is written. Raises InvalidInput as the verb does."""
    inputs = _checked_frame(acting, case_id, frame)
    inputs.all_among("members", text.members, staff_with_role(acting.session, Role.INSPECTOR))
    inputs.all_among("outside", text.outside, staff_with_role(acting.session, Role.EXTERNAL))
    return _checked_text(text, inputs)


def burdens_in(acting: Acting, text: PlanText) -> tuple[Burden, ...]:
    """What of a plan's words would burden the unit. ``objects`` describes the unit and is left out."""
    said = (text.content, text.scope, text.risks, *text.materials)
    most = acting.rules.number(Burden.MEETING.value)
    return burdens_of(said, meeting_people=text.meeting_people, most_people=most)


def _checked_frame(acting: Acting, case_id: uuid.UUID, frame: PlanFrame) -> Inputs:
    """What rules decide (units of the case, at least one method, order of dates) is left to the guards."""
    inputs, today = Inputs(), acting.sealing.day
    known = set(acting.session.scalars(select(CaseUnit.unit_id).where(CaseUnit.case_id == case_id)))
    inputs.all_among("units", frame.units, known)
    if frame.units == ():
        inputs.wrong("units", _l("Please choose from the list."))
    inputs.day("starts_on", frame.starts_on, today=today)
    inputs.day("ends_on", frame.ends_on, today=today)
    inputs.number("people", frame.people, least=1, most=MAX_PEOPLE)
    inputs.number("hours", frame.hours, least=1, most=MAX_HOURS)
    return inputs


def _checked_text(text: PlanText, inputs: Inputs) -> PlanText:
    if find_identifiers(text.card_scope):
        inputs.wrong("card_scope", _l("This holds a phone, identity or account number. Take it out."))
    if text.leader is not None and text.leader not in text.members:
        inputs.wrong("leader", _l("Choose the team's leader among its members."))
    checked = PlanText(
        content=inputs.text("content", text.content, most=LONG),
        objects=inputs.text("objects", text.objects, most=MEDIUM, needed=False),
        scope=inputs.text("scope", text.scope, most=LONG),
        risks=inputs.text("risks", text.risks, most=LONG, needed=False),
        leader=text.leader,
        members=tuple(dict.fromkeys(text.members)),
        outside=tuple(dict.fromkeys(text.outside)),
        materials=_checked_materials(text.materials, inputs),
        meeting_people=inputs.number("meeting_people", text.meeting_people, least=0, most=MAX_MEETING),
        burden_reason=inputs.text("burden_reason", text.burden_reason, most=MEDIUM, needed=False),
        card_scope=inputs.text("card_scope", text.card_scope, most=SHORT, needed=False),
    )
    inputs.done()
    return checked


def _checked_materials(materials: Sequence[str], inputs: Inputs) -> tuple[str, ...]:
    lines = tuple(dict.fromkeys(line.strip() for line in materials if line.strip()))
    if len(lines) > MAX_MATERIALS or any(len(line) > SHORT for line in lines):
        inputs.wrong(
            "materials",
            _l("At most %(count)s lines of %(letters)s characters.", count=MAX_MATERIALS, letters=SHORT),
        )
    return lines


def _record(text: PlanText) -> dict[str, object]:
    return {
        "content": text.content,
        "objects": text.objects,
        "scope": text.scope,
        "risks": text.risks,
        "leader": text.leader.hex if text.leader else None,
        "members": [member.hex for member in text.members],
        "outside": [member.hex for member in text.outside],
        "materials": list(text.materials),
        "meeting_people": text.meeting_people,
        "burden_reason": text.burden_reason,
        "card_scope": text.card_scope,
    }


def _next_number(acting: Acting, case_id: uuid.UUID) -> int:
    last = acting.session.scalar(select(func.max(Plan.number)).where(Plan.case_id == case_id))
    return (last or 0) + 1
