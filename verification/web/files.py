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
from verification.domain import evidence
from verification.domain.acting import Acting
from verification.policy.permissions import Permission
from verification.queries.files import PICTURES, file_name
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
        media_type = _media_type(acting, object_id)
    suffix = _SUFFIXES.get(media_type, "bin")
    return _sent(
        reader, media_type=media_type, name=f"copy-{object_id.hex[:8]}.{suffix}", shown=media_type in _SHOWN
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
    return _sent(reader, media_type="application/octet-stream", name=name, shown=False)


def _media_type(acting: Acting, clean_id: uuid.UUID) -> str:
    """What the cleaner wrote, and nothing a sender said."""
    report_id = acting.session.scalar(
        select(StoredFile.report_object_id).where(StoredFile.clean_object_id == clean_id)
    )
    report = {} if report_id is None else acting.open(report_id)
    media_type = str(report.get("media_type") or "")
    return media_type if media_type in _SUFFIXES else "application/octet-stream"


def _sent(reader: SealedReader, *, media_type: str, name: str, shown: bool) -> Response:
    response = Response(_chunks(reader), mimetype=media_type)
    way = "inline" if shown else "attachment"
    response.headers["Content-Disposition"] = f"{way}; filename*=UTF-8''{quote(name, safe='')}"
    response.headers["Content-Length"] = str(reader.true_bytes)
    response.headers["Content-Security-Policy"] = _SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def _chunks(reader: SealedReader) -> Iterator[bytes]:
    try:
        yield from reader.chunks()
    finally:
        reader.close()
