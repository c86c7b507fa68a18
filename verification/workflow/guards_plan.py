"""Guards of plans: what burdens the unit, amendments beside running field work, and outside members.

Source: Reg. art. 8, 9, 15; issue 4 "Plan"; rules.toml by the ids named.
"""

from __future__ import annotations

import uuid

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import select

from portal.clock import civil_day
from verification.errors import Refusal
from verification.models import Staff
from verification.policy.burden import Burden
from verification.policy.embargo import insiders, is_embargoed
from verification.policy.recusal import kept_away
from verification.workflow.facts import Facts

BURDEN_WORDS: dict[Burden, LazyString] = {
    Burden.MEETING: _l("The plan calls a large meeting."),
    Burden.FORMS: _l("The plan asks the unit to fill in forms or ledgers."),
    Burden.ESCORT: _l("The plan asks for an escort or a reception."),
    Burden.LAYERS: _l("The plan asks for self-checks layer by layer."),
}


def _needs_reason(facts: Facts, kind: Burden) -> bool:
    return kind in facts.given.get("burdens", ()) and not facts.given.get("burden_reason")


def meetings_are_small(facts: Facts) -> Refusal | None:
    if not _needs_reason(facts, Burden.MEETING):
        return None
    return Refusal("burden-meeting", BURDEN_WORDS[Burden.MEETING], "burden_reason")


def no_forms_are_asked_for(facts: Facts) -> Refusal | None:
    if not _needs_reason(facts, Burden.FORMS):
        return None
    return Refusal("burden-forms", BURDEN_WORDS[Burden.FORMS], "burden_reason")


def no_escort_is_asked_for(facts: Facts) -> Refusal | None:
    if not _needs_reason(facts, Burden.ESCORT):
        return None
    return Refusal("burden-escort", BURDEN_WORDS[Burden.ESCORT], "burden_reason")


def no_layered_self_checks(facts: Facts) -> Refusal | None:
    if not _needs_reason(facts, Burden.LAYERS):
        return None
    return Refusal("burden-layers", BURDEN_WORDS[Burden.LAYERS], "burden_reason")


def plan_waits(facts: Facts) -> Refusal | None:
    plan = facts.latest_plan()
    if plan is not None and plan.approved_at is None and plan.returned_at is None:
        return None
    return Refusal("plan-lock", _l("No plan version waits for approval."))


def _outside(facts: Facts) -> set[uuid.UUID]:
    return set(facts.given.get("outside", ()))


def outside_members_are_ready(facts: Facts) -> Refusal | None:
    day = civil_day(facts.clock)
    guests = facts.session.scalars(select(Staff).where(Staff.id.in_(_outside(facts)))).all()
    if all(
        guest.trained_on is not None and guest.trained_on <= day and guest.undertaking_on is not None
        for guest in guests
    ):
        return None
    return Refusal("outside-member", _l("An outside member lacks training or the undertaking."), "outside")


def outside_members_are_free(facts: Facts) -> Refusal | None:
    away = facts.recused() & _outside(facts)
    if not away:
        return None
    if away & kept_away(facts.session, case_id=facts.case_id):
        return Refusal("kept-away", _l("The informant wants an outside member kept away."), "outside")
    return Refusal("csl-76", _l("An outside member has an interest in the inspected unit."), "outside")


def may_know_of_the_visit(facts: Facts) -> Refusal | None:
    """On screen and from paper: whoever acts, or signed, must be one of those who may know."""
    if not is_embargoed(facts.session, facts.case_id):
        return None
    if facts.actor.staff_id in insiders(facts.session, case_id=facts.case_id):
        return None
    return Refusal("unannounced-embargo", _l("This visit is unannounced, and you are not let in on it."))


def card_was_shown(facts: Facts) -> Refusal | None:
    if not is_embargoed(facts.session, facts.case_id):
        return None
    text = _l("The visit is unannounced: no notice goes out before the card was shown on site.")
    return Refusal("unannounced-no-notice", text)


def notice_is_the_first(facts: Facts) -> Refusal | None:
    if not facts.given.get("issued"):
        return None
    return Refusal("reg-15-plan", _l("The units were told of this version of the plan already."))
