"""Vectors of whole sealed objects, right and wrong ones. Part of ``make_vectors``. Source: FORMAT.md §4."""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import Any

from portal.crypto import stream
from portal.crypto.header import FLOOR_BYTES, ObjectKind
from portal.crypto.parts import part_key
from tests.vectors.forge import Forgery, payload_of

Vectors = dict[str, Any]


def fixed(name: str, length: int = 32) -> bytes:
    """Secrets of the vectors: SHAKE-256 of a name."""
    return hashlib.shake_256(b"xiansuo vectors: " + name.encode()).digest(length)


def fixed_id(name: str) -> uuid.UUID:
    """Ids of the vectors."""
    return uuid.UUID(bytes=fixed(name, 16), version=4)


def b64(sealed: bytes) -> str:
    """How the files write bytes that are longer than a key."""
    return base64.b64encode(sealed).decode()


def plaintext_of(length: int) -> bytes:
    """The bytes 0, 1, … 250, 0, … : any misplaced chunk shows."""
    return (bytes(range(251)) * (length // 251 + 1))[:length]


BODIES_SHOWN_UP_TO = 1200
OBJECTS = [
    ("empty attachment", ObjectKind.ATTACHMENT, 0, 0),
    ("one byte", ObjectKind.ATTACHMENT, 1, 0),
    ("fills its floor", ObjectKind.RECORD, 1016, 0),
    ("one above its floor", ObjectKind.RECORD, 1017, 0),
    ("statement", ObjectKind.STATEMENT, 3000, 0),
    ("identity", ObjectKind.IDENTITY, 0, 0),
    ("raised floor", ObjectKind.MESSAGE, 10, 8192),
    ("one chunk less trailer", ObjectKind.EXHIBIT, 65528, 0),
    ("trailer passes the first chunk", ObjectKind.EXHIBIT, 65529, 0),
    ("one chunk of plaintext", ObjectKind.EXHIBIT, 65536, 0),
    ("exactly two chunks", ObjectKind.CLEAN, 131064, 0),
    ("three chunks", ObjectKind.CLEAN, 140000, 0),
    ("a chunk of nothing but padding", ObjectKind.CLEAN, 10, 200000),
]


def objects(_: Vectors) -> Vectors:
    """Whole objects; long ones as their SHA-256, to be written again by the reader."""
    rows = []
    for name, kind, length, at_least in OBJECTS:
        file_key, object_id, salt = fixed(name + " key"), fixed_id(name), fixed(name + " salt", 16)
        sealed = stream.seal_bytes(
            plaintext_of(length),
            kind=kind,
            object_id=object_id,
            file_key=file_key,
            at_least=at_least,
            salt=salt,
        )
        row = {
            "name": name,
            "kind": int(kind),
            "object_id": str(object_id),
            "file_key": file_key.hex(),
            "salt": salt.hex(),
            "floor": max(at_least, FLOOR_BYTES[kind]),
            "true_bytes": length,
            "plaintext_sha256": hashlib.sha256(plaintext_of(length)).hexdigest(),
            "sealed_bytes": len(sealed),
            "sealed_sha256": hashlib.sha256(sealed).hexdigest(),
        }
        rows.append(row | ({"sealed": b64(sealed)} if len(sealed) <= BODIES_SHOWN_UP_TO else {}))
    return {"objects": rows}


def parts(_: Vectors) -> Vectors:
    """A file in three parts of 300 bytes, the last shorter."""
    file_key, text, length = fixed("parts key"), plaintext_of(700), 300
    ids = [fixed_id(f"part {number}") for number in range(3)]
    rows = []
    for number, object_id in enumerate(ids):
        key = part_key(file_key, head=ids[0], part=object_id, number=number, is_last=number == 2)
        sealed = stream.seal_bytes(
            text[number * length : (number + 1) * length],
            kind=ObjectKind.ATTACHMENT,
            object_id=object_id,
            file_key=key,
            salt=fixed(f"part {number} salt", 16),
        )
        rows.append({"object_id": str(object_id), "sealed": b64(sealed)})
    return {
        "kind": int(ObjectKind.ATTACHMENT),
        "file_key": file_key.hex(),
        "true_bytes": len(text),
        "plaintext_sha256": hashlib.sha256(text).hexdigest(),
        "parts": rows,
    }


def honest() -> Forgery:
    """A small correct object, as the second writer makes it."""
    payload = payload_of(plaintext_of(300), floor=1024)
    return Forgery(
        object_id=fixed_id("refusals"),
        file_key=fixed("refusals key"),
        salt=fixed("refusals salt", 16),
        payload=payload,
        floor=1024,
    )


def wrong_objects() -> dict[str, bytes]:
    """Objects that are wrong in one way each, all sealed under the right key for their own bytes."""
    good = honest()
    payload, sealed = good.payload, good.sealed()
    long = good.but(payload=payload_of(plaintext_of(65529), floor=1024))
    return {
        "magic": good.but(magic=b"XSUP").sealed(),
        "version 2": good.but(version=2).sealed(),
        "version 0": good.but(version=0).sealed(),
        "unknown kind": good.but(kind=99).sealed(),
        "another kind": good.but(kind=8).sealed(),
        "unknown suite": good.but(suite=2).sealed(),
        "another chunk size": good.but(chunk_bytes=32768).sealed(),
        "floor below the kind's": good.but(
            floor=512, payload=payload_of(plaintext_of(300), floor=512)
        ).sealed(),
        "floor that the payload is below": good.but(floor=2048).sealed(),
        "floor above 1 GiB": good.but(floor=2**30 + 1).sealed(),
        "another object": good.but(object_id=fixed_id("elsewhere")).sealed(),
        "another file key": good.but(file_key=fixed("elsewhere")).sealed(),
        "commitment of another key": sealed[:48] + fixed("commitment") + sealed[80:],
        "last chunk not marked last": good.but(last_flag=0).sealed(),
        "last flag of 2": good.but(last_flag=2).sealed(),
        "counting from one": good.but(first_index=1).sealed(),
        "padding not zero": good.but(payload=payload[:500] + b"\x01" + payload[501:]).sealed(),
        "padded more than needed": good.but(payload=payload[:-8] + bytes(64) + payload[-8:]).sealed(),
        "length that is no padded length": good.but(payload=payload[:-8] + bytes(1) + payload[-8:]).sealed(),
        "true length above the payload": good.but(payload=payload[:-8] + b"\xff" * 8).sealed(),
        "true length of another padding": good.but(payload=payload[:-8] + (2000).to_bytes(8, "big")).sealed(),
        "trailing byte": sealed + b"\x00",
        "trailing chunk": sealed + sealed[80:],
        "cut in the header": sealed[:79],
        "header only": sealed[:80],
        "cut in the last tag": sealed[:-1],
        "nothing": b"",
        "empty last chunk": good.but(payload=b"").sealed(),
        "first chunk alone": long.sealed()[: 80 + 65552],
    }


def refusals(_: Vectors) -> Vectors:
    """What a reader must refuse, with the one object it must open; bodies above 4 KiB are not filed."""
    good = honest()
    return {
        "kind": good.kind,
        "object_id": str(good.object_id),
        "file_key": good.file_key.hex(),
        "opens": b64(good.sealed()),
        "refused": {name: b64(body) for name, body in wrong_objects().items() if len(body) < 4096},
    }
