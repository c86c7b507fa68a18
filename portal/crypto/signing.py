"""Ed25519 signatures, and the statements that vouch for every public key.

Owns: what is signed and how it is encoded. Must not know: where keys are stored, or which day it is.
Source: FORMAT.md §8, §8.1. The chain of statements is ``chain``'s.
"""

from __future__ import annotations

import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import date
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portal.crypto.suites import KEY_BYTES, SUITE_BYTES, Secret, labelled, u32
from portal.errors import Tampered, UnsignedKey

SIGNATURE_BYTES: Final = 64
MESSAGE_PURPOSE: Final = "message"

_STATEMENT: Final = "key-statement"
_MAX_HOLDER_BYTES: Final = 255


def _signed(message: bytes, *, purpose: str) -> bytes:
    """Never the bare message: what is signed for one purpose means nothing for another."""
    return labelled("signature", purpose.encode(), message)


class VerifyKey:
    """The public half of a signing key."""

    __slots__ = ("_encoded", "_key")

    def __init__(self, encoded: bytes) -> None:
        if len(encoded) != KEY_BYTES:
            raise Tampered("verify key length")
        self._encoded = bytes(encoded)
        self._key = Ed25519PublicKey.from_public_bytes(self._encoded)

    @classmethod
    def from_bytes(cls, encoded: bytes) -> VerifyKey:
        """Read 32 bytes. Raises Tampered for another length."""
        return cls(encoded)

    def to_bytes(self) -> bytes:
        """The 32 bytes of RFC 8032."""
        return self._encoded

    def verify(self, message: bytes, signature: bytes, *, purpose: str = MESSAGE_PURPOSE) -> None:
        """Raises Tampered unless ``signature`` (64 bytes) is this key's over this message and purpose."""
        try:
            self._key.verify(signature, _signed(message, purpose=purpose))
        except (InvalidSignature, ValueError):
            raise Tampered("signature") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VerifyKey) and self._encoded == other._encoded

    def __hash__(self) -> int:
        return hash(self._encoded)

    def __repr__(self) -> str:
        return f"<VerifyKey {self._encoded.hex()[:16]}>"


class SigningKey(Secret):
    """The half that signs. Hidden from repr, pickle and copy."""

    __slots__ = ("_key", "_seed")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != KEY_BYTES:
            raise Tampered("signing key length")
        self._seed = bytes(seed)
        self._key = Ed25519PrivateKey.from_private_bytes(self._seed)

    @classmethod
    def generate(cls) -> SigningKey:
        """A fresh key from the operating system's generator."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @classmethod
    def from_bytes(cls, seed: bytes) -> SigningKey:
        """Read the 32-byte seed of RFC 8032. Raises Tampered for another length."""
        return cls(seed)

    def to_bytes(self) -> bytes:
        """The 32-byte seed; the caller seals it at once."""
        return self._seed

    def verify_key(self) -> VerifyKey:
        """The half to give away."""
        return VerifyKey(self._key.public_key().public_bytes_raw())

    def sign(self, message: bytes, *, purpose: str = MESSAGE_PURPOSE) -> bytes:
        """64 bytes over ``labelled("signature", purpose, message)``. Source: FORMAT.md §8."""
        return self._key.sign(_signed(message, purpose=purpose))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SigningKey) and hmac.compare_digest(self._seed, other._seed)

    def __hash__(self) -> int:
        return hash(self.verify_key())


@dataclass(frozen=True, slots=True)
class KeyStatement:
    """Who holds which public key, for what, and for which days (both included).

    public: 1216 bytes (HPKE), 32 (Ed25519) or both joined, as the purpose says. Source: FORMAT.md §8.1.
    """

    key_id: uuid.UUID
    purpose: str
    holder: str
    generation: int
    not_before: date
    not_after: date | None
    public: bytes

    def encode(self) -> bytes:
        """The canonical bytes that are signed. ValueError for a holder above 255 bytes."""
        holder = self.holder.encode()
        if len(holder) > _MAX_HOLDER_BYTES or not 0 <= self.generation < 2**32:
            raise ValueError("a holder is at most 255 bytes and a generation 32 bits")
        return labelled(
            _STATEMENT,
            SUITE_BYTES,
            self.key_id.bytes,
            self.purpose.encode(),
            holder,
            u32(self.generation),
            self.not_before.isoformat().encode(),
            b"" if self.not_after is None else self.not_after.isoformat().encode(),
            self.public,
        )

    def covers(self, day: date) -> bool:
        """Whether the statement is in force on that day."""
        return self.not_before <= day and (self.not_after is None or day <= self.not_after)


def sign_statement(statement: KeyStatement, *, signer: SigningKey) -> bytes:
    """Vouch for a key; 64 bytes. Source: FORMAT.md §8.1."""
    return signer.sign(statement.encode(), purpose=_STATEMENT)


def verify_statement(statement: KeyStatement, signature: bytes, *, signer: VerifyKey) -> None:
    """Raises UnsignedKey unless ``signer`` signed exactly this statement. Dates are ``verify_chain``'s."""
    try:
        signer.verify(statement.encode(), signature, purpose=_STATEMENT)
    except Tampered:
        raise UnsignedKey("signature") from None
