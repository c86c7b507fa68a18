"""督查码: issuing the code of a team's inspection, showing it to the public side, withdrawing it.

The desk signs at dispatch, because only it holds its voice. What is signed waits, sealed to those who may
know, until there is no embargo; then it becomes the one row that the public portal may read. Source: issue 4
"Inspection code"; FORMAT.md §8.5; 2-domain §5 "duplicate inspections".
"""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.crypto.header import ObjectKind
from portal.crypto.inspection import InspectionCode, SignedInspection
from portal.errors import UnsignedKey
from portal.models import PublishedInspection, new_id
from portal.models.inspection import ShownInspection, ShownMember
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.embargo import keys_of_plan
from verification.domain.inputs import require
from verification.domain.locking import locked_case
from verification.domain.offplan import approved_plan
from verification.errors import KeyLocked, NotHere, Refusal, Refused
from verification.keys.voices import desk_voice
from verification.models import (
    Case,
    IssuedCode,
    Plan,
    PlanUnit,
    Staff,
    Task,
    TaskGuest,
    TaskMember,
    TaskState,
    Unit,
)
from verification.policy.embargo import is_embargoed
from verification.policy.permissions import Permission
from verification.policy.recusal import recused_from


@dataclass(frozen=True, slots=True, repr=False)
class ReadCode:
    """A code opened: its text for the sheet, and what it shows."""

    row: IssuedCode
    text: str
    shown: ShownInspection


def issue_code(acting: Acting, *, task_id: uuid.UUID) -> IssuedCode:
    """Issue the code of a task's team under the plan in force; an older one of the task is withdrawn.

    Raises NotHere, Refused (permission; a task that is over), KeyLocked and UnsignedKey where the desk's
    voice is not this person's.
    """
    require(acting, Permission.CODE_ISSUE)
    task = acting.session.get(Task, task_id)
    if task is None:
        raise NotHere
    case = locked_case(acting, task.case_id)
    plan = approved_plan(acting, case.id)
    if plan is None or task.state in (TaskState.WITHDRAWN, TaskState.DONE):
        raise Refused((Refusal("state", _l("This is not possible in the present state.")),))
    for old in codes_of(acting, task_id):
        if old.revoked_at is None:
            _revoke(acting, old)
    return _issue(acting, case, task, plan)


def issue_at_dispatch(acting: Acting, case: Case, task: Task, plan: Plan) -> IssuedCode | None:
    """The same as part of sending a team; a desk without a voice sends it all the same, without a code."""
    with contextlib.suppress(KeyLocked, UnsignedKey):
        return _issue(acting, case, task, plan)
    return None


def publish_codes(acting: Acting, case: Case) -> None:
    """Show the codes of a case that wait; nothing while it is under embargo, nothing of withdrawn ones."""
    if is_embargoed(acting.session, case.id):
        return
    waiting = select(IssuedCode).where(
        IssuedCode.case_id == case.id, IssuedCode.published_at.is_(None), IssuedCode.revoked_at.is_(None)
    )
    for row in acting.session.scalars(waiting.order_by(IssuedCode.issued_at, IssuedCode.id)).all():
        box = bytes.fromhex(str(acting.open(row.body_id)["box"]))
        acting.session.add(PublishedInspection(lookup=row.lookup, box=box, revoked_on=None))
        row.published_at = acting.clock.now()
    acting.session.flush()


def revoke_code(acting: Acting, *, code_id: uuid.UUID) -> IssuedCode:
    """Withdraw a code; once withdrawn it stays so. Raises NotHere, Refused."""
    require(acting, Permission.CODE_REVOKE)
    row = acting.session.get(IssuedCode, code_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotHere
    if row.revoked_at is not None:
        raise Refused((Refusal("state", _l("This code was withdrawn already.")),))
    _revoke(acting, row)
    return row


def revoke_codes_of(acting: Acting, task_id: uuid.UUID) -> None:
    """Withdraw what a task that is withdrawn still had."""
    for row in codes_of(acting, task_id):
        if row.revoked_at is None:
            _revoke(acting, row)


def codes_of(acting: Acting, task_id: uuid.UUID) -> list[IssuedCode]:
    """Codes of a task, the newest first."""
    query = select(IssuedCode).where(IssuedCode.task_id == task_id)
    return list(acting.session.scalars(query.order_by(IssuedCode.issued_at.desc(), IssuedCode.id)))


def read_code(acting: Acting, row: IssuedCode) -> ReadCode:
    """Open a code. Raises KeyLocked for whoever may not know of it."""
    body = acting.open(row.body_id)
    code = InspectionCode.parse(str(body["code"]))
    signed = SignedInspection.open(bytes.fromhex(str(body["box"])), code=code)
    return ReadCode(row, code.text, ShownInspection.from_record(signed.said))


def _issue(acting: Acting, case: Case, task: Task, plan: Plan) -> IssuedCode:
    day = acting.sealing.day
    voice_id, voice = desk_voice(acting.session, keyring=acting.keyring, trust=acting.trust, day=day)
    code = InspectionCode.generate(acting.rng)
    said = _shown(acting, case, task, plan).to_record()
    signed = SignedInspection.sign(said, code=code, voice_key_id=voice_id, voice=voice)
    body = {"code": code.text, "box": signed.seal(code).hex()}
    readers = keys_of_plan(acting, case, unannounced=False)
    row = IssuedCode(
        id=new_id(acting.rng),
        case_id=case.id,
        task_id=task.id,
        plan_id=plan.id,
        body_id=acting.seal(body, kind=ObjectKind.RECORD, to=readers),
        lookup=code.lookup_id,
        issued_by=acting.staff_id,
        issued_at=acting.clock.now(),
    )
    acting.session.add(row)
    acting.session.flush()
    acting.trace(
        Event.CODE_ISSUED,
        subject_kind="task",
        subject_id=task.id,
        facts={"code": row.id.hex, "plan": plan.number},
    )
    publish_codes(acting, case)
    return row


def _shown(acting: Acting, case: Case, task: Task, plan: Plan) -> ShownInspection:
    session = acting.session
    units = select(Unit).join(PlanUnit, PlanUnit.unit_id == Unit.id).where(PlanUnit.plan_id == plan.id)
    return ShownInspection(
        number=case.number or "",
        plan=plan.number,
        kind=case.case_type.value,
        units=tuple((unit.name, unit.name_en) for unit in session.scalars(units.order_by(Unit.code))),
        scope=str(acting.open(plan.body_id).get("card_scope", "")),
        methods=tuple(plan.methods),
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        members=_members(acting, task),
        issued_on=acting.sealing.day,
    )


def _members(acting: Acting, task: Task) -> tuple[ShownMember, ...]:
    """The team as it goes now: who has come to keep away stays in the records, and not on the code."""
    away = recused_from(acting.session, case_id=task.case_id)
    team = (
        select(Staff.name, TaskMember.is_leader)
        .join(TaskMember, TaskMember.staff_id == Staff.id)
        .where(TaskMember.task_id == task.id, Staff.id.not_in(away))
        .order_by(TaskMember.is_leader.desc(), Staff.name)
    )
    guests = select(Staff.name).join(TaskGuest, TaskGuest.staff_id == Staff.id)
    guests = guests.where(TaskGuest.task_id == task.id, Staff.id.not_in(away)).order_by(Staff.name)
    members = [
        ShownMember(name, "leader" if leads else "member") for name, leads in acting.session.execute(team)
    ]
    return (*members, *(ShownMember(name, "outside") for name in acting.session.scalars(guests)))


def _revoke(acting: Acting, row: IssuedCode) -> None:
    row.revoked_by, row.revoked_at = acting.staff_id, acting.clock.now()
    shown = acting.session.get(PublishedInspection, row.lookup)
    if shown is not None:
        shown.revoked_on = acting.sealing.day
    acting.session.flush()
    acting.trace(Event.CODE_REVOKED, subject_kind="task", subject_id=row.task_id, facts={"code": row.id.hex})
