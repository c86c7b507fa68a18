"""Guards of the light path: what a standing programme covers, who may be asked, what a reply must hold.

Source: 2-domain §2a, §5 "the tip is assigned back to the accused", "handled means a pasted reply".
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.clock import civil_day
from verification.errors import Refusal
from verification.models import (
    Assignment,
    AssignmentState,
    Case,
    CaseState,
    Programme,
    Role,
    Staff,
    StaffRole,
    Unit,
)
from verification.policy.codes import MISCONDUCT
from verification.policy.deadlines import due_after
from verification.policy.recusal import kept_away
from verification.workflow.facts import Facts

#: States of a programme's case while leads can move under it.
RUNNING = (CaseState.PLANNED, CaseState.VERIFYING)
OVER = (AssignmentState.ACCEPTED, AssignmentState.WITHDRAWN)


def _programme(facts: Facts) -> Programme | None:
    return facts.named(Programme, "programme")


def programme_runs(facts: Facts) -> Refusal | None:
    programme, today = _programme(facts), civil_day(facts.clock)
    if programme is None:
        return Refusal("programme-covers", _l("Choose the standing programme it moves under."), "programme")
    case = facts.session.get_one(Case, programme.case_id)
    if case.docketed_at is None or case.state not in RUNNING:
        text = _l("This programme is not docketed, or its plan is not approved.")
        return Refusal("programme-covers", text, "programme")
    if programme.starts_on <= today <= programme.ends_on:
        return None
    return Refusal("programme-covers", _l("The term of this programme does not cover today."), "programme")


def programme_covers_lead(facts: Facts) -> Refusal | None:
    programme = _programme(facts)
    if programme is None or not programme.categories or facts.subject.category in programme.categories:
        return None
    return Refusal("programme-covers", _l("The programme does not cover this category."), "programme")


def programme_covers_unit(facts: Facts) -> Refusal | None:
    programme = _programme(facts)
    if programme is None or facts.given.get("unit") in facts.planned_units(programme.case_id):
        return None
    return Refusal("programme-covers", _l("The programme's plan does not name this unit."), "unit")


def unit_is_asked_once(facts: Facts) -> Refusal | None:
    asked = select(Assignment.id).where(
        Assignment.case_id == facts.case_id,
        Assignment.unit_id == facts.given.get("unit"),
        Assignment.state != AssignmentState.WITHDRAWN,
    )
    if facts.session.scalar(asked.limit(1)) is None:
        return None
    return Refusal("assign-unconflicted", _l("This unit has this lead already."), "unit")


def unit_is_unconflicted(facts: Facts) -> Refusal | None:
    unit_id = facts.given.get("unit")
    if facts.subject.category in MISCONDUCT and unit_id in facts.case_units():
        text = _l("The lead says that this unit's own people did wrong: it cannot look into itself.")
        return Refusal("assign-unconflicted", text, "unit")
    away = kept_away(facts.session, case_id=facts.case_id)
    led = facts.session.scalar(select(Unit.in_charge_id).where(Unit.id == unit_id))
    liaisons = (
        select(Staff.id)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(Staff.unit_id == unit_id, StaffRole.role == Role.LIAISON)
    )
    if led not in away and not away & set(facts.session.scalars(liaisons)):
        return None
    text = _l("The informant named this unit's liaison or leader as somebody who must not see it.")
    return Refusal("assign-unconflicted", text, "unit")


def case_was_assigned(facts: Facts) -> Refusal | None:
    if facts.subject.programme_id is not None:
        return None
    return Refusal("assign-escalates", _l("This case was never assigned to a unit."))


def case_is_programme(facts: Facts) -> Refusal | None:
    if facts.session.get(Programme, facts.subject.id) is not None:
        return None
    return Refusal("programme-covers", _l("This case is no standing programme."))


def no_assignment_runs(facts: Facts) -> Refusal | None:
    running = select(Assignment.id).where(
        Assignment.programme_id == facts.subject.id, Assignment.state.not_in(OVER)
    )
    if facts.session.scalar(running.limit(1)) is None:
        return None
    return Refusal("programme-covers", _l("A lead is still being handled under this programme."))


def assignments_are_over(facts: Facts) -> Refusal | None:
    states = facts.session.scalars(select(Assignment.state).where(Assignment.case_id == facts.case_id)).all()
    if AssignmentState.ACCEPTED in states and all(state in OVER for state in states):
        return None
    return Refusal("reply-checked", _l("A unit's reply has not been accepted yet."))


def actor_is_of_unit(facts: Facts) -> Refusal | None:
    if facts.actor.unit_id == facts.subject.unit_id:
        return None
    return Refusal("assign-answered", _l("Only the unit that was asked can do this."))


def hand_back_is_in_time(facts: Facts) -> Refusal | None:
    rule = "hand-back-once"
    last = due_after(facts.session, rule_id=rule, began=facts.subject.issued_at, rules=facts.rules)
    if facts.clock.now() <= last:
        return None
    return Refusal(rule, _l("The time to hand this back is over."))


def every_question_is_answered(facts: Facts) -> Refusal | None:
    if {allegation.id for allegation in facts.allegations()} <= set(facts.given.get("answered", ())):
        return None
    return Refusal("assign-answered", _l("Answer every question."))


def reply_has_proof(facts: Facts) -> Refusal | None:
    if facts.given.get("proofs"):
        return None
    return Refusal("assign-proof", _l("Attach at least one photo or document as proof."), "proof")


def every_question_is_checked(facts: Facts) -> Refusal | None:
    if {allegation.id for allegation in facts.allegations()} <= set(facts.given.get("checked", ())):
        return None
    return Refusal("reply-checked", _l("Say for each question what the reply shows."), "findings")


def flags_have_reason(facts: Facts) -> Refusal | None:
    if not facts.given.get("flags") or facts.given.get("has_reason"):
        return None
    text = _l("The reply was flagged. Write why it answers the questions all the same, or return it.")
    return Refusal("reply-flagged", text, "reason")
