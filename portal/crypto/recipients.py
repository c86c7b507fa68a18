"""HPKE key pairs with the ML-KEM-768 + X25519 hybrid, and what is sealed to them.

Owns: the bytes of public and private keys, refusal of bad ones, and the ``info`` that ties each ciphertext to
its purpose, object and recipient. Must not know: whose keys these are or where they are kept.
Source: FORMAT.md §6, §7.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from portal.crypto.suites import KEY_BYTES, SUITE_BYTES, Secret, labelled
from portal.errors import Tampered

PUBLIC_BYTES: Final = 1184 + 32
PRIVATE_BYTES: Final = 64 + 32
OVERHEAD_BYTES: Final = 1088 + 32 + 16
SEALED_FILE_KEY_BYTES: Final = KEY_BYTES + OVERHEAD_BYTES
WRAPPED_PRIVATE_BYTES: Final = PRIVATE_BYTES + OVERHEAD_BYTES

_MLKEM_PUBLIC_BYTES: Final = 1184
_MLKEM_SEED_BYTES: Final = 64
_SUITE: Final = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)

_FIELD: Final = 2**255 - 19
# With such a share the shared secret does not depend on the recipient (RFC 7748 §6.1, RFC 9180 §7.1.4).
_LOW_ORDER: Final = frozenset(
    {
        0,
        1,
        _FIELD - 1,
        0x00B8495F16056286FDB1329CEB8D09DA6AC49FF1FAE35616AEB8413B7C7AEBE0,
        0x57119FD0DD4E22D8868E1C58C45C44045BEF839C55B1D0B1248C50A3BC959C5F,
    }
)


class PublicKey:
    """Half of a key pair that anyone may hold; seals and cannot open."""

    __slots__ = ("_encoded", "_hpke")

    def __init__(self, encoded: bytes, key: hpke.MLKEM768X25519PublicKey) -> None:
        self._encoded = encoded
        self._hpke = key

    @classmethod
    def from_bytes(cls, encoded: bytes) -> PublicKey:
        """Read 1216 bytes. Raises Tampered for a wrong length, an unreduced or low-order key (§6)."""
        if len(encoded) != PUBLIC_BYTES:
            raise Tampered("public key length")
        encoded = bytes(encoded)
        point = encoded[_MLKEM_PUBLIC_BYTES:]
        coordinate = int.from_bytes(point, "little")
        if coordinate >= _FIELD or coordinate in _LOW_ORDER:
            raise Tampered("public key point")
        try:
            lattice = MLKEM768PublicKey.from_public_bytes(encoded[:_MLKEM_PUBLIC_BYTES])
        except ValueError:
            raise Tampered("public key lattice") from None
        return cls(encoded, hpke.MLKEM768X25519PublicKey(lattice, X25519PublicKey.from_public_bytes(point)))

    def to_bytes(self) -> bytes:
        """The 1216 bytes of FORMAT.md §6."""
        return self._encoded

    def fingerprint(self) -> bytes:
        """32 bytes that stand for this key where 1216 are too many. Source: FORMAT.md §6."""
        return hashlib.sha256(labelled("hpke", b"fingerprint", self._encoded)).digest()

    def seal(self, plaintext: bytes, *, info: bytes) -> bytes:
        """HPKE single shot; 1136 bytes longer than ``plaintext``. info: from ``info_for``."""
        return _SUITE.encrypt(plaintext, self._hpke, info=info)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self._encoded == other._encoded

    def __hash__(self) -> int:
        return hash(self._encoded)

    def __repr__(self) -> str:
        return f"<PublicKey {self.fingerprint().hex()[:16]}>"


class PrivateKey(Secret):
    """The half that opens. Hidden from repr, pickle and copy."""

    __slots__ = ("_encoded", "_hpke", "_public")

    def __init__(self, encoded: bytes) -> None:
        if len(encoded) != PRIVATE_BYTES:
            raise Tampered("private key length")
        lattice = MLKEM768PrivateKey.from_seed_bytes(encoded[:_MLKEM_SEED_BYTES])
        point = X25519PrivateKey.from_private_bytes(encoded[_MLKEM_SEED_BYTES:])
        self._encoded = bytes(encoded)
        self._hpke = hpke.MLKEM768X25519PrivateKey(lattice, point)
        public = lattice.public_key().public_bytes_raw() + point.public_key().public_bytes_raw()
        self._public = PublicKey(public, self._hpke.public_key())

    @classmethod
    def generate(cls) -> PrivateKey:
        """A fresh pair from the operating system's generator."""
        return cls(secrets.token_bytes(PRIVATE_BYTES))

    @classmethod
    def from_bytes(cls, encoded: bytes) -> PrivateKey:
        """Read 96 bytes: ML-KEM seed, then X25519 scalar. Raises Tampered for another length."""
        return cls(encoded)

    def to_bytes(self) -> bytes:
        """The 96 bytes of FORMAT.md §6; the caller seals them at once."""
        return self._encoded

    def public(self) -> PublicKey:
        """The half to give away."""
        return self._public

    def open(self, sealed: bytes, *, info: bytes) -> bytes:
        """Open an HPKE ciphertext made for this key and ``info``. Raises Tampered for anything else."""
        if len(sealed) < OVERHEAD_BYTES:
            raise Tampered("hpke length")
        try:
            return _SUITE.decrypt(sealed, self._hpke, info=info)
        except (InvalidTag, ValueError):
            raise Tampered("hpke") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PrivateKey) and hmac.compare_digest(self._encoded, other._encoded)

    def __hash__(self) -> int:
        return hash(self._public)


def info_for(purpose: str, *, object_id: uuid.UUID, recipient_key_id: uuid.UUID) -> bytes:
    """What ties a ciphertext to its use, object and recipient; injective. Source: FORMAT.md §7."""
    return labelled("hpke", SUITE_BYTES, purpose.encode(), object_id.bytes, recipient_key_id.bytes)


def seal_file_key(
    file_key: bytes, *, to: PublicKey, recipient_key_id: uuid.UUID, object_id: uuid.UUID
) -> bytes:
    """Grant an object: its 32-byte file key sealed to one recipient, 1168 bytes. Source: FORMAT.md §7."""
    if len(file_key) != KEY_BYTES:
        raise ValueError("a file key is 32 bytes")
    info = info_for("file-key", object_id=object_id, recipient_key_id=recipient_key_id)
    return to.seal(file_key, info=info)


def open_file_key(
    sealed: bytes, *, private: PrivateKey, recipient_key_id: uuid.UUID, object_id: uuid.UUID
) -> bytes:
    """The 32-byte file key of a grant. Raises Tampered if it is for another object, key or use."""
    info = info_for("file-key", object_id=object_id, recipient_key_id=recipient_key_id)
    return open_exactly(sealed, private=private, info=info, plaintext_bytes=KEY_BYTES)


def wrap_private_key(
    private: PrivateKey, *, to: PublicKey, key_id: uuid.UUID, holder_key_id: uuid.UUID
) -> bytes:
    """Give a key to a holder: its 96 private bytes sealed to the holder's key, 1232 bytes. §7."""
    info = info_for("private-key", object_id=key_id, recipient_key_id=holder_key_id)
    return to.seal(private.to_bytes(), info=info)


def unwrap_private_key(
    sealed: bytes, *, holder: PrivateKey, key_id: uuid.UUID, holder_key_id: uuid.UUID
) -> PrivateKey:
    """The wrapped key. Raises Tampered if it is another key's or another holder's."""
    info = info_for("private-key", object_id=key_id, recipient_key_id=holder_key_id)
    return PrivateKey(open_exactly(sealed, private=holder, info=info, plaintext_bytes=PRIVATE_BYTES))


def open_exactly(sealed: bytes, *, private: PrivateKey, info: bytes, plaintext_bytes: int) -> bytes:
    """Open a ciphertext whose plaintext has one length only. Raises Tampered for any other."""
    if len(sealed) != plaintext_bytes + OVERHEAD_BYTES:
        raise Tampered("hpke length")
    return private.open(sealed, info=info)
