"""The public side's intake behind the smallest possible pages: for tests and measurements over real sockets.

Everything below the pages is the real thing: request class, sink, drafts, verbs, polite bodies. Settings come
from ``XIANSUO_TEST_INTAKE``, a JSON object: database_url, blob_dir, root (hexadecimal), and limits by name.
Run by ``granian --interface wsgi tests.support.upload_app:app``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import flask

from portal.clock import SystemClock
from portal.crypto.receipt import Receipt
from portal.crypto.signing import VerifyKey
from portal.db import Database
from portal.domain.flood import UploadTurns
from portal.domain.intake import Intake
from portal.domain.mailbox import open_mailbox, send
from portal.domain.recipients import Recipients
from portal.domain.submit import submit_tip
from portal.errors import XiansuoError
from portal.models import SYSTEM_RNG, Desk, MessageKind
from portal.models.records import Identity, Reporter, Statement, Subject
from portal.storage.bodies import PoliteBodies
from portal.storage.errors import RetryLater
from portal.storage.filesystem import FileBlobs
from portal.storage.received import Limits, TooLarge, UploadError
from portal.web.admission import SESSION_SECRET, FormIncomplete, Into, Uploads
from portal.web.uploads import (
    EXTENSION,
    PortalRequest,
    ensure_cookie_secret,
    new_form_secret,
    portal_request,
    takes_files,
)

MIB = 1024 * 1024
TOKEN = "a valid token"
DEFAULT_LIMITS = Limits(max_file_bytes=200 * MIB, max_message_bytes=1024 * MIB, max_files=20)


class BadToken(Exception):
    """The form's token is not the one there is."""


def check_token(token: str) -> None:
    """Stands in for the signed token of the real pages."""
    if token != TOKEN:
        raise BadToken


def make_intake(settings: dict[str, Any]) -> Intake:
    """The public side that the settings describe."""
    database, clock = Database(settings["database_url"]), SystemClock()
    root = VerifyKey.from_bytes(bytes.fromhex(settings["root"]))
    limits = Limits(**settings["limits"]) if settings.get("limits") else DEFAULT_LIMITS
    return Intake(
        database=database,
        blobs=FileBlobs(Path(settings["blob_dir"])),
        recipients=Recipients(database, root=root, clock=clock),
        clock=clock,
        rng=SYSTEM_RNG,
        limits=limits,
    )


def make_app(intake: Intake) -> flask.Flask:
    """Four routes: a form, its submission, a mailbox, and a page that takes no files."""
    app = flask.Flask(__name__)
    app.request_class = PortalRequest
    app.secret_key = bytes(32)
    app.extensions[EXTENSION] = Uploads(
        intake=intake, turns=UploadTurns(), check_token=check_token, has_room=lambda _bytes: True
    )
    app.add_url_rule("/form", view_func=form)
    app.add_url_rule("/submit", view_func=submit, methods=["POST"])
    app.add_url_rule("/mailbox", view_func=mailbox, methods=["POST"])
    app.add_url_rule("/plain", view_func=plain, methods=["POST"])
    app.register_error_handler(UploadError, upload_failed)
    app.register_error_handler(XiansuoError, refused)
    app.register_error_handler(BadToken, refused)
    polite = PoliteBodies(
        app.wsgi_app, max_drain_bytes=4 * intake.limits.max_body_bytes, max_drain_seconds=60
    )
    app.wsgi_app = polite  # type: ignore[method-assign]  # Flask's documented way to add middleware
    return app


def form() -> dict[str, str]:
    """A fresh form."""
    ensure_cookie_secret(flask.session, rng=SYSTEM_RNG)
    return {"draft": new_form_secret(SYSTEM_RNG), "csrf_token": TOKEN, "desk": "desk"}


@takes_files(Into.TIP)
def submit() -> flask.Response | tuple[flask.Response, int]:
    """One submission; ``fail=1`` is a form with a mistake in it."""
    request = portal_request()
    check_token(request.form.get("csrf_token", ""))
    if request.form.get("fail") or request.uploads.problems:
        return answer("invalid"), 422
    submitted = submit_tip(
        intake_of(),
        draft=request.form_draft(),
        statement=statement_of(request.form.get("account", "")),
        identity=Identity(request.form.get("name", ""), request.form.get("contact", "")),
        desk=Desk(request.form["desk"]),
        files=request.chosen_files(),
    )
    return answer(submitted.outcome.value, receipt=submitted.receipt.text)


@takes_files(Into.MAILBOX)
def mailbox() -> flask.Response:
    """Open a mailbox, or write to it where there is a text."""
    request = portal_request()
    receipt = Receipt.parse(request.form["receipt"])
    if "text" not in request.form:
        return answer(open_mailbox(intake_of(), receipt=receipt).state.value)
    new = send(
        intake_of(),
        receipt=receipt,
        draft=request.form_draft(),
        kind=MessageKind.MATERIAL,
        text=request.form["text"],
        files=request.chosen_files(),
    )
    return answer("sent" if new else "same")


def plain() -> flask.Response:
    """A route that is not marked as taking files."""
    return answer("plain", fields=len(portal_request().form))


def answer(what: str, **more: object) -> flask.Response:
    """What the tests look at."""
    request = portal_request()
    uploads = request.uploads
    return flask.jsonify(
        what=what,
        account=request.form.get("account"),
        files=[[str(file.object_id), file.name, file.true_bytes] for file in uploads.files],
        problems=[[problem.field, problem.name, problem.reason.value] for problem in uploads.problems],
        **more,
    )


def upload_failed(error: UploadError) -> tuple[flask.Response, int]:
    """A body that could not be taken whole."""
    return answer("upload", reason=error.reason.value), 413 if isinstance(error, TooLarge) else 400


def refused(error: Exception) -> tuple[flask.Response, int]:
    """Everything else that a verb or the admission refuses."""
    status = 503 if isinstance(error, RetryLater) else 400 if isinstance(error, FormIncomplete) else 409
    return answer("refused", error=type(error).__name__, why=str(error)), status


def intake_of() -> Intake:
    """The app's intake."""
    uploads = flask.current_app.extensions[EXTENSION]
    assert isinstance(uploads, Uploads)
    return uploads.intake


def statement_of(account: str) -> Statement:
    """A statement with only its account filled in."""
    return Statement(
        reporter=Reporter.CITIZEN,
        subject=Subject.NOT_DONE,
        about="",
        place="",
        when="",
        account=account,
        in_attachment=False,
        other_channels="",
        urgent=False,
        keep_away="",
        language="zh-Hans",
    )


def _from_environment() -> flask.Flask | None:
    settings = os.environ.get("XIANSUO_TEST_INTAKE")
    return make_app(make_intake(json.loads(settings))) if settings else None


app = _from_environment()
__all__ = ["SESSION_SECRET", "TOKEN", "app", "make_app", "make_intake"]
