"""Sending a team: dispatching a task, signing for it, handing it back once, and the ruling on that.

The clock runs from dispatch. With the task its team gets the case key, and loses it when it is withdrawn.
Source: 1-mission journey 4; 2-domain §3 "Clocks", §5 "ping-pong"; Reg. art. 8, 9, 11.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.models import new_id
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.casework import write_note
from verification.domain.codes import issue_at_dispatch, revoke_codes_of
from verification.domain.embargo import share_plans, take_plans
from verification.domain.inputs import Inputs, note_text
from verification.domain.locking import locked_case_of
from verification.domain.offplan import approved_plan
from verification.domain.readers import give_case_key, take_case_key
from verification.errors import NotHere, StaleSubject
from verification.models import Case, NoteKind, Role, StaffNotice, Task, TaskGuest, TaskMember, TaskState
from verification.policy import deadlines
from verification.policy.permissions import Permission
from verification.policy.recusal import recused_from
from verification.policy.roles import staff_with_role
from verification.policy.workdays import civil
from verification.workflow.states import Action, SubjectKind

#: The clock of the ruling on a hand-back carries the rule's own id.
RULING_CLOCK = "hand-back-once"


def due_on_for(acting: Acting, case: Case) -> date:
    """When a task of this case is due if it is dispatched now: by the case's priority."""
    rule_id = deadlines.for_priority("clock-verify", case.priority)
    due_at = deadlines.due_after(
        acting.session, rule_id=rule_id, began=acting.clock.now(), rules=acting.rules
    )
    return civil(due_at)


def dispatch_task(
    acting: Acting,
    *,
    case_id: uuid.UUID,
    version: int,
    plan_id: uuid.UUID,
    team: Sequence[uuid.UUID],
    leader: uuid.UUID | None,
    due_on: date | None,
    outside: Sequence[uuid.UUID] = (),
) -> Task:
    """Dispatch a task to a team under the approved plan ``plan_id``; the team can read the case from now on.

    outside: invited members, who read this case and count for nothing else (Art. 8). Raises InvalidInput
    (team, outside, due_on), Refused (team, leader, outside: training, conflicts …), StaleSubject also when
    another plan has been approved since.
    """
    inputs = Inputs()
    members = inputs.all_among("team", team, staff_with_role(acting.session, Role.INSPECTOR))
    guests = inputs.all_among("outside", outside, staff_with_role(acting.session, Role.EXTERNAL))
    due = inputs.day("due_on", due_on, today=acting.sealing.day, least=acting.sealing.day)
    inputs.done()
    case = acting.session.get(Case, case_id)
    if case is None:
        raise NotHere
    task_id = new_id(acting.rng)
    acting.apply(
        SubjectKind.CASE,
        case_id,
        Action.DISPATCH_TASK,
        version=version,
        given={"team": members, "leader": leader, "outside": guests, "due_on": due},
        noted={
            "task": task_id.hex,
            "team": [member.hex for member in members],
            "outside": [guest.hex for guest in guests],
        },
    )
    plan = approved_plan(acting, case_id)
    if plan is None or plan.id != plan_id:
        raise StaleSubject(case.version)
    task = Task(
        id=task_id,
        case_id=case_id,
        plan_id=plan.id,
        due_on=due,
        dispatched_at=acting.clock.now(),
        dispatched_by=acting.staff_id,
    )
    acting.session.add(task)
    acting.session.flush()
    for member in members:
        acting.session.add(TaskMember(task_id=task_id, staff_id=member, is_leader=member == leader))
    acting.session.add_all(TaskGuest(task_id=task_id, staff_id=guest) for guest in guests)
    give_case_key(acting, case, staff_ids=[*members, *guests])
    acting.session.flush()
    issue_at_dispatch(acting, case, task, plan)
    share_plans(acting, case, staff_ids=[*members, *guests])
    _start(acting, "clock-sign", task_id)
    _tell_team(acting, task_id, [*members, *guests])
    acting.session.flush()
    return task


def replace_members(
    acting: Acting,
    *,
    task_id: uuid.UUID,
    version: int,
    newcomers: Sequence[uuid.UUID],
    leader: uuid.UUID | None,
) -> Task:
    """Name who comes instead of a member that must keep away; the task goes on where it stands.

    leader: of whoever stays and comes. Raises InvalidInput (team), Refused (team, leader), NotHere.
    """
    case = locked_case_of(acting, Task, task_id)
    members = team_of(acting, task_id)
    inputs = Inputs()
    coming = inputs.all_among("team", newcomers, staff_with_role(acting.session, Role.INSPECTOR))
    if not coming or set(coming) & set(members):
        inputs.wrong("team", _l("Please choose from the list."))
    inputs.done()
    away = recused_from(acting.session, case_id=case.id)
    team = [*(member for member in members if member not in away), *coming]
    task: Task = acting.apply(
        SubjectKind.TASK,
        task_id,
        Action.REPLACE_MEMBER,
        version=version,
        given={"team": team, "leader": leader, "newcomers": coming},
        noted={"team": [member.hex for member in team], "leader": leader.hex if leader else None},
    )
    acting.session.add_all(TaskMember(task_id=task_id, staff_id=member) for member in coming)
    acting.session.flush()
    for row in acting.session.scalars(select(TaskMember).where(TaskMember.task_id == task_id)):
        row.is_leader = row.staff_id == leader
    acting.session.flush()
    give_case_key(acting, case, staff_ids=coming)
    # The code names the people: whoever checks the old one must not find somebody who keeps away.
    revoke_codes_of(acting, task_id)
    if (plan := approved_plan(acting, case.id)) is not None:
        issue_at_dispatch(acting, case, task, plan)
    share_plans(acting, case, staff_ids=coming)
    _tell_team(acting, task_id, coming)
    acting.session.flush()
    return task


def sign_task(acting: Acting, *, task_id: uuid.UUID, version: int) -> Task:
    """Sign for a task: one of the team does so for all, and the first stage begins."""
    task: Task = acting.apply(SubjectKind.TASK, task_id, Action.SIGN_TASK, version=version)
    member = acting.session.get_one(TaskMember, (task_id, acting.staff_id))
    member.signed_at = acting.clock.now()
    return task


def hand_back_task(acting: Acting, *, task_id: uuid.UUID, version: int, note: str) -> Task:
    """Hand a task back, once, with the reason; somebody has to rule on it within the rule's time."""
    words = note_text(note)
    task: Task = acting.apply(
        SubjectKind.TASK, task_id, Action.HAND_BACK_TASK, version=version, given={"has_note": bool(words)}
    )
    task.handed_back = True
    case = acting.session.get_one(Case, task.case_id)
    write_note(acting, case, kind=NoteKind.HAND_BACK, text=words)
    _start(acting, RULING_CLOCK, task_id)
    return task


def hand_back_until(acting: Acting, task: Task) -> datetime | None:
    """The last moment at which the team may hand this task back; None: it no longer may."""
    last = deadlines.due_after(
        acting.session, rule_id=RULING_CLOCK, began=task.dispatched_at, rules=acting.rules
    )
    return None if task.handed_back or acting.clock.now() > last else last


def rule_on_hand_back(acting: Acting, *, task_id: uuid.UUID, version: int, uphold: bool, note: str) -> Task:
    """The final ruling. Upheld: the task is withdrawn, its team loses the case; else it is theirs again."""
    words = note_text(note)
    action = Action.UPHOLD_HAND_BACK if uphold else Action.OVERRULE_HAND_BACK
    task: Task = acting.apply(
        SubjectKind.TASK, task_id, action, version=version, given={"has_note": bool(words)}
    )
    case = acting.session.get_one(Case, task.case_id)
    write_note(acting, case, kind=NoteKind.RULING, text=words)
    deadlines.meet(acting.session, subject_id=task_id, rule_ids=(RULING_CLOCK,), clock=acting.clock)
    if task.state is TaskState.WITHDRAWN:
        leaving = [*team_of(acting, task_id), *guests_of(acting, task_id)]
        take_case_key(acting, case, staff_ids=leaving)
        take_plans(acting, case, staff_ids=leaving)
        revoke_codes_of(acting, task_id)
    else:
        _start(acting, "clock-sign", task_id)
    return task


def may_see_task(acting: Acting, task_id: uuid.UUID) -> bool:
    """A task of one's own team; of every team for those who dispatch or approve plans."""
    if acting.actor.may(Permission.TASK_DISPATCH) or acting.actor.may(Permission.PLAN_APPROVE):
        return True
    mine = (task_id, acting.staff_id)
    return any(acting.session.get(kind, mine) is not None for kind in (TaskMember, TaskGuest))


def team_of(acting: Acting, task_id: uuid.UUID) -> list[uuid.UUID]:
    """Members of a task's team, the leader first."""
    query = (
        select(TaskMember.staff_id)
        .where(TaskMember.task_id == task_id)
        .order_by(TaskMember.is_leader.desc(), TaskMember.staff_id)
    )
    return list(acting.session.scalars(query))


def guests_of(acting: Acting, task_id: uuid.UUID) -> list[uuid.UUID]:
    """Outside members of a task's team."""
    query = select(TaskGuest.staff_id).where(TaskGuest.task_id == task_id).order_by(TaskGuest.staff_id)
    return list(acting.session.scalars(query))


def _start(acting: Acting, rule_id: str, task_id: uuid.UUID) -> None:
    deadlines.start(
        acting.session,
        rule_id=rule_id,
        subject_kind=SubjectKind.TASK.value,
        subject_id=task_id,
        clock=acting.clock,
        rng=acting.rng,
        rules=acting.rules,
    )


def _tell_team(acting: Acting, task_id: uuid.UUID, members: Sequence[uuid.UUID]) -> None:
    # The table cannot tell them: while it decides about the case the task does not exist yet.
    acting.session.add_all(
        StaffNotice(
            id=new_id(acting.rng),
            staff_id=member,
            code=Event.TASK_DISPATCHED.value,
            subject_kind=SubjectKind.TASK.value,
            subject_id=task_id,
            written_on=acting.sealing.day,
        )
        for member in members
    )
