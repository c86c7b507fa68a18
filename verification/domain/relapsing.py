"""What a settled look-back does that found a relapse: items, team, case and answers are open again.

Called by ``looking_back`` alone, in the transaction of the settling. The item keeps its standard, gets a new
date and is counted; how it had been closed off stays in the look-back's result. Source: issue 4 "relapse".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from portal.crypto.header import ObjectKind
from portal.models import Tip, TipState
from verification.domain.acting import Acting
from verification.domain.items import newest_report, run_clock, unit_key
from verification.domain.readers import take_case_key
from verification.keys.addressees import of_case
from verification.models import (
    RELAPSES,
    Case,
    ItemState,
    LookBack,
    LookBackFinding,
    LookBackResult,
    RectificationItem,
    Task,
    TaskState,
)
from verification.workflow.states import Action, SubjectKind


def relapsed(acting: Acting, row: LookBack) -> list[LookBackResult]:
    """What a look-back found undone, of items that still stand closed off; by the items' order."""
    query = (
        select(LookBackResult)
        .join(RectificationItem, RectificationItem.id == LookBackResult.item_id)
        .where(
            LookBackResult.look_back_id == row.id,
            LookBackResult.finding.in_(RELAPSES),
            RectificationItem.state == ItemState.CLOSED_OFF,
        )
        .order_by(RectificationItem.ordinal)
    )
    return list(acting.session.scalars(query))


def open_again(
    acting: Acting, case: Case, row: LookBack, *, due_on: date, reasons: Mapping[uuid.UUID, str]
) -> None:
    """Open again whatever relapsed, and the case. reasons: item id → what its unit reads."""
    signers = set()
    for result in relapsed(acting, row):
        _open_item(acting, case, row, result, due_on=due_on, reason=reasons[result.item_id])
        signers.add(result.signer_id)
    done = select(Task).where(Task.case_id == case.id, Task.state == TaskState.DONE).order_by(Task.id)
    for task in acting.session.scalars(done).all():
        _apply(acting, SubjectKind.TASK, task.id, Action.RESUME_TASK, task.version, row)
    _apply(acting, SubjectKind.CASE, case.id, Action.RELAPSE_CASE, case.version, row)
    case.closed_at = None
    answered = select(Tip).where(Tip.case_id == case.id, Tip.state == TipState.ANSWERED).order_by(Tip.id)
    for tip in acting.session.scalars(answered).all():
        _apply(acting, SubjectKind.TIP, tip.id, Action.ANSWER_RELAPSE, tip.version, row)
    acting.session.flush()
    # Whoever signed what did not hold reads the case no longer, unless they are named anew.
    take_case_key(acting, case, staff_ids={one for one in signers if one is not None})


def _open_item(
    acting: Acting, case: Case, row: LookBack, result: LookBackResult, *, due_on: date, reason: str
) -> None:
    item = acting.session.get_one(
        RectificationItem, result.item_id, with_for_update=True, populate_existing=True
    )
    never_done = result.finding is LookBackFinding.NEVER_DONE
    action = Action.REOPEN_FALSE_ITEM if never_done else Action.REOPEN_ITEM
    _apply(acting, SubjectKind.ITEM, item.id, action, item.version, row)
    if never_done:
        report = newest_report(acting, item.id)
        report.false_at, report.false_by = acting.clock.now(), acting.staff_id
    item.relapses += 1
    item.due_on = due_on
    item.verified_by = item.verified_at = item.verified_how = item.verification_id = None
    item.signer_id = item.closed_off_at = None
    readers = [of_case(case), unit_key(acting, item.unit_id)]
    result.reason_id = acting.seal({"relapsed": reason}, kind=ObjectKind.RECORD, to=readers)
    run_clock(acting, item)
    acting.session.flush()


def _apply(
    acting: Acting, kind: SubjectKind, subject_id: uuid.UUID, action: Action, version: int, row: LookBack
) -> None:
    given, noted = {"look_back": row.id}, {"look_back": row.id.hex}
    acting.apply(kind, subject_id, action, version=version, given=given, noted=noted)
