"""Files that come with a form and survive its errors: nobody uploads a photograph twice.

A file is sealed and durable before the form is judged. If the form comes back, each file becomes a ticket in
the page: what it is, signed, and its key, sealed to the sender. Sent again, a ticket is as good as the file.
Must not know: what a file becomes part of. Source: 1-mission "losing a photo"; ``verification.keys.tickets``.

    files = Brought.sent("photo", "files")
    return attempt(act, again=lambda problem: page(…, kept=files))       # in act: files.opened(acting)
"""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass, replace
from typing import Final

from flask import current_app, request
from flask_babel import lazy_gettext as _l
from itsdangerous import BadData, URLSafeSerializer

from portal.crypto.header import ObjectKind
from portal.errors import Tampered
from portal.storage.errors import BlobMissing
from portal.storage.received import SealedFile
from verification.domain.acting import Acting
from verification.errors import InvalidInput
from verification.keys.tickets import open_ticket, seal_ticket
from verification.web.office import office
from verification.web.problems import Problem
from verification.web.uploads import uploads

FIELD: Final = "kept_file"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A ticket as the page shows it."""

    token: str
    name: str
    true_bytes: int


@dataclass(frozen=True, slots=True, repr=False)
class Brought:
    """What came with this request: new files, and tickets of files that came before."""

    new: tuple[SealedFile, ...] = ()
    tokens: tuple[str, ...] = ()

    @classmethod
    def sent(cls, *fields: str) -> Brought:
        """Take this request's files of ``fields`` over from it: a refused form does not discard them."""
        tokens = tuple(request.form.getlist(FIELD))
        received = uploads()
        new = tuple(file for file in received.files if file.field in fields)
        received.files[:] = [file for file in received.files if file.field not in fields]
        return cls(new, tokens)

    def opened(self, acting: Acting) -> list[SealedFile]:
        """Every file, in the order they came. Raises InvalidInput (files) for a ticket that is no good."""
        return [*(_redeemed(acting, token) for token in self.tokens), *self.new]

    def kept(self, acting: Acting) -> list[KeptFile]:
        """Tickets for the page that comes back; those that are no good any more are left out."""
        found = [file_behind(acting, token) for token in self.tokens]
        files = [file for file in found if file is not None and file.is_whole]
        return [
            KeptFile(ticket_for(acting, file), file.name, file.true_bytes) for file in (*files, *self.new)
        ]


NOTHING_BROUGHT = Brought()


def without_file_worry(problem: Problem) -> Problem:
    """``problem`` for a page that keeps its files: nobody has to choose them again."""
    return replace(problem, had_files=False)


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="kept-file")


def ticket_for(acting: Acting, file: SealedFile) -> str:
    """What a page keeps of a file until its form is right, or its next part is here."""
    sealed = seal_ticket(
        acting.session,
        file.file_key,
        object_id=file.object_id,
        keyring=acting.keyring,
    )
    body = {
        "object": file.object_id.hex,
        "key": base64.b64encode(sealed).decode(),
        "blob": file.blob_name,
        "name": file.name,
        "type": file.declared_type,
        "bytes": file.true_bytes,
        "sealed": file.sealed_bytes,
        "kind": int(file.kind),
        "field": file.field,
        "part": file.part_bytes,
        "later": [[part.object_id.hex, part.blob_name, part.sealed_bytes] for part in file.later],
    }
    written: str | bytes = _serializer().dumps(body)
    return written if isinstance(written, str) else written.decode()


def _redeemed(acting: Acting, token: str) -> SealedFile:
    file = file_behind(acting, token)
    if file is None or not file.is_whole:
        raise InvalidInput({"files": _l("A file that was kept is no longer there. Please choose it again.")})
    return file


def file_behind(acting: Acting, token: str) -> SealedFile | None:
    """The file, whole or not, behind a ticket of this person's own whose bytes are still there, or None."""
    try:
        body = _serializer().loads(token)
        object_id = uuid.UUID(body["object"])
        file_key = open_ticket(
            acting.session, base64.b64decode(body["key"]), object_id=object_id, keyring=acting.keyring
        )
        for blob_name in (body["blob"], *(blob_name for _id, blob_name, _sealed in body["later"])):
            office().blobs.open(blob_name).close()
    except (BadData, Tampered, BlobMissing):
        return None
    file = SealedFile(
        field=body["field"],
        name=body["name"],
        declared_type=body["type"],
        true_bytes=body["bytes"],
        sealed_bytes=body["sealed"],
        kind=ObjectKind(body["kind"]),
        object_id=object_id,
        file_key=file_key,
        blob_name=body["blob"],
        part_bytes=body["part"],
    )
    return replace(file, later=tuple(_later(file, *part) for part in body["later"]))


def _later(file: SealedFile, object_id: str, blob_name: str, sealed_bytes: int) -> SealedFile:
    """A part; its own length and key follow from the file's."""
    return replace(file, object_id=uuid.UUID(object_id), blob_name=blob_name, sealed_bytes=sealed_bytes)
