"""Reading a unit's reply and what speaks against it. What counts as a flag is in ``policy.replies``.

Other replies of the same unit are compared as far as this person can open them. Source: issue 4 "light path".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from verification.domain.acting import Acting
from verification.keys.records import open_whole_records
from verification.models import Assignment, AssignmentReply, Case, Exhibit, Unit
from verification.policy.replies import Flagged, flags_of

#: How many earlier replies of a unit are compared with a new one.
COMPARED = 60


@dataclass(frozen=True, slots=True, repr=False)
class ReadReply:
    """A reply opened. answers: allegation id → text; returned: why it was sent back, if it was."""

    row: AssignmentReply
    answers: dict[uuid.UUID, str]
    returned: str
    proofs: tuple[Exhibit, ...]


def read_replies(acting: Acting, row: Assignment) -> list[ReadReply]:
    """Replies to an assignment, the newest first; a constant number of queries. Raises KeyLocked."""
    session = acting.session
    query = select(AssignmentReply).where(AssignmentReply.assignment_id == row.id)
    rows = session.scalars(query.order_by(AssignmentReply.replied_at.desc())).all()
    records = acting.open_all(part for one in rows for part in (one.body_id, one.returned_note_id) if part)
    brought = select(Exhibit).where(Exhibit.reply_id.in_([one.id for one in rows])).order_by(Exhibit.ordinal)
    proofs: dict[uuid.UUID | None, list[Exhibit]] = {}
    for exhibit in session.scalars(brought):
        proofs.setdefault(exhibit.reply_id, []).append(exhibit)
    return [
        ReadReply(
            row=one,
            answers=answers_in(records[one.body_id]),
            returned=str(records[one.returned_note_id]["returned"]) if one.returned_note_id else "",
            proofs=tuple(proofs.get(one.id, ())),
        )
        for one in rows
    ]


def answers_in(record: Mapping[str, object]) -> dict[uuid.UUID, str]:
    """The answers of a sealed reply."""
    answers = record["answers"]
    assert isinstance(answers, dict)
    return {uuid.UUID(key): str(text) for key, text in answers.items()}


def flags_against(acting: Acting, row: Assignment) -> list[Flagged]:
    """What speaks against the newest reply; nothing where there is none."""
    replies = read_replies(acting, row)
    if not replies:
        return []
    body = acting.open(row.body_id)
    asked = {uuid.UUID(one["id"]): str(one["text"]) for one in body["questions"]}
    names = select(Unit.name).where(Unit.id != row.unit_id).order_by(Unit.code)
    return flags_of(
        list(asked.values()),
        [replies[0].answers.get(one, "") for one in asked],
        brief=f"{body['title']}{body['text']}{body['ask']}",
        earlier=_earlier(acting, row),
        units=acting.session.scalars(names).all(),
    )


def _earlier(acting: Acting, row: Assignment) -> dict[str, str]:
    """Other replies of the same unit that this person can open, by their case's number."""
    query = (
        select(AssignmentReply.body_id, Case.number)
        .join(Assignment, Assignment.id == AssignmentReply.assignment_id)
        .join(Case, Case.id == Assignment.case_id)
        .where(Assignment.unit_id == row.unit_id, Assignment.id != row.id)
        .order_by(AssignmentReply.replied_at.desc())
        .limit(COMPARED)
    )
    numbers = {body_id: number or "" for body_id, number in acting.session.execute(query)}
    records = open_whole_records(acting.session, numbers, keyring=acting.keyring)
    return {
        numbers[body_id]: "".join(answers_in(record).values())
        for body_id, record in records.items()
        if "answers" in record
    }
