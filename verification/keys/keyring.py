"""A keyring: from one person's unlocked keys to every key that is wrapped to them, directly or on the way.

A wrap or grant that does not open is passed over, and one that opens something else than the key it names:
anybody who can write a row can write a bad one, and it must not take the good ones away.
Lives for one request. Source: 4-sealing "Keys": desk → staff, case → desk or team, old generation → new.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import NoReturn

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.crypto.bundles import StaffKeys, digest_key, same_file_key
from portal.crypto.recipients import PUBLIC_BYTES, PrivateKey, open_file_key, unwrap_private_key
from portal.crypto.signing import SigningKey
from portal.errors import Tampered
from portal.models import ObjectGrant, RecipientKey
from verification.errors import KeyLocked
from verification.models import KeyWrap

#: staff → desk (new generation) → desk (old generation) → case is the longest path there is.
_MAX_STEPS = 4


def _wraps() -> Select[KeyWrap, bytes]:
    """Wraps, each with the public half that what it holds must belong to."""
    return select(KeyWrap, RecipientKey.public).join(RecipientKey, RecipientKey.id == KeyWrap.key_id)


class Keyring:
    """Opens what is wrapped to one person; remembers what it opened for the length of the request."""

    def __init__(self, *, key_id: uuid.UUID, keys: StaffKeys) -> None:
        self.staff_key_id = key_id
        self.signing: SigningKey = keys.signing
        self._opened: dict[uuid.UUID, PrivateKey] = {key_id: keys.recipient}
        self._file_keys: dict[uuid.UUID, bytes] = {}
        self._digest_keys: dict[uuid.UUID, bytes] = {}
        self._spoiled: set[uuid.UUID] = set()

    def private(self, session: Session, key_id: uuid.UUID) -> PrivateKey:
        """The private half of ``key_id``. Raises KeyLocked without a path there, Tampered where it is bad."""
        key = self._reach(session, key_id, steps=_MAX_STEPS)
        if key is None:
            if key_id in self._spoiled:
                raise Tampered("wrap")
            raise KeyLocked(key_id)
        return key

    def holds(self, session: Session, key_id: uuid.UUID) -> bool:
        """Whether this person can open what is sealed to ``key_id``."""
        return self._reach(session, key_id, steps=_MAX_STEPS) is not None

    def _reach(self, session: Session, key_id: uuid.UUID, *, steps: int) -> PrivateKey | None:
        if key_id in self._opened:
            return self._opened[key_id]
        if steps == 0:
            return None
        wraps = session.execute(_wraps().where(KeyWrap.key_id == key_id)).all()
        # What is already open comes first: most keys are one step away.
        for wrap, public in sorted(wraps, key=lambda row: row[0].holder_key_id not in self._opened):
            holder = self._reach(session, wrap.holder_key_id, steps=steps - 1)
            if holder is None:
                continue
            key = self._open(wrap, holder=holder, public=public)
            if key is not None:
                return key
            self._spoiled.add(key_id)
        return None

    def learn(self, session: Session, key_ids: Iterable[uuid.UUID]) -> None:
        """Open many keys with one query, where one step is enough; for lists. Others are left for later."""
        unknown = set(key_ids) - self._opened.keys()
        wraps = session.execute(
            _wraps().where(KeyWrap.key_id.in_(unknown), KeyWrap.holder_key_id.in_(self._opened))
        ).all()
        for wrap, public in wraps:
            if wrap.key_id not in self._opened:
                self._open(wrap, holder=self._opened[wrap.holder_key_id], public=public)

    def _open(self, wrap: KeyWrap, *, holder: PrivateKey, public: bytes) -> PrivateKey | None:
        try:
            key = unwrap_private_key(
                wrap.sealed_private, holder=holder, key_id=wrap.key_id, holder_key_id=wrap.holder_key_id
            )
        except Tampered:
            return None
        if key.public().to_bytes() != public[:PUBLIC_BYTES]:
            return None  # somebody's own key under this key's name
        self._opened[wrap.key_id] = key
        return key

    def file_key(self, session: Session, object_id: uuid.UUID) -> bytes:
        """The file key of an object through any grant this person can use. Raises KeyLocked, Tampered."""
        found = self.file_keys(session, (object_id,))
        if object_id not in found:
            self.refuse((object_id,))
        return found[object_id]

    def refuse(self, object_ids: Iterable[uuid.UUID]) -> NoReturn:
        """Say why these do not open: Tampered where a grant or wrap of each is bad, else KeyLocked."""
        if self._spoiled.issuperset(object_ids):
            raise Tampered("grant")
        raise KeyLocked

    def file_keys(self, session: Session, object_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, bytes]:
        """The file keys of many objects with one query; those this person cannot open are left out."""
        wanted = set(object_ids)
        if unknown := wanted - self._file_keys.keys():
            grants = session.scalars(select(ObjectGrant).where(ObjectGrant.object_id.in_(unknown))).all()
            # What is already open comes first: most keys are one step away.
            for grant in sorted(grants, key=lambda row: row.recipient_key_id not in self._opened):
                self._use(session, grant)
        return {object_id: self._file_keys[object_id] for object_id in wanted & self._file_keys.keys()}

    def _use(self, session: Session, grant: ObjectGrant) -> None:
        if grant.object_id in self._file_keys:
            return
        private = self._reach(session, grant.recipient_key_id, steps=_MAX_STEPS)
        if private is None:
            if grant.recipient_key_id in self._spoiled:
                self._spoiled.add(grant.object_id)
            return
        try:
            self._file_keys[grant.object_id] = open_file_key(
                grant.sealed_file_key,
                private=private,
                recipient_key_id=grant.recipient_key_id,
                object_id=grant.object_id,
            )
        except Tampered:
            self._spoiled.add(grant.object_id)  # another grant may still do

    def remember(self, object_id: uuid.UUID, file_key: bytes) -> None:
        """Keep the key of an object this request has just written."""
        self._file_keys[object_id] = file_key

    def adopt(self, key_id: uuid.UUID, private: PrivateKey) -> None:
        """Keep a key pair this request has just made."""
        self._opened[key_id] = private

    def digest_key(self, session: Session, desk_key_id: uuid.UUID) -> bytes:
        """The symmetric key of digests under a desk key. Source: FORMAT.md §12.3."""
        if desk_key_id not in self._digest_keys:
            private = self.private(session, desk_key_id)
            self._digest_keys[desk_key_id] = digest_key(private, desk_key_id=desk_key_id)
        return self._digest_keys[desk_key_id]

    def same_file_key(self, session: Session, desk_key_id: uuid.UUID) -> bytes:
        """The key by which a desk key's holders know files again. Source: FORMAT.md §12.5."""
        return same_file_key(self.private(session, desk_key_id), desk_key_id=desk_key_id)
