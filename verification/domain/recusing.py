"""Requests that somebody keep away from a case: asked, decided, and what follows at once where it is granted.

Whoever reads a case may ask for themselves, pass on what a third person asks, or say what the office found
itself. Granted, the person's key goes in the same transaction and the case's key is made anew; what they
wrote stays. Source: Civil Servant Law 76–77; 2-domain §2 "Other sources"; issue 4 "Recusal".
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.embargo import take_plans
from verification.domain.inputs import MEDIUM, SHORT, Inputs, note_text, require
from verification.domain.locking import locked_case, locked_case_of
from verification.domain.readers import give_case_key, take_case_key
from verification.domain.witnesses import forget_witnesses
from verification.errors import NotHere, Refusal, Refused
from verification.keys.addressees import of_case
from verification.models import (
    Case,
    CaseState,
    InterestKind,
    LookBack,
    LookBackState,
    RecusalOrigin,
    RecusalRequest,
    RecusalState,
    Role,
    Staff,
    StaffNotice,
    StaffRole,
)
from verification.policy import deadlines
from verification.policy.permissions import Permission
from verification.policy.recusal import is_recused, recused_from
from verification.policy.redaction import find_identifiers
from verification.policy.roles import staff_with_role
from verification.workflow.states import Action, SubjectKind

CLOCK = "clock-recusal"

#: Who can have a part in a case, and can therefore be asked to keep away from one.
_CONCERNED = (
    Role.SUPERVISOR, Role.DIRECTOR, Role.HEAD, Role.DEPUTY, Role.INSPECTOR, Role.REVIEWER, Role.EXTERNAL,
)  # fmt: skip
#: Of these the office need not say who asks: it is the person, or the office.
_NOBODY_ELSE = (RecusalOrigin.OWN, RecusalOrigin.OFFICE)


@dataclass(frozen=True, slots=True, repr=False)
class Wish:
    """A request as it was typed. person: who should keep away. asked_by: who asks, unless self or office."""

    person: uuid.UUID | None
    origin: RecusalOrigin | None
    ground: InterestKind | None
    asked_by: str
    reason: str


@dataclass(frozen=True, slots=True, repr=False)
class ReadRequest:
    """A request opened. ``decision``: empty until decided, and where no reason was needed."""

    row: RecusalRequest
    asked_by: str
    reason: str
    decision: str


def may_be_asked_about(acting: Acting, case: Case) -> list[Staff]:
    """Whom a request can be about: active, with a part to play in cases, not keeping away already."""
    query = (
        select(Staff)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(StaffRole.role.in_(_CONCERNED), Staff.active.is_(True))
        .order_by(Staff.name, Staff.id)
    )
    away = recused_from(acting.session, case_id=case.id)
    return [person for person in acting.session.scalars(query).unique() if person.id not in away]


def ask_recusal(acting: Acting, *, case_id: uuid.UUID, wish: Wish) -> RecusalRequest:
    """Record a request; whoever decides on it can read the case from now on and is told.

    Raises InvalidInput (person, origin, ground, asked_by, reason), Refused, NotHere, KeyLocked.
    """
    require(acting, Permission.RECUSAL_ASK)
    case = locked_case(acting, case_id)
    _refuse_unless_open(acting, case)
    asked_by, reason = _checked(acting, case, wish)
    assert wish.person is not None
    assert wish.origin is not None
    assert wish.ground is not None
    row = RecusalRequest(
        id=new_id(acting.rng), case_id=case_id, staff_id=wish.person, origin=wish.origin, ground=wish.ground,
        body_id=acting.seal(
            {"asked_by": asked_by, "reason": reason}, kind=ObjectKind.RECORD, to=[of_case(case)]
        ),
        made_on=acting.sealing.day, made_by=acting.staff_id,
    )  # fmt: skip
    acting.session.add(row)
    acting.session.flush()
    deadlines.start(
        acting.session, rule_id=CLOCK, subject_kind=SubjectKind.RECUSAL.value, subject_id=row.id,
        clock=acting.clock, rng=acting.rng, rules=acting.rules,
    )  # fmt: skip
    deciders = _deciders(acting, case, wish.person)
    give_case_key(acting, case, staff_ids=deciders)
    facts = {"request": row.id.hex, "person": wish.person.hex, "origin": wish.origin.value}
    acting.trace(Event.RECUSAL_ASKED, subject_kind="case", subject_id=case_id, facts=facts)
    _tell(acting, case, deciders - {acting.staff_id})
    return row


def grant_recusal(acting: Acting, *, request_id: uuid.UUID, version: int, note: str = "") -> RecusalRequest:
    """The person keeps away from now on: key and access go at once, their records stay. Raises Refused."""
    row, case = _decide(acting, request_id, version, Action.GRANT_RECUSAL, note)
    acting.session.flush()
    take_case_key(acting, case, staff_ids=[row.staff_id])
    take_plans(acting, case, staff_ids=[row.staff_id])
    forget_witnesses(acting, case_id=case.id, staff_id=row.staff_id)
    return row


def refuse_recusal(acting: Acting, *, request_id: uuid.UUID, version: int, note: str) -> RecusalRequest:
    """The person may stay, for the reason given. Raises Refused."""
    row, _case = _decide(acting, request_id, version, Action.REFUSE_RECUSAL, note)
    return row


def requests_of(acting: Acting, case_id: uuid.UUID) -> Sequence[RecusalRequest]:
    """Every request of a case, the undecided first, then the newest."""
    query = select(RecusalRequest).where(RecusalRequest.case_id == case_id)
    undecided = RecusalRequest.state != RecusalState.ASKED
    return acting.session.scalars(
        query.order_by(undecided, RecusalRequest.made_on.desc(), RecusalRequest.id)
    ).all()


def read_requests(acting: Acting, rows: Sequence[RecusalRequest]) -> list[ReadRequest]:
    """These opened, in order; two queries. Whom one is about does not read who asked, unless they did."""
    sealed = [part for row in rows for part in (row.body_id, row.decision_id) if part]
    texts = acting.open_all(sealed)
    return [
        ReadRequest(
            row=row,
            asked_by="" if _is_hidden(acting, row) else str(texts[row.body_id]["asked_by"]),
            reason="" if _is_hidden(acting, row) else str(texts[row.body_id]["reason"]),
            decision=str(texts[row.decision_id]["text"]) if row.decision_id else "",
        )
        for row in rows
    ]


def _is_hidden(acting: Acting, row: RecusalRequest) -> bool:
    return row.staff_id == acting.staff_id != row.made_by


def may_be_asked_in(acting: Acting, case: Case) -> bool:
    """While anything is done in a case: it is open, or what was put right in it is being looked back at."""
    running = select(LookBack.id).where(
        LookBack.case_id == case.id, LookBack.state.in_((LookBackState.ASSIGNED, LookBackState.REPORTED))
    )
    return case.state is not CaseState.CLOSED or acting.session.scalar(running.limit(1)) is not None


def _refuse_unless_open(acting: Acting, case: Case) -> None:
    if is_recused(acting.session, staff_id=acting.staff_id, case_id=case.id):
        raise NotHere
    if not may_be_asked_in(acting, case):
        raise Refused((Refusal("state", _l("This is not possible in the present state.")),))


def _checked(acting: Acting, case: Case, wish: Wish) -> tuple[str, str]:
    inputs = Inputs()
    inputs.among("person", wish.person, {person.id for person in may_be_asked_about(acting, case)})
    inputs.among("origin", wish.origin, tuple(RecusalOrigin))
    inputs.among("ground", wish.ground, tuple(InterestKind))
    reason = inputs.text("reason", wish.reason, most=MEDIUM)
    asked_by = inputs.text(
        "asked_by", wish.asked_by, most=SHORT, needed=wish.origin not in (None, *_NOBODY_ELSE)
    )
    for name, text in (("reason", reason), ("asked_by", asked_by)):
        if find_identifiers(text):
            inputs.wrong(name, _l("This holds a phone, identity or account number. Take it out."))
    if (wish.origin is RecusalOrigin.OWN) != (wish.person == acting.staff_id):
        inputs.wrong("origin", _l("For oneself one asks oneself, and for nobody else."))
    waiting = {row.staff_id for row in requests_of(acting, case.id) if row.state is RecusalState.ASKED}
    if wish.person in waiting:
        inputs.wrong("person", _l("A request about this person waits for its decision already."))
    inputs.done()
    return "" if wish.origin in _NOBODY_ELSE else asked_by, reason


def _deciders(acting: Acting, case: Case, person: uuid.UUID) -> set[uuid.UUID]:
    """The directors; the heads about a director, or where no director is free."""
    directors = staff_with_role(acting.session, Role.DIRECTOR)
    free = directors - recused_from(acting.session, case_id=case.id) - {person}
    if person in directors or not free:
        free = staff_with_role(acting.session, Role.HEAD) - {person}
    return free


def _decide(
    acting: Acting, request_id: uuid.UUID, version: int, action: Action, note: str
) -> tuple[RecusalRequest, Case]:
    case = locked_case_of(acting, RecusalRequest, request_id)
    words = note_text(note)
    row: RecusalRequest = acting.apply(
        SubjectKind.RECUSAL, request_id, action, version=version, given={"has_note": bool(words)},
        noted={"case": case.id.hex},
    )  # fmt: skip
    row.decided_on, row.decided_by = acting.sealing.day, acting.staff_id
    if words:
        row.decision_id = acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)])
    return row, case


def _tell(acting: Acting, case: Case, readers: set[uuid.UUID]) -> None:
    # The table tells of transitions; that a request has come is none.
    acting.session.add_all(
        StaffNotice(
            id=new_id(acting.rng),
            staff_id=reader,
            code=Event.RECUSAL_ASKED.value,
            subject_kind=SubjectKind.CASE.value,
            subject_id=case.id,
            written_on=acting.sealing.day,
        )
        for reader in sorted(readers, key=str)
    )
    acting.session.flush()
