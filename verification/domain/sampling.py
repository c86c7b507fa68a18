"""A sample of closed cases, drawn by chance to be looked back at now. Source: issue 4; rules.toml.

Seed and list go into the trail with the drawer's signature: a superior computes the draw again from them.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, exists, not_, or_, select

from portal.clock import day_start
from portal.models import new_id
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.inputs import Inputs, require
from verification.domain.locking import locked_case
from verification.domain.looking_back import CLOCK, begin_look_back
from verification.errors import Refusal, Refused
from verification.models import (
    Case,
    CaseState,
    Deadline,
    ItemState,
    LookBack,
    LookBackSample,
    LookBackState,
    RectificationItem,
)
from verification.policy.permissions import Permission
from verification.policy.recusal import recused_cases
from verification.policy.sampling import SEED_BYTES, by_lot, count_of
from verification.policy.workdays import end_of
from verification.workflow.states import Action, SubjectKind

MOST = 200


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw as it was typed: of cases closed from ``first`` to ``last``, ``number`` or ``share`` percent."""

    first: date | None
    last: date | None
    number: int | None
    share: int | None
    due_on: date | None


def draw_sample(acting: Acting, draw: Draw) -> LookBackSample:
    """Draw closed cases by chance; each is looked back at by ``due_on``, or earlier where it is due earlier.

    Cases that the person drawing must keep away from are left out, and their number is kept. Raises
    InvalidInput (first, last, number, share, due_on), Refused (nothing to draw from).
    """
    require(acting, Permission.LOOK_BACK_DRAW)
    first, last, due_on = _checked(acting, draw)
    closed = select(Case.id).where(*_is_drawable(first, last))
    mine = set(acting.session.scalars(closed.where(not_(recused_cases(acting.staff_id)))))
    left_out = len(set(acting.session.scalars(closed)) - mine)
    if not mine:
        text = _l("No case was closed in this time that has items and was not looked back at yet.")
        raise Refused((Refusal("look-back-sample", text, "first"),))
    seed = acting.rng(SEED_BYTES)
    wanted = draw.number if draw.number is not None else count_of(len(mine), share=draw.share or 0)
    drawn = by_lot(mine, seed=seed)[:wanted]
    sample = LookBackSample(
        id=new_id(acting.rng), first_on=first, last_on=last, seed=seed, left_out=left_out, count=len(drawn),
        pool=sorted(one.hex for one in mine), drawn_on=acting.sealing.day, drawn_by=acting.staff_id,
    )  # fmt: skip
    acting.session.add(sample)
    acting.session.flush()
    for case_id in sorted(drawn, key=str):
        _bring_forward(acting, case_id, sample, due_on)
    facts = {"seed": seed.hex(), "pool": sample.pool, "count": len(drawn), "left_out": left_out}
    facts |= {"first": first.isoformat(), "last": last.isoformat(), "drawn": [one.hex for one in drawn]}
    acting.trace(Event.SAMPLE_DRAWN, subject_kind="sample", subject_id=sample.id, facts=facts)
    return sample


def _checked(acting: Acting, draw: Draw) -> tuple[date, date, date]:
    inputs, today = Inputs(), acting.sealing.day
    first = inputs.past_day("first", draw.first, today=today)
    last = inputs.past_day("last", draw.last, today=today, least=first)
    due_on = inputs.day("due_on", draw.due_on, today=today, least=today)
    if (draw.number is None) == (draw.share is None):
        inputs.wrong("number", _l("Give a number of cases or a share of them, one of both."))
    elif draw.number is not None:
        inputs.number("number", draw.number, least=1, most=MOST)
    else:
        inputs.number("share", draw.share, least=1, most=100)
    inputs.done()
    return first, last, due_on


def _is_drawable(first: date, last: date) -> tuple[ColumnElement[bool], ...]:
    """Closed in this time, with something to look back at, and neither looked back at nor drawn yet."""
    waits = exists().where(
        LookBack.case_id == Case.id, LookBack.state == LookBackState.DUE, LookBack.sample_id.is_(None)
    )
    item = exists().where(
        RectificationItem.case_id == Case.id, RectificationItem.state == ItemState.CLOSED_OFF
    )
    return (
        Case.state == CaseState.CLOSED,
        Case.closed_at >= day_start(first),
        Case.closed_at <= end_of(last),
        item,
        # Closed before look-backs were kept: there is no row yet.
        or_(waits, not_(exists().where(LookBack.case_id == Case.id))),
    )


def _bring_forward(acting: Acting, case_id: uuid.UUID, sample: LookBackSample, due_on: date) -> None:
    case = locked_case(acting, case_id)
    query = select(LookBack).where(LookBack.case_id == case_id, LookBack.state == LookBackState.DUE)
    row = acting.session.scalars(query).one_or_none() or begin_look_back(acting, case, due_on=due_on)
    assert row is not None  # it was drawable
    acting.apply(
        SubjectKind.LOOK_BACK,
        row.id,
        Action.DRAW_LOOK_BACK,
        version=row.version,
        noted={"sample": sample.id.hex},
    )
    row.sample_id = sample.id
    if due_on < row.due_on:
        row.due_on = due_on
        running = select(Deadline).where(
            Deadline.subject_id == row.id, Deadline.rule_id == CLOCK, Deadline.met_on.is_(None)
        )
        for clock in acting.session.scalars(running).all():
            clock.due_at, clock.warned = end_of(due_on), 0
    acting.session.flush()
