"""Whether an informant's identity goes along with a referral: asked, agreed to, opened by two people.

It never holds a referral up: what was found goes the same day; who reported it may follow, or never does.
The answer counts only as the desk reads it in the mailbox, sealed and to that very question: a row that
somebody else wrote says nothing. Source: 2-domain §2 (Art. 23); PIPL 34–36; issue 4 "Referral".
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clock import Clock, civil_day
from portal.models import Message, MessageKind, Tip, new_id
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.inputs import Inputs, require
from verification.domain.locking import locked_case_of
from verification.domain.messages import read_mailbox, write_to_informant
from verification.errors import NotHere, Refusal, Refused
from verification.models import IdentityConsent, IdentityOpening, Referral
from verification.policy.permissions import Permission
from verification.workflow.states import Action, SubjectKind


def ask_consent(acting: Acting, *, referral_id: uuid.UUID, tip_id: uuid.UUID, text: str) -> IdentityConsent:
    """Put the question into the mailbox of a tip of the case, once for each referral.

    Raises InvalidInput (text), Refused, NotHere, KeyLocked.
    """
    require(acting, Permission.IDENTITY_ASK)
    case = locked_case_of(acting, Referral, referral_id)
    tip = acting.session.get(Tip, tip_id)
    if tip is None or tip.case_id != case.id:
        raise NotHere
    if consent_of(acting, referral_id, tip_id) is not None:
        raise Refused(
            (Refusal("refer-identity", _l("The informant was asked about this referral already.")),)
        )
    message = write_to_informant(acting, tip, kind=MessageKind.CONSENT_QUESTION, text=text)
    row = IdentityConsent(
        id=new_id(acting.rng), referral_id=referral_id, tip_id=tip_id, message_id=message.id,
        asked_on=acting.sealing.day, asked_by=acting.staff_id,
    )  # fmt: skip
    acting.session.add(row)
    acting.session.flush()
    acting.trace(
        Event.CONSENT_ASKED, subject_kind="tip", subject_id=tip_id, facts={"referral": referral_id.hex}
    )
    return row


def take_consent(session: Session, message: Message, *, clock: Clock) -> None:
    """Note an informant's yes or no to the question it answers; the first one counts. Needs no key."""
    if not message.kind.answers_consent:
        return
    query = select(IdentityConsent).where(
        IdentityConsent.message_id == message.reply_to, IdentityConsent.tip_id == message.tip_id
    )
    row = session.scalars(query).one_or_none()
    if row is not None and row.given is None:
        row.given, row.answered_on = message.kind is MessageKind.CONSENT_GIVEN, civil_day(clock)


def send_identity(
    acting: Acting,
    *,
    referral_id: uuid.UUID,
    version: int,
    consent_id: uuid.UUID | None,
    went_on: date | None,
) -> IdentityConsent:
    """Note that the identity went along. Raises InvalidInput (went_on), Refused, StaleSubject, NotHere."""
    locked_case_of(acting, Referral, referral_id)
    referral = acting.session.get_one(Referral, referral_id)
    inputs = Inputs()
    day = inputs.past_day("went_on", went_on, today=acting.sealing.day, least=referral.sent_on)
    inputs.done()
    acting.apply(
        SubjectKind.REFERRAL, referral_id, Action.SEND_IDENTITY, version=version,
        given={"consent": consent_id}, noted={"consent": consent_id.hex if consent_id else ""},
    )  # fmt: skip
    row = acting.session.get_one(IdentityConsent, consent_id)
    if not _agreed(acting, row):
        text = _l("The mailbox holds no such answer of the informant. Tell the security officer.")
        raise Refused((Refusal("refer-identity", text),))
    opened = select(IdentityOpening.id).where(
        IdentityOpening.tip_id == row.tip_id, IdentityOpening.agreed_at.is_not(None)
    )
    row.opening_id = acting.session.scalars(opened.order_by(IdentityOpening.agreed_at.desc())).first()
    row.went_on, row.went_by = day, acting.staff_id
    return row


def _agreed(acting: Acting, row: IdentityConsent) -> bool:
    """Whether the sealed mailbox itself holds the yes to this question."""
    tip = acting.session.get_one(Tip, row.tip_id)
    return any(
        message.row.reply_to == row.message_id
        and message.informant is not None
        and message.informant.kind is MessageKind.CONSENT_GIVEN
        for message in read_mailbox(acting, tip)
    )


def consent_of(acting: Acting, referral_id: uuid.UUID, tip_id: uuid.UUID) -> IdentityConsent | None:
    """What became of the question to one informant."""
    query = select(IdentityConsent).where(
        IdentityConsent.referral_id == referral_id, IdentityConsent.tip_id == tip_id
    )
    return acting.session.scalars(query).one_or_none()


def consents_of(acting: Acting, referral_ids: Sequence[uuid.UUID]) -> list[IdentityConsent]:
    """Of these referrals, in order of asking."""
    query = select(IdentityConsent).where(IdentityConsent.referral_id.in_(referral_ids))
    return list(acting.session.scalars(query.order_by(IdentityConsent.asked_on, IdentityConsent.id)))
