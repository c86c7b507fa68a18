"""Exported exhibits: what a bundle says of itself, and whether that holds, without server or database.

Owns: the manifest's form, its signature, the checks. A bundle is a ZIP of stored files: originals, clean
copies, ``manifest.json`` (a canonical record, FORMAT.md §11.1) and ``signature.json``. The manifest names
every file with its length and two hashes, the entries of the audit trail about the exhibits, and the signed
statements of the keys that signed them. Must not know: how a bundle is made, how a result is printed.
Source: issue 3 "Exhibits"; FORMAT.md §8.

What the check proves: the files are those that were exported, by the person who signed; each entry was signed
by the person it names, for that place in the trail; the root vouches for their keys. It cannot prove that
no entry is missing: for that the whole trail is asked.
"""

from __future__ import annotations

import json
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Final

from cryptography.hazmat.primitives.hashes import SHA256, SM3, Hash

from portal.crypto.chain import SignedStatement, verify_chain, verify_key_of
from portal.crypto.compartments import decode_record
from portal.crypto.signing import KeyStatement, VerifyKey
from portal.errors import Tampered, UnsignedKey
from verification.audit.events import SIGNATURE_PURPOSE, WHY_UNSIGNED, entry_digest, entry_hash
from verification.models import AuditEntry

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "signature.json"
READ_ME: Final = "README.txt"
BUNDLE_PURPOSE: Final = "exhibit-bundle"
VERSION: Final = 1
MAX_FILES: Final = 400
MAX_SMALL_BYTES: Final = 1024 * 1024
PIECE_BYTES: Final = 1024 * 1024


class Step(StrEnum):
    """What is checked, in order."""

    STRUCTURE = "structure"
    SIGNATURE = "signature"
    FILES = "files"
    TRAIL = "trail"
    ROOT = "root"


@dataclass(frozen=True, slots=True)
class Finding:
    """One step's result. about: what it stumbled over, or how much was checked."""

    step: Step
    holds: bool
    about: str


class Fingerprints:
    """SHA-256 and SM3 of what passes through, and how much it was."""

    def __init__(self) -> None:
        self._sha256, self._sm3 = Hash(SHA256()), Hash(SM3())
        self.length = 0

    def passing(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """The same pieces, counted in."""
        for piece in pieces:
            self.add(piece)
            yield piece

    def add(self, piece: bytes) -> None:
        """Count these bytes in."""
        self._sha256.update(piece)
        self._sm3.update(piece)
        self.length += len(piece)

    def as_record(self, path: str) -> dict[str, Any]:
        """As the manifest names a file; nothing can be added after."""
        return {
            "path": path,
            "bytes": self.length,
            "sha256": self._sha256.finalize().hex(),
            "sm3": self._sm3.finalize().hex(),
        }


def entry_record(entry: AuditEntry) -> dict[str, Any]:
    """An entry of the trail as the manifest holds it."""
    return {
        "number": entry.number,
        "day": entry.day.isoformat(),
        "at": entry.at.isoformat() if entry.at else None,
        "actor_id": entry.actor_id.hex if entry.actor_id else None,
        "event": entry.event,
        "subject_kind": entry.subject_kind,
        "subject_id": entry.subject_id.hex,
        "facts": entry.facts,
        "signed_by": entry.signed_by.hex if entry.signed_by else None,
        "signature": entry.signature.hex() if entry.signature else None,
        "previous_hash": entry.previous_hash.hex(),
        "entry_hash": entry.entry_hash.hex(),
    }


def key_record(signed: SignedStatement) -> dict[str, Any]:
    """A key's statement, with what vouches for it."""
    statement = signed.statement
    return {
        "key_id": statement.key_id.hex,
        "purpose": statement.purpose,
        "holder": statement.holder,
        "generation": statement.generation,
        "not_before": statement.not_before.isoformat(),
        "not_after": statement.not_after.isoformat() if statement.not_after else None,
        "public": statement.public.hex(),
        "signature": signed.signature.hex(),
    }


def verify_bundle(path: Path, *, root: VerifyKey | None) -> list[Finding]:
    """Every step up to the first that fails. root: the office's, from elsewhere; None: not anchored.

    Reads everything once, unpacks nothing. Raises OSError where the file cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return list(_findings(archive, root=root))
    except zipfile.BadZipFile:
        return [Finding(Step.STRUCTURE, False, "no archive")]


def _findings(archive: zipfile.ZipFile, *, root: VerifyKey | None) -> Iterator[Finding]:
    try:
        manifest, encoded, signature = _opened(archive)
        yield Finding(Step.STRUCTURE, True, f"{len(manifest['files'])} files")
    except (Tampered, KeyError, TypeError, ValueError) as error:
        yield Finding(Step.STRUCTURE, False, str(error))
        return
    steps: tuple[tuple[Step, Callable[[], str]], ...] = (
        (Step.SIGNATURE, lambda: _check_signature(manifest, encoded, signature)),
        (Step.FILES, lambda: _check_files(archive, manifest)),
        (Step.TRAIL, lambda: _check_trail(manifest)),
        (Step.ROOT, lambda: _check_root(manifest, root)),
    )
    for step, check in steps:
        try:
            yield Finding(step, True, check())
        except (Tampered, UnsignedKey, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
            yield Finding(step, False, str(error))
            return


def _opened(archive: zipfile.ZipFile) -> tuple[dict[str, Any], bytes, dict[str, Any]]:
    """Manifest, its bytes, its signature; names and lengths are as they must be."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > MAX_FILES or len(set(names)) != len(names):
        raise Tampered("too many files, or one twice")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise Tampered("a packed file")
    encoded = _small(archive, MANIFEST)
    manifest: dict[str, Any] = decode_record(encoded)
    signature = json.loads(_small(archive, SIGNATURE))
    listed = [str(one["path"]) for one in manifest["files"]]
    if manifest["v"] != VERSION or sorted(names) != sorted([*listed, MANIFEST, SIGNATURE, READ_ME]):
        raise Tampered("files that the manifest does not name, or names in vain")
    return manifest, encoded, signature


def _small(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > MAX_SMALL_BYTES:
        raise Tampered(name)
    return archive.read(name)


def _check_signature(manifest: Mapping[str, Any], encoded: bytes, signature: Mapping[str, Any]) -> str:
    person = manifest["exported_by"]
    day = datetime.fromisoformat(manifest["exported_at"]).date()
    key = _key_of(manifest, signature["signed_by"], holder=person["id"], day=day)
    key.verify(encoded, bytes.fromhex(signature["signature"]), purpose=BUNDLE_PURPOSE)
    return str(person["name"])


def _check_files(archive: zipfile.ZipFile, manifest: Mapping[str, Any]) -> str:
    for named in manifest["files"]:
        found = Fingerprints()
        with archive.open(named["path"]) as file:
            for piece in _pieces(file):
                found.add(piece)
        if found.as_record(named["path"]) != named:
            raise Tampered(str(named["path"]))
    for exhibit in manifest["exhibits"]:
        whole = next(one for one in manifest["files"] if one["path"] == exhibit["original"])
        if exhibit["sha256"] not in (None, whole["sha256"]) or exhibit["sm3"] not in (None, whole["sm3"]):
            raise Tampered(f"{exhibit['original']}: not what was looked at when it was taken in")
    return f"{len(manifest['files'])} files"


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: file.read(PIECE_BYTES), b"")


def _check_trail(manifest: Mapping[str, Any]) -> str:
    last = 0
    for record in manifest["trail"]:
        entry = _entry(record)
        about = f"entry {entry.number}"
        if entry.number <= last or entry_hash(entry) != entry.entry_hash:
            raise Tampered(about)
        last = entry.number
        if entry.signature is None:
            if entry.event not in WHY_UNSIGNED:
                raise Tampered(f"{about}: nobody signed it")
            continue
        key = _key_of(manifest, record["signed_by"], holder=record["actor_id"], day=entry.day)
        key.verify(entry_digest(entry), entry.signature, purpose=SIGNATURE_PURPOSE)
    numbers = {record["number"] for record in manifest["trail"]}
    if not all(numbers.issuperset(exhibit["trail"]) for exhibit in manifest["exhibits"]):
        raise Tampered("an entry that is not there")
    return f"{len(numbers)} entries"


def _check_root(manifest: Mapping[str, Any], root: VerifyKey | None) -> str:
    said = bytes.fromhex(manifest["root"])
    if root is None:
        raise UnsignedKey(f"the bundle's own word alone: {said.hex()}")
    if root.to_bytes() != said:
        raise UnsignedKey("another office's root")
    return said.hex()


def _key_of(manifest: Mapping[str, Any], key_id: str, *, holder: str, day: date) -> VerifyKey:
    """The key with which this person signs, if the bundle's root vouches for it on that day."""
    links = [_signed(one) for one in manifest["keys"] if one["key_id"] == key_id]
    root = VerifyKey.from_bytes(bytes.fromhex(manifest["root"]))
    return verify_key_of(verify_chain(links[:1], root=root, purpose="staff", holder=holder, on=day))


def _signed(record: Mapping[str, Any]) -> SignedStatement:
    statement = KeyStatement(
        key_id=uuid.UUID(record["key_id"]),
        purpose=record["purpose"],
        holder=record["holder"],
        generation=record["generation"],
        not_before=date.fromisoformat(record["not_before"]),
        not_after=date.fromisoformat(record["not_after"]) if record["not_after"] else None,
        public=bytes.fromhex(record["public"]),
    )
    return SignedStatement(statement=statement, signature=bytes.fromhex(record["signature"]))


def _entry(record: Mapping[str, Any]) -> AuditEntry:
    return AuditEntry(
        number=record["number"],
        day=date.fromisoformat(record["day"]),
        at=datetime.fromisoformat(record["at"]) if record["at"] else None,
        actor_id=uuid.UUID(record["actor_id"]) if record["actor_id"] else None,
        event=record["event"],
        subject_kind=record["subject_kind"],
        subject_id=uuid.UUID(record["subject_id"]),
        facts=record["facts"],
        signed_by=uuid.UUID(record["signed_by"]) if record["signed_by"] else None,
        signature=bytes.fromhex(record["signature"]) if record["signature"] else None,
        previous_hash=bytes.fromhex(record["previous_hash"]),
        entry_hash=bytes.fromhex(record["entry_hash"]),
    )


def unanchored(findings: Sequence[Finding]) -> bool:
    """Whether everything holds but for the root, which nobody gave."""
    return all(one.holds for one in findings if one.step is not Step.ROOT) and not findings[-1].holds
