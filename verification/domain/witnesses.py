"""Witnesses who fear trouble: the record shows a code name, the true name opens to the team alone.

It is sealed to each member's own key and to no key of the case, so that whoever reads the case later, signs
it or delivers it to the unit never comes upon it. Source: issue 4 "code name for a witness".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, select

from portal.crypto.header import ObjectKind
from portal.models import ObjectGrant, new_id
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.errors import KeyLocked
from verification.keys.addressees import of_staff
from verification.keys.records import regrant
from verification.models import Staff, Task, TaskMember, Witness
from verification.policy.recusal import recused_from

_STEMS = "甲乙丙丁戊己庚辛壬癸"


@dataclass(frozen=True, slots=True, repr=False)
class ReadWitness:
    """A witness whose true name this person may open."""

    row: Witness
    code_name: str
    true_name: str


def code_name(ordinal: int) -> str:
    """What a record, a document and a unit version call the witness: 证人甲, 证人乙 … then 证人11."""
    return f"证人{_STEMS[ordinal - 1] if ordinal <= len(_STEMS) else ordinal}"


def next_code_name(acting: Acting, task: Task) -> str:
    """What the next witness of the task's case is called; its case is locked."""
    return code_name(_next_ordinal(acting, task.case_id))


def code_witness(acting: Acting, task: Task, *, true_name: str) -> Witness:
    """Keep a true name for the team, sealed to each of them."""
    row = Witness(
        id=new_id(acting.rng),
        case_id=task.case_id,
        task_id=task.id,
        ordinal=_next_ordinal(acting, task.case_id),
        body_id=acting.seal(
            {"name": true_name}, kind=ObjectKind.RECORD, to=[of_staff(one) for one in _team(acting, task)]
        ),
        written_by=acting.staff_id,
        written_at=acting.clock.now(),
    )
    acting.session.add(row)
    acting.trace(
        Event.WITNESS_CODED, subject_kind="case", subject_id=task.case_id, facts={"witness": row.id.hex}
    )
    acting.session.flush()
    return row


def witnesses_of(acting: Acting, task_id: uuid.UUID) -> Mapping[uuid.UUID, str]:
    """Code names of a task's witnesses by id, in order."""
    query = select(Witness).where(Witness.task_id == task_id).order_by(Witness.ordinal)
    return {row.id: code_name(row.ordinal) for row in acting.session.scalars(query)}


def read_witnesses(acting: Acting, task: Task) -> list[ReadWitness]:
    """Every witness of the task with the true name; traced. Raises KeyLocked for who is not of the team."""
    rows = acting.session.scalars(
        select(Witness).where(Witness.task_id == task.id).order_by(Witness.ordinal)
    ).all()
    names = acting.open_all(row.body_id for row in rows)
    acting.trace(
        Event.WITNESSES_VIEWED, subject_kind="case", subject_id=task.case_id, facts={"task": task.id.hex}
    )
    return [ReadWitness(row, code_name(row.ordinal), str(names[row.body_id]["name"])) for row in rows]


def share_witnesses(acting: Acting, task: Task) -> None:
    """Give the names on to members who joined later; whoever of the team looks at the task does it."""
    rows = acting.session.scalars(select(Witness).where(Witness.task_id == task.id)).all()
    for row in rows:
        for member in _team(acting, task):
            if acting.session.get(ObjectGrant, (row.body_id, member.key_id)) is None:
                try:
                    regrant(
                        acting.session, object_id=row.body_id, to=of_staff(member), keyring=acting.keyring,
                        sealing=acting.sealing,
                    )  # fmt: skip
                except KeyLocked:
                    return


def forget_witnesses(acting: Acting, *, case_id: uuid.UUID, staff_id: uuid.UUID) -> None:
    """Take the names of a case's witnesses from somebody who must keep away."""
    key = select(Staff.key_id).where(Staff.id == staff_id).scalar_subquery()
    bodies = select(Witness.body_id).where(Witness.case_id == case_id)
    acting.session.execute(
        delete(ObjectGrant).where(ObjectGrant.object_id.in_(bodies), ObjectGrant.recipient_key_id == key)
    )


def _team(acting: Acting, task: Task) -> list[Staff]:
    away = recused_from(acting.session, case_id=task.case_id)
    query = (
        select(Staff)
        .join(TaskMember, TaskMember.staff_id == Staff.id)
        .where(TaskMember.task_id == task.id, Staff.active.is_(True))
        .order_by(Staff.id)
    )
    return [one for one in acting.session.scalars(query) if one.id not in away]


def _next_ordinal(acting: Acting, case_id: uuid.UUID) -> int:
    last = acting.session.scalar(select(func.max(Witness.ordinal)).where(Witness.case_id == case_id))
    return (last or 0) + 1
