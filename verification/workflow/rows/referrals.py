"""Handing over a duty violation or a crime (Art. 23): the office's own duty, with no approval in its way."""

from __future__ import annotations

from verification.audit.events import Event
from verification.models import ReferralState as F
from verification.policy.permissions import Permission as May
from verification.workflow import guards_referral as h
from verification.workflow.states import Action as Do
from verification.workflow.states import SubjectKind
from verification.workflow.transition import Audience, Transition

REFERRAL = SubjectKind.REFERRAL

REFERRALS = (
    Transition(
        REFERRAL, F.FOUND, Do.SEND_REFERRAL, F.SENT, May.MATTER_REFER, Event.REFERRAL_SENT,
        ("reg-23", "refer-unhindered"), guards=(h.organ_fits_matter,), meets=("clock-refer",),
        tells=(Audience.DIRECTORS, Audience.PROPOSER),
    ),
    Transition(
        REFERRAL, F.SENT, Do.RECORD_RECEIPT, F.RECEIVED, May.MATTER_REFER, Event.REFERRAL_RECEIVED,
        ("refer-receipt",), guards=(h.receipt_is_not_before_sending,), tells=(Audience.PROPOSER,),
    ),
    Transition(
        REFERRAL, F.RECEIVED, Do.RECORD_OUTCOME, F.ANSWERED, May.MATTER_REFER, Event.REFERRAL_ANSWERED,
        ("refer-receipt",), tells=(Audience.DIRECTORS, Audience.PROPOSER, Audience.TEAM),
    ),
    # It follows the referral and never waits before it.
    *(
        Transition(
            REFERRAL, state, Do.SEND_IDENTITY, None, May.IDENTITY_ASK, Event.IDENTITY_WENT_ALONG,
            ("refer-identity", "identity-two"), guards=(h.informant_agreed, h.two_people_opened),
            tells=(Audience.DIRECTORS,),
        )
        for state in (F.SENT, F.RECEIVED, F.ANSWERED)
    ),
)
