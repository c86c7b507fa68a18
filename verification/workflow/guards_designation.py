"""Guards of designations (Reg. art. 7): who can be designated, and who may be on a team because of one."""

from __future__ import annotations

import uuid
from datetime import date

from flask_babel import lazy_gettext as _l

from portal.clock import civil_day
from verification.errors import Refusal
from verification.models import Case, Unit, UnitKind
from verification.policy.designations import may_lead, undesignated
from verification.workflow.facts import Facts


def designee_is_department(facts: Facts) -> Refusal | None:
    if facts.session.get_one(Unit, facts.subject.unit_id).kind is UnitKind.DEPARTMENT:
        return None
    return Refusal("reg-7", _l("Only a department of this government can be designated."), "unit")


def designee_is_no_object(facts: Facts) -> Refusal | None:
    if facts.subject.unit_id not in facts.case_units():
        return None
    return Refusal("reg-7", _l("A department that is itself inspected here cannot inspect."), "unit")


def term_is_not_over(facts: Facts) -> Refusal | None:
    if facts.subject.ends_on >= civil_day(facts.clock):
        return None
    return Refusal("reg-7", _l("The term of this designation is over already."), "ends_on")


def maker_is_not_writer(facts: Facts) -> Refusal | None:
    if facts.actor.staff_id != facts.subject.written_by:
        return None
    return Refusal("designation-separate", _l("You wrote this designation, so somebody else must make it."))


def team_is_designated(facts: Facts) -> Refusal | None:
    """Whoever belongs to a department goes only under its running designation for this matter."""
    case, team = facts.session.get_one(Case, facts.case_id), list(facts.given.get("team", ()))
    day, until = civil_day(facts.clock), _until(facts)
    if not undesignated(facts.session, case=case, people=team, on=day, until=until):
        return None
    return Refusal(
        "reg-7",
        _l("A member of the team belongs to a body without a running designation for this matter."),
        "team",
    )


def leader_is_designated(facts: Facts) -> Refusal | None:
    leader: uuid.UUID | None = facts.given.get("leader")
    case = facts.session.get_one(Case, facts.case_id)
    if leader is None or leader not in facts.given.get("team", ()):
        return None
    if may_lead(facts.session, case=case, person=leader, on=civil_day(facts.clock), until=_until(facts)):
        return None
    return Refusal("reg-7", _l("The leader's department is not designated to lead here."), "leader")


def _until(facts: Facts) -> date | None:
    due: date | None = facts.given.get("due_on")
    return due
