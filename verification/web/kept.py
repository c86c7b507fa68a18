"""Nothing typed is lost: the page that shows what could not be sent yet, and sends it again.

Used where a form cannot simply be shown again: the session ran out, the token is too old, the database is
busy, or the thing changed and the page has no form of its own for it. What was typed lies in the page alone,
never on the server. Must not know: any other page. Source: issue 2 "Bad input".
"""

from __future__ import annotations

import contextlib
import re

from flask import render_template, request
from flask_wtf.csrf import CSRFError

from portal.errors import XiansuoError
from verification.web.problems import NO_PROBLEM, Problem

#: What is told by a code or an id is carried along, but not shown as something somebody wrote.
_WORDS = re.compile(r"[\s\u3000-\u9fff]")
_SHOWN_CHARACTERS = 24


def kept_fields() -> list[tuple[str, str]]:
    """What this request's form held, for sending it again; never a passphrase, code or token."""
    # The first look may be what reads the body, and fail; the second gives whatever had arrived by then.
    with contextlib.suppress(XiansuoError, CSRFError):
        request.form  # noqa: B018  # looking is the point
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in ("csrf_token", "passphrase", "code") and not name.startswith("kept-")
    ]


def typed_words() -> list[str]:
    """What this request's form held in words, for showing it beside a page that has no such form any more."""
    return [value for _name, value in kept_fields() if _is_writing(value)]


def again_page(*, address: str, kept: list[tuple[str, str]], problem: Problem = NO_PROBLEM) -> str:
    """A page with everything typed and one button that sends it to ``address``.

    Where the subject changed, the form goes out with its present version: the reader has been told.
    """
    if problem.stale is not None:
        kept = [(name, str(problem.stale) if name == "version" else value) for name, value in kept]
    return render_template(
        "verification/again.html",
        address=address,
        kept=kept,
        written=[value for _name, value in kept if _is_writing(value)],
        problem=problem,
    )


def _is_writing(value: str) -> bool:
    return bool(value.strip()) and (len(value) > _SHOWN_CHARACTERS * 2 or bool(_WORDS.search(value.strip())))
