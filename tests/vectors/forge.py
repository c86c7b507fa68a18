"""A second writer of sealed objects, by hand from FORMAT.md, that will also write what the format forbids.

It shares no code with ``portal.crypto``: HKDF is built from HMAC here, padding and chunks are laid again. So
equal bytes mean that the page was followed twice, and a forged object is wrong in one named way only.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import uuid
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 65536


def hkdf(secret: bytes, *, info: bytes, length: int) -> bytes:
    """RFC 5869 with SHA-256 and no salt."""
    pseudo_random_key = hmac.digest(bytes(32), secret, hashlib.sha256)
    block, output = b"", b""
    while len(output) < length:
        block = hmac.digest(pseudo_random_key, block + info + bytes([len(output) // 32 + 1]), hashlib.sha256)
        output += block
    return output[:length]


def labelled(domain: str, *fields: bytes) -> bytes:
    """FORMAT.md §1."""
    return b"xiansuo-v1" + b"".join(
        struct.pack(">I", len(field)) + field for field in (domain.encode(), *fields)
    )


def derive(secret: bytes, label: str, length: int, context: bytes = b"") -> bytes:
    """FORMAT.md §2."""
    info = labelled("hkdf", label.encode(), context, struct.pack(">H", length))
    return hkdf(secret, info=info, length=length)


def padme(n: int) -> int:
    """FORMAT.md §3, with the floor of logarithms taken by counting."""
    if n < 2:
        return n
    exponent = next(e for e in range(64) if 2**e <= n < 2 ** (e + 1))
    if exponent == 0:
        return n
    kept = next(s for s in range(8) if 2**s <= exponent < 2 ** (s + 1)) + 1
    step = 1 << (exponent - kept)
    return -(-n // step) * step


def payload_of(plaintext: bytes, *, floor: int) -> bytes:
    """FORMAT.md §4.4."""
    total = padme(max(len(plaintext) + 8, floor))
    return plaintext + bytes(total - 8 - len(plaintext)) + struct.pack(">Q", len(plaintext))


@dataclass(frozen=True)
class Forgery:
    """Every field of an object; ``replace`` one to break exactly that."""

    object_id: uuid.UUID
    file_key: bytes
    salt: bytes
    payload: bytes
    floor: int
    kind: int = 3
    magic: bytes = b"XSUO"
    version: int = 1
    suite: int = 1
    chunk_bytes: int = CHUNK
    last_flag: int = 1
    inner_flag: int = 0
    first_index: int = 0

    def but(self, **fields: object) -> Forgery:
        """The same with some fields changed."""
        return replace(self, **fields)  # type: ignore[arg-type]  # fields of one dataclass, by name

    def bound_header(self) -> bytes:
        """The first 48 bytes, whatever the fields say."""
        return (
            self.magic
            + struct.pack(">BBHII", self.version, self.kind, self.suite, self.chunk_bytes, self.floor)
            + self.object_id.bytes
            + self.salt
        )

    def sealed(self) -> bytes:
        """Header and chunks under the right keys for these very bytes."""
        header = self.bound_header()
        keys = derive(self.file_key, "object", 64, header)
        aead = AESGCM(keys[:32])
        pieces = [self.payload[i : i + CHUNK] for i in range(0, len(self.payload), CHUNK)] or [b""]
        sealed = [header, keys[32:]]
        for index, piece in enumerate(pieces):
            flag = self.last_flag if index == len(pieces) - 1 else self.inner_flag
            nonce = bytes(7) + struct.pack(">IB", index + self.first_index, flag)
            sealed.append(aead.encrypt(nonce, piece, None))
        return b"".join(sealed)
