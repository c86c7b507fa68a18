"""What both web apps are made of before they have a page: templates, texts, assets, headers, error pages.

``new_app`` gives a Flask app in which a view can render at once. A failure is answered in the reader's
language by a page that says what to do and tells nothing of what happened inside; the log gets the place and
the class of an error, never its message, because a message may carry what somebody wrote.
Kernel. Must not know: any view of either app. Source: 5-style "Errors", "Templates"; 3-architecture rule 4.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from flask import Flask, Response, make_response, render_template, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from config import Environment, PortalSettings, VerificationSettings
from portal import assets, headers, texts
from portal.assets import Side
from portal.db import is_busy
from portal.storage.errors import RetryLater
from portal.texts import lazy_gettext as _

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"

#: What a page says for each status: heading, then what to do.
ERROR_TEXTS: Final[dict[int, tuple[Any, Any]]] = {
    400: (_("This request could not be read"), _("Go back and send it again. Nothing was stored.")),
    403: (_("This page is not open to you"), _("If you think it should be, ask whoever runs this system.")),
    404: (
        _("There is nothing at this address"),
        _("The address may be mistyped, or the page may have been taken away."),
    ),
    405: (_("This page cannot be opened like that"), _("Go back and use the button on the page.")),
    413: (
        _("This is more than can be sent at once"),
        _("Nothing of it was stored. Go back and choose fewer or smaller files; more can be added later."),
    ),
    429: (
        _("Too many requests at the moment"),
        _("Wait a minute and try again. Nothing you sent before is lost."),
    ),
    500: (
        _("Something went wrong on our side"),
        _("It is not your fault. Go back and try again; if it happens again, try later."),
    ),
    503: (
        _("The system is busy"),
        _("Wait a minute, go back and try again. Nothing you sent before is lost."),
    ),
}


class Shell(Flask):
    """A Flask app whose log never repeats what an error says."""

    def log_exception(
        self,
        exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None] | BaseException | None,
        *_more: object,
    ) -> None:
        error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
        if error is not None:
            places = [
                f"{f.filename}:{f.lineno} in {f.name}" for f in traceback.extract_tb(error.__traceback__)
            ]
            name = f"{type(error).__module__}.{type(error).__qualname__}"
            self.logger.error("%s on %s at %s", name, request.endpoint, " < ".join(reversed(places)))


def new_app(
    import_name: str, side: Side, *, settings: PortalSettings | VerificationSettings, packages: Sequence[str]
) -> Shell:
    """An app without routes, ready for pages. packages: whose translations it speaks.

    Its one cookie is called ``__Host-…`` and never sent without TLS wherever the site is reached over TLS.
    """
    app = Shell(import_name, static_folder=None, template_folder=str(TEMPLATES))
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.config.update(
        SECRET_KEY=settings.session_secret,
        SESSION_COOKIE_NAME=_cookie_name(side, secure=settings.secure_cookies),
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # Written again only when something in it changed: a page that is only read sets no cookie.
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    texts.install(app, packages)
    assets.install(app, side)
    headers.install(app, secure=settings.secure_cookies)
    app.jinja_env.globals.update(
        layout=f"shared/layout_{side}.html",
        is_demo=settings.environment is Environment.DEMO,
        office_name=lambda: texts.either(settings.office_name, settings.office_name_en),
        county_name=lambda: texts.either(settings.county_name, settings.county_name_en),
    )
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(RetryLater, _answer_busy)
    app.register_error_handler(DBAPIError, _answer_database)
    return app


def _cookie_name(side: Side, *, secure: bool) -> str:
    name = "xiansuo" if side is Side.PUBLIC else "xiansuo-office"
    return f"__Host-{name}" if secure else name


def error_page(code: int, *, retry_after_seconds: int | None = None) -> Response:
    """The page for a status, for views that answer with one themselves."""
    title, text = ERROR_TEXTS.get(code, ERROR_TEXTS[500 if code >= 500 else 400])
    response = make_response(render_template("shared/error.html", code=code, title=title, text=text), code)
    if retry_after_seconds is not None:
        response.headers["Retry-After"] = str(retry_after_seconds)
    return response


def _answer_http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    response = error_page(error.code or 500)
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _answer_busy(_error: RetryLater) -> Response:
    return error_page(503, retry_after_seconds=30)


def _answer_database(error: DBAPIError) -> Response:
    if is_busy(error):
        return error_page(503, retry_after_seconds=30)
    raise error
