"""Drafts: what one rendering of a form has received so far, readable by the holder of form and cookie alone.

Owns: the names and keys of a draft, the rows of files received before their message was complete. Must not
know: fields of the form, HTTP. Source: 4-sealing "Sealed object", FORMAT.md §10.

    secrets = DraftSecrets(form_secret, cookie_secret)     # 32 bytes each: hidden field, cookie
    keep_files(intake, draft=secrets, desk=…, files=request.uploads.files)
    list_files(intake, draft=secrets)                       # for the error and review pages

A draft lives until the day after the next (``portal.storage.sweep``). The public side never deletes: a file
that the person takes out is left out of the message, and swept.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.crypto.compartments import JsonValue, decode_record, encode_record
from portal.crypto.draft import content_tag, draft_id, draft_key, open_in_draft, seal_in_draft, spent_id
from portal.crypto.receipt import Receipt
from portal.crypto.suites import Secret
from portal.domain.errors import FilesGone, TooManyFiles
from portal.domain.intake import Intake
from portal.domain.rows import Rows, insert_unless_there
from portal.errors import Tampered
from portal.models import Desk, Draft, DraftFile, FilePart, SealedObject
from portal.models.records import AttachmentEntry
from portal.storage.objects import LaterPart, later_parts
from portal.storage.received import Limits, SealedFile


class DraftSecrets(Secret):
    """The two secrets of one form in one browser, and what follows from them; live for one request."""

    __slots__ = ("_cookie_secret", "_form_secret", "id", "key", "spent_id")

    def __init__(self, form_secret: bytes, cookie_secret: bytes) -> None:
        """32 random bytes each, else ValueError."""
        self._form_secret = form_secret
        self._cookie_secret = cookie_secret
        self.id = draft_id(form_secret, cookie_secret)
        self.spent_id = spent_id(form_secret)
        self.key = draft_key(form_secret, cookie_secret)

    def receipt(self) -> Receipt:
        """The receipt of a tip sent with this form: the same form always gives the same one."""
        return Receipt.from_secrets(self._form_secret, self._cookie_secret)

    def tag_of(self, content: dict[str, JsonValue]) -> bytes:
        """32 bytes by which the same content is known when the form comes again."""
        return content_tag(encode_record(content), key=self.key)


@dataclass(frozen=True, slots=True, repr=False)
class DraftFileInfo(Secret):
    """One file of a draft, opened. ``submitted``: it already went out with a message.

    part_bytes: length of each part but the last, 0 for a file in one piece; later: its parts after the first.
    """

    object_id: uuid.UUID
    name: str
    declared_type: str
    true_bytes: int
    file_key: bytes
    blob_name: str
    submitted: bool
    part_bytes: int = 0
    later: tuple[LaterPart, ...] = ()

    @property
    def count(self) -> int:
        """In how many parts it comes."""
        return -(-self.true_bytes // self.part_bytes) if self.part_bytes else 1

    @property
    def is_whole(self) -> bool:
        """Whether all of it is here."""
        return len(self.later) == self.count - 1

    def entry(self) -> AttachmentEntry:
        """As the statement or message lists it."""
        return AttachmentEntry(
            object_id=self.object_id,
            name=self.name,
            declared_type=self.declared_type,
            true_bytes=self.true_bytes,
            parts=tuple(part.object_id for part in self.later),
        )


def keep_files(intake: Intake, *, draft: DraftSecrets, desk: Desk, files: Sequence[SealedFile]) -> None:
    """Write down files just received, so that an error in the form loses none of them.

    Their keys are sealed under the draft key. Raises RetryLater; the files are then orphans and are swept.
    """
    if not files:
        return
    with intake.writing() as session:
        for file in files:
            _add(session, intake, draft=draft, desk=desk, file=file, meta=_meta_of(file))


def keep_first_part(
    intake: Intake, *, draft: DraftSecrets, desk: Desk, file: SealedFile, file_key: bytes, true_bytes: int
) -> None:
    """Write down the first part of a file; its length is that of every other part but the last.

    file_key: of the whole file. true_bytes: its length when it is whole. Raises RetryLater.
    """
    meta = _meta_of(file) | {"key": file_key.hex(), "bytes": true_bytes, "part": file.true_bytes}
    with intake.writing() as session:
        _add(session, intake, draft=draft, desk=desk, file=file, meta=meta)


def keep_part(intake: Intake, *, head: DraftFileInfo, number: int, file: SealedFile) -> None:
    """Write down a later part. A part that is there already stays, and this one goes.

    Raises FilesGone where the draft has been swept meanwhile, RetryLater.
    """
    rows = Rows()
    rows.add(SealedObject, **_object_row(intake, file))
    rows.add(FilePart, object_id=file.object_id, head_id=head.object_id, number=number)
    try:
        with intake.writing() as session:
            rows.write(session)
    except IntegrityError:
        intake.blobs.delete(file.blob_name)
        with intake.reading() as session:
            if session.get(DraftFile, head.object_id) is None:
                raise FilesGone(frozenset({head.object_id})) from None


def find_arriving(intake: Intake, *, draft: DraftSecrets, head: uuid.UUID) -> DraftFileInfo:
    """A file of the draft, whole or not. Raises FilesGone."""
    with intake.reading() as session:
        found = _read(session, draft=draft, where=DraftFile.object_id == head)
    if not found:
        raise FilesGone(frozenset({head}))
    return found[0]


def list_files(
    intake: Intake, *, draft: DraftSecrets, object_ids: Sequence[uuid.UUID] | None = None
) -> tuple[DraftFileInfo, ...]:
    """Files of a draft, oldest first, those already sent included; all, or those of ``object_ids``."""
    asked = true() if object_ids is None else DraftFile.object_id.in_(object_ids)
    with intake.reading() as session:
        return read_files(session, draft=draft, where=asked)


def read_files(
    session: Session, *, draft: DraftSecrets, where: ColumnElement[bool]
) -> tuple[DraftFileInfo, ...]:
    """Whole files of a draft for which ``where`` holds. A row that the draft key does not open is left out.

    Ask for no more than is needed: anybody may fill a draft of their own, and opening costs.
    """
    return tuple(info for info in _read(session, draft=draft, where=where) if info.is_whole)


def _read(session: Session, *, draft: DraftSecrets, where: ColumnElement[bool]) -> list[DraftFileInfo]:
    found = session.execute(
        select(DraftFile.object_id, DraftFile.sealed_meta, DraftFile.submitted, SealedObject.blob_name)
        .join(SealedObject, SealedObject.id == DraftFile.object_id)
        .where(DraftFile.draft_id == draft.id, where)
        .order_by(DraftFile.ordinal)
    ).all()
    later = later_parts(session, [row.object_id for row in found]) if found else {}
    opened = (
        _opened(
            row.object_id,
            row.sealed_meta,
            row.submitted,
            row.blob_name or "",
            tuple(later.get(row.object_id, ())),
            draft=draft,
        )
        for row in found
    )
    return [info for info in opened if info is not None]


def choose_files(
    session: Session, *, draft: DraftSecrets, object_ids: Sequence[uuid.UUID], limits: Limits
) -> tuple[DraftFileInfo, ...]:
    """The files that go with a message, in the order given.

    Raises FilesGone for those that are not (or no longer) in the draft, TooManyFiles over the limits.
    """
    if not object_ids:
        return ()
    wanted = list(dict.fromkeys(object_ids))
    asked = DraftFile.object_id.in_(wanted)
    by_id = {info.object_id: info for info in read_files(session, draft=draft, where=asked)}
    if gone := frozenset(wanted) - by_id.keys():
        raise FilesGone(gone)
    chosen = tuple(by_id[object_id] for object_id in wanted)
    true_bytes = sum(info.true_bytes for info in chosen)
    if len(chosen) > limits.max_files or true_bytes > limits.max_message_bytes:
        raise TooManyFiles(files=len(chosen), true_bytes=true_bytes)
    return chosen


def _meta_of(file: SealedFile) -> dict[str, JsonValue]:
    return {
        "name": file.name,
        "type": file.declared_type,
        "bytes": file.true_bytes,
        "key": file.file_key.hex(),
    }


def _add(
    session: Session,
    intake: Intake,
    *,
    draft: DraftSecrets,
    desk: Desk,
    file: SealedFile,
    meta: dict[str, JsonValue],
) -> None:
    # The day stays that of the first file: how long a draft lives does not depend on use.
    insert_unless_there(session, Draft, {"id": draft.id, "begun_on": intake.today, "desk": desk})
    last = select(func.coalesce(func.max(DraftFile.ordinal), 0)).where(DraftFile.draft_id == draft.id)
    rows = Rows()
    rows.add(SealedObject, **_object_row(intake, file))
    rows.add(
        DraftFile,
        object_id=file.object_id,
        draft_id=draft.id,
        ordinal=session.scalars(last).one() + 1,
        sealed_meta=seal_in_draft(
            encode_record(meta), key=draft.key, draft=draft.id, object_id=file.object_id
        ),
    )
    rows.write(session)


def _object_row(intake: Intake, file: SealedFile) -> dict[str, object]:
    return {
        "id": file.object_id,
        "kind": file.kind,
        "body": None,
        "blob_name": file.blob_name,
        "sealed_bytes": file.sealed_bytes,
        "stored_on": intake.today,
    }


def _opened(
    object_id: uuid.UUID,
    sealed_meta: bytes,
    submitted: bool,
    blob_name: str,
    later: tuple[LaterPart, ...],
    *,
    draft: DraftSecrets,
) -> DraftFileInfo | None:
    try:
        meta = decode_record(open_in_draft(sealed_meta, key=draft.key, draft=draft.id, object_id=object_id))
    except Tampered:
        # Same form, another cookie: the file belongs to whoever held that one.
        return None
    return DraftFileInfo(
        object_id=object_id,
        name=str(meta["name"]),
        declared_type=str(meta["type"]),
        true_bytes=int(str(meta["bytes"])),
        file_key=bytes.fromhex(str(meta["key"])),
        blob_name=blob_name,
        submitted=submitted,
        part_bytes=int(str(meta.get("part", 0))),
        later=later,
    )
