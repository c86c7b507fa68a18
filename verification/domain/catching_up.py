"""What waits for somebody unlocked, done when they log in: keys made anew, papers granted on.

The desk starts the next generation of each case's key that somebody has lost, and gives a unit's new liaison
what the unit was given before. A liaison whose unit has a new key wraps the old one to it.
Source: 4-sealing "Granting and re-keying happen in an unlocked session, never in a job".
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Final

from sqlalchemy import or_, select

from portal.errors import UnsignedKey
from portal.models import KeyPurpose, ObjectGrant, RecipientKey
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.coordination_texts import OUTWARD, papers_of_unit
from verification.domain.interfering import open_waiting
from verification.domain.items import FOR_UNIT, deliveries_for_unit, items_for_unit
from verification.domain.readers import renew_case_key
from verification.keys.addressees import of_unit
from verification.keys.records import open_whole_records, regrant, wrap_to
from verification.models import (
    Assignment,
    AssignmentReply,
    Case,
    Exhibit,
    ItemReport,
    LookBackResult,
    Measure,
    Review,
    Unit,
)
from verification.policy.permissions import Permission

CASES_AT_ONCE: Final = 100
"""More than these wait for the next login, or for the desk's look at the case."""

#: What may be given on to a unit, by what is written inside: a row made to point elsewhere points in vain.
_OF_UNITS: Final = tuple(
    map(
        frozenset,
        (
            {"problem", "standard"},
            {"measures"},
            {"returned"},
            {"relapsed"},
            {"application"},
            {"title", "text", "questions", "ask"},
            {"answers"},
            {"answer"},
            {"name", "type", "bytes", "place", "note", "parts"},
            {"title", "goal"},
            {"work"},
            {OUTWARD},
        ),
    )
)


def catch_up(acting: Acting) -> None:
    """Do what waits for this person's keys. A key that is not vouched for is passed over."""
    if acting.actor.may(Permission.TIP_TRIAGE):
        open_waiting(acting)
        _renew_cases(acting)
        _grant_to_units(acting)
    if acting.actor.may(Permission.UNIT_DESK) and acting.actor.unit_id is not None:
        _hand_on_unit_keys(acting, acting.session.get_one(Unit, acting.actor.unit_id))


def _renew_cases(acting: Acting) -> None:
    # Whoever works on a case just now renews its key there: nobody waits here for a lock.
    query = (
        select(Case)
        .where(Case.key_left.is_(True))
        .order_by(Case.id)
        .limit(CASES_AT_ONCE)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    for case in acting.session.scalars(query).all():
        renew_case_key(acting, case)


def _grant_to_units(acting: Acting) -> None:
    later = select(Unit).join(RecipientKey, RecipientKey.id == Unit.key_id).where(RecipientKey.generation > 1)
    for unit in acting.session.scalars(later).all():
        missing = [paper for paper in _papers_of(acting, unit.id) if not _granted(acting, paper, unit)]
        given = 0
        for object_id, record in open_whole_records(acting.session, missing, keyring=acting.keyring).items():
            if record.get("for") != FOR_UNIT and frozenset(record) not in _OF_UNITS:
                continue
            try:
                regrant(
                    acting.session, object_id=object_id, to=of_unit(unit), keyring=acting.keyring,
                    sealing=acting.sealing,
                )  # fmt: skip
            except UnsignedKey:
                break
            given += 1
        if given:
            acting.trace(Event.KEY_GRANTED, subject_kind="unit", subject_id=unit.id, facts={"objects": given})


def _papers_of(acting: Acting, unit_id: uuid.UUID) -> Iterator[uuid.UUID]:
    """All that was written to a unit or by it; the files it brought as proof stay with who brought them."""
    session = acting.session
    for conclusion, _case in deliveries_for_unit(acting, unit_id):
        yield conclusion.unit_version_id
    items = {item.id: item.body_id for item in items_for_unit(acting, unit_id)}
    yield from items.values()
    reports = session.scalars(select(ItemReport).where(ItemReport.item_id.in_(items))).all()
    for report in reports:
        yield report.body_id
        if report.returned_note_id is not None:
            yield report.returned_note_id
    relapses = select(LookBackResult.reason_id).where(
        LookBackResult.item_id.in_(items), LookBackResult.reason_id.is_not(None)
    )
    yield from (paper for paper in session.scalars(relapses) if paper is not None)
    reviews = session.scalars(select(Review).where(Review.unit_id == unit_id)).all()
    for review in reviews:
        yield review.body_id
        if review.delivered_on is not None and review.decision_id is not None:
            yield review.decision_id
    assigned = session.scalars(select(Assignment).where(Assignment.unit_id == unit_id)).all()
    replies = session.scalars(
        select(AssignmentReply).where(AssignmentReply.assignment_id.in_([row.id for row in assigned]))
    ).all()
    yield from (row.body_id for row in assigned)
    yield from (row.body_id for row in replies)
    notes = (*(row.note_id for row in assigned), *(row.returned_note_id for row in replies))
    yield from (note for note in notes if note is not None)
    sent = select(Measure).where(Measure.unit_id == unit_id, Measure.sent_on.is_not(None))
    for paper in session.scalars(sent):
        yield from (part for part in (paper.body_id, paper.answer_id) if part is not None)
    brought = select(Exhibit.meta_id).where(
        or_(
            Exhibit.item_report_id.in_([report.id for report in reports]),
            Exhibit.review_id.in_([review.id for review in reviews]),
            Exhibit.reply_id.in_([reply.id for reply in replies]),
        )
    )
    yield from session.scalars(brought)
    yield from papers_of_unit(acting, unit_id)


def _granted(acting: Acting, object_id: uuid.UUID, unit: Unit) -> bool:
    return acting.session.get(ObjectGrant, (object_id, unit.key_id)) is not None


def _hand_on_unit_keys(acting: Acting, unit: Unit) -> None:
    if unit.key_id is None:
        return
    older = select(RecipientKey.id).where(
        RecipientKey.purpose == KeyPurpose.UNIT,
        RecipientKey.holder == unit.id.hex,
        RecipientKey.id != unit.key_id,
    )
    for key_id in acting.session.scalars(older).all():
        if acting.keyring.holds(acting.session, key_id):
            try:
                wrap_to(
                    acting.session, key_id=key_id, to=of_unit(unit), keyring=acting.keyring,
                    sealing=acting.sealing,
                )  # fmt: skip
            except UnsignedKey:
                return
