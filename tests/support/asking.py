"""Answering the informants of a journey, asking them whether it is fixed, and what they say to that.

``heard(walk)`` is the usual end of it: everybody was answered and asked, and says that it is fixed.
"""

from __future__ import annotations

import secrets

from sqlalchemy import select

from portal.domain.drafts import DraftSecrets
from portal.domain.mailbox import open_mailbox, send
from portal.models import MessageKind, OutboxRow, OutboxTopic, Tip, TipState
from portal.models.records import Fixed, Rating, Treated
from tests.support.journey import Journey
from verification.domain import answering, asking, rectification
from verification.domain.informant_events import apply_informant_event
from verification.models import Asking
from verification.policy.rulebook import shipped_rules

QUESTION = "单位报告已经修好，请问真的修好了吗？"


def verify(walk: Journey, signer: str = "reviewer") -> None:
    """The team finds the standard met and names who signs."""
    note, staff_id = "三处均已填平。", walk.office.staff_id(signer)
    walk.on_item("du", rectification.verify_item, note=note, signer=staff_id)


def answer(walk: Journey) -> None:
    """The desk answers every informant of the case who has no answer yet."""
    with walk.acting("fan") as acting:
        waiting = select(Tip).where(Tip.case_id == walk.case_id, Tip.state == TipState.IN_CASE)
        for tip in acting.session.scalars(waiting).all():
            points = {row.id: f"第{row.ordinal}项已查实。" for row in walk.allegations()}
            answering.answer_informant(
                acting, tip_id=tip.id, version=tip.version, points=points, closing="已经修好，谢谢您。"
            )


def ask(walk: Journey, text: str = QUESTION) -> None:
    """The desk asks whether it is fixed."""
    walk.on_case("fan", asking.ask_informants, text=text)


def rate(walk: Journey, fixed: Fixed = Fixed.YES, treated: Treated = Treated.WELL, *, text: str = "") -> None:
    """Every informant of the journey answers the question that stands in their mailbox."""
    for receipt in walk.receipts:
        question = open_mailbox(walk.office.intake, receipt=receipt).open_rating
        assert question is not None
        send(
            walk.office.intake, receipt=receipt, draft=_draft(), kind=MessageKind.RATING, text=text,
            reply_to=question, rating=Rating(fixed, treated),
        )  # fmt: skip
    relay(walk)


def press(walk: Journey, text: str = "") -> None:
    """The first informant says that somebody wants another answer."""
    send(walk.office.intake, receipt=walk.receipts[0], draft=_draft(), kind=MessageKind.PRESSURE, text=text)
    relay(walk)


def relay(walk: Journey) -> None:
    """Apply what informants did, as the worker does."""
    office = walk.office
    with office.database.write() as session:
        waiting = select(OutboxRow).where(OutboxRow.topic == OutboxTopic.INFORMANT_EVENT)
        for row in session.scalars(waiting).all():
            apply_informant_event(
                session, row.subject_id, clock=office.clock, rng=office.rng, rules=shipped_rules()
            )
            session.delete(row)


def read(walk: Journey) -> None:
    """The desk reads what was answered."""
    with walk.acting("fan") as acting:
        asking.read_ratings(acting, case_id=walk.case_id)


def heard(walk: Journey) -> None:
    """Everybody was answered and asked, and says that it is fixed."""
    answer(walk)
    ask(walk)
    rate(walk)
    read(walk)


def askings(walk: Journey) -> list[Asking]:
    """The questions of the case as they stand, oldest first."""
    with walk.office.database.read() as session:
        query = select(Asking).where(Asking.case_id == walk.case_id).order_by(Asking.asked_at, Asking.id)
        return list(session.scalars(query))


def _draft() -> DraftSecrets:
    return DraftSecrets(secrets.token_bytes(32), secrets.token_bytes(32))
