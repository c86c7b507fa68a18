"""The internal side's request: files of staff and liaisons are sealed while they are read.

A file is taken only from somebody logged in, on a page that declared its field, after a valid token: the
token has to stand before every file input. Owns: what is admitted. Must not know: which record a file becomes
part of (``verification.domain.evidence.keep_upload`` writes its rows). Source: 4-sealing "Sealed object".

    scan = first_file("scan")           # SealedFile | None
    photos = files_of("photos")         # list[SealedFile]
"""

from __future__ import annotations

from typing import cast

from flask import current_app, request
from flask_wtf.csrf import CSRFError, validate_csrf
from werkzeug.datastructures import MultiDict
from wtforms.validators import ValidationError

from portal.storage.multipart import Sealing
from portal.storage.received import Admission, Allowance, Limits, Received, SealedFile
from portal.storage.requests import NoFiles, SealingRequest
from verification.web.gate import LoginNeeded
from verification.web.office import office, visitor_or_none
from verification.web.routing import Declared, declared


class OfficeRequest(SealingRequest):
    """Text fields in ``form``, sealed files in ``uploads``."""

    def sealing(self) -> Sealing:
        standing = office()
        page = declared(current_app, self.endpoint) if self.endpoint else None
        admission: Admission = NoFiles()
        if page is not None and page.files:
            admission = (page.admits or StaffFiles)(page)
        return Sealing(
            limits=upload_limits(),
            admission=admission,
            blobs=standing.blobs,
            rng=standing.rng,
            day=standing.today,
        )


def upload_limits() -> Limits:
    """What one form may carry."""
    settings = office().settings
    return Limits(
        max_file_bytes=settings.max_file_bytes,
        max_message_bytes=settings.max_message_bytes,
        max_files=settings.max_files,
        part_bytes=settings.part_bytes,
    )


class StaffFiles:
    """Admits the files of one page."""

    def __init__(self, page: Declared) -> None:
        self._page = page

    def admit(self, fields: MultiDict[str, str]) -> Allowance:
        """Raises LoginNeeded, CSRFError."""
        if visitor_or_none() is None:
            raise LoginNeeded
        try:
            validate_csrf(fields.get("csrf_token"))
        except ValidationError as error:
            raise CSRFError(str(error)) from None
        settings = office().settings
        return Allowance(
            kinds=self._page.files, max_files=settings.max_files, max_bytes=settings.max_message_bytes
        )


def uploads() -> Received:
    """What came with this request."""
    return cast(OfficeRequest, request).uploads


def files_of(field: str) -> list[SealedFile]:
    """The files of one field, in order."""
    return [file for file in uploads().files if file.field == field]


def first_file(field: str) -> SealedFile | None:
    """The file of a field that takes one."""
    return next(iter(files_of(field)), None)
