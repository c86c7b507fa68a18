"""The gate before every page: who is it, may they, and did the form come from one of our own pages?

Runs in this order, so that a stranger's body is never read: session cookie, permission, CSRF token. Whoever
is not logged in gets the login page, with what they had typed kept in it; whoever may not, gets 404.
Owns: the staff cookie. Must not know: any page. Source: 3-architecture rule 5; 4-sealing "session".
"""

from __future__ import annotations

import contextlib

from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.errors import XiansuoError
from verification.errors import NotHere
from verification.keys.sessions import OpenSession, resume_session
from verification.models import Staff, StaffNotice, StaffSession
from verification.policy.actors import actor_for
from verification.web.office import Visitor, office, visitor_or_none
from verification.web.routing import declared

csrf = CSRFProtect()


class LoginNeeded(XiansuoError):
    """Nobody is logged in, or no longer. ``verification.web.login`` answers with its page."""


def install(app: Flask) -> None:
    """Put the gate before every page of ``app``."""
    limits = app.config["SESSION_MAX_SECONDS"]
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,  # the gate asks itself, after it knows who is there
        WTF_CSRF_TIME_LIMIT=limits,
        # Our pages send no referrer (portal.headers), so there is none to compare; the token, the Strict
        # cookie and the browser's own word on the origin (below) stand in for it.
        WTF_CSRF_SSL_STRICT=False,
    )
    csrf.init_app(app)
    app.before_request(_gate)


def cookie_name(*, secure: bool) -> str:
    """The staff cookie's name: bound to this host and TLS wherever there is TLS."""
    return "__Host-xiansuo-staff" if secure else "xiansuo-staff"


def set_cookie(response: Response, token: str) -> None:
    """Hand the session's token to the browser; it is nowhere else."""
    secure = office().settings.secure_cookies
    response.set_cookie(
        cookie_name(secure=secure), token, secure=secure, httponly=True, samesite="Strict", path="/"
    )


def drop_cookie(response: Response) -> None:
    """Make the browser forget it."""
    secure = office().settings.secure_cookies
    response.delete_cookie(
        cookie_name(secure=secure), secure=secure, httponly=True, samesite="Strict", path="/"
    )


def came_from_elsewhere() -> bool:
    """Whether the browser says that another site sent this request."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") in ("cross-site", "same-site")


def _gate() -> ResponseReturnValue | None:
    if request.endpoint == "static":
        return None
    g.visitor = _resume()
    if request.endpoint is None:
        return None  # there is no such page; the error page says so
    page = declared(current_app, request.endpoint)
    if page is None:
        raise NotHere
    person = visitor_or_none()
    if not page.is_public:
        if person is None:
            raise LoginNeeded
        if not person.may(*page.permissions):
            raise NotHere
    csrf.protect()
    return None


def _resume() -> Visitor | None:
    standing = office()
    cookie = request.cookies.get(cookie_name(secure=standing.settings.secure_cookies))
    if not cookie:
        return None
    with standing.database.read() as session:
        opened = resume_session(session, cookie=cookie, clock=standing.clock, limits=standing.session_limits)
        person = None if opened is None else _visitor(session, opened)
    if opened is not None and opened.touch:
        _touch(opened)
    return person


def _visitor(session: Session, opened: OpenSession) -> Visitor:
    unread = select(func.count()).select_from(StaffNotice)
    unread = unread.where(StaffNotice.staff_id == opened.staff_id, StaffNotice.read_at.is_(None))
    return Visitor(
        session_id=opened.row_id,
        staff_id=opened.staff_id,
        name=session.get_one(Staff, opened.staff_id).name,
        actor=actor_for(session, opened.staff_id),
        keyring=opened.keyring,
        unread=session.scalar(unread) or 0,
    )


def _touch(opened: OpenSession) -> None:
    """Note that the person is still here. A busy database must not keep anybody from reading a page."""
    with contextlib.suppress(OperationalError), office().database.write(patience_ms=0) as session:
        session.execute(
            update(StaffSession).where(StaffSession.id == opened.row_id).values(seen_at=office().clock.now())
        )
