"""Guards of referrals: which organ, and that nothing is closed as handled before it has them.

Source: Reg. art. 23; 2-domain §2 "no approval can stop or delay it; blocks closing as handled".
"""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from verification.errors import Refusal
from verification.models import IdentityConsent, IdentityOpening, Matter, Referral, ReferralState
from verification.workflow.facts import Facts

COMMISSION, JUDICIAL = "supervision-commission", "judicial-organs"

#: Where each matter goes. Source: Reg. art. 23.
ORGAN_OF: Final = {
    Matter.DUTY_VIOLATION: COMMISSION,
    Matter.DUTY_CRIME: COMMISSION,
    Matter.OTHER_CRIME: JUDICIAL,
}


def organ_fits_matter(facts: Facts) -> Refusal | None:
    if facts.given.get("organ") == ORGAN_OF[facts.subject.matter]:
        return None
    text = _l("Duty violations and duty crimes go to the supervision commission, other crimes to the courts.")
    return Refusal("reg-23", text, "organ")


def receipt_is_not_before_sending(facts: Facts) -> Refusal | None:
    received, sent = facts.given.get("received_on"), facts.subject.sent_on
    if received is not None and sent is not None and received >= sent:
        return None
    return Refusal("refer-receipt", _l("The receipt cannot be older than the letter."), "received_on")


def no_referral_waits(facts: Facts) -> Refusal | None:
    waiting = select(Referral.id).where(
        Referral.case_id == facts.case_id,
        Referral.state.in_((ReferralState.FOUND, ReferralState.SENT)),
    )
    if facts.session.scalar(waiting.limit(1)) is None:
        return None
    text = _l("A matter found in this case has not been received by the competent organ yet.")
    return Refusal("refer-receipt", text)


def informant_agreed(facts: Facts) -> Refusal | None:
    consent = facts.named(IdentityConsent, "consent")
    if consent is not None and consent.referral_id == facts.subject.id and consent.given:
        return None
    return Refusal("refer-identity", _l("The informant has not agreed that who they are goes along."))


def two_people_opened(facts: Facts) -> Refusal | None:
    consent = facts.named(IdentityConsent, "consent")
    opened = select(IdentityOpening.id).where(
        IdentityOpening.tip_id == (consent.tip_id if consent else None),
        IdentityOpening.agreed_at.is_not(None),
    )
    if facts.session.scalar(opened.limit(1)) is not None:
        return None
    return Refusal("identity-two", _l("Two people have not opened this identity yet."))
