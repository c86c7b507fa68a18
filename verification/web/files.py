"""Opening files: clean copies and their parts in the browser, originals as downloads with a reason.

Every opening is traced: the viewer traces once and gives its parts a pass for this session; a part that is
asked for without one is traced by itself. Must not know: keys, how bytes are sent (``serving``).
Source: 4-sealing "Clean copies"; Reg. art. 24.
"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Final

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue
from itsdangerous import Signer
from sqlalchemy import select
from zipstream import ZIP_STORED, ZipStream

from portal.crypto.parts import Reader
from portal.models import StoredFile
from portal.texts import gettext as _
from verification.clean_report import CleanPart, PartRole
from verification.domain import evidence
from verification.domain.acting import Acting
from verification.errors import InvalidInput, NotHere
from verification.policy.permissions import Permission
from verification.queries.files import file_name, report_of
from verification.web.forms import Typed
from verification.web.office import acting_in, office, visitor
from verification.web.routing import route
from verification.web.serving import disposition, safe_name, sealed_off, send, suffix_of

blueprint = Blueprint("files", __name__)

#: Whoever may hold a key to some file; the key decides about each. Those who run the machines hold none.
READERS: Final = (Permission.TIP_ORIGINAL, Permission.EXHIBIT_READ, Permission.UNIT_DESK)
#: How many originals go into one download.
MAX_TOGETHER: Final = 100


@route(blueprint, "/files/<uuid:object_id>", permission=READERS)
def clean(object_id: uuid.UUID) -> ResponseReturnValue:
    """A clean copy, for whoever holds a key to it; 404 for everybody else."""
    return _part(object_id, number=None)


@route(blueprint, "/files/<uuid:object_id>/part/<int:number>", permission=READERS)
def part(object_id: uuid.UUID, number: int) -> ResponseReturnValue:
    """One part of a clean copy: a page, the picture that fits a screen."""
    return _part(object_id, number=number)


@route(
    blueprint,
    "/files/<uuid:object_id>/original",
    permission=READERS,
    methods=["POST"],
)
def original(object_id: uuid.UUID) -> ResponseReturnValue:
    """An original as a download, with a reason; never shown."""
    typed = Typed.sent()
    with ExitStack() as held:
        with acting_in(write=True) as acting:
            name = _name_of(acting, object_id)
            reader = evidence.take_original(
                acting, object_id, reason=typed.text("reason"), blobs=office().blobs
            )
            held.callback(reader.close)
        held.pop_all()
    return send(
        reader, start=0, length=reader.true_bytes, media_type="application/octet-stream", name=name, save=True
    )


@route(blueprint, "/files/originals", permission=READERS, methods=["POST"])
def originals() -> ResponseReturnValue:
    """Several originals in one archive, each traced with the same reason; packed while it is sent."""
    typed = Typed.sent()
    wanted = list(dict.fromkeys(typed.ids("file")))
    taken: list[tuple[str, Reader]] = []
    with ExitStack() as held:
        with acting_in(write=True) as acting:
            if not 1 <= len(wanted) <= MAX_TOGETHER:
                raise InvalidInput(
                    {"file": _("Choose at least one file, %(most)s at most.", most=MAX_TOGETHER)}
                )
            for object_id in wanted:
                name = _name_of(acting, object_id)
                reader = evidence.take_original(
                    acting, object_id, reason=typed.text("reason"), blobs=office().blobs
                )
                held.callback(reader.close)
                taken.append((name, reader))
        held.pop_all()
    response = Response(_packed(taken), mimetype="application/zip")
    response.headers["Content-Disposition"] = disposition(_("originals") + ".zip", way="attachment")
    return sealed_off(response)


def pass_for(clean_id: uuid.UUID) -> str:
    """For the viewer's own page: its parts are not traced again, for this session alone."""
    said = f"{visitor().session_id.hex()}:{clean_id.hex}"
    return Signer(str(current_app.secret_key), salt="file-viewed").get_signature(said).decode("ascii")


def _part(clean_id: uuid.UUID, *, number: int | None) -> ResponseReturnValue:
    was_traced = hmac.compare_digest(request.args.get("seen", ""), pass_for(clean_id))
    with ExitStack() as held:
        with acting_in(write=not was_traced) as acting:
            reader = evidence.open_clean_copy(acting, clean_id, blobs=office().blobs, traced=not was_traced)
            held.callback(reader.close)
            wanted = _wanted(acting, clean_id, number=number)
        held.pop_all()
    return send(
        reader,
        start=wanted.start,
        length=wanted.length,
        media_type=wanted.media_type,
        name=f"copy-{clean_id.hex[:8]}.{suffix_of(wanted.media_type)}",
        save="save" in request.args,
    )


def _wanted(acting: Acting, clean_id: uuid.UUID, *, number: int | None) -> CleanPart:
    """Where the part lies, and its type: the cleaner's words, not a sender's. Raises NotHere."""
    stored = acting.session.scalars(select(StoredFile).where(StoredFile.clean_object_id == clean_id)).one()
    report = report_of(acting, stored)
    parts = report.parts if report else ()
    if number is None:
        parts = tuple(one for one in parts if one.role is PartRole.COPY)
        number = 0
    if number >= len(parts):
        raise NotHere
    return parts[number]


def _name_of(acting: Acting, object_id: uuid.UUID) -> str:
    return file_name(acting, object_id) or f"original-{object_id.hex[:8]}"


def _packed(taken: Sequence[tuple[str, Reader]]) -> Iterator[bytes]:
    archive, names = ZipStream(compress_type=ZIP_STORED), set[str]()
    for number, (name, reader) in enumerate(taken, start=1):
        unique = safe_name(name)
        if unique in names:
            unique = f"{number}-{unique}"
        names.add(unique)
        archive.add(reader.chunks(), unique, size=reader.true_bytes)
    try:
        yield from archive
    finally:
        for _name, reader in taken:
            reader.close()
