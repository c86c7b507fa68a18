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
from sqlalchemy import select
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


def unlock(
    session: Session, *, login: str, passphrase: str, code: str, host_key: bytes, clock: Clock
) -> tuple[Staff, StaffKeys]:
    """Check all three and give the keys. Must run in a writing session; counts failures there.

    Raises LoginRefused (without saying which part was wrong, after the same work for unknown logins) or
    LoginPaused after five failures in a row, for five minutes. The caller commits either way.
    """
    staff = session.scalars(
        select(Staff).where(Staff.login == login.strip(), Staff.active.is_(True)).with_for_update()
    ).one_or_none()
    if staff is None:
        stretch(passphrase, salt=bytes(SALT_BYTES), host_key=host_key)
        raise LoginRefused
    if staff.locked_until is not None and staff.locked_until > clock.now():
        raise LoginPaused
    try:
        keys = open_staff_keys(
            staff.sealed_keys, passphrase=passphrase, host_key=host_key, staff_key_id=staff.key_id
        )
        totp_secret = open_small(staff.sealed_totp, key=_totp_key(keys), context=_totp_context(staff.key_id))
    except Tampered:
        _count_failure(staff, clock)
        raise LoginRefused from None
    counter = _matching_counter(totp_secret, code, moment=clock.now(), after=staff.totp_counter)
    if counter is None:
        _count_failure(staff, clock)
        raise LoginRefused
    staff.totp_counter, staff.failures, staff.locked_until = counter, 0, None
    return staff, keys


def _count_failure(staff: Staff, clock: Clock) -> None:
    staff.failures += 1
    if staff.failures >= _ALLOWED_FAILURES:
        staff.failures, staff.locked_until = 0, clock.now() + _PAUSE
