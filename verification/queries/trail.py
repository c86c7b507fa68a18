"""The audit trail as people read it: for one subject, and whole, paged by its number."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from verification.audit.events import WHY_UNSIGNED, Event, Unsigned
from verification.models import AuditEntry, Staff
from verification.queries.paging import PAGE_ROWS

#: Shown under a subject; the whole trail is the auditor's.
SUBJECT_ROWS = 100


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One entry. ``event`` None: a name this version does not know; ``name`` is shown then.

    who: empty where no unlocked person acted; ``unsigned`` says why. about: the name of a person who is the
    subject. on_paper: the act rests on a signed paper.
    """

    number: int
    day: date
    at: datetime | None
    who: str
    event: Event | None
    name: str
    subject_kind: str
    subject_id: uuid.UUID
    on_paper: bool
    about: str
    unsigned: Unsigned | None


def trail_of(
    session: Session, subject_ids: Sequence[uuid.UUID], *, without: Sequence[Event] = ()
) -> list[TrailLine]:
    """What happened to these subjects, newest first. without: events left out, such as mere looks."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.subject_id.in_(subject_ids), AuditEntry.event.not_in(without))
        .order_by(AuditEntry.number.desc())
        .limit(SUBJECT_ROWS)
    )
    return lines_of(session, session.scalars(query).all())


def whole_trail(session: Session, *, below: int | None) -> tuple[list[TrailLine], int | None]:
    """A page of the whole trail, newest first, and the number the next page begins below."""
    query = select(AuditEntry).order_by(AuditEntry.number.desc()).limit(PAGE_ROWS + 1)
    if below is not None:
        query = query.where(AuditEntry.number < below)
    entries = session.scalars(query).all()
    shown = entries[:PAGE_ROWS]
    return lines_of(session, shown), shown[-1].number if len(entries) > PAGE_ROWS else None


def _signed_on_paper(entry: AuditEntry) -> str:
    return str(entry.facts.get("signed_by", "")) if "paper" in entry.facts else ""


def _who(entry: AuditEntry, names: Mapping[uuid.UUID, str]) -> str:
    """Who acted; for an act signed on paper who signed it, then who confirmed it here."""
    actor = names.get(entry.actor_id, "") if entry.actor_id else ""
    leader = _signed_on_paper(entry)
    return f"{names.get(uuid.UUID(leader), '')} / {actor}" if leader else actor


def lines_of(session: Session, entries: Sequence[AuditEntry]) -> list[TrailLine]:
    """These entries as people read them, in their order."""
    wanted = {entry.actor_id for entry in entries if entry.actor_id is not None}
    wanted |= {entry.subject_id for entry in entries if entry.subject_kind == "staff"}
    wanted |= {uuid.UUID(leader) for entry in entries if (leader := _signed_on_paper(entry))}
    rows = session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(wanted)))
    names = dict(rows.all())
    known = {event.value for event in Event}
    return [
        TrailLine(
            number=entry.number,
            day=entry.day,
            at=entry.at,
            who=_who(entry, names),
            event=Event(entry.event) if entry.event in known else None,
            name=entry.event,
            subject_kind=entry.subject_kind,
            subject_id=entry.subject_id,
            about=names.get(entry.subject_id, "") if entry.subject_kind == "staff" else "",
            unsigned=None if entry.signature else WHY_UNSIGNED.get(entry.event),
            on_paper="paper" in entry.facts and not entry.event.startswith("paper."),
        )
        for entry in entries
    ]
