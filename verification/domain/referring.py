"""Duty violations and crimes found in a case: noted, handed over the same day, receipt and outcome recorded.

Whoever reads the case may note one, and nobody can take the note away or hold it up. The informant's identity
never goes along from here: that needs their consent and two people (``identity``).
Source: Reg. art. 23; 2-domain §2; issue 4.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.inputs import LONG, MEDIUM, Inputs, require
from verification.domain.locking import locked_case, locked_case_of
from verification.errors import NotHere
from verification.keys.addressees import of_case
from verification.models import Case, Matter, Referral
from verification.policy import deadlines
from verification.policy.permissions import Permission
from verification.policy.redaction import find_identifiers
from verification.workflow.states import Action, SubjectKind

CLOCK = "clock-refer"
NUMBER_CHARACTERS = 60


@dataclass(frozen=True, slots=True, repr=False)
class ReadReferral:
    """A referral opened; empty where nothing was written yet."""

    row: Referral
    facts: str
    receipt: str
    outcome: str


def note_matter(acting: Acting, *, case_id: uuid.UUID, matter: Matter | None, facts: str) -> Referral:
    """Note what was found; its clock runs out today. It adds to the case and waits for nobody.

    Raises InvalidInput (matter, facts: also for an identifier in it), Refused, NotHere.
    """
    inputs = Inputs()
    inputs.among("matter", matter, tuple(Matter))
    words = inputs.text("facts", facts, most=LONG)
    if find_identifiers(words):
        inputs.wrong("facts", _l("This holds a phone, identity or account number. Take it out."))
    inputs.done()
    assert matter is not None
    require(acting, Permission.MATTER_NOTE)
    case = locked_case(acting, case_id)
    row = Referral(
        id=new_id(acting.rng),
        case_id=case_id,
        matter=matter,
        body_id=acting.seal({"text": words}, kind=ObjectKind.DOCUMENT, to=[of_case(case)]),
        found_on=acting.sealing.day,
        found_by=acting.staff_id,
    )
    acting.session.add(row)
    acting.session.flush()
    deadlines.start(
        acting.session, rule_id=CLOCK, subject_kind=SubjectKind.REFERRAL.value, subject_id=row.id,
        clock=acting.clock, rng=acting.rng, rules=acting.rules,
    )  # fmt: skip
    acting.trace(
        Event.MATTER_NOTED,
        subject_kind="case",
        subject_id=case_id,
        facts={"referral": row.id.hex, "matter": matter.value},
    )
    return row


def send_referral(
    acting: Acting, *, referral_id: uuid.UUID, version: int, organ: str, number: str, sent_on: date | None
) -> Referral:
    """It was handed to the organ. number: of the letter, may be empty. Raises InvalidInput, Refused."""
    row, _case = _referral_with_case(acting, referral_id)
    inputs = Inputs()
    letter = inputs.text("number", number, most=NUMBER_CHARACTERS, needed=False)
    day = inputs.past_day("sent_on", sent_on, today=acting.sealing.day, least=row.found_on)
    inputs.done()
    acting.apply(
        SubjectKind.REFERRAL,
        referral_id,
        Action.SEND_REFERRAL,
        version=version,
        given={"organ": organ},
        noted={"organ": organ, "sent_on": day.isoformat()},
    )
    row.organ, row.number = organ, letter or None
    row.sent_on, row.sent_by = day, acting.staff_id
    return row


def record_receipt(
    acting: Acting, *, referral_id: uuid.UUID, version: int, received_on: date | None, note: str
) -> Referral:
    """The organ has it: who signed there and under which number. Raises InvalidInput, Refused."""
    row, case = _referral_with_case(acting, referral_id)
    inputs = Inputs()
    words = inputs.text("note", note, most=MEDIUM)
    day = inputs.past_day("received_on", received_on, today=acting.sealing.day)
    inputs.done()
    acting.apply(
        SubjectKind.REFERRAL,
        referral_id,
        Action.RECORD_RECEIPT,
        version=version,
        given={"received_on": day},
        noted={"received_on": day.isoformat()},
    )
    row.received_on = day
    row.receipt_id = acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)])
    return row


def record_outcome(
    acting: Acting, *, referral_id: uuid.UUID, version: int, outcome_on: date | None, note: str
) -> Referral:
    """What the organ decided, as it wrote back. Raises InvalidInput, Refused."""
    row, case = _referral_with_case(acting, referral_id)
    inputs = Inputs()
    words = inputs.text("note", note, most=LONG)
    day = inputs.past_day("outcome_on", outcome_on, today=acting.sealing.day, least=row.received_on)
    inputs.done()
    acting.apply(
        SubjectKind.REFERRAL,
        referral_id,
        Action.RECORD_OUTCOME,
        version=version,
        noted={"outcome_on": day.isoformat()},
    )
    row.outcome_on = day
    row.outcome_id = acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)])
    return row


def referrals_of(acting: Acting, case_id: uuid.UUID) -> Sequence[Referral]:
    """What was found in a case, in order."""
    query = select(Referral).where(Referral.case_id == case_id).order_by(Referral.found_on, Referral.id)
    return acting.session.scalars(query).all()


def read_referrals(acting: Acting, rows: Sequence[Referral]) -> list[ReadReferral]:
    """These opened, in order; two queries. Raises KeyLocked."""
    sealed = [part for row in rows for part in (row.body_id, row.receipt_id, row.outcome_id) if part]
    texts = {key: str(record["text"]) for key, record in acting.open_all(sealed).items()}
    return [
        ReadReferral(
            row=row,
            facts=texts[row.body_id],
            receipt=texts[row.receipt_id] if row.receipt_id else "",
            outcome=texts[row.outcome_id] if row.outcome_id else "",
        )
        for row in rows
    ]


def _referral_with_case(acting: Acting, referral_id: uuid.UUID) -> tuple[Referral, Case]:
    case = locked_case_of(acting, Referral, referral_id)
    row = acting.session.get(Referral, referral_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotHere
    return row, case
