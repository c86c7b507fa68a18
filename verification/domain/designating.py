"""Designating departments to inspect: written by the desk, made, returned or revoked by the government.

The four fields of Art. 7 stand in words, sealed to the case that calls for it, and in codes, by which the
guards of a team decide. Source: Reg. art. 7; issue 4 "designations of departments".
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.inputs import MEDIUM, Inputs, note_text, require
from verification.domain.locking import locked_case, locked_case_of
from verification.errors import Refused
from verification.keys.addressees import of_case
from verification.models import INSPECTABLE, Designation, DesignationDuty, Unit, UnitKind
from verification.policy.codes import CATEGORIES
from verification.policy.permissions import Permission
from verification.workflow.facts import Facts
from verification.workflow.guards import case_is_docketed
from verification.workflow.guards_designation import designee_is_department, designee_is_no_object
from verification.workflow.states import Action, SubjectKind

NUMBER_CHARACTERS = 60


@dataclass(frozen=True, slots=True, repr=False)
class Wording:
    """Three of the four fields in words; the fourth is a pair of dates."""

    matter: str
    scope: str
    duty: str


@dataclass(frozen=True, slots=True)
class DesignationFrame:
    """The same in codes. units: none means those of the case; categories: none means every one."""

    unit_id: uuid.UUID | None
    duty: DesignationDuty | None
    starts_on: date | None
    ends_on: date | None
    wide: bool = False
    categories: tuple[str, ...] = ()
    units: tuple[uuid.UUID, ...] = ()
    number: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class ReadDesignation:
    """A designation opened. ``ended``: why it was returned or revoked."""

    row: Designation
    wording: Wording
    ended: str


def write_designation(
    acting: Acting, *, case_id: uuid.UUID, wording: Wording, frame: DesignationFrame
) -> Designation:
    """Write a designation and lay it before the head of government.

    Raises InvalidInput (unit, matter, scope, duty, duty_words, starts_on, ends_on, categories, units,
    number), Refused, NotHere.
    """
    words, kept = _checked(acting, wording, frame)
    require(acting, Permission.DESIGNATION_WRITE)
    case = locked_case(acting, case_id)
    assert kept.unit_id is not None
    assert kept.duty is not None
    assert kept.starts_on is not None
    assert kept.ends_on is not None
    row = Designation(
        id=new_id(acting.rng), case_id=case_id, unit_id=kept.unit_id, duty=kept.duty, wide=kept.wide,
        categories=list(kept.categories), units=[unit.hex for unit in kept.units],
        starts_on=kept.starts_on, ends_on=kept.ends_on, number=kept.number or None,
        body_id=acting.seal(
            {"matter": words.matter, "scope": words.scope, "duty": words.duty},
            kind=ObjectKind.DOCUMENT,
            to=[of_case(case)],
        ),
        written_by=acting.staff_id, written_on=acting.sealing.day,
    )  # fmt: skip
    _refuse(acting, row)
    acting.session.add(row)
    acting.session.flush()
    acting.trace(
        Event.DESIGNATION_PROPOSED, subject_kind="case", subject_id=case_id,
        facts={"designation": row.id.hex, "unit": row.unit_id.hex},
    )  # fmt: skip
    return row


def make_designation(acting: Acting, *, designation_id: uuid.UUID, version: int) -> Designation:
    """The government makes it: from now on the department may inspect within its four fields."""
    locked_case_of(acting, Designation, designation_id)
    row: Designation = acting.apply(
        SubjectKind.DESIGNATION, designation_id, Action.MAKE_DESIGNATION, version=version
    )
    row.made_by, row.made_at = acting.staff_id, acting.clock.now()
    return row


def return_designation(acting: Acting, *, designation_id: uuid.UUID, version: int, note: str) -> Designation:
    """The head returns it with the reason; another one may be written."""
    return _end(acting, designation_id, version, Action.RETURN_DESIGNATION, note)


def revoke_designation(acting: Acting, *, designation_id: uuid.UUID, version: int, note: str) -> Designation:
    """The government takes it back before its term is over; nobody new goes under it."""
    return _end(acting, designation_id, version, Action.REVOKE_DESIGNATION, note)


def designations_of(acting: Acting, case_ids: Sequence[uuid.UUID]) -> Sequence[Designation]:
    """Designations made within these cases, the latest to end first."""
    query = select(Designation).where(Designation.case_id.in_(case_ids))
    return acting.session.scalars(query.order_by(Designation.ends_on.desc(), Designation.id)).all()


def read_designations(acting: Acting, rows: Sequence[Designation]) -> list[ReadDesignation]:
    """These opened, in order; two queries. Raises KeyLocked."""
    sealed = [part for row in rows for part in (row.body_id, row.ended_note_id) if part]
    texts = acting.open_all(sealed)
    return [
        ReadDesignation(
            row=row,
            wording=Wording(**{name: str(texts[row.body_id][name]) for name in ("matter", "scope", "duty")}),
            ended=str(texts[row.ended_note_id]["text"]) if row.ended_note_id else "",
        )
        for row in rows
    ]


def _end(acting: Acting, designation_id: uuid.UUID, version: int, action: Action, note: str) -> Designation:
    words = note_text(note)
    case = locked_case_of(acting, Designation, designation_id)
    row: Designation = acting.apply(
        SubjectKind.DESIGNATION, designation_id, action, version=version, given={"has_note": bool(words)}
    )
    row.ended_by, row.ended_at = acting.staff_id, acting.clock.now()
    row.ended_note_id = acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)])
    return row


def _checked(acting: Acting, wording: Wording, frame: DesignationFrame) -> tuple[Wording, DesignationFrame]:
    inputs, session, today = Inputs(), acting.session, acting.sealing.day
    departments = set(session.scalars(select(Unit.id).where(Unit.kind == UnitKind.DEPARTMENT)))
    inputs.among("unit", frame.unit_id, departments)
    inputs.among("duty", frame.duty, tuple(DesignationDuty))
    starts = inputs.day("starts_on", frame.starts_on, today=today)
    inputs.day("ends_on", frame.ends_on, today=today, least=max(starts, today))
    categories = inputs.all_among("categories", frame.categories, CATEGORIES)
    objects = set(session.scalars(select(Unit.id).where(Unit.kind.in_(INSPECTABLE))))
    units = inputs.all_among("units", frame.units, objects)
    words = Wording(
        matter=inputs.text("matter", wording.matter, most=MEDIUM),
        scope=inputs.text("scope", wording.scope, most=MEDIUM),
        duty=inputs.text("duty_words", wording.duty, most=MEDIUM),
    )
    number = inputs.text("number", frame.number, most=NUMBER_CHARACTERS, needed=False)
    inputs.done()
    kept = DesignationFrame(
        frame.unit_id, frame.duty, frame.starts_on, frame.ends_on, frame.wide,
        categories=tuple(categories) if frame.wide else (), units=tuple(units), number=number,
    )  # fmt: skip
    return words, kept


def _refuse(acting: Acting, row: Designation) -> None:
    """What the head could not make is not laid before them."""
    facts = Facts(acting.session, row, acting.actor, acting.clock, acting.rules, {})
    guards = (case_is_docketed, designee_is_department, designee_is_no_object)
    refusals = [refusal for guard in guards if (refusal := guard(facts)) is not None]
    if refusals:
        raise Refused(tuple(refusals))
