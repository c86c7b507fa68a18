"""Guards: each looks at the facts and refuses with the rule it rests on, or says nothing.

Guards of tips and cases are here; those of tasks, conclusions and items in ``guards_fieldwork``.
Source: 2-domain §2, §3; rules.toml by the ids named.
"""

from __future__ import annotations

import uuid
from datetime import date
from typing import Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import select

from portal.models import Desk
from verification.errors import Refusal
from verification.models import INSPECTABLE, Case, CaseState, InterestKind, Role, Unit
from verification.policy.recusal import conflicts_among, decided_away, kept_away
from verification.policy.roles import staff_with_role
from verification.policy.workdays import civil
from verification.workflow.facts import Facts

#: Why a unit keeps somebody away; None: it is their own.
CONFLICTS: Final[dict[InterestKind | None, LazyString]] = {
    None: _l("This person belongs to the inspected unit."),
    InterestKind.OWN: _l("This person has an interest of their own in the inspected unit."),
    InterestKind.KINSHIP: _l("This person is related to somebody in the inspected unit."),
    InterestKind.FORMER_POST: _l("This person held a post in the inspected unit."),
    InterestKind.IN_CHARGE: _l("This person leads the inspected unit."),
    InterestKind.OTHER: _l("This person has another tie to the inspected unit."),
}


def tip_is_of_the_desk(facts: Facts) -> Refusal | None:
    if facts.subject.desk is not Desk.ALTERNATE:
        return None
    return Refusal(
        "alternate-apart",
        _l(
            "A tip about this office or a county leader never becomes a case here: its director and head "
            "would read it. Hand it to the higher office, or refer it to the organ in charge."
        ),
    )


def tip_has_category(facts: Facts) -> Refusal | None:
    if facts.given.get("category"):
        return None
    return Refusal("tip-category", _l("Choose a category before accepting the tip."), "category")


def informant_is_asked_once(facts: Facts) -> Refusal | None:
    if not facts.was_asked():
        return None
    return Refusal("ask-once", _l("The informant was asked already; there is one question."), "question")


def decline_has_reason(facts: Facts) -> Refusal | None:
    if facts.given.get("closing_code"):
        return None
    return Refusal("decline-reason", _l("Give the reason for declining."), "closing_code")


def decline_names_channel(facts: Facts) -> Refusal | None:
    if facts.given.get("channel_code"):
        return None
    return Refusal("decline-reason", _l("Name the right channel for the informant."), "channel_code")


def hand_on_names_office(facts: Facts) -> Refusal | None:
    if facts.given.get("channel_code"):
        return None
    return Refusal("hand-on-channel", _l("Name the office that the tip goes to."), "channel_code")


def referral_names_organ(facts: Facts) -> Refusal | None:
    if facts.given.get("channel_code") in ("supervision-commission", "judicial-organs"):
        return None
    return Refusal("reg-23", _l("Choose the supervision commission or the judicial organs."), "channel_code")


def not_recused(facts: Facts) -> Refusal | None:
    """On screen and from paper: whoever acts, or signed, must be free of the case."""
    person = facts.actor.staff_id
    if person is None or person not in facts.recused():
        return None
    if person in kept_away(facts.session, case_id=facts.case_id):
        return Refusal("kept-away", _l("The informant wants this person kept away from the case."))
    if person in decided_away(facts.session, case_id=facts.case_id):
        return Refusal("recusal-decided", _l("It was decided that this person keeps away from the case."))
    return Refusal("csl-76", _conflict_words(facts, person))


def _conflict_words(facts: Facts, person: uuid.UUID) -> LazyString:
    found = conflicts_among(facts.session, staff_ids=[person], units=facts.case_units())
    return CONFLICTS[found[person][0].kind]


def head_is_free(facts: Facts) -> Refusal | None:
    if staff_with_role(facts.session, Role.HEAD) - facts.recused():
        return None
    return Refusal(
        "head-recused",
        _l(
            "The head of government must keep away from this, and nobody else may approve it. "
            "Hand the tip to the higher office on its page, or refer it; nothing of it is lost."
        ),
    )


def tip_is_still_free(facts: Facts) -> Refusal | None:
    case_id = facts.subject.case_id
    if case_id is None or facts.session.get_one(Case, case_id).state is CaseState.DRAFT:
        return None
    return Refusal("hand-on-channel", _l("The case of this tip is proposed already; it goes on there."))


def case_has_basis(facts: Facts) -> Refusal | None:
    if facts.subject.content_basis is not None:
        return None
    return Refusal("case-basis", _l("Say which of the four contents of inspection this is."), "content_basis")


def objects_are_inspectable(facts: Facts) -> Refusal | None:
    units = facts.case_units()
    kinds = facts.session.scalars(select(Unit.kind).where(Unit.id.in_(units))).all()
    if units and all(kind in INSPECTABLE for kind in kinds):
        return None
    return Refusal("reg-5", _l("Name at least one body that the county may inspect, and no other."), "units")


def case_has_allegations(facts: Facts) -> Refusal | None:
    if facts.allegations():
        return None
    return Refusal("brief-allegations", _l("List the allegations to be checked."), "allegations")


def overlap_is_justified(facts: Facts) -> Refusal | None:
    if not facts.given.get("overlaps") or facts.subject.overlap_reason_id is not None:
        return None
    return Refusal(
        "overlap-reason",
        _l("Another inspection of this unit is running or recent. Write why this one is needed."),
        "overlap_reason",
    )


def approver_is_not_proposer(facts: Facts) -> Refusal | None:
    if facts.actor.staff_id != facts.subject.proposed_by:
        return None
    return Refusal("docket-separate", _l("You proposed this case, so somebody else must approve it."))


def rests_on_paper(facts: Facts) -> Refusal | None:
    if facts.given.get("paper"):
        return None
    return Refusal("reg-11-1", _l("An instruction needs its signed paper, confirmed by a second person."))


def return_has_reason(facts: Facts) -> Refusal | None:
    if facts.given.get("has_note"):
        return None
    return Refusal("return-reason", _l("Write why it is returned."), "note")


def case_is_docketed(facts: Facts) -> Refusal | None:
    case = facts.session.get_one(Case, facts.case_id)
    if case.docketed_at is not None and case.state not in (CaseState.DRAFT, CaseState.PROPOSED):
        return None
    return Refusal(
        "field-after-docket", _l("The case is not docketed yet; nothing happens on site before that.")
    )


def plan_is_complete(facts: Facts) -> Refusal | None:
    plan = facts.latest_plan()
    if plan is not None and plan.methods and facts.plan_units(plan.id) and plan.approved_at is None:
        return None
    return Refusal("reg-15-plan", _l("The plan needs content, objects, scope and methods."), "scope")


def plan_keeps_to_case(facts: Facts) -> Refusal | None:
    plan = facts.latest_plan()
    if plan is None or facts.plan_units(plan.id) <= facts.case_units():
        return None
    return Refusal("reg-15-scope", _l("The plan names a unit that the docketed case does not."), "units")


def plan_dates_are_ordered(facts: Facts) -> Refusal | None:
    plan = facts.latest_plan()
    if plan is None or plan.starts_on <= plan.ends_on:
        return None
    return Refusal("reg-15-plan", _l("The plan ends before it starts."), "ends_on")


def plan_starts_after_docketing(facts: Facts) -> Refusal | None:
    plan = facts.latest_plan()
    docketed_at = facts.subject.docketed_at
    if plan is None or docketed_at is None or plan.starts_on >= civil(docketed_at):
        return None
    return Refusal("field-after-docket", _l("The plan starts before the case was docketed."), "starts_on")


def approver_is_not_planner(facts: Facts) -> Refusal | None:
    plan = facts.latest_plan()
    if plan is None or plan.written_by != facts.actor.staff_id:
        return None
    return Refusal("plan-separate", _l("You wrote this plan, so somebody else must approve it."))


def plan_is_approved(facts: Facts) -> Refusal | None:
    if facts.approved_plan() is not None:
        return None
    return Refusal("plan-lock", _l("The plan is not approved yet."))


def tip_has_case(facts: Facts) -> Refusal | None:
    if facts.subject.case_id is not None:
        return None
    return Refusal("answer-after-conclusion", _l("This tip belongs to no case yet."))


def conclusion_was_delivered(facts: Facts) -> Refusal | None:
    conclusion = facts.latest_conclusion()
    if conclusion is not None and conclusion.revoked_at is None and isinstance(conclusion.delivered_on, date):
        return None
    return Refusal("answer-after-conclusion", _l("The conclusion has not been delivered to the unit yet."))


def case_has_result(facts: Facts) -> Refusal | None:
    case = facts.session.get_one(Case, facts.case_id)
    if case.programme_id is not None and case.state in (CaseState.SETTLED, CaseState.CLOSED):
        return None
    return conclusion_was_delivered(facts)


def informants_are_answered(facts: Facts) -> Refusal | None:
    answered = facts.answered_tips()
    if all(tip.id in answered for tip in facts.tips()):
        return None
    return Refusal("close-answered", _l("An informant of this case has not been answered yet."))
