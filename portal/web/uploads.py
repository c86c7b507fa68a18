"""The public side's request: who may send files, and the draft they go into.

Owns: what has to come before the first file of a form (a valid token, the form's secret; on mailbox
forms a receipt that opens a tip), and the rows of the draft for what has arrived. Must not know: the form's
other fields, templates. Source: 4-sealing "Sealed object" (push sink), 7-facts.

For the screens:

    app.request_class = PortalRequest
    app.extensions[EXTENSION] = Uploads(intake=…, turns=UploadTurns(), check_token=…, has_room=…)
    app.wsgi_app = PoliteBodies(app.wsgi_app, …)

    @app.post("/submit")
    @takes_files(Into.TIP)              # Into.MAILBOX: forms that add to a tip. Without a mark: no files.

    request.form                        # text fields; reading it receives the whole body
    request.uploads.problems            # files refused, beside their field; all others are in the draft
    portal_request().form_draft()       # the DraftSecrets of this form; FormIncomplete without them
    portal_request().chosen_files()     # for submit_tip / send: what the page listed and was kept, then new

Fields, all before the first file input: ``csrf_token``; ``draft``, the form secret in hexadecimal
(``new_form_secret``); ``desk``, a ``Desk`` value, once that question is answered (tip forms); ``receipt``
(mailbox forms); one ``keep`` for each file listed and still wanted, its object id. File inputs are ``files``.
The cookie secret lies in Flask's session (``ensure_cookie_secret`` where the form is shown,
``rotate_cookie_secret`` when the receipt is saved).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

import flask
from werkzeug.datastructures import MultiDict

from portal.crypto.receipt import Receipt
from portal.crypto.stream import ObjectKind
from portal.domain.drafts import DraftFileInfo, DraftSecrets, keep_files, list_files
from portal.domain.flood import UploadTurn, UploadTurns
from portal.domain.intake import Intake
from portal.domain.mailbox import desk_of
from portal.errors import XiansuoError
from portal.models import Desk, Rng
from portal.storage.multipart import Sealing
from portal.storage.received import Admission, Allowance, Refused
from portal.storage.requests import NoFiles, SealingRequest

EXTENSION: Final = "xiansuo-uploads"
FILES_FIELD: Final = "files"
SESSION_SECRET: Final = "form-secret"  # noqa: S105  # the name under which it lies, not the secret
SECRET_BYTES: Final = 32

_MARK: Final = "takes_files_into"

View = TypeVar("View", bound=Callable[..., Any])


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


def takes_files(into: Into) -> Callable[[View], View]:
    """Mark a view whose forms may carry files; ``functools.wraps`` of outer decorators keeps the mark."""

    def mark(view: View) -> View:
        setattr(view, _MARK, into)
        return view

    return mark


def new_form_secret(rng: Rng) -> str:
    """The value of a fresh form's ``draft`` field."""
    return rng(SECRET_BYTES).hex()


def ensure_cookie_secret(session: MutableMapping[str, Any], *, rng: Rng) -> None:
    """Give this browser its half of every receipt, unless it has one."""
    if not has_cookie_secret(session):
        rotate_cookie_secret(session, rng=rng)


def has_cookie_secret(session: MutableMapping[str, Any]) -> bool:
    """Whether this browser brought its half along."""
    return isinstance(session.get(SESSION_SECRET), str)


def rotate_cookie_secret(session: MutableMapping[str, Any], *, rng: Rng) -> None:
    """Forget the old half: with it goes every receipt that could be derived again from a page left open."""
    session[SESSION_SECRET] = rng(SECRET_BYTES).hex()


class PortalRequest(SealingRequest):
    """A request of the public app."""

    _admission: _DraftAdmission | None = None

    def sealing(self) -> Sealing:
        uploads = _uploads()
        intake = uploads.intake
        view = flask.current_app.view_functions.get(self.endpoint or "")
        into = getattr(view, _MARK, None)
        admission: Admission = NoFiles()
        moved = None
        if isinstance(into, Into):
            admission = self._admission = _DraftAdmission(self, uploads, into)
            moved = self._admission.moved
        return Sealing(intake.limits, admission, intake.blobs, intake.rng, intake.today, moved)

    def received_all(self) -> None:
        if self._admission is not None:
            self._admission.close()

    def form_draft(self) -> DraftSecrets:
        """The secrets of the form that was sent. Raises FormIncomplete."""
        return _draft_secrets(self.form)

    def chosen_files(self) -> list[uuid.UUID]:
        """Object ids for the message: those the page listed and the person kept, then those just received."""
        return [*_kept(self.form), *(file.object_id for file in self.uploads.files)]


def portal_request() -> PortalRequest:
    """The request at hand, as what it is."""
    request = flask.request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # the proxy's own way
    assert isinstance(request, PortalRequest)
    return request


class _DraftAdmission:
    """Lets files into one draft, once its form has proven itself; holds an upload turn from then on."""

    def __init__(self, request: PortalRequest, uploads: Uploads, into: Into) -> None:
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
        draft = _draft_secrets(fields)
        self._desk = self._desk_for(fields)
        listed = _listed(uploads.intake, draft, kept=_kept(fields))
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
                keep_files(
                    self._uploads.intake, draft=draft, desk=self._desk, files=self._request.uploads.files
                )
            except XiansuoError:
                # Without rows nobody can find them again; the sweep removes them.
                self._request.uploads.files.clear()
                raise

    def _desk_for(self, fields: MultiDict[str, str]) -> Desk:
        intake = self._uploads.intake
        if self._into is Into.MAILBOX:
            return desk_of(intake, receipt=Receipt.parse(fields.get("receipt", "")))
        # The first question may still be unanswered: the files wait in the draft, which no desk can open.
        desk = fields.get("desk", "")
        return Desk(desk) if desk in set(Desk) else Desk.DESK


def _uploads() -> Uploads:
    uploads = flask.current_app.extensions[EXTENSION]
    assert isinstance(uploads, Uploads)
    return uploads


def _draft_secrets(fields: Mapping[str, str]) -> DraftSecrets:
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


def _kept(fields: MultiDict[str, str]) -> list[uuid.UUID]:
    kept = []
    for text in fields.getlist("keep"):
        try:
            kept.append(uuid.UUID(text))
        except ValueError:
            continue
    return kept
