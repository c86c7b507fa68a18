"""Who had an exhibit in hand, and taking exhibits out of the house as a bundle that can be checked anywhere.

Owns: the entries of the trail about an exhibit, what goes into a bundle, that every export is traced. Must
not know: ZIP, pages. Source: issue 3 "Exhibits"; Reg. art. 24.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.crypto.compartments import encode_record
from portal.crypto.header import ObjectKind
from portal.crypto.parts import Reader
from portal.models import KeyPurpose, RecipientKey, StoredFile
from portal.storage.blobs import Blobs
from portal.trust import signed
from verification.audit.bundle import BUNDLE_PURPOSE, VERSION, entry_record, key_record
from verification.audit.events import Event
from verification.clean_report import CleanPart, CleanReport
from verification.domain.acting import Acting
from verification.domain.evidence import open_clean_copy, open_original
from verification.domain.exhibits import ReadExhibit, read_exhibits
from verification.domain.inputs import MEDIUM
from verification.domain.messages import checked_text
from verification.errors import InvalidInput, NotHere
from verification.keys.addressees import of_case
from verification.models import AuditEntry, Case, Exhibit, Staff

#: How many exhibits go into one bundle; a second bundle can hold more.
MAX_IN_BUNDLE: Final = 60


@dataclass(frozen=True, slots=True, repr=False)
class Packed:
    """One exhibit on its way out. copy: the clean copy, opened, with the part that is it."""

    read: ReadExhibit
    original: Reader
    copy: tuple[Reader, CleanPart] | None
    report: CleanReport | None
    trail: list[int]


@dataclass(frozen=True, slots=True, repr=False)
class Export:
    """All that a bundle is made of; ``manifest`` and ``sign`` come when its files have gone out."""

    exhibits: list[Packed]
    entries: list[dict[str, Any]]
    keys: list[dict[str, Any]]
    said: dict[str, Any]
    acting: Acting

    def manifest(self, files: Sequence[dict[str, Any]], paths: Sequence[tuple[str, str | None]]) -> bytes:
        """The manifest. files: as they went out.  paths: of each exhibit's original and copy."""
        exhibits = [
            _exhibit_record(packed, original=original, copy=copy)
            for packed, (original, copy) in zip(self.exhibits, paths, strict=True)
        ]
        return encode_record(
            self.said
            | {
                "v": VERSION,
                "files": list(files),
                "exhibits": exhibits,
                "trail": self.entries,
                "keys": self.keys,
            }
        )

    def sign(self, manifest: bytes) -> dict[str, str]:
        """By the person who exports, over the manifest's bytes."""
        keyring = self.acting.keyring
        signature = keyring.signing.sign(manifest, purpose=BUNDLE_PURPOSE)
        return {"signed_by": keyring.staff_key_id.hex, "signature": signature.hex()}

    def close(self) -> None:
        """Let go of every file."""
        for packed in self.exhibits:
            packed.original.close()
            if packed.copy is not None:
                packed.copy[0].close()


def custody_of(acting: Acting, exhibit: Exhibit) -> list[AuditEntry]:
    """What happened to an exhibit and its clean copy, oldest first."""
    stored = acting.session.get_one(StoredFile, exhibit.object_id)
    subjects = [exhibit.object_id, *([stored.clean_object_id] if stored.clean_object_id else [])]
    own = AuditEntry.subject_id.in_(subjects)
    added = (AuditEntry.subject_id == exhibit.case_id) & (AuditEntry.event == Event.EXHIBIT_ADDED)
    entries = acting.session.scalars(select(AuditEntry).where(own | added).order_by(AuditEntry.number))
    return [
        entry
        for entry in entries
        if entry.event != Event.EXHIBIT_ADDED or entry.facts.get("exhibit") == exhibit.object_id.hex
    ]


def export(
    acting: Acting, exhibit_ids: Sequence[uuid.UUID], *, reason: str, blobs: Blobs, root: bytes
) -> Export:
    """Open these exhibits of one case for a bundle; each is traced with the reason.

    Raises NotHere, KeyLocked, InvalidInput (``reason``, ``exhibit``).
    """
    rows = [_exhibit(acting, object_id) for object_id in exhibit_ids]
    if not 1 <= len(rows) <= MAX_IN_BUNDLE or len({row.case_id for row in rows}) != 1:
        raise InvalidInput({"exhibit": _l("Choose one to %(most)s exhibits.", most=MAX_IN_BUNDLE)})
    checked = checked_text(reason, field="reason", max_characters=MEDIUM)
    case = acting.session.get_one(Case, rows[0].case_id)
    reason_id = acting.seal({"reason": checked}, kind=ObjectKind.RECORD, to=[of_case(case)])
    for row in rows:
        acting.trace(
            Event.EXHIBIT_EXPORTED,
            subject_kind="file",
            subject_id=row.object_id,
            facts={"reason": reason_id.hex},
        )
    entries = {row.object_id: custody_of(acting, row) for row in rows}
    every = {entry.number: entry for one in entries.values() for entry in one}
    person = acting.session.get_one(Staff, acting.staff_id)
    return Export(
        exhibits=[
            _packed(acting, one, blobs=blobs, trail=entries[one.row.object_id])
            for one in read_exhibits(acting, rows)
        ],
        entries=[entry_record(every[number]) for number in sorted(every)],
        keys=_keys(acting, list(every.values())),
        said={
            "case": case.id.hex,
            "exported_at": acting.clock.now().isoformat(),
            "exported_by": {"id": person.id.hex, "name": person.name},
            "people": _names(acting, list(every.values())),
            "reason": checked,
            "root": root.hex(),
        },
        acting=acting,
    )


def _exhibit(acting: Acting, object_id: uuid.UUID) -> Exhibit:
    row = acting.session.get(Exhibit, object_id)
    if row is None:
        raise NotHere
    return row


def _packed(acting: Acting, read: ReadExhibit, *, blobs: Blobs, trail: Sequence[AuditEntry]) -> Packed:
    original = open_original(acting, read.row.object_id, blobs=blobs)
    report = None
    if read.report_object_id is not None:
        report = CleanReport.from_record(acting.open(read.report_object_id))
    copy = None
    if read.clean_object_id is not None and report is not None and report.copy is not None:
        reader = open_clean_copy(acting, read.clean_object_id, blobs=blobs, traced=False)
        copy = (reader, report.copy)
    return Packed(read, original, copy, report, [entry.number for entry in trail])


def _exhibit_record(packed: Packed, *, original: str, copy: str | None) -> dict[str, Any]:
    read, report = packed.read, packed.report
    return {
        "id": read.row.object_id.hex,
        "number": read.row.ordinal,
        "name": read.name,
        "declared_type": read.declared_type,
        "bytes": read.true_bytes,
        "place": read.place,
        "note": read.note,
        "source": read.row.source.value,
        "off_plan": read.row.off_plan,
        "taken_by": read.row.taken_by.hex,
        "taken_at": read.row.taken_at.isoformat(),
        "original": original,
        "copy": copy,
        "sha256": report.sha256 if report else None,
        "sm3": report.sm3 if report else None,
        "removed": [kind.value for kind in report.removed] if report else [],
        "trail": packed.trail,
    }


def _keys(acting: Acting, entries: Sequence[AuditEntry]) -> list[dict[str, Any]]:
    """The statements of every key that signed one of these entries, and of the exporting person's."""
    ids = {entry.signed_by for entry in entries if entry.signed_by is not None}
    ids.add(acting.keyring.staff_key_id)
    query = select(RecipientKey).where(RecipientKey.id.in_(ids), RecipientKey.purpose == KeyPurpose.STAFF)
    return [key_record(signed(row)) for row in acting.session.scalars(query.order_by(RecipientKey.id))]


def _names(acting: Acting, entries: Sequence[AuditEntry]) -> dict[str, str]:
    ids = {entry.actor_id for entry in entries if entry.actor_id is not None}
    rows = acting.session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(ids)))
    return {row.id.hex: row.name for row in rows}
