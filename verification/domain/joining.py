"""Somebody joins an office that exists: the root signs their keys, and they get what their role holds.

What a role holds was made at the founding and lies on no disk: the desk's and the director's key come back
from two paper shares; a unit gets a new key generation, because its old one is with its other liaisons alone.
Used by the command line. Source: 4-sealing "Keys", "every staff passphrase forgotten".
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clock import Clock
from portal.errors import XiansuoError
from portal.models import SECOND_OF_ALTERNATE, KeyPurpose, RecipientKey
from verification.domain.founding import NewStaff, StaffSecrets, enrol
from verification.keys.addressees import of_staff
from verification.keys.ceremony import RootKey, make_office_key, recover_office_key, wrap_office_key
from verification.models import Role, Staff, StaffRole, Unit

OFFICE_KEYS: Final[dict[str, tuple[KeyPurpose, str]]] = {
    "desk": (KeyPurpose.DESK, ""),
    "director": (KeyPurpose.DIRECTOR, ""),
    "alternate": (KeyPurpose.ALTERNATE, ""),
    "alternate-second": (KeyPurpose.DIRECTOR, SECOND_OF_ALTERNATE),
}
"""The keys that have paper shares, by the name on them: purpose and holder."""


class SharesNeeded(XiansuoError):
    """The role holds an office key, and the shares given are not that key's (or there are none).

    name: what the shares' papers call it.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def key_needed(new: NewStaff) -> str | None:
    """The office key that this person will hold, by the name on its shares; None for most."""
    if new.alternate_second:
        return "alternate-second"
    if Role.SUPERVISOR in new.roles:
        return "alternate" if new.alternate_desk else "desk"
    return "director" if Role.DIRECTOR in new.roles else None


def join_office(
    session: Session,
    new: NewStaff,
    *,
    root: RootKey,
    own: StaffSecrets,
    shares: Sequence[str],
    clock: Clock,
) -> Staff:
    """Add a person. shares: two SLIP-39 shares where a role holds an office key, otherwise empty.

    Raises SharesNeeded, WrongShares; ValueError for a supervisor and director in one.
    """
    held = []
    if (name := key_needed(new)) is not None:
        if not shares:
            raise SharesNeeded(name)
        key = recover_office_key(session, shares)
        if (key.purpose, key.holder) != OFFICE_KEYS[name]:
            raise SharesNeeded(name)
        held.append(key)
    staff = enrol(session, new, root=root, own=own, held=held, clock=clock)
    if Role.LIAISON in new.roles:
        renew_unit_key(session, unit_id=new.unit_id, root=root)
    return staff


def renew_unit_key(session: Session, *, unit_id: uuid.UUID, root: RootKey) -> None:
    """Give a unit the next generation of its key, held by all its liaisons of now.

    What was sealed to the old one is granted to the new one at the desk's next login (``catching_up``).
    """
    unit = session.get_one(Unit, unit_id)
    last = session.get_one(RecipientKey, unit.key_id).generation if unit.key_id else 0
    key = make_office_key(
        session, root=root, purpose=KeyPurpose.UNIT, holder=unit_id.hex, generation=last + 1
    )
    liaisons = (
        select(Staff)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(StaffRole.role == Role.LIAISON, Staff.unit_id == unit_id, Staff.active.is_(True))
    )
    wrap_office_key(
        session, root=root, key=key, to=[of_staff(liaison) for liaison in session.scalars(liaisons)]
    )
    unit.key_id = key.id
    session.flush()
