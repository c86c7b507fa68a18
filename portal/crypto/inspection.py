"""Inspection codes: what a unit types or scans to see that an inspection was approved.

Owns: the code's text, what follows from it, what the desk signs and the box it lies in. Must not know: rows,
pages, which inspections there are. Source: FORMAT.md §8.5.
"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from portal.crypto.compartments import Record, decode_record, encode_record
from portal.crypto.kdf import derive, open_small, seal_small
from portal.crypto.receipt import ALPHABET, typed_characters, weighted_sum
from portal.crypto.signing import SigningKey, VerifyKey
from portal.crypto.suites import SUITE_BYTES, Secret, labelled
from portal.errors import MistypedCode, Tampered

CHARACTERS: Final = 16

_GROUP: Final = 4
_CHECK_SUM: Final = 9
_SECRET_BYTES: Final = 15
_VALUE_BITS: Final = 5 * (CHARACTERS - 1)
_MAX_TYPED: Final = 200
_FLOOR: Final = 2048
_PURPOSE: Final = "inspection-code"
_VERSION: Final = 1
_FIELDS: Final = frozenset({"v", "said", "voice", "signature"})


class InspectionCode(Secret):
    """A code in memory: 75 random bits. ``text`` is for the inspectors' sheet; nothing else keeps it."""

    __slots__ = ("_values",)

    def __init__(self, values: tuple[int, ...]) -> None:
        if len(values) != CHARACTERS - 1 or not all(0 <= value < len(ALPHABET) for value in values):
            raise ValueError("a code has fifteen values")
        self._values = values

    @classmethod
    def generate(cls, rng: Callable[[int], bytes]) -> Self:
        """A fresh code from ``rng``, a source of uniformly random bytes."""
        return cls(tuple(byte & 0x1F for byte in rng(CHARACTERS - 1)))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what a person typed or a camera read, as forgiving as for a receipt. Raises MistypedCode."""
        typed = typed_characters(text) if len(text) <= _MAX_TYPED else ""
        if len(typed) != CHARACTERS or not set(ALPHABET) >= set(typed):
            raise MistypedCode
        values = [ALPHABET.index(character) for character in typed]
        if weighted_sum(values) != _CHECK_SUM:
            raise MistypedCode
        return cls(tuple(values[:-1]))

    @property
    def text(self) -> str:
        """Sixteen characters in four groups, joined by dashes."""
        checks = range(len(ALPHABET))
        check = next(value for value in checks if weighted_sum([*self._values, value]) == _CHECK_SUM)
        letters = "".join(ALPHABET[value] for value in (*self._values, check))
        return "-".join(letters[i : i + _GROUP] for i in range(0, CHARACTERS, _GROUP))

    @property
    def lookup_id(self) -> bytes:
        """32 bytes by which the row is found; tells nothing of the code."""
        return derive(self._secret, label="inspection/lookup-id")

    @property
    def box_key(self) -> bytes:
        """32 bytes that open the row's box."""
        return derive(self._secret, label="inspection/key")

    @property
    def _secret(self) -> bytes:
        bits = 0
        for value in self._values:
            bits = bits << 5 | value
        return (bits << 8 * _SECRET_BYTES - _VALUE_BITS).to_bytes(_SECRET_BYTES, "big")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, InspectionCode) and hmac.compare_digest(self._secret, other._secret)

    def __hash__(self) -> int:
        return hash(self._values)


@dataclass(frozen=True, slots=True)
class SignedInspection:
    """What a code shows, the voice that signed it, and its 64 bytes."""

    said: Record
    voice_key_id: uuid.UUID
    signature: bytes

    @classmethod
    def sign(cls, said: Record, *, code: InspectionCode, voice_key_id: uuid.UUID, voice: SigningKey) -> Self:
        """Sign what is to be shown under this code and no other."""
        message = _message(said, lookup=code.lookup_id, voice_key_id=voice_key_id)
        return cls(said, voice_key_id, voice.sign(message, purpose=_PURPOSE))

    def verify(self, *, code: InspectionCode, voice: VerifyKey) -> None:
        """Raises Tampered unless the voice signed exactly this for exactly this code."""
        message = _message(self.said, lookup=code.lookup_id, voice_key_id=self.voice_key_id)
        voice.verify(message, self.signature, purpose=_PURPOSE)

    def seal(self, code: InspectionCode) -> bytes:
        """The box for the row of this code."""
        record: Record = {
            "v": _VERSION,
            "said": dict(self.said),
            "voice": str(self.voice_key_id),
            "signature": self.signature.hex(),
        }
        return seal_small(
            encode_record(record), key=code.box_key, context=_context(code.lookup_id), at_least=_FLOOR
        )

    @classmethod
    def open(cls, box: bytes, *, code: InspectionCode) -> Self:
        """What lies in the box of this code; its signature is not yet checked. Raises Tampered."""
        record = decode_record(open_small(box, key=code.box_key, context=_context(code.lookup_id)))
        said, voice, signature = record.get("said"), record.get("voice"), record.get("signature")
        if set(record) != _FIELDS or record["v"] != _VERSION or not isinstance(said, dict):
            raise Tampered("inspection record")
        try:
            return cls(said, uuid.UUID(str(voice)), bytes.fromhex(str(signature)))
        except ValueError:
            raise Tampered("inspection record") from None


def _message(said: Record, *, lookup: bytes, voice_key_id: uuid.UUID) -> bytes:
    return labelled(_PURPOSE, SUITE_BYTES, voice_key_id.bytes, lookup, encode_record(said))


def _context(lookup: bytes) -> bytes:
    return labelled("small", b"inspection", lookup)
