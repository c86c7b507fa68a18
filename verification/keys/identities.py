"""Making and unlocking a member of staff's keys: passphrase, host key and TOTP together.

Owns the bundle at rest. The TOTP secret is sealed under the staff key, so a database dump holds neither.
Source: FORMAT.md §12.1; RFC 6238.
"""

from __future__ import annotations

import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.clock import Clock
from portal.crypto.bundles import StaffKeys, open_staff_keys, seal_staff_keys
from portal.crypto.kdf import SALT_BYTES, derive, open_small, seal_small, stretch
from portal.crypto.suites import labelled
from portal.errors import Tampered
from verification.errors import LoginPaused, LoginRefused
from verification.models import Staff

TOTP_BYTES = 20
TOTP_STEP_SECONDS = 30
_ALLOWED_FAILURES = 5
_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, repr=False)
class SealedIdentity:
    """What a staff row keeps of a person's secrets."""

    keys: bytes
    totp: bytes


def seal_identity(
    keys: StaffKeys, *, key_id: uuid.UUID, passphrase: str, totp_secret: bytes, host_key: bytes
) -> SealedIdentity:
    """Seal keys under passphrase and host key, and the TOTP secret (20 bytes) under the keys."""
    return SealedIdentity(
        keys=seal_staff_keys(keys, passphrase=passphrase, host_key=host_key, staff_key_id=key_id),
        totp=seal_small(totp_secret, key=_totp_key(keys), context=_totp_context(key_id)),
    )


def _totp_key(keys: StaffKeys) -> bytes:
    return derive(keys.to_bytes(), label="staff/totp")


def _totp_context(key_id: uuid.UUID) -> bytes:
    return labelled("small", b"staff-totp", key_id.bytes)


def totp_code(secret: bytes, *, moment: datetime) -> str:
    """The six digits of ``moment``; for the demo's list of accounts and for tests."""
    return _totp(secret).generate(int(moment.timestamp())).decode()


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, 6, SHA1(), TOTP_STEP_SECONDS)  # noqa: S303  # the one hash every authenticator app has


def _matching_counter(secret: bytes, code: str, *, moment: datetime, after: int) -> int | None:
    """The step whose code was typed: this one or a neighbour, and later than the last one used."""
    now = int(moment.timestamp()) // TOTP_STEP_SECONDS
    typed = code.strip().replace(" ", "").encode()
    for counter in (now, now - 1, now + 1):
        right = _totp(secret).generate(counter * TOTP_STEP_SECONDS)
        if hmac.compare_digest(typed, right) and counter > after:
            return counter
    return None


@dataclass(frozen=True, slots=True, repr=False)
class Tried:
    """What a passphrase came to. ``keys`` None: it opened nothing. ``sealed_keys``: what it was tried on."""

    sealed_keys: bytes
    keys: StaffKeys | None


def try_passphrase(
    session: Session, *, login: str, passphrase: str, host_key: bytes, clock: Clock
) -> Tried | None:
    """The slow half of a login: 0.2 s and 64 MiB, so never inside a writing transaction.

    None for an unknown login, after the same work. Raises LoginPaused.
    """
    staff = session.scalars(_active(login)).one_or_none()
    if staff is None:
        stretch(passphrase, salt=bytes(SALT_BYTES), host_key=host_key)
        return None
    _refuse_paused(staff, clock)
    try:
        keys = open_staff_keys(
            staff.sealed_keys, passphrase=passphrase, host_key=host_key, staff_key_id=staff.key_id
        )
    except Tampered:
        return Tried(staff.sealed_keys, None)
    return Tried(staff.sealed_keys, keys)


def admit(
    session: Session, tried: Tried | None, *, login: str, code: str, clock: Clock
) -> tuple[Staff, StaffKeys]:
    """The quick half: the code, and the count of failures. Must run in a writing session.

    Raises LoginRefused (without saying which part was wrong) or LoginPaused after five failures in a row, for
    five minutes. The caller commits either way.
    """
    staff = session.scalars(_active(login).with_for_update()).one_or_none()
    if staff is None or tried is None or tried.sealed_keys != staff.sealed_keys:
        raise LoginRefused
    _refuse_paused(staff, clock)
    counter = None if tried.keys is None else _counter_of(staff, tried.keys, code=code, clock=clock)
    if counter is None or tried.keys is None:
        _count_failure(staff, clock)
        raise LoginRefused
    staff.totp_counter, staff.failures, staff.locked_until = counter, 0, None
    return staff, tried.keys


def unlock(
    session: Session, *, login: str, passphrase: str, code: str, host_key: bytes, clock: Clock
) -> tuple[Staff, StaffKeys]:
    """Both halves of a login in one writing session, where nobody else waits for it. Raises as ``admit``."""
    tried = try_passphrase(session, login=login, passphrase=passphrase, host_key=host_key, clock=clock)
    return admit(session, tried, login=login, code=code, clock=clock)


def _active(login: str) -> Select[Staff]:
    return select(Staff).where(Staff.login == login.strip(), Staff.active.is_(True))


def _refuse_paused(staff: Staff, clock: Clock) -> None:
    if staff.locked_until is not None and staff.locked_until > clock.now():
        raise LoginPaused


def _counter_of(staff: Staff, keys: StaffKeys, *, code: str, clock: Clock) -> int | None:
    try:
        secret = open_small(staff.sealed_totp, key=_totp_key(keys), context=_totp_context(staff.key_id))
    except Tampered:
        return None
    return _matching_counter(secret, code, moment=clock.now(), after=staff.totp_counter)


def _count_failure(staff: Staff, clock: Clock) -> None:
    staff.failures += 1
    if staff.failures >= _ALLOWED_FAILURES:
        staff.failures, staff.locked_until = 0, clock.now() + _PAUSE
