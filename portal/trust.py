"""Which public keys may be sealed to: those signed, link by link, up to the office root in configuration.

The one place that reads ``recipient_key`` for sealing, on both sides. Write access to the database does not
let anybody swap a key: the root's public half is pinned in the settings. Source: 4-sealing "Keys", FORMAT.md.
"""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.crypto.chain import SignedStatement, recipient_of, verify_chain, verify_key_of
from portal.crypto.recipients import PublicKey
from portal.crypto.signing import KeyStatement, VerifyKey
from portal.errors import UnsignedKey
from portal.models import KeyPurpose, RecipientKey


def statement_of(row: RecipientKey) -> KeyStatement:
    """What the signature of ``row`` covers."""
    return KeyStatement(
        key_id=row.id,
        purpose=row.purpose.value,
        holder=row.holder,
        generation=row.generation,
        not_before=row.not_before,
        not_after=row.not_after,
        public=row.public,
    )


def signed(row: RecipientKey) -> SignedStatement:
    """``row`` as a link of a chain."""
    return SignedStatement(statement=statement_of(row), signature=row.signature)


@dataclass(frozen=True, slots=True)
class KeyOf:
    """A key that a record points to, and whose it has to be. Pointers are not signed: statements are.

    holder: "" for the keys of the office; the id in hexadecimal of a case, unit or member of staff.
    """

    key_id: uuid.UUID
    purpose: KeyPurpose
    holder: str = ""


class TrustedKeys:
    """Verified public keys, cached: a row once verified is not verified again unless its bytes change."""

    def __init__(self, root: VerifyKey) -> None:
        self._root = root
        self._verified: dict[KeyOf, tuple[SignedStatement, PublicKey]] = {}
        self._lock = threading.Lock()

    def public(self, session: Session, key: KeyOf, *, on: date) -> PublicKey:
        """The HPKE public key that ``key`` names, good on the day ``on``.

        Raises UnsignedKey where there is no such key, it is for another purpose or somebody else's, its chain
        misses the root, or its dates are over.
        """
        row = session.get(RecipientKey, key.key_id)
        if row is None:
            raise UnsignedKey("unknown key")
        link = signed(row)
        with self._lock:
            known = self._verified.get(key)
        if known is not None and known[0] == link and link.statement.covers(on):
            return known[1]
        statement = verify_chain(
            self._chain(session, row, link),
            root=self._root,
            purpose=key.purpose.value,
            holder=key.holder,
            on=on,
        )
        public = recipient_of(statement)
        with self._lock:
            self._verified[key] = (link, public)
        return public

    def verify_key(
        self, session: Session, key_id: uuid.UUID, *, purpose: KeyPurpose, holder: str, on: date
    ) -> VerifyKey:
        """The Ed25519 key with which ``holder`` signs what ``purpose`` stands for, good on the day ``on``.

        Raises UnsignedKey for an unknown key, another purpose or holder, or a chain that misses the root.
        """
        row = session.get(RecipientKey, key_id)
        if row is None:
            raise UnsignedKey("unknown key")
        chain = self._chain(session, row, signed(row))
        statement = verify_chain(chain, root=self._root, purpose=purpose.value, holder=holder, on=on)
        return verify_key_of(statement)

    def _chain(self, session: Session, row: RecipientKey, link: SignedStatement) -> list[SignedStatement]:
        if row.signed_by is None:
            return [link]
        signer = session.get(RecipientKey, row.signed_by)
        if signer is None:
            raise UnsignedKey("unknown signer")
        return [signed(signer), link]


def current_key(session: Session, *, purpose: KeyPurpose, holder: str = "", day: date) -> RecipientKey | None:
    """The newest key of ``purpose`` that is valid on ``day``, or None. Its signature is not yet checked."""
    return session.scalars(
        select(RecipientKey)
        .where(
            RecipientKey.purpose == purpose,
            RecipientKey.holder == holder,
            RecipientKey.retired.is_(False),
            RecipientKey.not_before <= day,
            (RecipientKey.not_after.is_(None)) | (RecipientKey.not_after >= day),
        )
        .order_by(RecipientKey.generation.desc(), RecipientKey.not_before.desc())
        .limit(1)
    ).one_or_none()
