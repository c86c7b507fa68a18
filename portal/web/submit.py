"""The form, and what becomes of it: a page with the receipt, or the form again with all that was typed.

Owns: the way of one submission through the pages. A tip is answered without a redirect, because the receipt
may lie in no session, address or log. Must not know: how a tip is stored. Source: 4-sealing "Receipt".
"""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, session, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from portal.domain.submit import Submitted, submit_tip
from portal.texts import LANGUAGES, choose_language
from portal.web import receipts
from portal.web.admission import Into
from portal.web.forms import Problem, TipForm
from portal.web.screens import Filled, screens
from portal.web.tokens import FIELD, check_token, new_token
from portal.web.troubles import BUSY, TROUBLES, Answer, answer_to, file_problems, listed_files
from portal.web.uploads import (
    PortalRequest,
    has_cookie_secret,
    portal_request,
    rotate_cookie_secret,
    takes_files,
)

bp = Blueprint("submit", __name__)


@bp.get("/submit")
def form() -> Response:
    """The form."""
    return screens().empty_form()


@bp.post("/submit")
@takes_files(Into.TIP)
def send() -> Response:
    """Take the form, and answer with the receipt or with the form."""
    try:
        check_token(request.form.get(FIELD, ""))
        return _take(portal_request())
    except TROUBLES as error:
        answer = answer_to(error)
    return _again(portal_request(), answer=answer)


@bp.post("/submit/saved")
def saved() -> AnyResponse:
    """The person has the receipt: from here on this browser can no longer work it out.

    Without a good token too: the page may have lain open for days. Other sites' pages send no cookie along,
    so that they find nothing here to forget.
    """
    if has_cookie_secret(session):
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
        values={} if answer.forget else dict(TipForm.read(sent.form).values),
        problems=problems or [],
        files=[] if answer.fresh else listed_files(sent),
        notice=answer.notice,
        draft=None if answer.fresh else _draft_of(sent.form),
    )
    response = screens().filled_form(filled, status=answer.status)
    if answer is BUSY:
        response.headers["Retry-After"] = "30"
    return response


def _draft_of(fields: MultiDict[str, str]) -> str | None:
    draft = fields.get("draft", "")
    return draft if len(draft) == 64 and draft.isalnum() and draft.isascii() else None
