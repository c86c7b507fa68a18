"""Guards of asking the informants: nothing is closed off before they were asked and heard.

Asked means that the question was answered, or stood in the mailbox for its time. Source: 2-domain §2a, §5.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.clock import civil_day
from portal.models import Message, MessageKind, Tip, TipState
from portal.models.records import Fixed
from verification.errors import Refusal
from verification.models import (
    Asking,
    AskingState,
    Assignment,
    Case,
    CaseState,
    DisputeDecision,
    ItemState,
    RectificationItem,
)
from verification.policy.deadlines import last_day
from verification.policy.workdays import civil
from verification.workflow.facts import Facts

RULE = "close-asked"

#: Tips of a case that are another office's business by now.
GONE = (TipState.DECLINED, TipState.REFERRED, TipState.HANDED_ON)
_AGAIN = (ItemState.VERIFIED, ItemState.CLOSED_OFF)


def informants_of(session: Session, case_id: uuid.UUID) -> list[Tip]:
    """Tips whose informants are asked."""
    query = select(Tip).where(Tip.case_id == case_id, Tip.state.not_in(GONE)).order_by(Tip.id)
    return list(session.scalars(query))


def newest_askings(session: Session, case_id: uuid.UUID) -> dict[uuid.UUID, Asking]:
    """The newest question to each informant, by tip."""
    query = select(Asking).where(Asking.case_id == case_id).order_by(Asking.asked_at)
    return {row.tip_id: row for row in session.scalars(query)}


def fixed_since(session: Session, case_id: uuid.UUID) -> datetime | None:
    """Since when all that is to be asked about is done; None where nothing was to be put right.

    On the full path the last verification, on the light path the last reply that was accepted.
    """
    verified = select(func.max(RectificationItem.verified_at)).where(
        RectificationItem.case_id == case_id, RectificationItem.state.in_(_AGAIN)
    )
    checked = (
        select(func.max(Assignment.checked_at))
        .join(Case, Case.id == Assignment.case_id)
        .where(Assignment.case_id == case_id, Case.programme_id.is_not(None))
    )
    return session.scalar(verified) or session.scalar(checked)


def is_asked_since(asking: Asking | None, since: datetime) -> bool:
    """Whether this question was put after what it asks about was done."""
    return asking is not None and asking.asked_at >= since


def something_is_fixed(facts: Facts) -> Refusal | None:
    case_id = facts.case_id
    verified = select(RectificationItem.id).where(
        RectificationItem.case_id == case_id, RectificationItem.state == ItemState.VERIFIED
    )
    is_settled = facts.subject.state is CaseState.SETTLED
    if is_settled or facts.session.scalar(verified.limit(1)) is not None:
        return None
    return Refusal("close-asked", _l("No item is verified yet, so there is nothing to ask about."))


def somebody_is_unasked(facts: Facts) -> Refusal | None:
    since, newest = fixed_since(facts.session, facts.case_id), newest_askings(facts.session, facts.case_id)
    tips = informants_of(facts.session, facts.case_id)
    if since is None or any(not is_asked_since(newest.get(tip.id), since) for tip in tips):
        return None
    return Refusal("close-asked", _l("Every informant has been asked already."))


def informants_know_the_result(facts: Facts) -> Refusal | None:
    answered = select(Message.tip_id).where(Message.kind == MessageKind.ANSWER)
    told = set(facts.session.scalars(answered.where(Message.tip_id.in_([tip.id for tip in facts.tips()]))))
    if all(tip.id in told for tip in informants_of(facts.session, facts.case_id)):
        return None
    return Refusal("close-answered", _l("Answer the informants first; then ask whether it is fixed."))


def informants_were_asked(facts: Facts) -> Refusal | None:
    """For an item since its own verification, for a case since the last one."""
    session, subject = facts.session, facts.subject
    since = (
        subject.verified_at if isinstance(subject, RectificationItem) else fixed_since(session, facts.case_id)
    )
    if since is None:
        return None
    newest = newest_askings(session, facts.case_id)
    refusal = _unheard(session, facts.case_id)
    if refusal is not None:
        return refusal
    for tip in informants_of(session, facts.case_id):
        if not is_asked_since(newest.get(tip.id), since):
            text = _l("Ask the informants first whether it is really fixed.")
            return Refusal("close-asked", text)
    return _too_early(facts, newest)


def _unheard(session: Session, case_id: uuid.UUID) -> Refusal | None:
    states = set(session.scalars(select(Asking.state).where(Asking.case_id == case_id)))
    if AskingState.DISPUTED in states:
        text = _l("An informant says that it is not fixed, or is being pressed. Decide on it first.")
        return Refusal("asked-unfixed", text)
    if AskingState.ANSWERED in states:
        return Refusal("close-asked", _l("An informant has answered, and the desk has not read it yet."))
    return None


def _too_early(facts: Facts, newest: Mapping[uuid.UUID, Asking]) -> Refusal | None:
    today = civil_day(facts.clock)
    waiting = [row.asked_at for row in newest.values() if row.state is AskingState.OPEN]
    until = [last_day(civil(moment), rule_id=RULE, rules=facts.rules) for moment in waiting]
    if not until or today > max(until):
        return None
    text = _l("An informant has not answered yet. The question stands until %(day)s.", day=max(until))
    return Refusal("close-asked", text)


def rating_says_fixed(facts: Facts) -> Refusal | None:
    if facts.given.get("fixed") is Fixed.YES:
        return None
    return Refusal("asked-unfixed", _l("The informant does not say that it is fixed."))


def rating_says_otherwise(facts: Facts) -> Refusal | None:
    if facts.given.get("fixed") is not Fixed.YES:
        return None
    return Refusal("asked-unfixed", _l("The informant says that it is fixed."))


def again_names_items(facts: Facts) -> Refusal | None:
    if facts.given.get("decision") is not DisputeDecision.AGAIN or facts.given.get("count"):
        return None
    return Refusal("asked-unfixed", _l("Choose what the team is to verify again."), "items")


def informant_disputes_it(facts: Facts) -> Refusal | None:
    asking = facts.named(Asking, "asking")
    if asking is not None and asking.case_id == facts.case_id and asking.state is AskingState.DISPUTED:
        return None
    return Refusal("asked-unfixed", _l("No informant of this case says that it is not fixed."))
