"""What an informant did, applied through the workflow. Called by the worker for each message row.

Works without any key: the message stays sealed; only its kind and its tip are looked at.
"""

from __future__ import annotations

import uuid
from functools import partial

from sqlalchemy.orm import Session

from portal.clock import Clock
from portal.models import Desk, Message, MessageKind, Rng, Tip
from verification.domain.consenting import take_consent
from verification.domain.interfering import note_retaliation
from verification.domain.rating_events import take_word
from verification.policy.actors import INFORMANT_ACTOR
from verification.policy.rulebook import Rulebook
from verification.workflow.apply import Act, apply
from verification.workflow.states import Action, SubjectKind
from verification.workflow.table import BY_STATE_AND_ACTION


def apply_informant_event(
    session: Session, message_id: uuid.UUID, *, clock: Clock, rng: Rng, rules: Rulebook
) -> None:
    """Apply one message of an informant; a message that is gone (deleted with its tip) is nothing to do.

    A reply ends the waiting, an objection reopens; where the state has no row for it, it is new material.
    """
    message = session.get(Message, message_id)
    if message is None or message.kind.from_office:
        return
    tip = session.get_one(Tip, message.tip_id, with_for_update=True, populate_existing=True)
    if message.kind is MessageKind.RETALIATION:
        note_retaliation(session, tip, message_id=message_id, clock=clock, rng=rng)
    take_consent(session, message, clock=clock)
    carry_out = partial(apply, session, actor=INFORMANT_ACTOR, clock=clock, rng=rng, rules=rules)
    if not take_word(session, message, carry_out):
        action = _action_for(message.kind, tip)
        carry_out(Act(SubjectKind.TIP, tip.id, action, version=None))


def _action_for(kind: MessageKind, tip: Tip) -> Action:
    if kind is MessageKind.RETALIATION and tip.desk is Desk.DESK:
        return Action.REPORT_RETALIATION
    wanted = {MessageKind.REPLY: Action.TAKE_REPLY, MessageKind.OBJECTION: Action.TAKE_OBJECTION}
    action = wanted.get(kind, Action.TAKE_MATERIAL)
    exists = (SubjectKind.TIP, tip.state, action) in BY_STATE_AND_ACTION
    return action if exists else Action.TAKE_MATERIAL
