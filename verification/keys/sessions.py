"""Split sessions: the row holds the keys sealed under a token that exists only in the cookie.

Neither the row nor the cookie alone unlocks anything. Source: FORMAT.md §12.2.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from config import VerificationSettings
from portal.clock import Clock
from portal.crypto.bundles import StaffKeys, open_session, seal_session, session_lookup_id
from portal.errors import Tampered
from verification.keys.keyring import Keyring
from verification.models import Staff, StaffSession

TOKEN_BYTES = 32
_TOUCH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lives without use, and at most."""

    idle: timedelta
    whole: timedelta

    @classmethod
    def of(cls, settings: VerificationSettings) -> SessionLimits:
        """As configured."""
        return cls(
            idle=timedelta(minutes=settings.session_idle_minutes),
            whole=timedelta(hours=settings.session_max_hours),
        )


@dataclass(frozen=True, slots=True, repr=False)
class OpenSession:
    """A session in use. ``touch`` says that ``seen_at`` should be written again."""

    row_id: bytes
    staff_id: uuid.UUID
    keyring: Keyring
    touch: bool


def begin_session(
    session: Session, *, staff: Staff, keys: StaffKeys, clock: Clock, limits: SessionLimits
) -> str:
    """Write the row and return the cookie's text; the token is nowhere else."""
    token = secrets.token_bytes(TOKEN_BYTES)
    sealed = seal_session(keys, token=token, staff_key_id=staff.key_id)
    now = clock.now()
    session.add(
        StaffSession(
            id=session_lookup_id(token),
            staff_id=staff.id,
            sealed_keys=sealed,
            began_at=now,
            seen_at=now,
            expires_at=now + limits.whole,
        )
    )
    return base64.urlsafe_b64encode(token).decode()


def resume_session(
    session: Session, *, cookie: str, clock: Clock, limits: SessionLimits
) -> OpenSession | None:
    """The session a cookie belongs to, unlocked; None if unknown, over, idle too long or tampered with."""
    try:
        token = base64.urlsafe_b64decode(cookie.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return None
    if len(token) != TOKEN_BYTES:
        return None
    row = session.get(StaffSession, session_lookup_id(token))
    now = clock.now()
    if row is None or row.expires_at <= now or row.seen_at + limits.idle <= now:
        return None
    staff = session.get(Staff, row.staff_id)
    if staff is None or not staff.active:
        return None
    try:
        keys = open_session(row.sealed_keys, token=token, staff_key_id=staff.key_id)
    except Tampered:
        return None
    return OpenSession(
        row_id=row.id,
        staff_id=staff.id,
        keyring=Keyring(key_id=staff.key_id, keys=keys),
        touch=now - row.seen_at > _TOUCH,
    )


def end_session(session: Session, *, row_id: bytes) -> None:
    """Forget a session: the cookie is worthless from now on."""
    session.execute(delete(StaffSession).where(StaffSession.id == row_id))


def end_sessions_of(session: Session, *, staff_id: uuid.UUID) -> None:
    """Forget every session of one person."""
    session.execute(delete(StaffSession).where(StaffSession.staff_id == staff_id))


def sweep_sessions(session: Session, *, clock: Clock, limits: SessionLimits) -> None:
    """Delete the rows that ``resume_session`` would refuse: sealed keys stay no longer than their session."""
    now = clock.now()
    is_over = (StaffSession.expires_at <= now) | (StaffSession.seen_at <= now - limits.idle)
    session.execute(delete(StaffSession).where(is_over))
