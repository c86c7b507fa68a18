"""Who acts: a member of staff, or the software on behalf of a clock or an informant."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from verification.models import Role, Staff, StaffRole
from verification.policy.permissions import Permission, permissions_of


@dataclass(frozen=True, slots=True)
class Actor:
    """``staff_id`` is None for the software itself. ``informant``: it acts on a message of the informant."""

    staff_id: uuid.UUID | None
    roles: frozenset[Role]
    permissions: frozenset[Permission]
    unit_id: uuid.UUID | None = None
    informant: bool = False

    def may(self, permission: Permission) -> bool:
        """Whether a role of this actor grants ``permission``."""
        return permission in self.permissions


SYSTEM_ACTOR = Actor(staff_id=None, roles=frozenset(), permissions=frozenset({Permission.SYSTEM}))
INFORMANT_ACTOR = Actor(
    staff_id=None, roles=frozenset(), permissions=frozenset({Permission.SYSTEM}), informant=True
)


def actor_for(session: Session, staff_id: uuid.UUID) -> Actor:
    """The actor that the active member of staff ``staff_id`` is now."""
    staff = session.get_one(Staff, staff_id)
    roles = frozenset(session.scalars(select(StaffRole.role).where(StaffRole.staff_id == staff_id)))
    granted = permissions_of(roles) if staff.active else frozenset()
    return Actor(staff_id=staff_id, roles=roles, permissions=granted, unit_id=staff.unit_id)
