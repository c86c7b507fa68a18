"""依法督查对照表: what is counted of rectification beside the items. Must not know: words, pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from verification.models import (
    Asking,
    AskingState,
    CaseState,
    ItemReport,
    ItemState,
    LookBack,
    LookBackState,
    RectificationItem,
    Staff,
)
from verification.queries.compliance_steps import Met, Step, StepCode
from verification.workflow.guards_asking import fixed_since, informants_of

_UNHEARD = (AskingState.ANSWERED, AskingState.DISPUTED)


@dataclass(frozen=True, slots=True)
class Asked:
    """How many informants were asked whether it is fixed, and heard, of how many."""

    heard: int
    needed: int
    last: datetime | None


def asked_in(session: Session, case_id: uuid.UUID) -> Asked | None:
    """What of it can be shown; None for a case with nothing to ask about."""
    rows = session.execute(
        select(Asking.tip_id, Asking.state, Asking.asked_at).where(Asking.case_id == case_id)
    ).all()
    if not rows and fixed_since(session, case_id) is None:
        return None
    heard = {row.tip_id for row in rows} - {row.tip_id for row in rows if row.state in _UNHEARD}
    last = max((row.asked_at for row in rows), default=None)
    return Asked(len(heard), len(informants_of(session, case_id)), last)


@dataclass(frozen=True, slots=True)
class Lies:
    """Items on which a report was false, and how many of them have been put right since."""

    found: int
    put_right: int
    last: datetime
    people: tuple[uuid.UUID | None, ...]


def lies_in(session: Session, items: Sequence[RectificationItem]) -> Lies | None:
    """False reports on these items; None without one."""
    states = {item.id: item.state for item in items}
    rows = session.execute(
        select(ItemReport.item_id, ItemReport.false_at, ItemReport.false_by).where(
            ItemReport.item_id.in_(states), ItemReport.false_at.is_not(None)
        )
    ).all()
    if not rows:
        return None
    found = {row.item_id for row in rows}
    put_right = sum(states[item_id] is ItemState.CLOSED_OFF for item_id in found)
    people = tuple(row.false_by for row in rows)
    return Lies(len(found), put_right, max(row.false_at for row in rows), people)


def asked_steps(counted: Callable[..., Step], session: Session, case_id: uuid.UUID) -> Iterator[Step]:
    """The line on asking the informants, where there is something to ask about. counted: of the sheet."""
    asked = asked_in(session, case_id)
    if asked is not None:
        rules = ("close-asked", "asked-unfixed")
        yield counted(StepCode.ASKED, rules, asked.heard, asked.needed, CaseState.CLOSED, on=asked.last)


def false_steps(
    counted: Callable[..., Step], session: Session, items: Sequence[RectificationItem]
) -> Iterator[Step]:
    """The line on false reports, which stays once there was one. counted: of the sheet."""
    lied = lies_in(session, items)
    if lied is not None:
        yield counted(
            StepCode.FALSE_REPORTS,
            ("item-false",),
            lied.put_right,
            lied.found,
            CaseState.CLOSED,
            on=lied.last,
            people=lied.people,
        )


def relapse_steps(counted: Callable[..., Step], items: Sequence[RectificationItem]) -> Iterator[Step]:
    """The line on items that a look-back opened again, which stays once there was one."""
    again = [item for item in items if item.relapses]
    if again:
        right = sum(item.state is ItemState.CLOSED_OFF for item in again)
        yield counted(StepCode.RELAPSED, ("look-back-relapse",), right, len(again), CaseState.CLOSED)


def look_back_steps(session: Session, case_id: uuid.UUID, *, today: date) -> Iterator[Step]:
    """The line on looking back, from the first closing on: missing only once its day is over."""
    kept = LookBack.state != LookBackState.DROPPED
    rows = session.scalars(
        select(LookBack).where(LookBack.case_id == case_id, kept).order_by(LookBack.ordinal)
    ).all()
    if not rows:
        return
    settled = [row for row in rows if row.state is LookBackState.SETTLED]
    late = any(row.state is not LookBackState.SETTLED and row.due_on < today for row in rows)
    names = select(Staff.id, Staff.name).where(Staff.id.in_([row.settled_by for row in settled]))
    by_id = dict(session.execute(names).all())
    yield Step(
        StepCode.LOOKED_BACK,
        ("clock-look-back", "look-back-fresh-eyes", "look-back-each", "look-back-separate"),
        Met.MISSING if late else Met.DONE if len(settled) == len(rows) else Met.NOT_YET,
        on=settled[-1].settled_at if settled else None,
        people=tuple(dict.fromkeys(by_id[row.settled_by] for row in settled if row.settled_by)),
        done=len(settled),
        needed=len(rows),
    )
