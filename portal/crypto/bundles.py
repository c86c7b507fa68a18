"""A person's keys at rest and in a session, the desk's digest key, and the key behind the paper shares.

Owns: the layouts of staff bundle and session row, and what digests and recovery derive from. Must not know:
accounts, cookies, tables, where the host key comes from. Source: FORMAT.md §12.
"""

from __future__ import annotations

import hmac
import secrets
import uuid
from typing import Final

from portal.crypto.kdf import SALT_BYTES, derive, open_small, seal_small, stretch
from portal.crypto.recipients import PRIVATE_BYTES, PrivateKey
from portal.crypto.signing import SigningKey
from portal.crypto.suites import KEY_BYTES, Secret, labelled
from portal.errors import Tampered

STAFF_PRIVATE_BYTES: Final = PRIVATE_BYTES + KEY_BYTES
DIGEST_FLOOR_BYTES: Final = 1024

_VERSION: Final = b"\x01"


class StaffKeys(Secret):
    """One person's HPKE pair, which opens what is wrapped to them, and Ed25519 pair, which signs."""

    __slots__ = ("recipient", "signing")

    def __init__(self, *, recipient: PrivateKey, signing: SigningKey) -> None:
        self.recipient = recipient
        self.signing = signing

    @classmethod
    def generate(cls) -> StaffKeys:
        """Fresh pairs from the operating system's generator."""
        return cls(recipient=PrivateKey.generate(), signing=SigningKey.generate())

    @classmethod
    def from_bytes(cls, encoded: bytes) -> StaffKeys:
        """Read 128 bytes: HPKE private key, then Ed25519 seed. Raises Tampered for another length."""
        if len(encoded) != STAFF_PRIVATE_BYTES:
            raise Tampered("staff keys length")
        recipient = PrivateKey.from_bytes(encoded[:PRIVATE_BYTES])
        return cls(recipient=recipient, signing=SigningKey.from_bytes(encoded[PRIVATE_BYTES:]))

    def to_bytes(self) -> bytes:
        """The 128 bytes of FORMAT.md §12.1; the caller seals them at once."""
        return self.recipient.to_bytes() + self.signing.to_bytes()

    def public_bytes(self) -> bytes:
        """1248 bytes, the ``public`` of a key statement with purpose "staff"."""
        return self.recipient.public().to_bytes() + self.signing.verify_key().to_bytes()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StaffKeys) and hmac.compare_digest(self.to_bytes(), other.to_bytes())

    def __hash__(self) -> int:
        return hash(self.public_bytes())


def seal_staff_keys(
    keys: StaffKeys, *, passphrase: str, host_key: bytes, staff_key_id: uuid.UUID, salt: bytes | None = None
) -> bytes:
    """Staff keys for their row, under the passphrase and the host key (32 bytes). About 0.2 s and 64 MiB.

    salt: 16 random bytes, given only by frozen vectors. Source: FORMAT.md §12.1.
    """
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    key = stretch(passphrase, salt=salt, host_key=host_key)
    return _VERSION + salt + seal_small(keys.to_bytes(), key=key, context=_staff_context(staff_key_id))


def open_staff_keys(sealed: bytes, *, passphrase: str, host_key: bytes, staff_key_id: uuid.UUID) -> StaffKeys:
    """Unlock staff keys. Raises Tampered: a wrong passphrase, host key or row cannot be told apart."""
    if sealed[:1] != _VERSION or len(sealed) <= 1 + SALT_BYTES:
        raise Tampered("staff keys")
    key = stretch(passphrase, salt=sealed[1 : 1 + SALT_BYTES], host_key=host_key)
    return StaffKeys.from_bytes(
        open_small(sealed[1 + SALT_BYTES :], key=key, context=_staff_context(staff_key_id))
    )


def _staff_context(staff_key_id: uuid.UUID) -> bytes:
    return labelled("small", b"staff", staff_key_id.bytes)


def session_lookup_id(token: bytes) -> bytes:
    """32 bytes by which a session row is found; the row does not tell the token. token: 32 random bytes."""
    return derive(_whole_token(token), label="session/lookup-id")


def seal_session(keys: StaffKeys, *, token: bytes, staff_key_id: uuid.UUID) -> bytes:
    """Staff keys for a session row, under what only the cookie holds. Source: FORMAT.md §12.2."""
    key = derive(_whole_token(token), label="session/key")
    return seal_small(keys.to_bytes(), key=key, context=_session_context(token, staff_key_id))


def open_session(sealed: bytes, *, token: bytes, staff_key_id: uuid.UUID) -> StaffKeys:
    """The staff keys of a session, microseconds plus 0.2 ms. Raises Tampered for another token or person."""
    key = derive(_whole_token(token), label="session/key")
    return StaffKeys.from_bytes(open_small(sealed, key=key, context=_session_context(token, staff_key_id)))


def _session_context(token: bytes, staff_key_id: uuid.UUID) -> bytes:
    return labelled("small", b"session", session_lookup_id(token), staff_key_id.bytes)


def _whole_token(token: bytes) -> bytes:
    if len(token) != KEY_BYTES:
        raise ValueError("a session token is 32 bytes")
    return token


def digest_key(desk: PrivateKey, *, desk_key_id: uuid.UUID) -> bytes:
    """The 32-byte key of the desk's digests; whoever holds that desk generation can derive it. §12.3."""
    return derive(desk.to_bytes(), label="digest/key", context=desk_key_id.bytes)


def seal_digest(plaintext: bytes, *, key: bytes, tip_id: uuid.UUID) -> bytes:
    """A tip's digest for its row; equal in size up to 1020 bytes. key: from ``digest_key``."""
    return seal_small(plaintext, key=key, context=_digest_context(tip_id), at_least=DIGEST_FLOOR_BYTES)


def open_digest(sealed: bytes, *, key: bytes, tip_id: uuid.UUID) -> bytes:
    """A tip's digest, microseconds. Raises Tampered for another tip's row or another generation's key."""
    return open_small(sealed, key=key, context=_digest_context(tip_id))


def _digest_context(tip_id: uuid.UUID) -> bytes:
    return labelled("small", b"digest", tip_id.bytes)


def same_file_key(desk: PrivateKey, *, desk_key_id: uuid.UUID) -> bytes:
    """The 32-byte key by which a desk generation knows files again. Source: FORMAT.md §12.5."""
    return derive(desk.to_bytes(), label="same-file/key", context=desk_key_id.bytes)


def same_file_mark(sha256: bytes, *, key: bytes) -> bytes:
    """32 bytes, equal for equal files; tells nothing of the file to whoever has no key. §12.5.

    sha256: of the whole original.  key: from ``same_file_key``.
    """
    if len(sha256) != KEY_BYTES:
        raise ValueError("a SHA-256 is 32 bytes")
    return derive(key, label="same-file/mark", context=sha256)


def recovery_key(secret: bytes) -> PrivateKey:
    """The pair that private keys are wrapped to for recovery. secret: 32 bytes from paper shares. §12.4."""
    if len(secret) != KEY_BYTES:
        raise ValueError("a recovery secret is 32 bytes")
    return PrivateKey.from_bytes(derive(secret, label="recovery/key", length=PRIVATE_BYTES))
