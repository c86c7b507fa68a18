"""What an informant says of the fix, applied without any key: there is a rating, or they are pressed.

Called by ``informant_events``. The rating itself stays sealed until the desk reads it (``asking``).
Source: 2-domain §5 "bought or forced satisfaction scores".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models import Message, MessageKind
from verification.models import Asking, AskingState
from verification.workflow.apply import Act
from verification.workflow.states import Action, SubjectKind

Apply: TypeAlias = Callable[[Act], object]
"""``workflow.apply`` with the informant as its actor."""


def take_rating(session: Session, message: Message, apply: Apply) -> bool:
    """Whether the message answers an open question of the same tip; then it is taken down as answered."""
    asking = session.scalars(
        select(Asking).where(Asking.message_id == message.reply_to, Asking.tip_id == message.tip_id)
    ).one_or_none()
    if asking is None or asking.state is not AskingState.OPEN:
        return False
    apply(Act(SubjectKind.ASKING, asking.id, Action.TAKE_RATING, version=None))
    return True


def take_pressure(session: Session, message: Message, apply: Apply) -> None:
    """Somebody wants the informant to answer otherwise: whatever they answered has to be decided on."""
    newest = select(Asking).where(Asking.tip_id == message.tip_id).order_by(Asking.asked_at.desc()).limit(1)
    asking = session.scalars(newest).first()
    if asking is not None:
        apply(Act(SubjectKind.ASKING, asking.id, Action.TAKE_PRESSURE, version=None))
        asking.pressed = True
    apply(Act(SubjectKind.TIP, message.tip_id, Action.TAKE_PRESSURE, version=None))


def take_word(session: Session, message: Message, apply: Apply) -> bool:
    """Apply a rating or word of pressure. False for what is neither, or answers no question of ours."""
    if message.kind is MessageKind.RATING:
        return take_rating(session, message, apply)
    if message.kind is MessageKind.PRESSURE:
        take_pressure(session, message, apply)
        return True
    return False
