"""Who may send files with a form of the public side, and the draft they go into.

Owns: what has to come before the first file of a form (a valid token, the form's secret; on mailbox forms a
receipt that opens a tip), and the rows of the draft for what has arrived: whole files with a form, or one
part of one file by itself. Must not know: the form's other fields, templates. Source: 4-sealing "Sealed
object" (push sink), FORMAT.md §4.7, 7-facts.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import flask
from werkzeug.datastructures import MultiDict

from portal.crypto.receipt import Receipt
from portal.crypto.stream import ObjectKind
from portal.domain.drafts import (
    DraftFileInfo,
    DraftSecrets,
    find_arriving,
    keep_files,
    keep_first_part,
    keep_part,
    list_files,
)
from portal.domain.errors import TooManyFiles
from portal.domain.flood import UploadTurn, UploadTurns
from portal.domain.intake import Intake
from portal.domain.mailbox import desk_of
from portal.errors import XiansuoError
from portal.models import Desk
from portal.storage.arriving import PartAsked, PartUnfit, Place
from portal.storage.received import Allowance, Refused, SealedFile
from portal.storage.requests import SealingRequest

FILES_FIELD: Final = "files"
SESSION_SECRET: Final = "form-secret"  # noqa: S105  # the name under which it lies, not the secret
SECRET_BYTES: Final = 32


class FormIncomplete(XiansuoError):
    """A form without its secret or cookie: a browser that keeps no cookies, or a form made elsewhere.

    ``missing``: the field, or "cookie".
    """

    def __init__(self, missing: str) -> None:
        super().__init__(missing)
        self.missing = missing


class Into(StrEnum):
    """What files of a route become part of."""

    TIP = "tip"
    MAILBOX = "mailbox"


@dataclass(frozen=True, slots=True, repr=False)
class Uploads:
    """What receiving files needs; one for each app.

    check_token: raises what the app's CSRF page handles. has_room: whether that many more bytes fit.
    """

    intake: Intake
    turns: UploadTurns
    check_token: Callable[[str], None]
    has_room: Callable[[int], bool]


class DraftAdmission:
    """Lets files into one draft, once its form has proven itself; holds an upload turn from then on."""

    def __init__(self, request: SealingRequest, uploads: Uploads, into: Into) -> None:
        self._request = request
        self._uploads = uploads
        self._into = into
        self._turn: UploadTurn | None = None
        self._draft: DraftSecrets | None = None
        self._desk = Desk.DESK

    def admit(self, fields: MultiDict[str, str]) -> Allowance:
        """Token first, then what costs a derivation, then what costs a query, then the turn."""
        uploads, limits = self._uploads, self._uploads.intake.limits
        uploads.check_token(fields.get("csrf_token", ""))
        draft = draft_secrets(fields)
        self._desk = self._desk_for(fields)
        listed = _listed(uploads.intake, draft, kept=kept_files(fields))
        self._turn = uploads.turns.begin()
        self._draft = draft
        roomy = uploads.has_room(min(self._request.content_length or 0, limits.max_body_bytes))
        return Allowance(
            kinds={FILES_FIELD: ObjectKind.ATTACHMENT},
            max_files=limits.max_files - len(listed),
            max_bytes=limits.max_message_bytes - sum(info.true_bytes for info in listed),
            closed=None if roomy else Refused.DISK_FULL,
        )

    def moved(self) -> None:
        """Tell the turn that this upload has not stalled."""
        if self._turn is not None:
            self._turn.moved()

    def close(self) -> None:
        """Write down what has arrived and give the turn back."""
        if self._turn is not None:
            self._turn.end()
        draft, self._draft = self._draft, None
        if draft is not None:
            try:
                self._keep(draft, self._request.uploads.files)
            except XiansuoError:
                # Without rows nobody can find them again; the sweep removes them.
                self._request.uploads.files.clear()
                raise

    def _keep(self, draft: DraftSecrets, files: list[SealedFile]) -> None:
        keep_files(self._uploads.intake, draft=draft, desk=self._desk, files=files)

    def _desk_for(self, fields: MultiDict[str, str]) -> Desk:
        intake = self._uploads.intake
        if self._into is Into.MAILBOX:
            return desk_of(intake, receipt=Receipt.parse(fields.get("receipt", "")))
        # The first question may still be unanswered: the files wait in the draft, which no desk can open.
        desk = fields.get("desk", "")
        return Desk(desk) if desk in set(Desk) else Desk.DESK


class PartAdmission(DraftAdmission):
    """Lets one part of one file into a draft. Its fields come before it, after those of every form:

    ``bytes``: the whole file's length; ``number``: from 0; ``head``: of later parts, the file's id.
    """

    head: uuid.UUID | None = None
    _place: Place | None = None
    _known: DraftFileInfo | None = None

    def admit(self, fields: MultiDict[str, str]) -> Allowance:
        """As for whole files, at its own place and of its own length. Raises PartUnfit, FilesGone."""
        asked, intake = PartAsked.read(fields), self._uploads.intake
        allowed = super().admit(fields)
        if asked.number:
            assert self._draft is not None
            self._place = self._later(asked, find_arriving(intake, draft=self._draft, head=head_of(fields)))
        else:
            self._place = asked.first(intake.limits, rng=intake.rng)
            if asked.file_bytes > allowed.max_bytes or allowed.max_files < 1:
                files = intake.limits.max_files - allowed.max_files + 1
                raise TooManyFiles(files=files, true_bytes=asked.file_bytes)
        return self._place.allowance(allowed)

    def _later(self, asked: PartAsked, known: DraftFileInfo) -> Place:
        if known.submitted:
            raise PartUnfit
        self.head, self._known = known.object_id, known
        return asked.later(
            head=known.object_id,
            file_key=known.file_key,
            file_bytes=known.true_bytes,
            part_bytes=known.part_bytes,
        )

    def _keep(self, draft: DraftSecrets, files: list[SealedFile]) -> None:
        intake, place = self._uploads.intake, self._place
        for file in files:
            assert place is not None
            place.check(file, intake.blobs)
            self.head = self.head or file.object_id
            if self._known is not None:
                keep_part(intake, head=self._known, number=place.number, file=file)
            elif place.count == 1:
                keep_files(intake, draft=draft, desk=self._desk, files=[file])
            else:
                keep_first_part(
                    intake,
                    draft=draft,
                    desk=self._desk,
                    file=file,
                    file_key=place.file_key,
                    true_bytes=place.file_bytes,
                )


def head_of(fields: Mapping[str, str]) -> uuid.UUID:
    """The file that a request is about. Raises PartUnfit."""
    try:
        return uuid.UUID(fields.get("head", ""))
    except ValueError:
        raise PartUnfit from None


def draft_secrets(fields: Mapping[str, str]) -> DraftSecrets:
    form_secret = _secret(fields.get("draft"), missing="draft")
    return DraftSecrets(form_secret, _secret(flask.session.get(SESSION_SECRET), missing="cookie"))


def _secret(text: object, *, missing: str) -> bytes:
    try:
        secret = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise FormIncomplete(missing)
    return secret


def _listed(intake: Intake, draft: DraftSecrets, *, kept: list[uuid.UUID]) -> list[DraftFileInfo]:
    """The files of the draft that the page listed and the person kept."""
    return list(list_files(intake, draft=draft, object_ids=kept)) if kept else []


def kept_files(fields: MultiDict[str, str]) -> list[uuid.UUID]:
    kept = []
    for text in fields.getlist("keep"):
        try:
            kept.append(uuid.UUID(text))
        except ValueError:
            continue
    return kept
