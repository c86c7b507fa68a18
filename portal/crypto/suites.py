"""The one cipher suite of format version 1, its sizes, and the injective encoding under every binding.

Owns: suite ids, domain separation, and what keeps secrets out of repr() and pickles. Must not know: what is
sealed, or for whom. Source: FORMAT.md §1.
"""

from __future__ import annotations

from typing import Final, NoReturn

SUITE_ID: Final = 1
"""X-Wing, HKDF-SHA256, AES-256-GCM, Ed25519, Argon2id."""

SUITE_BYTES: Final = SUITE_ID.to_bytes(2, "big")
KEY_BYTES: Final = 32
TAG_BYTES: Final = 16
NONCE_BYTES: Final = 12

_PREFIX: Final = b"xiansuo-v1"


def u32(number: int) -> bytes:
    """Four bytes, unsigned, big-endian; OverflowError outside 0..2**32-1."""
    return number.to_bytes(4, "big")


def lp(field: bytes) -> bytes:
    """A field behind its own length, so that neighbours cannot run into each other."""
    return len(field).to_bytes(4, "big") + field


def labelled(domain: str, *fields: bytes) -> bytes:
    """Encode a use and its fields injectively: different arguments never give the same bytes.

    domain: one of hkdf, hpke, small, signature, key-statement, office-message. Source: FORMAT.md §1.
    """
    return _PREFIX + lp(domain.encode()) + b"".join(map(lp, fields))


class Secret:
    """What must not leave the process by accident: hidden in repr(), refused by pickle and copy.

    A queue, a cache or an error page that tries to store one fails loudly instead of writing a key down.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} hidden>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is secret and is never serialised")
