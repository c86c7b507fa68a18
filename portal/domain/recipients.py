"""Whom the public side seals to today: desk, alternate desk, director, cleaner.

Owns: the choice of the key for each purpose, cached for a minute. Must not know: how signatures are chained
(``portal.trust``), private keys. An unsigned or wrongly signed key is never sealed to: it counts as absent.
Source: 4-sealing "Keys".
"""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from portal.clock import Clock, civil_day
from portal.crypto.recipients import PublicKey
from portal.crypto.signing import VerifyKey
from portal.db import Database
from portal.domain.errors import DeskClosed
from portal.domain.retrying import retry_later
from portal.errors import UnsignedKey
from portal.models import SECOND_OF_ALTERNATE, Desk, KeyPurpose
from portal.trust import KeyOf, TrustedKeys, current_key

REFRESH_SECONDS: Final = 60

_PURPOSE_OF: Final = {Desk.DESK: KeyPurpose.DESK, Desk.ALTERNATE: KeyPurpose.ALTERNATE}


#: Who has the other half of an identity: of the alternate desk's tips never the office's own director.
_SECOND_OF: Final = {Desk.DESK: "", Desk.ALTERNATE: SECOND_OF_ALTERNATE}


@dataclass(frozen=True, slots=True)
class Recipient:
    """One verified public key and the id of its row."""

    key_id: uuid.UUID
    public: PublicKey


@dataclass(frozen=True, slots=True)
class TipKeys:
    """What one tip is sealed to. ``cleaner``: None where no cleaner's key is valid today."""

    desk: Recipient
    director: Recipient
    cleaner: Recipient | None


@dataclass(frozen=True, slots=True)
class _Keys:
    day: date
    read_at: datetime
    by_purpose: dict[KeyPurpose, Recipient]
    seconds: dict[Desk, Recipient]


class Recipients:
    """Verified keys of today. Safe for many threads; at most one of them reads the database at a time.

    Every method may raise RetryLater: a key that cannot be looked up is not guessed.
    """

    def __init__(self, database: Database, *, root: VerifyKey, clock: Clock) -> None:
        self._database = database
        self._trusted = TrustedKeys(root)
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: _Keys | None = None

    @property
    def trust(self) -> TrustedKeys:
        """Keys that the pinned root vouches for; also those that sign what the office says."""
        return self._trusted

    def offers(self, desk: Desk) -> bool:
        """Whether tips to this desk can be sealed at all; if not, the form is not shown."""
        keys = self._current()
        return _PURPOSE_OF[desk] in keys.by_purpose and desk in keys.seconds

    def for_tip(self, desk: Desk) -> TipKeys:
        """The keys to seal a tip to. Raises DeskClosed where one is missing."""
        keys = self._current()
        holder, second = keys.by_purpose.get(_PURPOSE_OF[desk]), keys.seconds.get(desk)
        if holder is None or second is None:
            raise DeskClosed(desk)
        return TipKeys(desk=holder, director=second, cleaner=keys.by_purpose.get(KeyPurpose.CLEANER))

    def forget(self) -> None:
        """Read the rows again at the next use; for tests and after a key ceremony in the same process."""
        with self._lock:
            self._keys = None

    def _current(self) -> _Keys:
        keys = self._keys
        if keys is not None and self._is_fresh(keys):
            return keys
        with self._lock:
            if self._keys is None or not self._is_fresh(self._keys):
                self._keys = self._read()
            return self._keys

    def _is_fresh(self, keys: _Keys) -> bool:
        age = self._clock.now() - keys.read_at
        return timedelta(0) <= age < timedelta(seconds=REFRESH_SECONDS) and keys.day == civil_day(self._clock)

    def _read(self) -> _Keys:
        day = civil_day(self._clock)
        purposes = (KeyPurpose.DESK, KeyPurpose.ALTERNATE, KeyPurpose.CLEANER)
        with retry_later(), self._database.read() as session:
            found = {purpose: self._verified(session, purpose, day=day) for purpose in purposes}
            halves = {
                desk: self._verified(session, KeyPurpose.DIRECTOR, holder=holder, day=day)
                for desk, holder in _SECOND_OF.items()
            }
        present = {purpose: recipient for purpose, recipient in found.items() if recipient is not None}
        seconds = {desk: recipient for desk, recipient in halves.items() if recipient is not None}
        return _Keys(day=day, read_at=self._clock.now(), by_purpose=present, seconds=seconds)

    def _verified(
        self, session: Session, purpose: KeyPurpose, *, day: date, holder: str = ""
    ) -> Recipient | None:
        row = current_key(session, purpose=purpose, holder=holder, day=day)
        if row is None:
            return None
        try:
            public = self._trusted.public(session, KeyOf(row.id, purpose, holder), on=day)
            return Recipient(key_id=row.id, public=public)
        except UnsignedKey:
            return None
