"""Answering the informant, and closing a case. Source: 1-mission journey 8; 2-domain §5 "handled".

An answer goes question by question: each allegation of the case gets a sentence of its own, and the same
sentence for two of them is refused. Passing on is never an end.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.models import MessageKind, Tip, TipState
from verification.domain.acting import Acting
from verification.domain.looking_back import begin_look_back
from verification.domain.messages import checked_text, write_to_informant
from verification.errors import InvalidInput
from verification.models import Allegation, Case
from verification.policy import deadlines
from verification.workflow.states import Action, SubjectKind

POINT_CHARACTERS = 800


def answer_informant(
    acting: Acting,
    *,
    tip_id: uuid.UUID,
    version: int,
    points: Mapping[uuid.UUID, str],
    closing: str,
) -> Tip:
    """Answer a tip of a concluded case.

    points: allegation id → the answer to it; every allegation of the case needs one. closing: what was
    done and what comes next. Raises InvalidInput beside ``point-<id>`` or ``closing``.
    """
    tip: Tip = acting.apply(SubjectKind.TIP, tip_id, Action.ANSWER_TIP, version=version)
    allegations = acting.session.scalars(
        select(Allegation).where(Allegation.case_id == tip.case_id).order_by(Allegation.ordinal)
    ).all()
    errors = {
        f"point-{row.id}": _l("Answer this point.")
        for row in allegations
        if len(points.get(row.id, "").strip()) < 2 or len(points[row.id]) > POINT_CHARACTERS
    }
    texts = [points.get(row.id, "").strip() for row in allegations]
    for row, text in zip(allegations, texts, strict=True):
        if texts.count(text) > 1:
            errors.setdefault(f"point-{row.id}", _l("The same sentence answers two points. Answer each."))
    if errors:
        raise InvalidInput(dict(errors))
    # An arrow, not a word: the reader's language need not be the writer's.
    lines = [
        f"{row.ordinal}. {acting.open(row.text_id)['text']}\n→ {text}"
        for row, text in zip(allegations, texts, strict=True)
    ]
    if tip.case_id is not None:
        stop_answer_clock(acting, tip.case_id)
    lines.append(checked_text(closing, field="closing", max_characters=POINT_CHARACTERS))
    write_answer(acting, tip, text="\n\n".join(lines))
    return tip


def stop_answer_clock(acting: Acting, case_id: uuid.UUID) -> None:
    """The clock that began with the delivery runs on the case, and ends with its last informant's answer.

    A case that no tip began has nobody to answer: there it ends as it begins.
    """
    waiting = select(Tip.id).where(Tip.case_id == case_id, Tip.state == TipState.IN_CASE).limit(1)
    if acting.session.scalar(waiting) is None:
        deadlines.meet(acting.session, subject_id=case_id, rule_ids=("clock-answer",), clock=acting.clock)


def write_answer(acting: Acting, tip: Tip, *, text: str) -> None:
    """Put the answer into the mailbox; longer answers are split at a line."""
    for part in _parts(text):
        write_to_informant(acting, tip, kind=MessageKind.ANSWER, text=part, field="closing")


def _parts(text: str, limit: int = 2900) -> list[str]:
    parts, current = [], ""
    for block in text.split("\n\n"):
        if current and len(current) + len(block) + 2 > limit:
            parts.append(current)
            current = ""
        current = f"{current}\n\n{block}" if current else block
    return [*parts, current]


def close_case(acting: Acting, *, case_id: uuid.UUID, version: int) -> Case:
    """Close a case: findings, closed-off items, delivered conclusion and answered informants are guards.

    Its items are looked back at when the time for that has come.
    """
    case: Case = acting.apply(SubjectKind.CASE, case_id, Action.CLOSE_CASE, version=version)
    case.closed_at = acting.clock.now()
    begin_look_back(acting, case)
    return case
