"""Derived leads: what a team finds beyond its matter becomes a case of its own, linked both ways.

The team notes it under the case where it was found, so that nobody widens an inspection on the spot (Reg.
art. 15); a supervisor takes it up as a draft that has to be docketed like any other, or says why not. The
same problem elsewhere (举一反三) becomes one case over several units. Whoever is kept away from the one is
kept away from the other. Source: issue 4 "Derived leads"; rules.toml derived-lead, off-plan.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.casework import Brief, CaseFrame
from verification.domain.inputs import LONG, Inputs, note_text, require
from verification.domain.locking import locked_case, locked_case_of
from verification.domain.openings import Origin, open_from_paper
from verification.errors import NotHere
from verification.keys.addressees import of_case
from verification.models import (
    Case,
    CaseSource,
    DerivedLead,
    FieldRecord,
    LeadRecord,
    StaffNotice,
)
from verification.policy.permissions import Permission
from verification.policy.recusal import kept_away
from verification.policy.redaction import find_identifiers
from verification.workflow.states import Action, SubjectKind

#: "Elsewhere" is more than one place.
LEAST_UNITS_OF_A_SWEEP = 2


@dataclass(frozen=True, slots=True, repr=False)
class ReadLead:
    """A lead opened. ``reason``: why it was declined; empty otherwise. records: what shows it."""

    row: DerivedLead
    text: str
    reason: str
    records: tuple[uuid.UUID, ...]


def note_lead(
    acting: Acting,
    *,
    case_id: uuid.UUID,
    text: str,
    is_sweep: bool = False,
    records: Collection[uuid.UUID] = (),
) -> DerivedLead:
    """Note what was found beyond the case, with the records of it that show this.

    Raises InvalidInput (text: also for an identifier in it; records), Refused, NotHere.
    """
    inputs = Inputs()
    words = inputs.text("text", text, most=LONG)
    if find_identifiers(words):
        inputs.wrong("text", _l("This holds a phone, identity or account number. Take it out."))
    known = select(FieldRecord.id).where(FieldRecord.case_id == case_id)
    chosen = inputs.all_among("records", records, set(acting.session.scalars(known)))
    inputs.done()
    require(acting, Permission.LEAD_NOTE)
    case = locked_case(acting, case_id)
    lead = DerivedLead(
        id=new_id(acting.rng),
        case_id=case_id,
        is_sweep=is_sweep,
        body_id=acting.seal({"text": words}, kind=ObjectKind.DOCUMENT, to=[of_case(case)]),
        found_on=acting.sealing.day,
        found_by=acting.staff_id,
    )
    acting.session.add(lead)
    acting.session.flush()
    acting.session.add_all(LeadRecord(lead_id=lead.id, record_id=record) for record in chosen)
    _tell_supervisor(acting, case, lead)
    facts = {"lead": lead.id.hex, "sweep": is_sweep, "records": [record.hex for record in chosen]}
    acting.trace(Event.LEAD_NOTED, subject_kind="case", subject_id=case_id, facts=facts)
    return lead


def take_up_lead(acting: Acting, *, lead_id: uuid.UUID, version: int, brief: Brief, frame: CaseFrame) -> Case:
    """Take a lead up as a draft case; a sweep names several units. The two cases know of each other.

    Raises InvalidInput (as ``open_case``; units), Refused, StaleSubject, NotHere.
    """
    lead, case = _lead_with_case(acting, lead_id)
    inputs = Inputs()
    if lead.is_sweep and len(set(frame.unit_ids)) < LEAST_UNITS_OF_A_SWEEP:
        inputs.wrong("units", _l("The same problem elsewhere: choose at least two units."))
    inputs.done()
    acting.apply(SubjectKind.LEAD, lead_id, Action.TAKE_UP_LEAD, version=version)
    away = (*frame.kept_away, *kept_away(acting.session, case_id=case.id))
    opened = open_from_paper(
        acting,
        source=CaseSource.DERIVED,
        origin=Origin(from_whom=case.number or case.id.hex[:8], number=case.number or "", day=lead.found_on),
        brief=brief,
        frame=replace(frame, kept_away=tuple(dict.fromkeys(away))),
    )
    lead.became_id = opened.id
    lead.decided_by, lead.decided_on = acting.staff_id, acting.sealing.day
    acting.session.flush()
    return opened


def decline_lead(acting: Acting, *, lead_id: uuid.UUID, version: int, note: str) -> DerivedLead:
    """Not taken up, and why. Raises Refused (also without a reason), StaleSubject, NotHere."""
    words = note_text(note)
    lead, case = _lead_with_case(acting, lead_id)
    acting.apply(
        SubjectKind.LEAD,
        lead_id,
        Action.DECLINE_LEAD,
        version=version,
        given={"has_note": bool(words)},
    )
    lead.reason_id = acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)])
    lead.decided_by, lead.decided_on = acting.staff_id, acting.sealing.day
    acting.session.flush()
    return lead


def leads_of(acting: Acting, case_id: uuid.UUID) -> Sequence[DerivedLead]:
    """What was found beyond a case, in order."""
    query = select(DerivedLead).where(DerivedLead.case_id == case_id)
    return acting.session.scalars(query.order_by(DerivedLead.found_on, DerivedLead.id)).all()


def lead_behind(acting: Acting, case_id: uuid.UUID) -> DerivedLead | None:
    """The lead that a case was opened from, if it was."""
    return acting.session.scalars(select(DerivedLead).where(DerivedLead.became_id == case_id)).one_or_none()


def read_leads(acting: Acting, rows: Sequence[DerivedLead]) -> list[ReadLead]:
    """These opened, in order; three queries. Raises KeyLocked for those who do not read their case."""
    sealed = [part for row in rows for part in (row.body_id, row.reason_id) if part]
    texts = {key: str(record["text"]) for key, record in acting.open_all(sealed).items()}
    shown: dict[uuid.UUID, list[uuid.UUID]] = {row.id: [] for row in rows}
    for link in acting.session.scalars(select(LeadRecord).where(LeadRecord.lead_id.in_(shown))):
        shown[link.lead_id].append(link.record_id)
    return [
        ReadLead(
            row=row,
            text=texts[row.body_id],
            reason=texts[row.reason_id] if row.reason_id else "",
            records=tuple(shown[row.id]),
        )
        for row in rows
    ]


def _tell_supervisor(acting: Acting, case: Case, lead: DerivedLead) -> None:
    reader = case.proposed_by or case.opened_by
    if reader != acting.staff_id:
        acting.session.add(
            StaffNotice(
                id=new_id(acting.rng),
                staff_id=reader,
                code=Event.LEAD_NOTED.value,
                subject_kind=SubjectKind.LEAD.value,
                subject_id=lead.id,
                written_on=acting.sealing.day,
            )
        )


def _lead_with_case(acting: Acting, lead_id: uuid.UUID) -> tuple[DerivedLead, Case]:
    case = locked_case_of(acting, DerivedLead, lead_id)
    lead = acting.session.get(DerivedLead, lead_id, with_for_update=True, populate_existing=True)
    if lead is None:
        raise NotHere
    return lead, case
