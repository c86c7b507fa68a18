"""Files sent before their form, part by part, so that a connection that breaks off costs one part.

Owns: the answers to a page's script. Must not know: how parts are stored (``admission``, ``domain.drafts``).
Without a script the form's own file field does it all. Source: FORMAT.md §4.7.

A part is a POST of the form's secrets (``csrf_token``, ``draft``, ``desk`` or ``receipt``, ``keep``), then
``bytes``, ``number`` and ``head``, then the part as ``files``. Without a file it asks what is here. Answers:
``{"head": id, "next": number of the part to send next, null when all is here, "name", "size"}``, or
``{"trouble": words, "again": whether the same may be sent again}``. A part that is sent twice is kept once.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from portal.domain.errors import UnknownReceipt
from portal.errors import MistypedReceipt
from portal.web import words
from portal.web.admission import Into
from portal.web.forms import size_in_words
from portal.web.tokens import FIELD, check_token
from portal.web.troubles import BUSY, TROUBLES, Answer, answer_to, file_problems
from portal.web.uploads import portal_request, takes_files

bp = Blueprint("arriving", __name__)


@bp.post("/submit/file")
@takes_files(Into.TIP, one_part=True)
def into_tip() -> Response:
    """A part of a file for a report."""
    return _answered()


@bp.post("/check/file")
@takes_files(Into.MAILBOX, one_part=True)
def into_mailbox() -> Response:
    """A part of a file for a message."""
    return _answered()


def _answered() -> Response:
    try:
        check_token(request.form.get(FIELD, ""))
        return _said()
    except (MistypedReceipt, UnknownReceipt):
        return _trouble(Answer(422, words.NO_REPORT))
    except TROUBLES as error:
        return _trouble(answer_to(error))


def _said() -> Response:
    sent = portal_request()
    if problems := file_problems(sent):
        return _trouble(Answer(422, problems[0][1]))
    file = sent.arriving()
    return jsonify(
        head=str(file.object_id),
        next=None if file.is_whole else 1 + len(file.later),
        name=file.name,
        size=size_in_words(file.true_bytes),
    )


def _trouble(answer: Answer) -> Response:
    response = jsonify(trouble=str(answer.notice), again=answer is BUSY)
    response.status_code = answer.status
    if answer is BUSY:
        response.headers["Retry-After"] = "30"
    return response
