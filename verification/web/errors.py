"""What is answered when a view did not answer itself.

A form that could not be taken comes back with everything typed; a stranger gets 404; a damaged record says
so. Nothing of what happened inside is shown or logged. Must not know: any page. Source: 5-style "Errors".
"""

from __future__ import annotations

from flask import Flask, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError

from portal.errors import Tampered, UnsignedKey
from portal.shell import ERROR_TEXTS, error_page
from portal.storage.errors import BlobMissing, RetryLater
from portal.storage.received import TooLarge, UploadError
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused, StaleSubject
from verification.web.gate import came_from_elsewhere
from verification.web.kept import again_page, kept_fields, typed_words
from verification.web.login import login_page
from verification.web.office import office
from verification.web.problems import Problem, problem_of
from verification.web.uploads import uploads


def install(app: Flask) -> None:
    """Register the answers."""
    for stranger in (NotHere, KeyLocked):
        app.register_error_handler(stranger, _not_here)
    for kind in (InvalidInput, Refused, StaleSubject, RetryLater, UploadError, DBAPIError):
        app.register_error_handler(kind, _once_more)
    app.register_error_handler(CSRFError, _token)
    for damage in (Tampered, UnsignedKey, BlobMissing):
        app.register_error_handler(damage, _damaged)


def _not_here(_error: Exception) -> ResponseReturnValue:
    """What somebody wrote is theirs still, also where the subject was closed to them meanwhile."""
    written = typed_words() if request.method == "POST" and not came_from_elsewhere() else []
    if not written:
        return error_page(404)
    uploads().discard(office().blobs)
    title, text = ERROR_TEXTS[404]
    page = render_template("verification/not_here.html", code=404, title=title, text=text, written=written)
    return make_response(page, 404)


def _once_more(error: Exception) -> ResponseReturnValue:
    problem = problem_of(error)
    if problem is None:
        raise error
    if not isinstance(error, DBAPIError):  # it may have come from a commit that went through
        uploads().discard(office().blobs)
    if request.method in ("GET", "HEAD"):
        return error_page(problem.status, retry_after_seconds=10 if problem.busy else None)
    response = _again(problem)
    if isinstance(error, TooLarge):
        response.status_code = 413
    return response


def _again(problem: Problem) -> Response:
    address = request.full_path.rstrip("?")
    response = make_response(again_page(address=address, kept=kept_fields(), problem=problem), problem.status)
    if problem.busy:
        response.headers["Retry-After"] = "10"
    return response


def _token(_error: CSRFError) -> ResponseReturnValue:
    """A token that is too old, from another login, or no token of ours at all."""
    uploads().discard(office().blobs)
    if came_from_elsewhere():
        return error_page(400)
    if request.endpoint == "login.enter":
        return login_page(400, expired=True)
    return _again(Problem(too_old=True, had_files=bool(uploads().problems)))


def _damaged(error: Exception) -> ResponseReturnValue:
    """Something stored is not what was written, or a key is not vouched for: people have to look at it."""
    from flask import current_app

    current_app.log_exception(error)  # type: ignore[arg-type]  # Shell's takes an error as it is
    return make_response(render_template("verification/damaged.html"), 500)
