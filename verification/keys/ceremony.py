"""The founding ceremony: keys that the office root signs, who holds them at first, and the paper shares.

Runs where the root's private half is, once, offline; afterwards that half is put away. Everything later
(a case's key, a unit's papers) is granted by somebody whose key is unlocked; who joins or leaves the office
needs the root again, and where they hold an office key, its paper shares.
Source: 4-sealing "Keys", "every staff passphrase forgotten"; SLIP-39; FORMAT.md §8, §12.4.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from portal.crypto.bundles import recovery_key
from portal.crypto.recipients import PrivateKey, unwrap_private_key, wrap_private_key
from portal.crypto.signing import SigningKey
from portal.crypto.voice import voice_of
from portal.errors import XiansuoError
from portal.models import KeyPurpose, RecipientKey, Rng, new_id
from portal.trust import KeyOf, TrustedKeys
from verification.keys.signers import sign_key
from verification.models import KeyWrap

SHARES_NEEDED, SHARES_MADE = 2, 3


class WrongShares(XiansuoError):
    """These paper shares open nothing here: too few, mistyped, or another office's."""


@dataclass(frozen=True, slots=True, repr=False)
class RootKey:
    """The office root in hand, and the day of the ceremony."""

    signing: SigningKey
    day: date
    rng: Rng

    @property
    def trust(self) -> TrustedKeys:
        """Keys that this root vouches for."""
        return TrustedKeys(self.signing.verify_key())


@dataclass(frozen=True, slots=True, repr=False)
class OfficeKey:
    """A key pair of the office during the ceremony, before it is wrapped to people."""

    id: uuid.UUID
    private: PrivateKey
    purpose: KeyPurpose
    holder: str = ""


def publish(
    session: Session,
    *,
    root: RootKey,
    purpose: KeyPurpose,
    public: bytes,
    holder: str = "",
    generation: int = 1,
    key_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Sign a public key with the root and store it; returns its id."""
    key_id = key_id or new_id(root.rng)
    row = RecipientKey(
        id=key_id,
        purpose=purpose,
        holder=holder,
        generation=generation,
        public=public,
        not_before=root.day,
    )
    session.add(sign_key(row, signer=root.signing))
    session.flush()
    return key_id


def make_office_key(
    session: Session, *, root: RootKey, purpose: KeyPurpose, holder: str = "", generation: int = 1
) -> OfficeKey:
    """A desk, alternate, director or unit key, signed by the root; a desk's voice is signed with it."""
    private = PrivateKey.generate()
    key_id = publish(
        session,
        root=root,
        purpose=purpose,
        public=private.public().to_bytes(),
        holder=holder,
        generation=generation,
    )
    key = OfficeKey(id=key_id, private=private, purpose=purpose, holder=holder)
    if purpose in (KeyPurpose.DESK, KeyPurpose.ALTERNATE):
        _publish_voice(session, root=root, desk=key, name=purpose.value, generation=generation)
    return key


def _publish_voice(session: Session, *, root: RootKey, desk: OfficeKey, name: str, generation: int) -> None:
    # Derived from the desk's private half: whoever is given the desk can answer, nothing more is wrapped.
    voice = voice_of(desk.private, desk_key_id=desk.id).verify_key().to_bytes()
    publish(session, root=root, purpose=KeyPurpose.VOICE, public=voice, holder=name, generation=generation)


def wrap_office_key(session: Session, *, root: RootKey, key: OfficeKey, to: Iterable[KeyOf]) -> None:
    """Give an office key to the holders of the keys ``to`` (staff keys, or a recovery key)."""
    for holder in to:
        public = root.trust.public(session, holder, on=root.day)
        sealed = wrap_private_key(key.private, to=public, key_id=key.id, holder_key_id=holder.key_id)
        session.add(KeyWrap(key_id=key.id, holder_key_id=holder.key_id, sealed_private=sealed))
    session.flush()


def make_cleaner_issuer(session: Session, *, root: RootKey) -> tuple[uuid.UUID, SigningKey]:
    """The key that signs each day's cleaner key; its private half goes to the worker host alone."""
    signing = SigningKey.generate()
    key_id = publish(
        session, root=root, purpose=KeyPurpose.CLEANER_ISSUER, public=signing.verify_key().to_bytes()
    )
    return key_id, signing


def make_recovery_shares(session: Session, *, root: RootKey, key: OfficeKey, holder: str) -> list[str]:
    """Wrap ``key`` to a recovery key that exists only on paper; returns three SLIP-39 shares, two suffice."""
    secret = secrets.token_bytes(32)
    public = recovery_key(secret).public().to_bytes()
    recovery_id = publish(session, root=root, purpose=KeyPurpose.RECOVERY, public=public, holder=holder)
    wrap_office_key(session, root=root, key=key, to=[KeyOf(recovery_id, KeyPurpose.RECOVERY, holder)])
    groups: list[list[str]] = generate_mnemonics(1, [(SHARES_NEEDED, SHARES_MADE)], secret)
    return groups[0]


def recover_private(shares: Iterable[str]) -> PrivateKey:
    """The recovery key from enough paper shares. Raises shamir_mnemonic.MnemonicError otherwise."""
    return recovery_key(combine_mnemonics(list(shares)))


def recover_office_key(session: Session, shares: Iterable[str]) -> OfficeKey:
    """The newest generation of the office key that these paper shares were made for.

    Raises WrongShares where they are too few, mistyped, or of another office.
    """
    _recovery, generations = _recover_generations(session, shares)
    return generations[-1]


def renew_office_key(
    session: Session, *, root: RootKey, shares: Iterable[str], holders: Iterable[KeyOf]
) -> OfficeKey:
    """Start an office key's next generation, held by ``holders`` and the same paper shares.

    Every older generation is wrapped to it, so that who joins later reads what came before. Raises
    WrongShares.
    """
    recovery, generations = _recover_generations(session, shares)
    last = generations[-1]
    number = session.get_one(RecipientKey, last.id).generation + 1
    key = make_office_key(session, root=root, purpose=last.purpose, holder=last.holder, generation=number)
    wrap_office_key(session, root=root, key=key, to=[*holders, recovery])
    for older in generations:
        wrap_office_key(session, root=root, key=older, to=[KeyOf(key.id, key.purpose, key.holder)])
    return key


def _recover_generations(session: Session, shares: Iterable[str]) -> tuple[KeyOf, list[OfficeKey]]:
    """The recovery key that shares make, and every generation wrapped to it, the oldest first."""
    try:
        recovery = recover_private(shares)
    except MnemonicError as error:
        raise WrongShares from error
    of_recovery = aliased(RecipientKey)
    rows = session.execute(
        select(KeyWrap, RecipientKey, of_recovery)
        .join(of_recovery, of_recovery.id == KeyWrap.holder_key_id)
        .join(RecipientKey, RecipientKey.id == KeyWrap.key_id)
        .where(
            of_recovery.purpose == KeyPurpose.RECOVERY,
            of_recovery.public == recovery.public().to_bytes(),
        )
        .order_by(RecipientKey.generation)
    ).all()
    if not rows:
        raise WrongShares
    generations = [
        OfficeKey(
            id=wrap.key_id,
            private=unwrap_private_key(
                wrap.sealed_private, holder=recovery, key_id=wrap.key_id, holder_key_id=wrap.holder_key_id
            ),
            purpose=row.purpose,
            holder=row.holder,
        )
        for wrap, row, _recovery in rows
    ]
    paper = rows[0][2]
    return KeyOf(paper.id, KeyPurpose.RECOVERY, paper.holder), generations
