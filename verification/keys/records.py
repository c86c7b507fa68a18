"""Sealing a record to keys, opening it, granting it on: the one way texts are stored on the internal side.

A record is a JSON object in the canonical form of FORMAT.md §11.1, sealed inline in ``sealed_object``.
"""

from __future__ import annotations

import contextlib
import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.crypto import compartments
from portal.crypto.header import ObjectKind
from portal.crypto.recipients import PrivateKey, seal_file_key, wrap_private_key
from portal.errors import Tampered
from portal.models import (
    KeyPurpose,
    ObjectGrant,
    RecipientKey,
    Rng,
    SealedObject,
    new_id,
)
from portal.trust import KeyOf, TrustedKeys
from verification.errors import NotHere
from verification.keys.keyring import Keyring
from verification.keys.signers import sign_key
from verification.models import KeyWrap


@dataclass(frozen=True, slots=True)
class Sealing:
    """What sealing needs besides the text: verified keys, randomness for ids, the civil day."""

    trust: TrustedKeys
    rng: Rng
    day: date


def seal_record(
    session: Session,
    record: Mapping[str, Any],
    *,
    kind: ObjectKind,
    to: Iterable[KeyOf],
    sealing: Sealing,
    keyring: Keyring | None = None,
    object_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Store ``record`` sealed to every key in ``to``; returns the object's id.

    object_id: a fresh one that the record itself names, such as a signed message.
    """
    object_id, file_key = object_id or new_id(sealing.rng), secrets.token_bytes(32)
    body = compartments.seal_record(dict(record), kind=kind, object_id=object_id, file_key=file_key)
    session.add(
        SealedObject(id=object_id, kind=kind, body=body, sealed_bytes=len(body), stored_on=sealing.day)
    )
    session.flush()
    for key in dict.fromkeys(to):
        add_grant(session, object_id=object_id, file_key=file_key, to=key, sealing=sealing)
    if keyring is not None:
        keyring.remember(object_id, file_key)
    return object_id


def add_grant(
    session: Session, *, object_id: uuid.UUID, file_key: bytes, to: KeyOf, sealing: Sealing
) -> None:
    """Let the holders of key ``to`` open an object. Granting twice is harmless. Raises UnsignedKey."""
    if session.get(ObjectGrant, (object_id, to.key_id)) is not None:
        return
    public = sealing.trust.public(session, to, on=sealing.day)
    sealed = seal_file_key(file_key, to=public, recipient_key_id=to.key_id, object_id=object_id)
    session.add(ObjectGrant(object_id=object_id, recipient_key_id=to.key_id, sealed_file_key=sealed))


def regrant(session: Session, *, object_id: uuid.UUID, to: KeyOf, keyring: Keyring, sealing: Sealing) -> None:
    """Pass on the access this person has."""
    file_key = keyring.file_key(session, object_id)
    add_grant(session, object_id=object_id, file_key=file_key, to=to, sealing=sealing)


def open_record(session: Session, object_id: uuid.UUID, *, keyring: Keyring) -> dict[str, Any]:
    """Open a record this person may open. Raises KeyLocked, NotHere, Tampered."""
    row = session.get(SealedObject, object_id)
    if row is None or row.body is None:
        raise NotHere
    file_key = keyring.file_key(session, object_id)
    return compartments.open_record(
        row.body, kind=ObjectKind(row.kind), object_id=object_id, file_key=file_key
    )


def open_records(
    session: Session, object_ids: Iterable[uuid.UUID], *, keyring: Keyring
) -> dict[uuid.UUID, dict[str, Any]]:
    """Open many records with two queries. Raises KeyLocked if one of them is not this person's, Tampered."""
    wanted = set(object_ids)
    rows = session.scalars(select(SealedObject).where(SealedObject.id.in_(wanted))).all()
    file_keys = keyring.file_keys(session, wanted)
    if missing := wanted - file_keys.keys():
        keyring.refuse(missing)
    return {
        row.id: compartments.open_record(
            row.body or b"", kind=ObjectKind(row.kind), object_id=row.id, file_key=file_keys[row.id]
        )
        for row in rows
    }


def open_whole_records(
    session: Session, object_ids: Iterable[uuid.UUID], *, keyring: Keyring
) -> dict[uuid.UUID, dict[str, Any]]:
    """As ``open_records`` for a list of many subjects: what does not open is left out, the others show."""
    file_keys = keyring.file_keys(session, object_ids)
    opened: dict[uuid.UUID, dict[str, Any]] = {}
    for row in session.scalars(select(SealedObject).where(SealedObject.id.in_(file_keys))):
        with contextlib.suppress(Tampered, ValueError):
            opened[row.id] = compartments.open_record(
                row.body or b"", kind=ObjectKind(row.kind), object_id=row.id, file_key=file_keys[row.id]
            )
    return opened


def make_key(
    session: Session,
    *,
    purpose: KeyPurpose,
    holder: str,
    holders: Iterable[KeyOf],
    keyring: Keyring,
    sealing: Sealing,
    generation: int = 1,
) -> uuid.UUID:
    """Make a case key pair, signed by this person's key and wrapped to ``holders``. Raises UnsignedKey.

    Only those whose own statement carries a desk can sign one that anybody will seal to: FORMAT.md §8.1.
    """
    private, key_id = PrivateKey.generate(), new_id(sealing.rng)
    public = private.public().to_bytes()
    row = RecipientKey(
        id=key_id,
        purpose=purpose,
        holder=holder,
        generation=generation,
        public=public,
        not_before=sealing.day,
    )
    session.add(sign_key(row, signer=keyring.signing, signed_by=keyring.staff_key_id))
    session.flush()
    keyring.adopt(key_id, private)
    for holder_key in dict.fromkeys(holders):
        wrap_to(session, key_id=key_id, to=holder_key, keyring=keyring, sealing=sealing)
    return key_id


def wrap_to(session: Session, *, key_id: uuid.UUID, to: KeyOf, keyring: Keyring, sealing: Sealing) -> None:
    """Give the holders of ``to`` the private half of ``key_id``. Twice is harmless. Raises UnsignedKey."""
    if session.get(KeyWrap, (key_id, to.key_id)) is not None:
        return
    private = keyring.private(session, key_id)
    public = sealing.trust.public(session, to, on=sealing.day)
    sealed = wrap_private_key(private, to=public, key_id=key_id, holder_key_id=to.key_id)
    session.add(KeyWrap(key_id=key_id, holder_key_id=to.key_id, sealed_private=sealed))
    session.flush()
