"""Who holds a role now, or a desk. Must not know: what a role may do (``permissions``)."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models import RecipientKey
from verification.models import KeyWrap, Role, Staff, StaffRole


def staff_with_role(session: Session, role: Role) -> set[uuid.UUID]:
    """Active staff who hold ``role``."""
    query = select(StaffRole.staff_id).join(Staff, Staff.id == StaffRole.staff_id)
    return set(session.scalars(query.where(StaffRole.role == role, Staff.active.is_(True))))


def desk_of(session: Session, desk_key_id: uuid.UUID) -> set[uuid.UUID]:
    """Active supervisors who hold this desk's key in any generation; who came later has only the newest."""
    desk = session.get(RecipientKey, desk_key_id)
    if desk is None:
        return set()
    generations = select(RecipientKey.id).where(
        RecipientKey.purpose == desk.purpose, RecipientKey.holder == desk.holder
    )
    query = (
        select(Staff.id)
        .join(KeyWrap, KeyWrap.holder_key_id == Staff.key_id)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(
            KeyWrap.key_id.in_(generations),
            StaffRole.role == Role.SUPERVISOR,
            Staff.active.is_(True),
        )
    )
    return set(session.scalars(query))
