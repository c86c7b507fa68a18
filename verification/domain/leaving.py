"""Somebody leaves the office: what is wrapped to them goes at once, and what they held is made anew.

Whoever left may have kept a wrap, in a copy of the database: it opens what was sealed until now, and nothing
from now on. An office key's next generation needs the root and two paper shares; a case's key is made anew
at the desk's next login. Used by the command line. Source: 4-sealing "Keys".
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.clock import Clock
from portal.errors import XiansuoError
from portal.models import KeyPurpose, RecipientKey
from verification.audit import events
from verification.domain.joining import OFFICE_KEYS, SharesNeeded, renew_unit_key
from verification.keys.addressees import of_staff
from verification.keys.ceremony import RootKey, recover_office_key, renew_office_key
from verification.keys.sessions import end_sessions_of
from verification.models import Case, CaseState, KeyWrap, Staff, Unit

_DESKS = (KeyPurpose.DESK, KeyPurpose.ALTERNATE)


class RootNeeded(XiansuoError):
    """They hold a key of the office or of a unit: its next generation must be signed by the root."""


class LastHolder(XiansuoError):
    """Nobody else holds this key: their successor comes first, or nobody could read what it opens."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def key_held(session: Session, staff: Staff) -> str | None:
    """The office key that this person holds, by the name on its shares; None for most."""
    held = session.execute(
        select(RecipientKey.purpose, RecipientKey.holder)
        .join(KeyWrap, KeyWrap.key_id == RecipientKey.id)
        .where(KeyWrap.holder_key_id == staff.key_id)
    )
    of_name = {key: name for name, key in OFFICE_KEYS.items()}
    keys = [(purpose, holder) for purpose, holder in held]
    return next((of_name[key] for key in keys if key in of_name), None)


def leave_office(
    session: Session, staff: Staff, *, root: RootKey | None, shares: Sequence[str], clock: Clock
) -> None:
    """Take everything from a person: their login, their sessions, every key that is wrapped to them.

    root: needed for who holds an office key or a unit's, and then ``shares``, two, for the office key.
    Raises RootNeeded, SharesNeeded, WrongShares, LastHolder.
    """
    name, unit = key_held(session, staff), _unit_of_liaison(session, staff)
    staff.active = False
    _leave_cases(session, staff, from_desk=name is not None and OFFICE_KEYS[name][0] in _DESKS)
    session.execute(delete(KeyWrap).where(KeyWrap.holder_key_id == staff.key_id))
    end_sessions_of(session, staff_id=staff.id)
    session.flush()
    if name is not None or unit is not None:
        if root is None:
            raise RootNeeded
        if name is not None:
            _renew(session, name, root=root, shares=shares)
        if unit is not None:
            renew_unit_key(session, unit_id=unit.id, root=root)
    events.append(
        session,
        event=events.Event.STAFF_LEFT,
        subject_kind="staff",
        subject_id=staff.id,
        clock=clock,
        facts={"key": name or ("unit" if unit is not None else "")},
    )


def _leave_cases(session: Session, staff: Staff, *, from_desk: bool) -> None:
    """Note which cases need the next generation of their key; the desk's is a way to all of them."""
    held = select(KeyWrap.key_id).where(KeyWrap.holder_key_id == staff.key_id)
    theirs = Case.state != CaseState.CLOSED if from_desk else Case.key_id.in_(held)
    session.execute(update(Case).where(theirs).values(key_left=True))


def _unit_of_liaison(session: Session, staff: Staff) -> Unit | None:
    """The unit whose key this person holds, in whatever generation."""
    query = (
        select(Unit)
        .join(RecipientKey, RecipientKey.id == Unit.key_id)
        .join(KeyWrap, KeyWrap.key_id == RecipientKey.id)
        .where(KeyWrap.holder_key_id == staff.key_id)
    )
    return session.scalars(query).one_or_none()


def _renew(session: Session, name: str, *, root: RootKey, shares: Sequence[str]) -> None:
    if not shares:
        raise SharesNeeded(name)
    last = recover_office_key(session, shares)
    if (last.purpose, last.holder) != OFFICE_KEYS[name]:
        raise SharesNeeded(name)
    holders = session.scalars(
        select(Staff)
        .join(KeyWrap, KeyWrap.holder_key_id == Staff.key_id)
        .where(KeyWrap.key_id == last.id, Staff.active.is_(True))
        .order_by(Staff.id)
    ).all()
    if not holders:
        raise LastHolder(name)
    renew_office_key(session, root=root, shares=shares, holders=map(of_staff, holders))
