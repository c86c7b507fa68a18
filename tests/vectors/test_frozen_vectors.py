"""The written format stays what it was: any change of any byte fails here, and a second reader agrees."""

from __future__ import annotations

import base64
import functools
import io
import json
import os
import shutil
import subprocess
import uuid
from typing import Any

import pytest

from portal.crypto.bundles import open_staff_keys
from portal.crypto.compartments import decode_record, join_identity
from portal.crypto.header import ObjectKind
from portal.crypto.kdf import open_small
from portal.crypto.parts import PartedReader
from portal.crypto.receipt import Receipt
from portal.crypto.recipients import PrivateKey, PublicKey
from portal.crypto.stream import open_bytes
from portal.errors import MistypedReceipt, Tampered
from tests.vectors.make_vectors import FILES, FOLDER, load
from tests.vectors.object_vectors import honest, plaintext_of, wrong_objects


def b64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


@pytest.mark.parametrize("name", sorted(FILES))
def test_vectors_computed_again_are_the_frozen_ones(name: str) -> None:
    frozen = load(name)
    assert frozen, "the file is there"
    assert json.loads(json.dumps(FILES[name](frozen))) == frozen


def test_every_vector_file_is_made_by_the_script() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} == set(FILES)


def test_objects_on_file_open() -> None:
    rows = [row for row in load("objects.json")["objects"] if "sealed" in row]
    assert len(rows) == 4
    for row in rows:
        opened = open_bytes(
            b64(row["sealed"]),
            kind=ObjectKind(row["kind"]),
            object_id=uuid.UUID(row["object_id"]),
            file_key=bytes.fromhex(row["file_key"]),
        )
        assert opened == plaintext_of(row["true_bytes"])


def test_parts_on_file_open_as_one() -> None:
    file = load("parts.json")
    sources = [
        (uuid.UUID(row["object_id"]), functools.partial(io.BytesIO, b64(row["sealed"])))
        for row in file["parts"]
    ]
    reader = PartedReader(sources, kind=ObjectKind(file["kind"]), file_key=bytes.fromhex(file["file_key"]))
    assert b"".join(reader.chunks()) == plaintext_of(file["true_bytes"])


@pytest.mark.parametrize("name", sorted(wrong_objects()))
def test_object_wrong_in_one_way_is_refused(name: str) -> None:
    good = honest()
    whole = open_bytes(
        good.sealed(), kind=ObjectKind.ATTACHMENT, object_id=good.object_id, file_key=good.file_key
    )
    assert whole == plaintext_of(300)
    with pytest.raises(Tampered):
        open_bytes(
            wrong_objects()[name],
            kind=ObjectKind.ATTACHMENT,
            object_id=good.object_id,
            file_key=good.file_key,
        )


def test_refusals_on_file_are_the_forged_ones() -> None:
    on_file = load("refusals.json")["refused"]
    forged = wrong_objects()
    assert {name: forged[name] for name in on_file} == {name: b64(body) for name, body in on_file.items()}
    assert set(forged) - set(on_file) == {"first chunk alone"}


def test_small_boxes_on_file_open() -> None:
    for box in load("small_boxes.json")["boxes"]:
        key, context = bytes.fromhex(box["key"]), bytes.fromhex(box["context"])
        assert open_small(b64(box["sealed"]), key=key, context=context).hex() == box["plaintext"]


def test_hpke_ciphertexts_on_file_open() -> None:
    file = load("hpke.json")
    private = PrivateKey.from_bytes(bytes.fromhex(file["private"]))
    assert private.public() == PublicKey.from_bytes(b64(file["public"]))
    for row in file["sealed"]:
        assert private.open(b64(row["sealed"]), info=bytes.fromhex(row["info"])).hex() == row["plaintext"]


def test_receipts_on_file_are_read() -> None:
    file = load("receipts.json")
    first = Receipt.parse(file["receipts"][0]["text"])
    assert {Receipt.parse(typed) for typed in file["typed_for_the_first"].values()} == {first}
    for typed in file["refused"].values():
        with pytest.raises(MistypedReceipt):
            Receipt.parse(typed)


def test_records_on_file_are_read_and_others_refused() -> None:
    file = load("records.json")
    assert [decode_record(b64(row["encoded"])) for row in file["canonical"]] == [
        row["value"] for row in file["canonical"]
    ]
    for encoded in file["refused"]:
        with pytest.raises(Tampered):
            decode_record(b64(encoded))
    halves = {name: bytes.fromhex(value) for name, value in file["halves"].items()}
    joined = join_identity(desk_half=halves["desk"], director_half=halves["director"])
    assert joined == halves["file_key"]


def test_staff_keys_on_file_unlock() -> None:
    file = load("staff_keys.json")
    keys = open_staff_keys(
        b64(file["sealed"]),
        passphrase=file["passphrase"],
        host_key=bytes.fromhex(file["host_key"]),
        staff_key_id=uuid.UUID(file["staff_key_id"]),
    )
    assert keys.to_bytes().hex() == file["private"]


def rows_on_file() -> dict[str, int]:
    """How many cases the second reader must report, counted from the files."""
    files: dict[str, Any] = {name: load(name) for name in FILES}
    receipts, records = files["receipts.json"], files["records.json"]
    return {
        "derive": len(files["derivation.json"]["derive"]),
        "padme": len(files["derivation.json"]["padme"]),
        "passphrase": 1,
        "objects": len(files["objects.json"]["objects"]),
        "parts": 1,
        "refusals": len(files["refusals.json"]["refused"]),
        "small boxes": len(files["small_boxes.json"]["boxes"]),
        "hpke": len(files["hpke.json"]["sealed"]),
        "signatures": 2 + len(files["signatures.json"]["statements"]),
        "chains": len(files["chains.json"]["chains"]),
        "receipts": sum(len(receipts[part]) for part in ("receipts", "typed_for_the_first", "refused")),
        "records": len(records["canonical"]) + len(records["refused"]),
        "halves": 1,
        "staff keys": 1,
    }


def test_vectors_in_another_language_are_read_alike() -> None:
    node = shutil.which("node")
    if node is None:
        if os.environ.get("CI") == "true":
            pytest.fail("the second reader needs node, and this run may not go without it")
        pytest.skip("no node on this machine; the run that decides has one")
    reader = subprocess.run(
        [node, str(FOLDER / "open_vectors.mjs")], capture_output=True, text=True, timeout=60, check=False
    )
    assert reader.returncode == 0, reader.stderr
    assert json.loads(reader.stdout) == rows_on_file()
