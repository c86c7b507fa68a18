"""Units, staff, their roles and what they must not touch. Source: 2-domain §2 (Art. 5, 9), §3, §4."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column


class UnitKind(StrEnum):
    """What a body is; only the first four can be inspected by a county (Art. 5)."""

    DEPARTMENT = "department"
    TOWN = "town"
    AUTHORISED = "authorised"
    ENTRUSTED = "entrusted"
    VERTICAL = "vertical"
    OFFICE = "office"


INSPECTABLE = (UnitKind.DEPARTMENT, UnitKind.TOWN, UnitKind.AUTHORISED, UnitKind.ENTRUSTED)


class Role(StrEnum):
    """Roles of 2-domain §4, plus the reviewer, who may be lent by another bureau."""

    SUPERVISOR = "supervisor"
    DIRECTOR = "director"
    HEAD = "head"
    DEPUTY = "deputy"
    INSPECTOR = "inspector"
    REVIEWER = "reviewer"
    LIAISON = "liaison"
    EXTERNAL = "external"
    ADMINISTRATOR = "administrator"
    SECURITY = "security"
    AUDITOR = "auditor"


class InterestKind(StrEnum):
    """Why somebody must keep away from a unit. Source: Civil Servant Law 76–77."""

    OWN = "own"
    KINSHIP = "kinship"
    FORMER_POST = "former-post"
    IN_CHARGE = "in-charge"
    OTHER = "other"


class Unit(Base):
    """A public body. ``code`` is the short stable code offices use; ``key_id`` opens unit versions alone."""

    __tablename__ = "unit"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(160))
    kind: Mapped[UnitKind] = mapped_column(code_column(UnitKind))
    in_charge_id: Mapped[uuid.UUID | None]
    key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("recipient_key.id"))
    channel: Mapped[str | None] = mapped_column(String(200))


class UnitDuty(Base):
    """Which categories a unit is responsible for."""

    __tablename__ = "unit_duty"

    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    category: Mapped[str] = mapped_column(String(8), primary_key=True)


class Staff(Base):
    """A person who logs in. ``sealed_keys`` opens with the passphrase and the host key together.

    The TOTP secret is sealed under the keys themselves, so a copy of the database holds neither.
    """

    __tablename__ = "staff"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"))
    key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recipient_key.id"))
    sealed_keys: Mapped[bytes]
    sealed_totp: Mapped[bytes]
    totp_counter: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    trained_on: Mapped[date | None]
    undertaking_on: Mapped[date | None]
    active: Mapped[bool] = mapped_column(default=True)
    demo: Mapped[bool] = mapped_column(default=False)


class StaffRole(Base):
    """One role of one person."""

    __tablename__ = "staff_role"

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(code_column(Role), primary_key=True)


class Interest(Base):
    """A declared reason to keep somebody away from a unit."""

    __tablename__ = "interest"
    __table_args__ = (UniqueConstraint("staff_id", "unit_id", "kind"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"))
    kind: Mapped[InterestKind] = mapped_column(code_column(InterestKind))
