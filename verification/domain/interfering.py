"""Obstruction and retaliation: noted as records of their own, and each the reason for a P1 case of its own.

An informant's report is noted by a job, which has no key; the desk's next look or login opens the case from
it, because a case's key needs an unlocked supervisor. What was written stays in the mailbox: the brief
says only that there is such a report. The units of the case it came from are those of the new one, so that
their people keep away from it by the same rule. Source: Reg. art. 25, 26; 2-domain §2; issue 4.
"""

from __future__ import annotations

import tomllib
import uuid
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clock import Clock, civil_day
from portal.models import Desk, Priority, Rng, Tip, new_id
from verification import policy
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.casework import Brief, CaseFrame
from verification.domain.inputs import require
from verification.domain.openings import Origin, open_from_paper
from verification.domain.readers import give_to_role
from verification.errors import InvalidInput, NotHere, Refusal, Refused
from verification.keys.addressees import office_desk
from verification.models import (
    Case,
    CaseKeptAway,
    CaseSource,
    CaseType,
    CaseUnit,
    ContentBasis,
    FieldRecord,
    Interference,
    InterferenceKind,
    Role,
    StaffNotice,
)
from verification.policy import deadlines
from verification.policy.permissions import Permission
from verification.policy.recusal import recused_from
from verification.policy.roles import desk_of

CLOCK = "clock-retaliation"
#: Irregular treatment by officials; whoever rewrites the brief may choose a closer one.
_CATEGORY = {InterferenceKind.RETALIATION: "203", InterferenceKind.OBSTRUCTION: "604"}
_SOURCE = {
    InterferenceKind.RETALIATION: CaseSource.RETALIATION,
    InterferenceKind.OBSTRUCTION: CaseSource.OBSTRUCTION,
}
_SAID_CHARACTERS = 3_000
_TEXTS = Path(policy.__file__).with_name("interference.toml")


@cache
def _texts() -> dict[str, dict[str, str]]:
    """The office's own words for such a case, by kind."""
    found: dict[str, dict[str, str]] = tomllib.loads(_TEXTS.read_text(encoding="utf-8"))
    return found


def note_retaliation(session: Session, tip: Tip, *, message_id: uuid.UUID, clock: Clock, rng: Rng) -> None:
    """An informant says that somebody takes revenge: the tip is urgent, and a record waits for its case.

    At the alternate desk it stays with that desk, which never opens a case here. Needs no key.
    """
    tip.urgent, tip.priority = True, Priority.P1
    if tip.desk is not Desk.DESK or _waiting(session, tip_id=tip.id):
        return
    session.add(
        Interference(
            id=new_id(rng),
            kind=InterferenceKind.RETALIATION,
            noted_on=civil_day(clock),
            tip_id=tip.id,
            message_id=message_id,
        )
    )


def note_obstruction(acting: Acting, record: FieldRecord) -> None:
    """An obstruction was logged on site: the supervisors are told, but for those who must keep away."""
    acting.session.add(
        Interference(
            id=new_id(acting.rng),
            kind=InterferenceKind.OBSTRUCTION,
            noted_on=acting.sealing.day,
            record_id=record.id,
        )
    )
    acting.trace(
        Event.OBSTRUCTION_NOTED,
        subject_kind="case",
        subject_id=record.case_id,
        facts={"record": record.id.hex},
    )
    away = recused_from(acting.session, case_id=record.case_id)
    desk = office_desk(acting.session, day=acting.sealing.day)
    for reader in sorted(desk_of(acting.session, desk.key_id) - away, key=str):
        acting.session.add(
            StaffNotice(
                id=new_id(acting.rng),
                staff_id=reader,
                code=Event.OBSTRUCTION_NOTED.value,
                subject_kind="case",
                subject_id=record.case_id,
                written_on=acting.sealing.day,
            )
        )


def _waiting(session: Session, *, tip_id: uuid.UUID) -> list[Interference]:
    query = select(Interference).where(Interference.tip_id == tip_id, Interference.case_id.is_(None))
    return list(session.scalars(query))


def open_for_tip(acting: Acting, tip: Tip) -> list[Case]:
    """Open the case of each report of retaliation on this tip that has none. For its desk alone."""
    if not acting.actor.may(Permission.CASE_DRAFT) or tip.desk is not Desk.DESK:
        return []
    found = [_open_retaliation(acting, tip, waiting) for waiting in _waiting(acting.session, tip_id=tip.id)]
    return [case for case in found if case is not None]


def open_waiting(acting: Acting) -> None:
    """At a supervisor's login: the cases that reports of retaliation wait for."""
    query = select(Interference.tip_id).where(
        Interference.case_id.is_(None), Interference.tip_id.is_not(None)
    )
    for tip_id in acting.session.scalars(query.order_by(Interference.noted_on, Interference.id)).all():
        tip = acting.session.get_one(Tip, tip_id)
        if acting.keyring.holds(acting.session, tip.desk_key_id):
            open_for_tip(acting, tip)


def _open_retaliation(acting: Acting, tip: Tip, waiting: Interference) -> Case | None:
    row = acting.session.get(Interference, waiting.id, with_for_update=True, populate_existing=True)
    if row is None or row.case_id is not None:
        return None
    try:
        with acting.session.begin_nested():
            case = _open(acting, row, said="", whence=tip.case_id, units=())
    except Refused:
        # The one who looks, or the head, must keep away from it: a colleague, or the higher office, takes it.
        return None
    deadlines.meet(acting.session, subject_id=tip.id, rule_ids=(CLOCK,), clock=acting.clock)
    return case


def open_for_record(acting: Acting, *, record_id: uuid.UUID) -> Case:
    """Open the P1 case about an obstruction that was logged. Its brief is what the record says.

    Raises Refused (permission; there is one already; who must keep away), InvalidInput, NotHere, KeyLocked.
    """
    require(acting, Permission.CASE_DRAFT)
    query = select(Interference).where(Interference.record_id == record_id).with_for_update()
    row = acting.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    record = acting.session.get(FieldRecord, record_id)
    if row is None or record is None:
        raise NotHere
    if row.case_id is not None:
        raise Refused((Refusal("state", _l("There is a case about this already.")),))
    body = acting.open(record.body_id)
    words = body["words"]
    said = str(words.get("happened", "")).strip()[:_SAID_CHARACTERS]
    units = (record.unit_id,) if record.unit_id else ()
    return _open(acting, row, said=said, whence=record.case_id, units=units)


def _open(
    acting: Acting,
    row: Interference,
    *,
    said: str,
    whence: uuid.UUID | None,
    units: Sequence[uuid.UUID],
) -> Case:
    """The draft, urgent, readable to the director at once; nobody of the units it is about gets to know."""
    session = acting.session
    known = () if whence is None else _units_of(session, whence)
    away = select(CaseKeptAway.staff_id).where(CaseKeptAway.case_id == whence)
    frame = CaseFrame(
        case_type=CaseType.EVENT,
        content_basis=ContentBasis.DUTIES,
        category=_CATEGORY[row.kind],
        priority=Priority.P1,
        town_id=None,
        unit_ids=tuple(units) or known,
        kept_away=() if whence is None else tuple(session.scalars(away)),
    )
    texts = _texts()[row.kind.value]
    brief = Brief(title=texts["title"], text=texts["text"] + said, allegations=(texts["claim"],))
    origin = Origin(texts["whence"], "", acting.sealing.day)
    try:
        case = open_from_paper(acting, source=_SOURCE[row.kind], origin=origin, brief=brief, frame=frame)
    except InvalidInput as error:
        raise Refused((Refusal("brief-no-identity", next(iter(error.errors.values()))),)) from error
    row.case_id, row.opened_by = case.id, acting.staff_id
    give_to_role(acting, case, Role.DIRECTOR)
    acting.trace(
        Event.INTERFERENCE_OPENED,
        subject_kind="case",
        subject_id=case.id,
        facts={"kind": row.kind.value},
    )
    session.flush()
    return case


def _units_of(session: Session, case_id: uuid.UUID) -> tuple[uuid.UUID, ...]:
    return tuple(session.scalars(select(CaseUnit.unit_id).where(CaseUnit.case_id == case_id)))
