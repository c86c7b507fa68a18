"""Labelled derivation, padding, passphrase stretching, and the small box that seals values inside rows.

Owns: HKDF labels' shape, Padmé, Argon2id parameters, the small-box layout. Must not know: which rows or
people there are. Source: FORMAT.md §2, §3, §5, §12.1.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.crypto.suites import KEY_BYTES, NONCE_BYTES, SUITE_BYTES, TAG_BYTES, labelled, u32
from portal.errors import Tampered

SALT_BYTES: Final = 16
SMALL_MAX_BYTES: Final = 1 << 20

_LABEL = re.compile(r"[a-z0-9/-]{1,64}")
_SMALL_HEAD: Final = b"\x01" + SUITE_BYTES
_SMALL_HEADER_BYTES: Final = len(_SMALL_HEAD) + 4
_LENGTH_BYTES: Final = 4
_SMALL_MIN_BYTES: Final = _SMALL_HEADER_BYTES + NONCE_BYTES + _LENGTH_BYTES + TAG_BYTES
_ARGON_KIB: Final = 64 * 1024
_ARGON_PASSES: Final = 3


def derive(secret: bytes, *, label: str, length: int = KEY_BYTES, context: bytes = b"") -> bytes:
    """Derive ``length`` bytes (1..8160) for one labelled use of a uniformly random secret.

    secret: at least 15 bytes; not for passphrases, see ``stretch``. label: see the registry in FORMAT.md §2.
    Different label, context or length give independent outputs. ValueError for a bad label or a short secret.
    Source: FORMAT.md §2.
    """
    if not _LABEL.fullmatch(label):
        raise ValueError("a label is 1 to 64 characters of a-z 0-9 / -")
    if len(secret) < 15:
        raise ValueError("too short to be a uniformly random secret")
    info = labelled("hkdf", label.encode(), context, length.to_bytes(2, "big"))
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(secret)


def padme(n: int) -> int:
    """Round a length in bytes up so that it tells O(log log n) bits; at most 12 % more. FORMAT.md §3."""
    if n < 0:
        raise ValueError("a length is not negative")
    if n < 2:
        return n
    exponent = n.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (n + mask) & ~mask


def stretch(passphrase: str, *, salt: bytes, host_key: bytes) -> bytes:
    """Turn a passphrase into a 32-byte key that a stolen database does not help to guess.

    salt: 16 bytes, random for each staff key. host_key: 32 bytes, kept outside database and backup.
    Costs 64 MiB and about 0.2 s. NFKC first, so that a Chinese input method's full-width digits do not
    lock anyone out. Source: FORMAT.md §12.1.
    """
    if len(salt) != SALT_BYTES or len(host_key) != KEY_BYTES:
        raise ValueError("salt is 16 bytes and the host key 32")
    argon = Argon2id(salt=salt, length=KEY_BYTES, iterations=_ARGON_PASSES, lanes=1, memory_cost=_ARGON_KIB)
    # A form can carry an unpaired surrogate; it makes a wrong passphrase, not an error.
    typed = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")
    stretched = argon.derive(typed)
    return derive(stretched + host_key, label="staff/passphrase")


def seal_small(
    plaintext: bytes, *, key: bytes, context: bytes, at_least: int = 0, nonce: bytes | None = None
) -> bytes:
    """Seal a value of at most 1 MiB for a row. Size: 35 bytes more than Padmé of max(length + 4, at_least).

    key: 32 bytes, for at most 2**32 boxes. context: names the use and the row; opening needs the same one.
    nonce: 12 random bytes, given only by frozen vectors. Source: FORMAT.md §5.
    """
    if len(plaintext) > SMALL_MAX_BYTES or at_least > SMALL_MAX_BYTES:
        raise ValueError("a small box holds at most 1 MiB")
    aead = _small_aead(key)
    nonce = secrets.token_bytes(NONCE_BYTES) if nonce is None else nonce
    if len(nonce) != NONCE_BYTES:
        raise ValueError("a nonce is 12 bytes")
    header = _SMALL_HEAD + u32(at_least)
    total = padme(max(len(plaintext) + _LENGTH_BYTES, at_least))
    payload = plaintext + bytes(total - _LENGTH_BYTES - len(plaintext)) + u32(len(plaintext))
    return header + nonce + aead.encrypt(nonce, payload, labelled("small", header, context))


def _small_aead(key: bytes) -> AESGCM:
    """AES-256 only: the library would take a shorter key for AES-128 without a word."""
    if len(key) != KEY_BYTES:
        raise ValueError("a small box takes a key of 32 bytes")
    return AESGCM(key)


def open_small(sealed: bytes, *, key: bytes, context: bytes) -> bytes:
    """Open what ``seal_small`` made under the same key and context. Raises Tampered. Source: FORMAT.md §5."""
    header, nonce = sealed[:_SMALL_HEADER_BYTES], sealed[_SMALL_HEADER_BYTES:][:NONCE_BYTES]
    if len(sealed) < _SMALL_MIN_BYTES or header[: len(_SMALL_HEAD)] != _SMALL_HEAD:
        raise Tampered("small box header")
    body = sealed[_SMALL_HEADER_BYTES + NONCE_BYTES :]
    try:
        payload = _small_aead(key).decrypt(nonce, body, labelled("small", header, context))
    except InvalidTag:
        raise Tampered("small box") from None
    true_bytes = int.from_bytes(payload[-_LENGTH_BYTES:], "big")
    floor = int.from_bytes(header[-4:], "big")
    padding = payload[true_bytes:-_LENGTH_BYTES]
    if true_bytes > SMALL_MAX_BYTES or len(payload) != padme(max(true_bytes + _LENGTH_BYTES, floor)):
        raise Tampered("small box length")
    if padding != bytes(len(padding)):
        raise Tampered("small box padding")
    return payload[:true_bytes]
