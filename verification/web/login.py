"""Logging in, locking and logging out. Source: 4-sealing "session"; issue 2 "The internal app".

Whoever was interrupted (a session that ran out while they wrote) finds what they typed on the page after it.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, g, make_response, redirect, render_template, request, url_for
from flask import session as cookie_session
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.storage.errors import Busy, RetryLater
from verification.audit import events
from verification.domain.catching_up import catch_up
from verification.errors import LoginPaused, LoginRefused
from verification.keys.identities import admit, try_passphrase
from verification.keys.keyring import Keyring
from verification.keys.sessions import begin_session, end_session
from verification.keys.signers import signer_of
from verification.models import Staff
from verification.policy.permissions import Permission
from verification.web import gate
from verification.web.forms import Typed
from verification.web.gate import LoginNeeded, came_from_elsewhere
from verification.web.kept import again_page, kept_fields
from verification.web.office import acting_as, acting_in, office, visitor, visitor_or_none
from verification.web.routing import PUBLIC, route

blueprint = Blueprint("login", __name__)

#: Stretching a passphrase takes 64 MiB: strangers must not be able to ask for any number of them at once.
_STRETCHES: Final = threading.BoundedSemaphore(2)
_WAIT_SECONDS: Final = 5.0


def install(app: Flask) -> None:
    """Answer with the login page wherever somebody has to log in first."""
    app.register_error_handler(LoginNeeded, _ask_to_log_in)


@route(blueprint, "/login", permission=PUBLIC)
def show() -> ResponseReturnValue:
    """The form; somebody already unlocked goes on at once."""
    if visitor_or_none() is not None:
        return redirect(local_path(request.args.get("next", "")) or url_for("home.show"))
    return login_page()


@route(blueprint, "/login", permission=PUBLIC, methods=["POST"])
def enter() -> ResponseReturnValue:
    """Check login, passphrase and code; unlock into a split session."""
    typed = Typed.sent()
    try:
        token = _unlock(typed)
    except LoginPaused:
        return login_page(429, wrong=_l("Too many wrong attempts. This account opens again in five minutes."))
    except LoginRefused:
        return login_page(
            401, wrong=_l("Login, passphrase or code is wrong. A code works once and for half a minute.")
        )
    language = cookie_session.get("lang")
    cookie_session.clear()
    if language:
        cookie_session["lang"] = language
    response = _onward(typed)
    gate.set_cookie(response, token)
    return response


@route(blueprint, "/lock", permission=Permission.HOME, methods=["POST"])
def lock() -> ResponseReturnValue:
    """Forget the keys; the same page opens again after the next login."""
    return _leave(url_for("login.show", next=local_path(request.args.get("next", "")) or None))


@route(blueprint, "/logout", permission=Permission.HOME, methods=["POST"])
def leave() -> ResponseReturnValue:
    """Forget the keys."""
    return _leave(url_for("login.show"))


def login_page(
    status: int = 200, *, wrong: LazyString | str = "", interrupted: bool = False, expired: bool = False
) -> Response:
    """The form, with what was typed before. interrupted: a form was sent without being logged in."""
    sending = request.method == "POST"
    if interrupted:
        # What another site sent is nobody's typing: one click after the login would send it for good.
        ours = not came_from_elsewhere()
        kept, kept_to, onward = (kept_fields(), request.full_path.rstrip("?"), "") if ours else ([], "", "")
    else:
        kept = [
            (name.removeprefix("kept-"), value)
            for name, value in request.form.items(multi=True)
            if sending and name.startswith("kept-")
        ]
        kept_to = local_path(request.form.get("to", "")) if sending else ""
        onward = local_path((request.form if sending else request.args).get("next", ""))
    page = render_template(
        "verification/login.html", wrong=wrong, interrupted=interrupted, expired=expired, kept=kept,
        kept_to=kept_to, onward=onward, login="" if interrupted else request.form.get("login", ""),
    )  # fmt: skip
    return make_response(page, status)


def local_path(address: str) -> str:
    """``address`` if it is a path of this app, or nothing: nobody is sent to another site after login."""
    parts = urlsplit(address)
    is_ours = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc
    return address if is_ours and address.isprintable() and not parts.scheme else ""


def _ask_to_log_in(_error: LoginNeeded) -> ResponseReturnValue:
    if request.method in ("GET", "HEAD"):
        asked_for = request.full_path.rstrip("?")
        return redirect(url_for("login.show", next=None if asked_for == "/" else asked_for))
    if request.endpoint in ("login.leave", "login.lock"):
        return redirect(url_for("login.show"), 303)
    return login_page(401, interrupted=True)


def _onward(typed: Typed) -> Response:
    kept_to = local_path(typed.raw("to"))
    if kept_to:
        kept = [
            (name.removeprefix("kept-"), value)
            for name, value in typed.fields.items(multi=True)
            if name.startswith("kept-")
        ]
        return make_response(again_page(address=kept_to, kept=kept))
    return make_response(redirect(local_path(typed.raw("next")) or url_for("home.show"), 303))


def _unlock(typed: Typed) -> str:
    """The new session's token. Raises LoginRefused, LoginPaused, RetryLater."""
    standing, login, failure = office(), typed.text("login"), None
    # The passphrase is stretched before the transaction: it takes 0.2 s, and nobody's tip waits for it.
    with _one_stretch(), standing.database.read() as session:
        tried = try_passphrase(
            session, login=login, passphrase=typed.raw("passphrase"),
            host_key=standing.settings.host_key, clock=standing.clock,
        )  # fmt: skip
    with standing.database.write() as session:
        try:
            staff, keys = admit(session, tried, login=login, code=typed.text("code"), clock=standing.clock)
        except (LoginRefused, LoginPaused) as error:
            # The transaction commits all the same: the failure is counted and traced.
            failure = error
            _trace_failure(session, login)
        else:
            earlier = visitor_or_none()
            if earlier is not None:
                end_session(session, row_id=earlier.session_id)
            token = begin_session(
                session, staff=staff, keys=keys, clock=standing.clock, limits=standing.session_limits
            )
            keyring = Keyring(key_id=staff.key_id, keys=keys)
            signer = signer_of(keyring, staff_id=staff.id)
            _trace(session, events.Event.LOGGED_IN, staff.id, signer=signer)
            catch_up(acting_as(session, staff_id=staff.id, keyring=keyring))
            g.visitor = None
    if failure is not None:
        raise failure
    return token


@contextmanager
def _one_stretch() -> Iterator[None]:
    if not _STRETCHES.acquire(timeout=_WAIT_SECONDS):
        raise RetryLater(Busy.DATABASE)
    try:
        yield
    finally:
        _STRETCHES.release()


def _trace_failure(session: Session, login: str) -> None:
    staff = session.scalars(select(Staff).where(Staff.login == login)).one_or_none()
    if staff is not None:
        # Whoever tried was not let in: the account is the subject, and nobody is named as the actor.
        _trace(session, events.Event.LOGIN_FAILED, staff.id, signer=None)


def _trace(
    session: Session, event: events.Event, staff_id: uuid.UUID, *, signer: events.Signer | None
) -> None:
    events.append(
        session, event=event, subject_kind="staff", subject_id=staff_id, signer=signer,
        clock=office().clock,
    )  # fmt: skip


def _leave(address: str) -> ResponseReturnValue:
    person = visitor()
    with acting_in(write=True) as acting:
        end_session(acting.session, row_id=person.session_id)
        _trace(acting.session, events.Event.LOGGED_OUT, person.staff_id, signer=acting.signer)
    cookie_session.pop("csrf_token", None)
    response = make_response(redirect(address, 303))
    gate.drop_cookie(response)
    return response
