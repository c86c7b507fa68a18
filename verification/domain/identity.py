"""Opening an identity: two people, two keys, a reason, and the informant is told; the agreement ends.

Source: 4-sealing; PIPL 34–36.

The supervisor asks; the director agrees and seals their half to the supervisor's staff key; only then can the
supervisor join both. Neither half alone says anything. At the alternate desk its own second person has the
other half, and the office's director has none.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clock import Clock
from portal.crypto.compartments import Half, join_identity, open_half, open_identity, seal_half
from portal.crypto.header import ObjectKind
from portal.errors import Tampered
from portal.models import ObjectGrant, RecipientKey, SealedObject, Tip, new_id
from portal.models.records import Identity
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.messages import checked_text, read_mailbox, read_statement
from verification.errors import NotHere, Refusal, Refused
from verification.keys.addressees import of_desk, of_director, of_staff
from verification.models import IdentityOpening, Staff
from verification.policy.deadlines import due_after
from verification.policy.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class LeftIdentity:
    """Name or contact that came along once, possibly empty, and the day."""

    object_id: uuid.UUID
    left_on: date


def identities_of(acting: Acting, tip: Tip) -> list[LeftIdentity]:
    """What was left of an identity with the tip and later, as the sealed texts name it; the tip's own first.

    Raises KeyLocked for anybody but the desk, Tampered where another identity stands in the tip's row.
    """
    own = read_statement(acting, tip).identity_id
    if own != tip.identity_id:
        raise Tampered("identity of another tip")
    later = (
        LeftIdentity(message.informant.identity_id, message.row.sent_on)
        for message in read_mailbox(acting, tip)
        if message.informant and message.informant.identity_id
    )
    return [LeftIdentity(tip.identity_id, tip.received_on), *later]


def ask_identity(
    acting: Acting, *, tip: Tip, reason: str, identity_id: uuid.UUID | None = None
) -> IdentityOpening:
    """A supervisor of the tip's desk asks for its identity; the reason is sealed to both.

    identity_id: one of ``identities_of``; the newest where none is given.
    """
    left = [one.object_id for one in identities_of(acting, tip)]
    chosen = identity_id or left[-1]
    if chosen not in left:
        raise NotHere
    checked = checked_text(reason, field="reason", max_characters=300)
    session, day = acting.session, acting.sealing.day
    both = [of_desk(session, tip, day=day), of_director(session, tip, day=day)]
    opening = IdentityOpening(
        id=new_id(acting.rng),
        tip_id=tip.id,
        identity_id=chosen,
        asked_by=acting.staff_id,
        asked_at=acting.clock.now(),
        reason_object_id=acting.seal({"text": checked}, kind=ObjectKind.RECORD, to=both),
    )
    acting.session.add(opening)
    acting.session.flush()
    acting.trace(
        Event.IDENTITY_ASKED, subject_kind="tip", subject_id=tip.id, facts={"opening": opening.id.hex}
    )
    return opening


def agree_identity(acting: Acting, *, opening_id: uuid.UUID) -> IdentityOpening:
    """The director agrees: their half goes, sealed, to the person who asked; the informant's page says so."""
    opening = acting.session.get(IdentityOpening, opening_id, with_for_update=True, populate_existing=True)
    if opening is None or opening.agreed_at is not None:
        raise NotHere
    if opening.asked_by == acting.staff_id:
        raise Refused((Refusal("identity-two", _l("Somebody else must agree to this.")),))
    tip = acting.session.get_one(Tip, opening.tip_id)
    half = _half(acting, opening, half=Half.DIRECTOR, key_id=tip.director_key_id)
    asker = acting.session.get_one(Staff, opening.asked_by)
    public = acting.trust.public(acting.session, of_staff(asker), on=acting.sealing.day)
    opening.sealed_share = seal_half(
        half, half=Half.DIRECTOR, to=public, recipient_key_id=asker.key_id, object_id=opening.identity_id
    )
    opening.agreed_by, opening.agreed_at = acting.staff_id, acting.clock.now()
    tip.identity_opened = True
    acting.trace(
        Event.IDENTITY_AGREED, subject_kind="tip", subject_id=tip.id, facts={"opening": opening.id.hex}
    )
    return opening


def read_identity(acting: Acting, *, opening_id: uuid.UUID) -> Identity:
    """The person who asked joins both halves and reads. Every reading is traced."""
    opening = acting.session.get(IdentityOpening, opening_id)
    if opening is None or opening.sealed_share is None or opening.asked_by != acting.staff_id:
        raise NotHere
    tip = acting.session.get_one(Tip, opening.tip_id)
    if opening.identity_id not in {one.object_id for one in identities_of(acting, tip)}:
        raise Tampered("identity of another tip")
    key_id = acting.keyring.staff_key_id
    director_half = open_half(
        opening.sealed_share, half=Half.DIRECTOR, private=acting.keyring.private(acting.session, key_id),
        recipient_key_id=key_id, object_id=opening.identity_id,
    )  # fmt: skip
    desk_half = _half(acting, opening, half=Half.DESK, key_id=tip.desk_key_id)
    body = acting.session.get_one(SealedObject, opening.identity_id).body or b""
    record = open_identity(
        body, object_id=opening.identity_id,
        file_key=join_identity(desk_half=desk_half, director_half=director_half),
    )  # fmt: skip
    acting.trace(
        Event.IDENTITY_OPENED, subject_kind="tip", subject_id=tip.id, facts={"opening": opening.id.hex}
    )
    return Identity.from_record(record)


def forget_agreements(session: Session, *, clock: Clock, rules: Rulebook) -> int:
    """Delete the second half of each agreement whose time is over; a later reading takes a new one.

    Else one person's key would open that identity for good. Returns how many; needs no key.
    """
    agreed = session.scalars(select(IdentityOpening).where(IdentityOpening.sealed_share.is_not(None)))
    over = [opening for opening in agreed if _is_over(session, opening, clock=clock, rules=rules)]
    for opening in over:
        opening.sealed_share = None
    return len(over)


def _is_over(session: Session, opening: IdentityOpening, *, clock: Clock, rules: Rulebook) -> bool:
    assert opening.agreed_at is not None
    last = due_after(session, rule_id="identity-two", began=opening.agreed_at, rules=rules)
    return clock.now() > last


def _half(acting: Acting, opening: IdentityOpening, *, half: Half, key_id: uuid.UUID) -> bytes:
    """This side's half. key_id: any generation of the side's key; an identity may be younger than its tip."""
    side = acting.session.get_one(RecipientKey, key_id)
    grant = acting.session.scalars(
        select(ObjectGrant)
        .join(RecipientKey, RecipientKey.id == ObjectGrant.recipient_key_id)
        .where(
            ObjectGrant.object_id == opening.identity_id,
            RecipientKey.purpose == side.purpose,
            RecipientKey.holder == side.holder,
        )
    ).first()
    if grant is None:
        raise NotHere
    key_id = grant.recipient_key_id
    return open_half(
        grant.sealed_file_key, half=half, private=acting.keyring.private(acting.session, key_id),
        recipient_key_id=key_id, object_id=opening.identity_id,
    )  # fmt: skip
