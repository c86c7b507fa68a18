"""A tip's compartments: records in one canonical form, fixed sizes, the halves of an identity's key.

Owns: canonical JSON, the sizes of statement and identity, the split between desk and director. Must not
know: what the fields mean, who may open, tables. Source: FORMAT.md §11.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NoReturn, TypeAlias

from portal.crypto.header import FLOOR_BYTES
from portal.crypto.recipients import PrivateKey, PublicKey, info_for, open_exactly
from portal.crypto.stream import TRAILER_BYTES, ObjectKind, open_bytes, seal_bytes, sealed_bytes_for
from portal.crypto.suites import KEY_BYTES, Secret
from portal.errors import Tampered, TooLong

JsonValue: TypeAlias = (
    "bool | int | str | list[JsonValue] | tuple[JsonValue, ...] | Mapping[str, JsonValue] | None"
)
Record: TypeAlias = Mapping[str, JsonValue]

MAX_RECORD_BYTES: Final = 1 << 20
MAX_IDENTITY_BYTES: Final = FLOOR_BYTES[ObjectKind.IDENTITY] - TRAILER_BYTES
STATEMENT_SEALED_BYTES: Final = sealed_bytes_for(0, kind=ObjectKind.STATEMENT)
"""The size of every statement whose record is at most 16376 bytes."""
IDENTITY_SEALED_BYTES: Final = sealed_bytes_for(0, kind=ObjectKind.IDENTITY)
"""The size of every identity, empty or not."""

_MAX_INTEGER: Final = 2**53 - 1


def encode_record(record: Record) -> bytes:
    """The one canonical form of a record, at most 1 MiB.

    ValueError or TypeError for what has no canonical form: floats, keys that are not text, unpaired
    surrogates, integers beyond 2**53 - 1. Source: FORMAT.md §11.1.
    """
    _refuse_uncanonical(record)
    text = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    encoded = text.encode("utf-8")
    if len(encoded) > MAX_RECORD_BYTES:
        raise ValueError("a record is at most 1 MiB")
    return encoded


def decode_record(encoded: bytes) -> dict[str, JsonValue]:
    """Read a record. Raises Tampered for any encoding that ``encode_record`` would not write."""
    if len(encoded) > MAX_RECORD_BYTES:
        raise Tampered("record length")
    try:
        record = json.loads(encoded.decode("utf-8"), parse_float=_refuse_float, parse_constant=_refuse_float)
        canonical = isinstance(record, dict) and encode_record(record) == encoded
    except (ValueError, TypeError, RecursionError):
        raise Tampered("record") from None
    if not canonical:
        raise Tampered("record")
    return dict(record)


def _refuse_float(literal: str) -> NoReturn:
    raise ValueError(f"no floating point in a record, {len(literal)} characters of it")


def _refuse_uncanonical(value: JsonValue) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError("keys of a record are text")
            _refuse_uncanonical(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _refuse_uncanonical(inner)
    elif isinstance(value, int):
        if abs(value) > _MAX_INTEGER:
            raise ValueError("an integer of a record is within 2**53 - 1")
    elif value is not None and not isinstance(value, str):
        raise TypeError("a record holds text, integers, booleans, null, lists and records")


def seal_record(
    record: Record, *, kind: ObjectKind, object_id: uuid.UUID, file_key: bytes, at_least: int = 0
) -> bytes:
    """A record as a sealed object of the given kind. An identity has ``seal_identity``."""
    encoded = encode_record(record)
    return seal_bytes(encoded, kind=kind, object_id=object_id, file_key=file_key, at_least=at_least)


def open_record(
    sealed: bytes, *, kind: ObjectKind, object_id: uuid.UUID, file_key: bytes
) -> dict[str, JsonValue]:
    """The record inside a sealed object. Raises Tampered."""
    return decode_record(open_bytes(sealed, kind=kind, object_id=object_id, file_key=file_key))


def seal_statement(record: Record, *, object_id: uuid.UUID, file_key: bytes) -> bytes:
    """A statement; 16480 bytes unless its record is above 16376. Source: FORMAT.md §11.2."""
    return seal_record(record, kind=ObjectKind.STATEMENT, object_id=object_id, file_key=file_key)


def open_statement(sealed: bytes, *, object_id: uuid.UUID, file_key: bytes) -> dict[str, JsonValue]:
    """The statement's record. Raises Tampered."""
    return open_record(sealed, kind=ObjectKind.STATEMENT, object_id=object_id, file_key=file_key)


def seal_identity(record: Record, *, object_id: uuid.UUID, file_key: bytes) -> bytes:
    """An identity, possibly an empty record; always 4192 bytes. Raises TooLong above 4088. §11.3."""
    encoded = encode_record(record)
    if len(encoded) > MAX_IDENTITY_BYTES:
        raise TooLong(actual_bytes=len(encoded), max_bytes=MAX_IDENTITY_BYTES)
    return seal_bytes(encoded, kind=ObjectKind.IDENTITY, object_id=object_id, file_key=file_key)


def open_identity(sealed: bytes, *, object_id: uuid.UUID, file_key: bytes) -> dict[str, JsonValue]:
    """The identity's record. Raises Tampered, also for any other size than the one there is."""
    if len(sealed) != IDENTITY_SEALED_BYTES:
        raise Tampered("length")
    return open_record(sealed, kind=ObjectKind.IDENTITY, object_id=object_id, file_key=file_key)


class Half(StrEnum):
    """Which half of an identity's file key; the value is the HPKE purpose that binds it."""

    DESK = "identity/desk-half"
    DIRECTOR = "identity/director-half"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class IdentityHalves(Secret):
    """k = desk ⊕ director, 32 bytes each; either alone is uniformly random."""

    desk: bytes
    director: bytes


@dataclass(frozen=True, slots=True)
class SealedHalves:
    """The two grants of an identity, 1168 bytes each."""

    to_desk: bytes
    to_director: bytes


def halve_file_key(file_key: bytes, *, desk_half: bytes | None = None) -> IdentityHalves:
    """Split a file key in two. desk_half: 32 random bytes, given only by frozen vectors. §11.3."""
    desk = secrets.token_bytes(KEY_BYTES) if desk_half is None else desk_half
    return IdentityHalves(desk=desk, director=_xor(file_key, desk))


def join_identity(*, desk_half: bytes, director_half: bytes) -> bytes:
    """The identity's file key from both halves. A false half shows as Tampered when the object is opened."""
    return _xor(desk_half, director_half)


def split_identity(
    file_key: bytes,
    *,
    object_id: uuid.UUID,
    desk: PublicKey,
    desk_key_id: uuid.UUID,
    director: PublicKey,
    director_key_id: uuid.UUID,
) -> SealedHalves:
    """Split the file key of an identity and seal each half to its holder. Source: FORMAT.md §11.3."""
    halves = halve_file_key(file_key)
    return SealedHalves(
        to_desk=seal_half(
            halves.desk, half=Half.DESK, to=desk, recipient_key_id=desk_key_id, object_id=object_id
        ),
        to_director=seal_half(
            halves.director,
            half=Half.DIRECTOR,
            to=director,
            recipient_key_id=director_key_id,
            object_id=object_id,
        ),
    )


def seal_half(
    half_key: bytes, *, half: Half, to: PublicKey, recipient_key_id: uuid.UUID, object_id: uuid.UUID
) -> bytes:
    """One half to one key: at writing to its holder, at a joint opening to the other person's staff key."""
    if len(half_key) != KEY_BYTES:
        raise ValueError("a half is 32 bytes")
    return to.seal(half_key, info=info_for(half, object_id=object_id, recipient_key_id=recipient_key_id))


def open_half(
    sealed: bytes, *, half: Half, private: PrivateKey, recipient_key_id: uuid.UUID, object_id: uuid.UUID
) -> bytes:
    """One half, 32 bytes. Raises Tampered if it is the other half, another object's or another key's."""
    info = info_for(half, object_id=object_id, recipient_key_id=recipient_key_id)
    return open_exactly(sealed, private=private, info=info, plaintext_bytes=KEY_BYTES)


def _xor(left: bytes, right: bytes) -> bytes:
    if len(left) != KEY_BYTES or len(right) != KEY_BYTES:
        raise ValueError("a file key and its halves are 32 bytes")
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
