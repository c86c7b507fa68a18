"""Guards of coordination items: who proposes, what goes out, who declines and is ruled on, when it is done.

Source: county notice "help as well as inspect" (督帮一体); issue 4; rules.toml coordination-*.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from verification.errors import Refusal
from verification.models import (
    HELP_OVER,
    HELPING,
    PART_OVER,
    Coordination,
    CoordinationPart,
    CoordinationState,
    PartState,
    Role,
    Staff,
    StaffRole,
    Task,
    TaskMember,
    TaskState,
    Unit,
)
from verification.policy.recusal import kept_away
from verification.workflow.facts import Facts


def _parts(facts: Facts) -> Sequence[CoordinationPart]:
    query = select(CoordinationPart).where(CoordinationPart.coordination_id == facts.subject.id)
    return facts.session.scalars(query.order_by(CoordinationPart.ordinal)).all()


def _item(facts: Facts) -> Coordination:
    return facts.session.get_one(Coordination, facts.subject.coordination_id)


# --- the item ----------------------------------------------------------------------------------------------


def proposer_is_of_case(facts: Facts) -> Refusal | None:
    if Role.SUPERVISOR in facts.actor.roles:
        return None
    leads = (
        select(TaskMember.task_id)
        .join(Task, Task.id == TaskMember.task_id)
        .where(
            Task.case_id == facts.case_id,
            Task.state != TaskState.WITHDRAWN,
            TaskMember.staff_id == facts.actor.staff_id,
            TaskMember.is_leader.is_(True),
        )
    )
    if facts.session.scalar(leads.limit(1)) is not None:
        return None
    return Refusal("coordination-proposer", _l("Only the desk or a leader of this case's team can do this."))


def departments_are_several(facts: Facts) -> Refusal | None:
    if len(set(facts.given.get("departments", ()))) >= 2:
        return None
    text = _l("Name the lead department and at least one other, each with its part and its date.")
    return Refusal("coordination-departments", text, "unit-2")


def dates_are_in_order(facts: Facts) -> Refusal | None:
    early = facts.given.get("too_early")
    if early is None:
        return None
    text = _l("This part waits for another one, which is due later. Give it a later date.")
    return Refusal("coordination-order", text, f"due-{early}")


def wording_is_compared(facts: Facts) -> Refusal | None:
    if facts.given.get("compared"):
        return None
    text = _l("You cannot open all that the informants of this case wrote; let a colleague compare it.")
    return Refusal("unit-wording", text)


def departments_are_free(facts: Facts) -> Refusal | None:
    """Asked of the desk alone, because who was named by an informant is nobody else's to learn."""
    away = kept_away(facts.session, case_id=facts.case_id)
    if not away:
        return None
    units = [part.unit_id for part in _parts(facts)]
    leaders = facts.session.scalars(select(Unit.in_charge_id).where(Unit.id.in_(units)))
    liaisons = facts.session.scalars(
        select(Staff.id)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(Staff.unit_id.in_(units), StaffRole.role == Role.LIAISON)
    )
    if not away & {*leaders, *liaisons}:
        return None
    text = _l("An informant wants the liaison or leader of one of these departments kept away.")
    return Refusal("kept-away", text)


def wording_was_checked(facts: Facts) -> Refusal | None:
    if facts.subject.checked_by is not None:
        return None
    text = _l("Nobody of the desk has compared what goes to the departments with what the informants wrote.")
    return Refusal("unit-wording", text)


def every_part_is_settled(facts: Facts) -> Refusal | None:
    parts = _parts(facts)
    if any(part.state is PartState.DONE for part in parts) and all(part.state in PART_OVER for part in parts):
        return None
    return Refusal("coordination-done", _l("A department's part has not been confirmed yet."))


def end_has_words(facts: Facts) -> Refusal | None:
    if facts.given.get("has_note"):
        return None
    return Refusal("coordination-done", _l("Write what was reached."), "note")


def a_part_goes_on(facts: Facts) -> Refusal | None:
    if any(part.state not in PART_OVER for part in _parts(facts)):
        return None
    text = _l("Every part is over, so there is nothing to carry on. Note what was reached instead.")
    return Refusal("coordination-done", text)


def mechanism_has_reason(facts: Facts) -> Refusal | None:
    if facts.given.get("has_note") and facts.given.get("mechanism"):
        return None
    field = "note" if facts.given.get("mechanism") else "mechanism"
    text = _l("Name the standing mechanism and write why it goes on there.")
    return Refusal("close-coordination", text, field)


def no_coordination_is_open(facts: Facts) -> Refusal | None:
    """For closing a case: done, withdrawn, or carried on by the director."""
    waits = select(Coordination.id).where(
        Coordination.case_id == facts.case_id,
        Coordination.state.not_in((*HELP_OVER, CoordinationState.CARRIED_ON)),
    )
    if facts.session.scalar(waits.limit(1)) is None:
        return None
    return Refusal("close-coordination", _l("A coordination item of this case is still open."))


# --- a department's part -----------------------------------------------------------------------------------


def item_is_agreed(facts: Facts) -> Refusal | None:
    if _item(facts).state in HELPING:
        return None
    text = _l("The director has not agreed to this item, so nothing goes to a department.")
    return Refusal("coordination-agreed", text)


def item_is_withdrawn(facts: Facts) -> Refusal | None:
    if _item(facts).state is CoordinationState.WITHDRAWN:
        return None
    return Refusal("coordination-departments", _l("A part is withdrawn with its whole item."))


def actor_is_of_department(facts: Facts) -> Refusal | None:
    if facts.actor.unit_id == facts.subject.unit_id:
        return None
    return Refusal("coordination-own-part", _l("Only the department that was asked can do this."))


def declining_has_reason(facts: Facts) -> Refusal | None:
    if facts.given.get("has_note"):
        return None
    return Refusal("coordination-decline", _l("Write why your department cannot take this on."), "note")


def ruling_has_reason(facts: Facts) -> Refusal | None:
    if facts.given.get("has_note"):
        return None
    return Refusal("coordination-decline", _l("Write why; the department reads it."), "note")


def part_is_not_the_leads(facts: Facts) -> Refusal | None:
    if not facts.subject.is_lead:
        return None
    text = _l("Without its lead department the item is withdrawn and proposed anew.")
    return Refusal("coordination-departments", text)


def part_has_proof(facts: Facts) -> Refusal | None:
    if facts.given.get("proofs"):
        return None
    return Refusal("coordination-proof", _l("Attach at least one photo or document as proof."), "proof")


def recorder_is_of_case(facts: Facts) -> Refusal | None:
    if _is_of_case(facts):
        return None
    return Refusal("coordination-checked", _l("Only the team or the desk records a meeting."))


def _is_of_case(facts: Facts) -> bool:
    return Role.SUPERVISOR in facts.actor.roles or facts.actor.staff_id in facts.team()


def checker_is_of_case(facts: Facts) -> Refusal | None:
    if facts.actor.unit_id != facts.subject.unit_id and _is_of_case(facts):
        return None
    text = _l("Only the team or the desk, and nobody of that department, can check this report.")
    return Refusal("coordination-checked", text)


def part_before_is_over(facts: Facts) -> Refusal | None:
    before = facts.subject.after_id
    if before is None or facts.session.get_one(CoordinationPart, before).state in PART_OVER:
        return None
    text = _l("This part waits for another department's, which is not confirmed yet.")
    return Refusal("coordination-order", text)
