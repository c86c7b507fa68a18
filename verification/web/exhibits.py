"""One exhibit: what it is, who had it in hand, and taking exhibits of a case out as a bundle.

A bundle is packed while it is sent: files first, their hashes counted on the way, the manifest and its
signature last. Must not know: what a bundle says (``domain.custody``, ``audit.bundle``). Source: issue 3
"Exhibits".
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, Final

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from zipstream import ZIP_STORED, ZipStream

from portal.crypto.compartments import encode_record
from portal.texts import gettext as _
from verification.audit.bundle import MANIFEST, READ_ME, SIGNATURE, Fingerprints
from verification.domain.acting import Acting
from verification.domain.custody import Export, custody_of, export
from verification.errors import NotHere
from verification.models import AuditEntry, Exhibit
from verification.policy.embargo import is_hidden
from verification.policy.permissions import Permission
from verification.queries.exhibits import view_exhibits
from verification.queries.trail import lines_of
from verification.web.forms import Typed
from verification.web.office import acting_in, office
from verification.web.routing import route
from verification.web.serving import disposition, safe_name, sealed_off, suffix_of

blueprint = Blueprint("exhibits", __name__)

_WHAT_IT_IS: Final = _l(
    "Exported by a supervision office. originals: the originals. copies: clean copies. manifest.json: length,"
    " SHA-256 and SM3 of every file, the custody entries, the keys that signed them. signature.json: of"
    " whoever exported it. To check it without network or server: python -m verification.cli exhibit verify"
    " FILE --root ROOT, where ROOT is the office's public root key."
)


@route(blueprint, "/exhibits/<uuid:object_id>", permission=Permission.EXHIBIT_READ)
def show(object_id: uuid.UUID) -> ResponseReturnValue:
    """What was filed, and every hand it went through."""
    with acting_in() as acting:
        exhibit = acting.session.get(Exhibit, object_id)
        if exhibit is None or is_hidden(acting.session, staff_id=acting.staff_id, case_id=exhibit.case_id):
            raise NotHere
        (view,) = view_exhibits(acting, [exhibit])
        entries: list[AuditEntry] = custody_of(acting, exhibit)
        others = acting.session.scalars(
            select(Exhibit).where(Exhibit.case_id == exhibit.case_id).order_by(Exhibit.ordinal)
        ).all()
        return render_template(
            "verification/exhibit.html",
            exhibit=view,
            case_id=exhibit.case_id,
            custody=lines_of(acting.session, entries),
            others=[(str(one.object_id), _("Exhibit %(number)s", number=one.ordinal)) for one in others],
        )


@route(blueprint, "/exhibits/export", permission=Permission.EXHIBIT_EXPORT, methods=["POST"])
def take_out() -> ResponseReturnValue:
    """Exhibits of one case as a bundle that can be checked without this server."""
    typed = Typed.sent()
    with acting_in(write=True) as acting:
        leaving = _export(acting, typed)
    response = Response(_packed(leaving, what_it_is=str(_WHAT_IT_IS)), mimetype="application/zip")
    response.headers["Content-Disposition"] = disposition(_("exhibits") + ".zip", way="attachment")
    return sealed_off(response)


def _export(acting: Acting, typed: Typed) -> Export:
    return export(
        acting,
        list(dict.fromkeys(typed.ids("exhibit"))),
        reason=typed.text("reason"),
        blobs=office().blobs,
        root=office().settings.root_public,
    )


def _packed(leaving: Export, *, what_it_is: str) -> Iterator[bytes]:
    archive, gone = ZipStream(compress_type=ZIP_STORED), list[dict[str, Any]]()
    paths: list[tuple[str, str | None]] = []
    for packed in leaving.exhibits:
        number = packed.read.row.ordinal
        original = f"originals/{number:03d}-{safe_name(packed.read.name)}"
        archive.add(_counted(packed.original.chunks(), original, gone), original)
        copy = None
        if packed.copy is not None:
            reader, part = packed.copy
            copy = f"copies/{number:03d}.{suffix_of(part.media_type)}"
            archive.add(_counted(reader.read_range(part.start, part.length), copy, gone), copy)
        paths.append((original, copy))
    archive.add(what_it_is.encode(), READ_ME)
    manifests: list[bytes] = []
    archive.add(_manifest(leaving, gone, paths, manifests), MANIFEST)
    archive.add(_signature(leaving, manifests), SIGNATURE)
    try:
        yield from archive
    finally:
        leaving.close()


def _counted(pieces: Iterator[bytes], path: str, gone: list[dict[str, Any]]) -> Iterator[bytes]:
    prints = Fingerprints()
    yield from prints.passing(pieces)
    gone.append(prints.as_record(path))


def _manifest(
    leaving: Export,
    gone: list[dict[str, Any]],
    paths: list[tuple[str, str | None]],
    manifests: list[bytes],
) -> Iterator[bytes]:
    """Asked for once every file has gone out."""
    manifests.append(leaving.manifest(gone, paths))
    yield manifests[0]


def _signature(leaving: Export, manifests: list[bytes]) -> Iterator[bytes]:
    yield encode_record(dict(leaving.sign(manifests[0])))
