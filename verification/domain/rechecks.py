"""A finding that rests on the work of somebody who must keep away is checked by another of the team.

What was recorded stays as it is; the check says how it was gone over, and by whom. Without it the conclusion
is neither proposed nor approved. Source: rules.toml recusal-work; issue 4 "Recusal".
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.inputs import MEDIUM, Inputs, require
from verification.domain.locking import locked_case_of
from verification.errors import Refusal, Refused
from verification.keys.addressees import of_case
from verification.models import Allegation, Case, FindingCheck, Task, TaskMember
from verification.policy.permissions import Permission
from verification.policy.recusal import is_recused
from verification.workflow.guards_recusal import unchecked_findings


@dataclass(frozen=True, slots=True, repr=False)
class ReadCheck:
    """A check opened."""

    row: FindingCheck
    text: str


def check_finding(acting: Acting, *, allegation_id: uuid.UUID, note: str) -> FindingCheck:
    """Say that one has gone over the finding, and how. Raises InvalidInput (note), Refused, NotHere."""
    inputs = Inputs()
    words = inputs.text("note", note, most=MEDIUM)
    inputs.done()
    require(acting, Permission.TASK_WORK)
    case = locked_case_of(acting, Allegation, allegation_id)
    on_team = select(TaskMember.task_id).join(Task, Task.id == TaskMember.task_id)
    on_team = on_team.where(Task.case_id == case.id, TaskMember.staff_id == acting.staff_id).limit(1)
    away = is_recused(acting.session, staff_id=acting.staff_id, case_id=case.id)
    if away or acting.session.scalar(on_team) is None:
        raise Refused((Refusal("team-two", _l("Only the team of this task can do this.")),))
    if allegation_id not in to_check(acting, case):
        raise Refused((Refusal("state", _l("This is not possible in the present state.")),))
    row = FindingCheck(
        id=new_id(acting.rng),
        allegation_id=allegation_id,
        checked_by=acting.staff_id,
        checked_at=acting.clock.now(),
        note_id=acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)]),
    )
    acting.session.add(row)
    acting.trace(
        Event.FINDING_CHECKED,
        subject_kind="case",
        subject_id=case.id,
        facts={"allegation": allegation_id.hex},
    )
    acting.session.flush()
    return row


def to_check(acting: Acting, case: Case) -> frozenset[uuid.UUID]:
    """Allegations of a case whose finding waits for such a check."""
    return frozenset(row.id for row in unchecked_findings(acting.session, case_id=case.id))


def read_checks(acting: Acting, allegation_ids: Collection[uuid.UUID]) -> list[ReadCheck]:
    """Checks of these findings in order, opened; two queries. Raises KeyLocked."""
    query = select(FindingCheck).where(FindingCheck.allegation_id.in_(allegation_ids))
    rows = acting.session.scalars(query.order_by(FindingCheck.checked_at)).all()
    texts = acting.open_all(row.note_id for row in rows)
    return [ReadCheck(row=row, text=str(texts[row.note_id]["text"])) for row in rows]
