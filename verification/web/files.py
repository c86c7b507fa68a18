"""Opening files: clean copies in the browser, originals as downloads with a reason. Every opening is traced.

Bytes are decrypted while they are sent and are kept nowhere. What a stranger made is never run by our pages:
a sandbox without any right, no guessing of types, and only pictures are shown at all. Must not know: keys.
Source: 4-sealing "Clean copies"; Reg. art. 24.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from portal.crypto.stream import SealedReader
from portal.models import StoredFile
from verification.clean_report import CleanPart
from verification.domain import evidence
from verification.domain.acting import Acting
from verification.errors import NotHere
from verification.policy.permissions import Permission
from verification.queries.files import PICTURES, file_name, report_of
from verification.web.forms import Typed
from verification.web.office import acting_in, office
from verification.web.routing import route

blueprint = Blueprint("files", __name__)

#: Whoever may hold a key to some file; the key decides about each. Those who run the machines hold none.
_READERS: Final = (Permission.TIP_ORIGINAL, Permission.EXHIBIT_READ, Permission.UNIT_DESK)
_SANDBOX: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"
#: What may be shown by the browser itself; it has its own sandboxed viewer for the second.
_SHOWN: Final = PICTURES | {"application/pdf"}
_SUFFIXES: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "application/pdf": "pdf",
}


@route(blueprint, "/files/<uuid:object_id>", permission=_READERS)
def clean(object_id: uuid.UUID) -> ResponseReturnValue:
    """A clean copy, for whoever holds a key to it; 404 for everybody else."""
    with acting_in(write=True) as acting:
        reader = evidence.open_clean_copy(acting, object_id, blobs=office().blobs)
        copy = _copy_of(acting, object_id)
    media_type = copy.media_type if copy.media_type in _SUFFIXES else "application/octet-stream"
    name = f"copy-{object_id.hex[:8]}.{_SUFFIXES.get(media_type, 'bin')}"
    return _sent(
        reader,
        reader.read_range(copy.start, copy.length),
        length=copy.length,
        media_type=media_type,
        name=name,
        shown=media_type in _SHOWN,
    )


@route(
    blueprint,
    "/files/<uuid:object_id>/original",
    permission=_READERS,
    methods=["POST"],
)
def original(object_id: uuid.UUID) -> ResponseReturnValue:
    """An original as a download, with a reason; never shown."""
    typed = Typed.sent()
    with acting_in(write=True) as acting:
        reader = evidence.take_original(acting, object_id, reason=typed.text("reason"), blobs=office().blobs)
        name = file_name(acting, object_id) or f"original-{object_id.hex[:8]}"
    return _sent(
        reader,
        reader.chunks(),
        length=reader.true_bytes,
        media_type="application/octet-stream",
        name=name,
        shown=False,
    )


def _copy_of(acting: Acting, clean_id: uuid.UUID) -> CleanPart:
    """Where in the clean copy the copy itself lies, and its type: the cleaner's words, not a sender's."""
    stored = acting.session.scalars(select(StoredFile).where(StoredFile.clean_object_id == clean_id)).one()
    report = report_of(acting, stored)
    if report is None or report.copy is None:
        raise NotHere
    return report.copy


def _sent(
    reader: SealedReader, chunks: Iterator[bytes], *, length: int, media_type: str, name: str, shown: bool
) -> Response:
    response = Response(_closing(reader, chunks), mimetype=media_type)
    way = "inline" if shown else "attachment"
    response.headers["Content-Disposition"] = f"{way}; filename*=UTF-8''{quote(name, safe='')}"
    response.headers["Content-Length"] = str(length)
    response.headers["Content-Security-Policy"] = _SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def _closing(reader: SealedReader, chunks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from chunks
    finally:
        reader.close()
