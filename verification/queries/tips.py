"""Everything a supervisor sees of one tip, opened in the session. Source: 1-mission journey 2."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from portal.models import Message, Tip
from portal.models.records import Rating, Statement
from verification.domain.acting import Acting
from verification.domain.identity import LeftIdentity, identities_of
from verification.domain.messages import ReadMessage, read_mailbox, read_statement
from verification.models import Case, CaseState, Conclusion, Deadline, IdentityOpening, Unit
from verification.queries.files import FileView, view_files
from verification.queries.trail import TrailLine, trail_of


@dataclass(frozen=True, slots=True, repr=False)
class MessageView:
    """One message of the mailbox with its files. ``confirmed``: see ``domain.messages.ReadMessage``.

    again: the whole form, where the informant sent it again. has_identity: name or contact came along.
    rating: whether it is fixed, where that is what was asked.
    """

    row: Message
    text: str
    files: list[FileView]
    confirmed: bool
    again: Statement | None = None
    has_identity: bool = False
    rating: Rating | None = None


@dataclass(frozen=True, slots=True, repr=False)
class OpeningView:
    """A request to open the identity. ``mine``: the person in session asked."""

    row: IdentityOpening
    reason: str
    mine: bool


@dataclass(frozen=True, slots=True, repr=False)
class TipView:
    """One tip, opened."""

    tip: Tip
    statement: Statement
    town: Unit | None
    files: list[FileView]
    messages: list[MessageView]
    clocks: Sequence[Deadline]
    openings: list[OpeningView]
    trail: list[TrailLine]
    can_be_answered: bool
    is_still_free: bool
    identities: list[LeftIdentity]

    @property
    def sendings(self) -> list[Statement]:
        """The form as it was sent first, and each time it came again."""
        return [self.statement, *(message.again for message in self.messages if message.again)]

    @property
    def is_urgent(self) -> bool:
        """Whether any sending said so."""
        return any(sending.urgent for sending in self.sendings)

    @property
    def keep_away(self) -> list[str]:
        """Who must not see this, in the informant's words, each time it was said."""
        return list(dict.fromkeys(one.keep_away for one in self.sendings if one.keep_away))


def read_tip(acting: Acting, tip: Tip) -> TipView:
    """Open a tip of one's own desk. Raises KeyLocked."""
    session = acting.session
    statement = read_statement(acting, tip)
    clocks = session.scalars(
        select(Deadline)
        .where(Deadline.subject_id == tip.id, Deadline.met_on.is_(None), Deadline.paused_at.is_(None))
        .order_by(Deadline.due_at)
    ).all()
    return TipView(
        tip=tip,
        statement=statement,
        town=None if tip.town_id is None else session.get(Unit, tip.town_id),
        files=view_files(acting, statement.attachments),
        messages=[_message(acting, message) for message in read_mailbox(acting, tip)],
        clocks=clocks,
        openings=_openings(acting, tip.id),
        trail=trail_of(session, (tip.id,)),
        can_be_answered=_conclusion_was_delivered(acting, tip),
        is_still_free=_case_is_draft(acting, tip),
        identities=identities_of(acting, tip),
    )


def _case_is_draft(acting: Acting, tip: Tip) -> bool:
    """Whether the case of the tip has gone to nobody yet, so that the tip can still go elsewhere."""
    case = None if tip.case_id is None else acting.session.get(Case, tip.case_id)
    return case is not None and case.state is CaseState.DRAFT


def _conclusion_was_delivered(acting: Acting, tip: Tip) -> bool:
    query = select(Conclusion.id).where(
        Conclusion.case_id == tip.case_id, Conclusion.delivered_on.is_not(None)
    )
    return tip.case_id is not None and acting.session.scalars(query.limit(1)).first() is not None


def _message(acting: Acting, message: ReadMessage) -> MessageView:
    attached = message.informant.attachments if message.informant else ()
    again = message.informant.statement if message.informant else None
    return MessageView(
        row=message.row,
        text=message.text or (again.account if again else ""),
        files=view_files(acting, attached),
        confirmed=message.confirmed,
        again=again,
        has_identity=bool(message.informant and message.informant.identity_id),
        rating=message.informant.rating if message.informant else None,
    )


def _openings(acting: Acting, tip_id: uuid.UUID) -> list[OpeningView]:
    rows = acting.session.scalars(
        select(IdentityOpening)
        .where(IdentityOpening.tip_id == tip_id)
        .order_by(IdentityOpening.asked_at.desc())
    ).all()
    reasons = acting.open_all(row.reason_object_id for row in rows)
    return [
        OpeningView(
            row=row,
            reason=str(reasons[row.reason_object_id]["text"]),
            mine=row.asked_by == acting.staff_id,
        )
        for row in rows
    ]
