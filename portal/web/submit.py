"""The form, and what becomes of it: a page with the receipt, or the form again with all that was typed.

Owns: which page answers which trouble, and with which status. A tip is answered without a redirect, because
the receipt may lie in no session, address or log. Must not know: how a tip is stored.
Source: 4-sealing "Receipt".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, redirect, request, session, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from portal.domain.drafts import list_files
from portal.domain.errors import DeskClosed, FilesGone, FormSpent, TooManyFiles
from portal.domain.submit import Submitted, submit_tip
from portal.errors import TooLong, XiansuoError
from portal.storage.errors import RetryLater
from portal.storage.received import BrokenBody, TooLarge
from portal.texts import LANGUAGES, choose_language
from portal.texts import lazy_gettext as _
from portal.web import receipts, words
from portal.web.forms import Problem, TipForm, size_in_words
from portal.web.screens import Filled, ListedFile, screens
from portal.web.tokens import FIELD, BadToken, check_token, new_token
from portal.web.uploads import (
    FormIncomplete,
    Into,
    PortalRequest,
    portal_request,
    rotate_cookie_secret,
    takes_files,
)

bp = Blueprint("submit", __name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a trouble is answered. fresh: the form goes on under a new draft, since the old one is used up."""

    status: int
    notice: Any
    fresh: bool = False


TROUBLES: Final[dict[type[XiansuoError], Answer]] = {
    BadToken: Answer(
        400,
        _("This form had been open too long, or cookies are switched off. Please send it once more."),
        fresh=True,
    ),
    FormIncomplete: Answer(
        400,
        _("Your browser did not keep this site's cookie. Allow cookies for this site and send it once more."),
        fresh=True,
    ),
    FormSpent: Answer(
        409,
        _(
            "This form was sent before. If you want to add to that report, use “Check” and its receipt."
            " If this is a new report, send it once more."
        ),
        fresh=True,
    ),
    DeskClosed: Answer(
        409, _("Please look at the first question again: it cannot be sent from here that way.")
    ),
    FilesGone: Answer(
        409, _("Some files are no longer here (they are kept for a day). Please choose them again.")
    ),
    TooManyFiles: Answer(
        413, _("These are too many files for one report. Untick some; you can add them later.")
    ),
    TooLong: Answer(413, _("What you wrote about yourself is too long. Please shorten it.")),
    TooLarge: Answer(
        413, _("This was more than can be sent at once. Choose fewer or smaller files and send it again.")
    ),
    BrokenBody: Answer(
        400, _("Not everything arrived: the connection broke off. Look it through and send it again.")
    ),
    RetryLater: Answer(503, _("The system is busy. Nothing is lost: wait a minute and send it once more.")),
}


@bp.get("/submit")
def form() -> Response:
    """The form."""
    return screens().empty_form()


@bp.post("/submit")
@takes_files(Into.TIP)
def send() -> Response:
    """Take the form, and answer with the receipt or with the form."""
    trouble: XiansuoError | None = None
    try:
        check_token(request.form.get(FIELD, ""))
        return _take(portal_request())
    except tuple(TROUBLES) as error:
        trouble = error
    answer = next(answer for kind, answer in TROUBLES.items() if isinstance(trouble, kind))
    return _again(portal_request(), answer=answer)


@bp.post("/submit/saved")
def saved() -> AnyResponse:
    """The person has the receipt: from here on this browser can no longer work it out."""
    check_token(request.form.get(FIELD, ""))
    rotate_cookie_secret(session, rng=screens().intake.rng)
    return redirect(url_for("pages.saved"), 303)


def _take(sent: PortalRequest) -> Response:
    form, files = TipForm.read(sent.form), sent.chosen_files()
    if (code := sent.form.get("switch")) in LANGUAGES:
        choose_language(str(code))
        return _again(sent, answer=Answer(200, None))
    problems = [*form.problems(files=len(files), offered=screens().offered()), *file_problems(sent)]
    if problems:
        return _again(sent, answer=Answer(422, None), problems=problems)
    assert form.desk is not None
    submitted = submit_tip(
        screens().intake,
        draft=sent.form_draft(),
        statement=form.statement(),
        identity=form.identity(),
        desk=form.desk,
        files=files,
    )
    return _receipt_page(submitted)


def _receipt_page(submitted: Submitted) -> Response:
    text = submitted.receipt.text
    return screens().receipt(
        receipts.groups(text),
        picture=receipts.data_address(receipts.picture(text)),
        outcome=submitted.outcome.value,
        token=new_token(),
    )


def _again(sent: PortalRequest, *, answer: Answer, problems: list[Problem] | None = None) -> Response:
    filled = Filled(
        values=dict(TipForm.read(sent.form).values),
        problems=problems or [],
        files=[] if answer.fresh else listed_files(sent),
        notice=answer.notice,
        draft=None if answer.fresh else _draft_of(sent.form),
    )
    response = screens().filled_form(filled, status=answer.status)
    if answer.status == 503:
        response.headers["Retry-After"] = "30"
    return response


def listed_files(sent: PortalRequest) -> list[ListedFile]:
    """Files already received with this form and still wanted, for the page to list."""
    try:
        wanted = set(sent.chosen_files())
        found = list_files(screens().intake, draft=sent.form_draft()) if wanted else ()
    except (FormIncomplete, RetryLater):
        return []
    return [ListedFile.of(info) for info in found if info.object_id in wanted]


def file_problems(sent: PortalRequest) -> list[Problem]:
    """Files that were refused, in words."""
    return [
        (
            "files",
            str(words.FILE_PROBLEMS[problem.reason])
            % {"name": problem.name, "limit": size_in_words(problem.max_bytes or 0)},
        )
        for problem in sent.uploads.problems
    ]


def _draft_of(fields: MultiDict[str, str]) -> str | None:
    draft = fields.get("draft", "")
    return draft if len(draft) == 64 and draft.isalnum() and draft.isascii() else None
