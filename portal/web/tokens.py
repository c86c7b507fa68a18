"""The proof that a form was ours: Flask-WTF's signed token, checked by hand before the first file is read.

The token lives as long as a draft. Must not know: forms, files.
Source: 7-facts "CSRFProtect reads request.form".
"""

from __future__ import annotations

from typing import Final

from flask import Flask
from flask_wtf.csrf import generate_csrf, validate_csrf
from wtforms import ValidationError

from portal.errors import XiansuoError

#: A long tip may be written over an evening; files kept for it live for a day as well.
LIFETIME_SECONDS: Final = 24 * 60 * 60
FIELD: Final = "csrf_token"


class BadToken(XiansuoError):
    """The form is not from this site and browser, or is too old: show it again with all that was typed."""


def install(app: Flask) -> None:
    """Set how long tokens live."""
    app.config["WTF_CSRF_TIME_LIMIT"] = LIFETIME_SECONDS


def new_token() -> str:
    """For the hidden field of a form in this browser."""
    return str(generate_csrf())


def check_token(token: str) -> None:
    """Raises BadToken."""
    try:
        validate_csrf(token)
    except ValidationError:
        raise BadToken from None
