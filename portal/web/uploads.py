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
from collections.abc import Callable, MutableMapping
from typing import Any, Final, TypeVar

import flask

from portal.domain.drafts import DraftFileInfo, DraftSecrets, find_arriving
from portal.models import Rng
from portal.storage.multipart import Sealing
from portal.storage.received import Admission
from portal.storage.requests import NoFiles, SealingRequest
from portal.web.admission import (
    SECRET_BYTES,
    SESSION_SECRET,
    DraftAdmission,
    Into,
    PartAdmission,
    Uploads,
    draft_secrets,
    head_of,
    kept_files,
)

EXTENSION: Final = "xiansuo-uploads"

_MARK: Final = "takes_files_into"

View = TypeVar("View", bound=Callable[..., Any])


def takes_files(into: Into, *, one_part: bool = False) -> Callable[[View], View]:
    """Mark a view whose forms may carry files; ``functools.wraps`` of outer decorators keeps the mark.

    one_part: not a form with files, but a part of one file by itself.
    """

    def mark(view: View) -> View:
        setattr(view, _MARK, (PartAdmission if one_part else DraftAdmission, into))
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

    _admission: DraftAdmission | None = None

    def sealing(self) -> Sealing:
        uploads = _uploads()
        intake = uploads.intake
        view = flask.current_app.view_functions.get(self.endpoint or "")
        mark = getattr(view, _MARK, None)
        admission: Admission = NoFiles()
        moved = None
        if mark is not None:
            admitting, into = mark
            admission = self._admission = admitting(self, uploads, into)
            moved = self._admission.moved
        return Sealing(intake.limits, admission, intake.blobs, intake.rng, intake.today, moved)

    def received_all(self) -> None:
        if self._admission is not None:
            self._admission.close()

    def form_draft(self) -> DraftSecrets:
        """The secrets of the form that was sent. Raises FormIncomplete."""
        return draft_secrets(self.form)

    def chosen_files(self) -> list[uuid.UUID]:
        """Object ids for the message: those the page listed and the person kept, then those just received."""
        return [*kept_files(self.form), *(file.object_id for file in self.uploads.files)]

    def arriving(self) -> DraftFileInfo:
        """The file that a part was just sent of, or that is asked about. Raises FormIncomplete, FilesGone."""
        form, sent = self.form, self._admission
        head = sent.head if isinstance(sent, PartAdmission) and sent.head else head_of(form)
        return find_arriving(_uploads().intake, draft=draft_secrets(form), head=head)


def portal_request() -> PortalRequest:
    """The request at hand, as what it is."""
    request = flask.request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # the proxy's own way
    assert isinstance(request, PortalRequest)
    return request


def _uploads() -> Uploads:
    uploads = flask.current_app.extensions[EXTENSION]
    assert isinstance(uploads, Uploads)
    return uploads
