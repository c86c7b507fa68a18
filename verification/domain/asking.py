"""Asking the informants of a case whether it was really fixed, reading what they say, deciding on a “no”.

The question goes into each mailbox in the desk's voice. The answer is sealed to the desk; from it the case
learns two codes and no words, and the unit nothing at all. What was read here is never dropped in silence.
Source: 2-domain §2a "The informant was asked", §5 "fake rectification", "bought or forced scores".
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.crypto.header import ObjectKind
from portal.errors import Tampered
from portal.models import Message, MessageKind, Tip, new_id
from portal.models.records import Fixed, InformantMessage, Rating
from verification.domain.acting import Acting
from verification.domain.assigning import escalate_case
from verification.domain.inputs import MEDIUM, Inputs, note_text
from verification.domain.locking import locked_case, locked_case_of
from verification.domain.messages import write_to_informant
from verification.domain.readers import take_case_key
from verification.errors import KeyLocked, NotHere
from verification.keys.addressees import of_case
from verification.models import (
    Asking,
    AskingState,
    Case,
    CaseState,
    DisputeDecision,
    ItemState,
    RectificationItem,
)
from verification.policy import deadlines
from verification.policy.redaction import find_identifiers
from verification.workflow.guards_asking import (
    RULE,
    fixed_since,
    informants_of,
    is_asked_since,
    newest_askings,
)
from verification.workflow.states import Action, SubjectKind

_UNREAD = (AskingState.ANSWERED, AskingState.DISPUTED)
#: Items that an informant's word can send back to the team.
DOUBTFUL = (ItemState.VERIFIED, ItemState.CLOSED_OFF)


@dataclass(frozen=True, slots=True, repr=False)
class ReadAsking:
    """A question as a reader of the case sees it. ``reason``: of the decision; empty before it."""

    row: Asking
    reason: str


def ask_informants(acting: Acting, *, case_id: uuid.UUID, version: int, text: str) -> list[Asking]:
    """Put the question into the mailbox of every informant who was not asked since the last verification.

    The same words go to each, so nothing in them may point at one of them. Raises InvalidInput (text),
    Refused, StaleSubject, KeyLocked for anybody but the desk.
    """
    inputs = Inputs()
    words = inputs.text("text", text, most=MEDIUM)
    if find_identifiers(words):
        inputs.wrong("text", _l("This holds a phone, identity or account number. Take it out."))
    inputs.done()
    locked_case(acting, case_id)
    tips = unasked(acting, case_id)
    acting.apply(
        SubjectKind.CASE, case_id, Action.ASK_FIXED, version=version, noted={"informants": len(tips)}
    )
    return [_ask(acting, case_id, tip, words) for tip in tips]


def unasked(acting: Acting, case_id: uuid.UUID) -> list[Tip]:
    """Tips whose informants are still to be asked."""
    since, newest = fixed_since(acting.session, case_id), newest_askings(acting.session, case_id)
    tips = informants_of(acting.session, case_id)
    return [tip for tip in tips if since is not None and not is_asked_since(newest.get(tip.id), since)]


def read_ratings(acting: Acting, *, case_id: uuid.UUID) -> None:
    """Read what the desk has not read yet, and take the codes down; what is another desk's is left alone."""
    locked_case(acting, case_id)
    waiting = select(Asking).where(
        Asking.case_id == case_id, Asking.state.in_(_UNREAD), Asking.fixed.is_(None)
    )
    for row in acting.session.scalars(waiting.order_by(Asking.id)).all():
        message = _rating_message(acting, row)
        if message is not None:
            _take_down(acting, row, message)


def decide_dispute(
    acting: Acting,
    *,
    asking_id: uuid.UUID,
    version: int,
    decision: DisputeDecision | None,
    reason: str,
    items: Sequence[uuid.UUID] = (),
) -> Asking:
    """Decide on an informant's “not fixed”: let it be verified again, or let it stand, with the reason.

    items: what the team verifies again; on the light path the lead takes the full way instead. The unit sees
    its item's state and nothing of this. Raises InvalidInput (decision, items), Refused, StaleSubject.
    """
    row, case = asking_with_case(acting, asking_id)
    inputs, words = Inputs(), note_text(reason, name="reason")
    inputs.among("decision", decision, tuple(DisputeDecision))
    chosen = inputs.all_among("items", items, {item.id for item in doubtful_items(acting, case.id)})
    inputs.done()
    again = decision is DisputeDecision.AGAIN
    if again:
        for item_id in chosen:
            _verify_again(acting, case, item_id, row)
    is_light = case.state is CaseState.SETTLED
    acting.apply(
        SubjectKind.ASKING,
        asking_id,
        Action.DECIDE_DISPUTE,
        version=version,
        given={"has_note": bool(words), "decision": decision, "count": len(chosen) or is_light},
        noted={"decision": decision},
    )
    row.decision, row.decided_by, row.decided_at = decision, acting.staff_id, acting.clock.now()
    row.reason_id = acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)])
    acting.session.flush()
    if again and is_light:
        escalate_case(acting, case_id=case.id, version=case.version, note=words)
    return row


def doubtful_items(acting: Acting, case_id: uuid.UUID) -> list[RectificationItem]:
    """Items of a case that is being rectified which can be verified again."""
    query = (
        select(RectificationItem)
        .join(Case, Case.id == RectificationItem.case_id)
        .where(
            RectificationItem.case_id == case_id,
            RectificationItem.state.in_(DOUBTFUL),
            Case.state == CaseState.RECTIFYING,
        )
    )
    return list(acting.session.scalars(query.order_by(RectificationItem.ordinal)))


def askings_of(acting: Acting, case_id: uuid.UUID) -> list[ReadAsking]:
    """What was asked in a case, the newest first, opened for readers of the case."""
    query = select(Asking).where(Asking.case_id == case_id).order_by(Asking.asked_at.desc(), Asking.id)
    rows = acting.session.scalars(query).all()
    reasons = acting.open_all(row.reason_id for row in rows if row.reason_id)
    return [
        ReadAsking(row=row, reason=str(reasons[row.reason_id]["text"]) if row.reason_id else "")
        for row in rows
    ]


def is_disputed(acting: Acting, case_id: uuid.UUID) -> bool:
    """Whether an informant's “not fixed” waits for a decision."""
    query = select(Asking.id).where(Asking.case_id == case_id, Asking.state == AskingState.DISPUTED)
    return acting.session.scalar(query.limit(1)) is not None


def asking_with_case(acting: Acting, asking_id: uuid.UUID) -> tuple[Asking, Case]:
    """A question and its case, both locked, the case first. Raises NotHere."""
    case = locked_case_of(acting, Asking, asking_id)
    row = acting.session.get(Asking, asking_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotHere
    return row, case


def _ask(acting: Acting, case_id: uuid.UUID, tip: Tip, words: str) -> Asking:
    message = write_to_informant(acting, tip, kind=MessageKind.FOLLOW_UP, text=words)
    row = Asking(
        id=new_id(acting.rng),
        case_id=case_id,
        tip_id=tip.id,
        message_id=message.id,
        asked_at=acting.clock.now(),
        asked_by=acting.staff_id,
    )
    acting.session.add(row)
    acting.session.flush()
    deadlines.start(
        acting.session, rule_id=RULE, subject_kind=SubjectKind.ASKING.value, subject_id=row.id,
        clock=acting.clock, rng=acting.rng, rules=acting.rules,
    )  # fmt: skip
    return row


def _rating_message(acting: Acting, row: Asking) -> Message | None:
    query = select(Message).where(
        Message.tip_id == row.tip_id, Message.kind == MessageKind.RATING, Message.reply_to == row.message_id
    )
    return acting.session.scalars(query.order_by(Message.ordinal).limit(1)).first()


def _take_down(acting: Acting, row: Asking, message: Message) -> None:
    try:
        rating = _open_rating(acting, message)
    except (KeyLocked, NotHere):
        return  # another desk's to read
    if rating is not None:
        row.fixed, row.treated = rating.fixed, rating.treated
        acting.session.flush()
    if row.state is AskingState.ANSWERED:
        fixed = rating.fixed if rating is not None else None
        action = Action.CONFIRM_FIXED if fixed is Fixed.YES else Action.NOTE_UNFIXED
        acting.apply(SubjectKind.ASKING, row.id, action, version=row.version, given={"fixed": fixed})


def _open_rating(acting: Acting, message: Message) -> Rating | None:
    # What cannot be read is no “yes”: somebody has to look at it and decide.
    try:
        return InformantMessage.from_record(acting.open(message.object_id)).rating
    except Tampered:
        return None


def _verify_again(acting: Acting, case: Case, item_id: uuid.UUID, row: Asking) -> None:
    item = acting.session.get_one(RectificationItem, item_id, with_for_update=True, populate_existing=True)
    former = item.signer_id
    acting.apply(
        SubjectKind.ITEM, item_id, Action.VERIFY_AGAIN, version=item.version, given={"asking": row.id}
    )
    item.closed_off_at = None
    acting.session.flush()
    if former is not None:
        take_case_key(acting, case, staff_ids=[former])
