"""The cleaner's keys, one a day: made ahead, signed by the issuer, destroyed when their day's queue is empty.

Owns the private halves, as files of mode 0600 on the worker host, and the public halves as signed rows. A
thief of this folder reads attachments that wait to be cleaned and those of the days made ahead, and nothing
that was cleaned before; with the issuer's half, who can also write rows makes keys for later days. All
worker hosts of an installation share the folder. Must not know: queues, files' contents.
Source: 4-sealing "Keys", FORMAT.md §8.1.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.crypto.recipients import PrivateKey, open_file_key
from portal.crypto.signing import SigningKey
from portal.errors import Tampered
from portal.models import (
    CleanState,
    KeyPurpose,
    ObjectGrant,
    OutboxRow,
    OutboxTopic,
    RecipientKey,
    Rng,
    StoredFile,
    new_id,
)
from verification.jobs.errors import DayKeyAbsent, GrantUnusable, IssuerAbsent
from verification.keys.signers import sign_key

#: Today and so many days to come: a weekend without workers costs nobody a clean copy.
DAYS_AHEAD: Final = 3
#: A file that could not be cleaned for so long waits for a new grant instead, so that keys do end.
LONGEST_DAYS: Final = 7

_ISSUER: Final = re.compile(r"issuer-([0-9a-f]{32})\.key")
_DAY: Final = re.compile(r"day-(\d{4}-\d{2}-\d{2})-([0-9a-f]{32})\.key")


class KeyFiles:
    """The folder of private halves; made at need, mode 0700."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def keep_issuer(self, issuer_id: uuid.UUID, signing: SigningKey) -> None:
        """Put the issuer's private half here; set-up does, once."""
        self._write(f"issuer-{issuer_id.hex}.key", signing.to_bytes())

    def issuer(self) -> tuple[uuid.UUID, SigningKey]:
        """The issuer's id and private half. Raises IssuerAbsent."""
        for path in sorted(self._folder.iterdir()):
            if found := _ISSUER.fullmatch(path.name):
                return uuid.UUID(found[1]), SigningKey.from_bytes(path.read_bytes())
        raise IssuerAbsent

    def keep_day(self, key_id: uuid.UUID, private: PrivateKey, *, day: date) -> None:
        """Durable before the row that names it commits."""
        self._write(f"day-{day.isoformat()}-{key_id.hex}.key", private.to_bytes())

    def of_day(self, key_id: uuid.UUID) -> PrivateKey:
        """The private half of one day's key. Raises DayKeyAbsent."""
        for kept_id, path in self._days().items():
            if kept_id == key_id:
                return PrivateKey.from_bytes(path.read_bytes())
        raise DayKeyAbsent

    def past(self, *, day: date) -> set[uuid.UUID]:
        """Ids of the keys here whose day is before ``day``."""
        found = (_DAY.fullmatch(path.name) for path in self._folder.iterdir())
        return {uuid.UUID(one[2]) for one in found if one and date.fromisoformat(one[1]) < day}

    def destroy(self, key_id: uuid.UUID) -> None:
        """Overwrite and remove a day's private half. Not there is well."""
        path = self._days().get(key_id)
        if path is None:
            return
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        self._sync()

    def _days(self) -> dict[uuid.UUID, Path]:
        found = ((_DAY.fullmatch(path.name), path) for path in self._folder.iterdir())
        return {uuid.UUID(one[2]): path for one, path in found if one}

    def _write(self, name: str, private: bytes) -> None:
        """Whole or not at all, and durable. A file of that name must not be there yet."""
        temporary = self._folder / f".{name}.new"
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(private)
            file.flush()
            os.fsync(descriptor)
        os.link(temporary, self._folder / name)
        temporary.unlink()
        self._sync()

    def _sync(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(descriptor)
        os.close(descriptor)


def make_days(session: Session, files: KeyFiles, *, day: date, rng: Rng) -> list[uuid.UUID]:
    """Make the keys that are still missing for ``day`` and the days ahead; returns their ids.

    Set-up calls it too, so that the first tip's files are cleaned. Raises IssuerAbsent.
    """
    wanted = [day + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)]
    have = set(
        session.scalars(
            select(RecipientKey.not_before).where(
                RecipientKey.purpose == KeyPurpose.CLEANER,
                RecipientKey.retired.is_(False),
                RecipientKey.not_before >= day,
            )
        )
    )
    return [_make_day(session, files, day=one, rng=rng) for one in wanted if one not in have]


def _make_day(session: Session, files: KeyFiles, *, day: date, rng: Rng) -> uuid.UUID:
    issuer_id, issuer = files.issuer()
    private, key_id = PrivateKey.generate(), new_id(rng)
    public = private.public().to_bytes()
    files.keep_day(key_id, private, day=day)
    row = RecipientKey(
        id=key_id,
        purpose=KeyPurpose.CLEANER,
        holder="",
        generation=1,
        public=public,
        not_before=day,
        not_after=day,
    )
    session.add(sign_key(row, signer=issuer, signed_by=issuer_id))
    return key_id


def retire_days(session: Session, files: KeyFiles, *, day: date) -> set[uuid.UUID]:
    """Retire past keys that nothing waits for; the caller destroys them once this has committed.

    A key that is ``LONGEST_DAYS`` old is retired in any case: its files wait for a new grant then.
    """
    rows = session.scalars(
        select(RecipientKey).where(
            RecipientKey.purpose == KeyPurpose.CLEANER,
            RecipientKey.retired.is_(False),
            RecipientKey.not_before < day,
        )
    ).all()
    for row in rows:
        waiting = set(
            session.scalars(select(ObjectGrant.object_id).where(ObjectGrant.recipient_key_id == row.id))
        )
        if waiting and row.not_before >= day - timedelta(days=LONGEST_DAYS):
            continue
        _give_up(session, waiting, key_id=row.id)
        row.retired = True
    session.flush()
    return files.past(day=day) - _still_in_use(session)


def _still_in_use(session: Session) -> set[uuid.UUID]:
    query = select(RecipientKey.id).where(
        RecipientKey.purpose == KeyPurpose.CLEANER, RecipientKey.retired.is_(False)
    )
    return set(session.scalars(query))


def _give_up(session: Session, waiting: Iterable[uuid.UUID], *, key_id: uuid.UUID) -> None:
    """Take the cleaner's access to these originals; the desk's next unlocked session grants them anew."""
    for object_id in waiting:
        stored = session.get(StoredFile, object_id)
        if stored is not None and stored.clean_state is CleanState.WAITING:
            stored.clean_state = CleanState.AWAITING_GRANT
        session.execute(
            delete(OutboxRow).where(
                OutboxRow.topic == OutboxTopic.CLEAN_FILE, OutboxRow.subject_id == object_id
            )
        )
    session.execute(delete(ObjectGrant).where(ObjectGrant.recipient_key_id == key_id))


def open_grant(grant: ObjectGrant, *, files: KeyFiles) -> bytes:
    """The 32-byte file key of one original. Raises DayKeyAbsent, GrantUnusable."""
    private = files.of_day(grant.recipient_key_id)
    try:
        return open_file_key(
            grant.sealed_file_key,
            private=private,
            recipient_key_id=grant.recipient_key_id,
            object_id=grant.object_id,
        )
    except Tampered:
        raise GrantUnusable from None
