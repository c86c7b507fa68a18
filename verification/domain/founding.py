"""Founding an office: units, people and their keys, the working-day calendar, the public directory.

Used by the command line, the demo seed and the tests; it needs the root's private half in hand.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.clock import Clock, civil_day
from portal.crypto.bundles import StaffKeys
from portal.crypto.chain import staff_holder
from portal.crypto.signing import SigningKey
from portal.models import SECOND_OF_ALTERNATE, DirectoryEntry, DirectoryKind, KeyPurpose, Rng, new_id
from verification.audit import events
from verification.keys.addressees import of_staff
from verification.keys.ceremony import (
    OfficeKey,
    RootKey,
    make_cleaner_issuer,
    make_office_key,
    make_recovery_shares,
    publish,
    wrap_office_key,
)
from verification.keys.identities import TOTP_BYTES, SealedIdentity, seal_identity
from verification.models import (
    INSPECTABLE,
    Case,
    CaseUnit,
    Interest,
    InterestKind,
    KeyWrap,
    Role,
    Staff,
    StaffRole,
    Unit,
    UnitDuty,
    UnitKind,
)
from verification.policy.workdays import seed_calendar

_DESK_KEYS = frozenset({KeyPurpose.DESK, KeyPurpose.ALTERNATE})


@dataclass(frozen=True, slots=True, repr=False)
class OfficeKeys:
    """What exists only during the ceremony, and the shares to print: of each key, by its name."""

    root: RootKey
    desk: OfficeKey
    director: OfficeKey
    alternate: OfficeKey | None
    alternate_second: OfficeKey | None
    issuer_id: uuid.UUID
    issuer: SigningKey
    shares: dict[str, list[str]]
    units: dict[uuid.UUID, OfficeKey] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A body to add. ``duties``: category codes it is responsible for."""

    code: str
    name: str
    name_en: str
    kind: UnitKind
    duties: tuple[str, ...] = ()
    channel: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class NewStaff:
    """A person to add; ``alternate_second`` agrees to opening identities of the alternate desk's tips."""

    login: str
    name: str
    roles: tuple[Role, ...]
    unit_id: uuid.UUID
    trained_on: date | None = None
    undertaking_on: date | None = None
    alternate_desk: bool = False
    alternate_second: bool = False
    demo: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class StaffSecrets:
    """A person's keys and how they are sealed; made apart from the row, because sealing takes 0.2 s."""

    key_id: uuid.UUID
    keys: StaffKeys
    sealed: SealedIdentity
    totp_secret: bytes


def make_secrets(*, passphrase: str, host_key: bytes, rng: Rng) -> StaffSecrets:
    """Fresh keys and a fresh TOTP secret, sealed under passphrase and host key (32 bytes). 0.2 s, 64 MiB."""
    keys, key_id, totp_secret = StaffKeys.generate(), new_id(rng), secrets.token_bytes(TOTP_BYTES)
    sealed = seal_identity(
        keys, key_id=key_id, passphrase=passphrase, totp_secret=totp_secret, host_key=host_key
    )
    return StaffSecrets(key_id=key_id, keys=keys, sealed=sealed, totp_secret=totp_secret)


def found_office(
    session: Session, *, root: SigningKey, clock: Clock, rng: Rng, with_alternate: bool
) -> OfficeKeys:
    """Make the office's keys, sign them, and write the calendar. The first entry of the audit chain."""
    day = civil_day(clock)
    ceremony = RootKey(signing=root, day=day, rng=rng)
    desk = make_office_key(session, root=ceremony, purpose=KeyPurpose.DESK)
    director = make_office_key(session, root=ceremony, purpose=KeyPurpose.DIRECTOR)
    alternate = (
        make_office_key(session, root=ceremony, purpose=KeyPurpose.ALTERNATE) if with_alternate else None
    )
    second = (
        make_office_key(session, root=ceremony, purpose=KeyPurpose.DIRECTOR, holder=SECOND_OF_ALTERNATE)
        if with_alternate
        else None
    )
    issuer_id, issuer = make_cleaner_issuer(session, root=ceremony)
    seed_calendar(session, years=range(day.year - 1, day.year + 3))
    events.append(
        session,
        event=events.Event.OFFICE_FOUNDED,
        subject_kind="office",
        subject_id=desk.id,
        clock=clock,
    )
    # A key without paper ends with its last holder's passphrase, and with it all that was sealed to it.
    named = {"desk": desk, "director": director, "alternate": alternate, "alternate-second": second}
    return OfficeKeys(
        root=ceremony,
        desk=desk,
        director=director,
        alternate=alternate,
        alternate_second=second,
        issuer_id=issuer_id,
        issuer=issuer,
        shares={
            name: make_recovery_shares(session, root=ceremony, key=key, holder=name)
            for name, key in named.items()
            if key is not None
        },
    )


def add_unit(session: Session, new: NewUnit, *, keys: OfficeKeys) -> Unit:
    """Add a body; one the county may inspect gets a key of its own and an entry in the public directory."""
    unit = Unit(
        id=new_id(keys.root.rng),
        code=new.code,
        name=new.name,
        name_en=new.name_en,
        kind=new.kind,
        channel=new.channel,
    )
    if new.kind in INSPECTABLE:
        unit_key = make_office_key(session, root=keys.root, purpose=KeyPurpose.UNIT, holder=unit.id.hex)
        unit.key_id, keys.units[unit.id] = unit_key.id, unit_key
    session.add(unit)
    session.flush()
    session.add_all(UnitDuty(unit_id=unit.id, category=category) for category in new.duties)
    return unit


def add_directory(session: Session, *, bodies: list[str], places: list[str], rng: Rng) -> None:
    """Write the names the public form suggests."""
    for kind, names in ((DirectoryKind.BODY, bodies), (DirectoryKind.PLACE, places)):
        session.add_all(
            DirectoryEntry(id=new_id(rng), kind=kind, name=name, ordinal=ordinal)
            for ordinal, name in enumerate(names)
        )


def add_staff(session: Session, new: NewStaff, *, keys: OfficeKeys, own: StaffSecrets, clock: Clock) -> Staff:
    """Add a person with keys of their own, and wrap to them what their roles hold.

    A supervisor gets the desk key, a director the director key; nobody gets both (ValueError). Of the
    alternate desk one supervisor gets the key and another, who reads no tip, the other half of identities.
    """
    return enrol(session, new, root=keys.root, own=own, held=_keys_for(new, keys), clock=clock)


def enrol(
    session: Session,
    new: NewStaff,
    *,
    root: RootKey,
    own: StaffSecrets,
    held: Sequence[OfficeKey],
    clock: Clock,
) -> Staff:
    """Add a person, and wrap to them the office keys ``held``. ValueError: supervisor and director in one."""
    if {Role.SUPERVISOR, Role.DIRECTOR} <= set(new.roles):
        raise ValueError("no person holds the desk key and the director key")
    staff_id = new_id(root.rng)
    publish(
        session,
        root=root,
        purpose=KeyPurpose.STAFF,
        public=own.keys.public_bytes(),
        holder=staff_holder(staff_id.hex, desk=_desk_among(held)),
        key_id=own.key_id,
    )
    staff = Staff(
        id=staff_id,
        login=new.login,
        name=new.name,
        unit_id=new.unit_id,
        key_id=own.key_id,
        sealed_keys=own.sealed.keys,
        sealed_totp=own.sealed.totp,
        trained_on=new.trained_on,
        undertaking_on=new.undertaking_on,
        demo=new.demo,
    )
    session.add(staff)
    session.flush()
    session.add_all(StaffRole(staff_id=staff_id, role=role) for role in new.roles)
    for office_key in held:
        wrap_office_key(session, root=root, key=office_key, to=[of_staff(staff)])
    events.append(
        session,
        event=events.Event.STAFF_ADDED,
        subject_kind="staff",
        subject_id=staff_id,
        clock=clock,
        facts={"roles": sorted(role.value for role in new.roles)},
    )
    return staff


def _desk_among(held: Sequence[OfficeKey]) -> str | None:
    # Whoever is given a desk opens cases, and signs their keys; nobody else does.
    return next((key.purpose.value for key in held if key.purpose in _DESK_KEYS), None)


def put_in_charge(session: Session, *, unit: Unit, leader: Staff) -> None:
    """Name the leader in charge of a unit, who keeps away from what concerns it (Civil Servant Law 76)."""
    unit.in_charge_id = leader.id
    take_unit_cases(session, staff=leader, unit_id=unit.id)


def declare_interest(
    session: Session, *, staff: Staff, unit_id: uuid.UUID, kind: InterestKind, rng: Rng
) -> None:
    """Write down why somebody keeps away from a unit; the keys of its cases that they hold go at once."""
    session.add(Interest(id=new_id(rng), staff_id=staff.id, unit_id=unit_id, kind=kind))
    take_unit_cases(session, staff=staff, unit_id=unit_id)


def take_unit_cases(session: Session, *, staff: Staff, unit_id: uuid.UUID) -> None:
    """Take the keys of a unit's cases from somebody who has come to keep away from it.

    The desk's next login starts their next generation, as when somebody leaves.
    """
    session.flush()
    of_unit = select(CaseUnit.case_id).where(CaseUnit.unit_id == unit_id)
    held = select(KeyWrap.key_id).where(KeyWrap.holder_key_id == staff.key_id)
    keys = session.scalars(select(Case.key_id).where(Case.id.in_(of_unit), Case.key_id.in_(held))).all()
    session.execute(update(Case).where(Case.key_id.in_(keys)).values(key_left=True))
    session.execute(delete(KeyWrap).where(KeyWrap.key_id.in_(keys), KeyWrap.holder_key_id == staff.key_id))
    session.flush()


def _keys_for(new: NewStaff, keys: OfficeKeys) -> list[OfficeKey]:
    held: list[OfficeKey] = []
    if new.alternate_second and keys.alternate_second:
        held.append(keys.alternate_second)
    elif Role.SUPERVISOR in new.roles:
        held.append(keys.alternate if new.alternate_desk and keys.alternate else keys.desk)
    if Role.DIRECTOR in new.roles:
        held.append(keys.director)
    if Role.LIAISON in new.roles and new.unit_id in keys.units:
        held.append(keys.units[new.unit_id])
    return held
