"""The mailbox: a receipt opens it, a reply, an addition or an objection goes into it.

Owns: how a receipt is asked for and what a mailbox looks like. The receipt is carried from page to page in
the body of a form; it lies in no session, address or log. Looking needs no cookie; writing needs one for its
draft. Must not know: how messages are sealed. Source: 4-sealing "Receipt".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from flask_babel import format_date
from werkzeug.wrappers import Response as AnyResponse

from portal.crypto.receipt import Receipt
from portal.crypto.suites import Secret
from portal.domain.errors import UnknownReceipt
from portal.domain.mailbox import Mailbox, Trouble, open_mailbox, send
from portal.errors import MistypedReceipt, XiansuoError
from portal.models import MessageKind, TipState
from portal.storage.errors import RetryLater
from portal.texts import LANGUAGES, choose_language
from portal.texts import gettext as _
from portal.web import words
from portal.web.admission import Into
from portal.web.forms import MessageForm, Problem, choices, size_in_words
from portal.web.screens import ListedFile, screens
from portal.web.tokens import FIELD, check_token, new_token
from portal.web.troubles import BUSY, TROUBLES, Answer, answer_to, file_problems, listed_files
from portal.web.uploads import (
    PortalRequest,
    ensure_cookie_secret,
    new_form_secret,
    portal_request,
    takes_files,
)

bp = Blueprint("mailbox", __name__)

_CLOSED: Final = frozenset({TipState.DECLINED, TipState.REFERRED, TipState.HANDED_ON})
KINDS: Final = tuple(kind for kind in MessageKind if not kind.from_office)


@dataclass(frozen=True, slots=True, repr=False)
class Typed(Secret):
    """A message that could not be taken yet, to be shown again."""

    kind: str = ""
    text: str = ""
    draft: str = ""
    question: str = ""
    fixed: str = ""
    treated: str = ""
    files: tuple[ListedFile, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """Something to say at the top of the mailbox. kind: "good" or "warn"."""

    kind: str
    text: Any


@dataclass(frozen=True, slots=True, repr=False)
class Entry(Secret):
    """One line of the thread; ``text`` is None for what the informant wrote and for what cannot be opened.

    doubtful: it stands in the office's name, but the office has not signed it.
    """

    on: date
    title: Any
    text: str | None
    mine: bool
    doubtful: bool = False

    @property
    def day(self) -> str:
        """The day in the reader's language."""
        return str(format_date(self.on, "long"))


@bp.get("/check")
def ask() -> Response:
    """Ask for the receipt."""
    return screens().still("portal/check.html", problem="", typed="")


@bp.post("/check")
def look() -> Response:
    """Open the mailbox of a receipt."""
    return _opened(request.form.get("receipt", ""))


@bp.get("/check/write")
def look_again() -> AnyResponse:
    """The address of an answered form, opened by itself: ask for the receipt."""
    return redirect(url_for("mailbox.ask"), 303)


@bp.post("/check/write")
@takes_files(Into.MAILBOX)
def write() -> Response:
    """Put a message into the mailbox."""
    try:
        if (code := request.form.get("switch")) in LANGUAGES:
            choose_language(str(code))
            return _again(portal_request(), answer=Answer(200, None))
        check_token(request.form.get(FIELD, ""))
        return _take(portal_request())
    except (MistypedReceipt, UnknownReceipt) as error:
        return _refused(error, typed=request.form.get("receipt", ""))
    except TROUBLES as error:
        answer = answer_to(error)
    return _again(portal_request(), answer=answer)


def _take(sent: PortalRequest) -> Response:
    receipt, form, files = (
        Receipt.parse(sent.form.get("receipt", "")),
        MessageForm.read(sent.form),
        sent.chosen_files(),
    )
    problems = [*form.problems(files=len(files)), *file_problems(sent)]
    if problems:
        return _again(sent, answer=Answer(422, None), problems=problems)
    is_new = send(
        screens().intake,
        receipt=receipt,
        draft=sent.form_draft(),
        kind=form.kind,
        text=form.text,
        files=files,
        reply_to=form.question,
        rating=form.rating,
    )
    thanks = (
        _("Thank you. It has arrived.")
        if is_new
        else _("This had arrived already. Nothing was stored twice.")
    )
    return _opened(receipt.text, said=Said("good", thanks))


def _again(sent: PortalRequest, *, answer: Answer, problems: list[Problem] | None = None) -> Response:
    form = MessageForm.read(sent.form)
    typed = Typed(
        kind=form.kind.value,
        text=form.text,
        draft=new_form_secret(screens().intake.rng) if answer.fresh else sent.form.get("draft", ""),
        question=str(form.question or ""),
        fixed=form.fixed.value if form.fixed else "",
        treated=form.treated.value if form.treated else "",
        files=() if answer.fresh else tuple(listed_files(sent)),
        problems=tuple((f"{form.kind.value}-{name}", text) for name, text in problems or ()),
    )
    receipt = sent.form.get("receipt", "")
    try:
        response = _opened(receipt, typed=typed, said=Said("warn", answer.notice) if answer.notice else None)
    except RetryLater:
        response = _typed_alone(receipt, typed=typed)
    if response.status_code == 200:
        response.status_code = answer.status
    return response


def _typed_alone(receipt: str, *, typed: Typed) -> Response:
    """What was typed, on a page that needs no database."""
    page = render_template(
        "portal/message_again.html", notice=BUSY.notice, **_for_forms(receipt, typed=typed)
    )
    response = make_response(page, BUSY.status)
    response.headers["Retry-After"] = "30"
    return response


def _opened(text: str, *, typed: Typed | None = None, said: Said | None = None) -> Response:
    try:
        receipt = Receipt.parse(text)
        mailbox = open_mailbox(screens().intake, receipt=receipt)
    except (MistypedReceipt, UnknownReceipt) as error:
        return _refused(error, typed=text)
    return _page(receipt, mailbox, typed=typed or Typed(), said=said)


def _refused(error: XiansuoError, *, typed: str) -> Response:
    """Ask again; what was typed stands there to be compared with the paper, in this one answer."""
    if isinstance(error, MistypedReceipt):
        problem = str(words.RECEIPT_PROBLEMS[error.reason]) % {"count": error.characters}
    else:
        # Never given out and deleted are one: nobody learns which receipts once were.
        problem = str(words.NO_REPORT)
    return make_response(render_template("portal/check.html", problem=problem, typed=typed), 422)


def _page(receipt: Receipt, mailbox: Mailbox, *, typed: Typed, said: Said | None) -> Response:
    # A report that was opened again still has why it was closed before.
    is_closed = mailbox.state in _CLOSED
    return make_response(
        render_template(
            "portal/mailbox.html",
            state=mailbox.state.value,
            status=_status(mailbox),
            received_on=format_date(mailbox.received_on, "long"),
            reason=words.REASONS.get(mailbox.closing_code or "") if is_closed else None,
            channel=words.CHANNELS.get(mailbox.channel_code or "") if is_closed else None,
            identity_opened=mailbox.identity_opened,
            entries=_entries(mailbox),
            question=mailbox.open_question,
            rating=mailbox.open_rating,
            consent=mailbox.open_consent,
            was_asked=mailbox.was_asked,
            can_object=mailbox.can_object,
            problems=typed.problems,
            notice=said.text if said else None,
            notice_kind=said.kind if said else "",
            **_for_forms(receipt.text, typed=typed),
        )
    )


def _status(mailbox: Mailbox) -> words.Status:
    """The state in words; what the informant has just done counts before the office has taken note of it."""
    if mailbox.state is TipState.ASKING and mailbox.is_answered:
        return words.REPLIED
    if mailbox.state is TipState.TRIAGE and any(kind is MessageKind.OBJECTION for kind, _on in mailbox.sent):
        return words.REOPENED
    return words.STATUSES[mailbox.state]


def _for_forms(receipt: str, *, typed: Typed) -> dict[str, Any]:
    """What the message forms of a page are made of; needs no database."""
    rng, limits = screens().intake.rng, screens().intake.limits
    ensure_cookie_secret(session, rng=rng)
    return {
        "receipt": receipt,
        "token": new_token(),
        "drafts": {kind.value: new_form_secret(rng) for kind in KINDS},
        "typed": typed,
        "wrong": {name.partition("-")[2]: text for name, text in typed.problems},
        "fixed": choices(words.FIXED),
        "treated": choices(words.TREATED),
        "max_files": limits.max_files,
        "max_file": size_in_words(limits.max_file_bytes),
        "max_message": size_in_words(limits.max_message_bytes),
        "max_file_bytes": limits.max_file_bytes,
        "part_bytes": limits.part_bytes,
        "max_message_bytes": limits.max_message_bytes,
    }


def _entries(mailbox: Mailbox) -> list[Entry]:
    """Both sides' messages by day; on one day the office's come first, as replies follow questions."""
    office = [
        Entry(
            message.sent_on,
            words.UNCONFIRMED if message.trouble is Trouble.UNCONFIRMED else words.OFFICE_WROTE[message.kind],
            message.text,
            mine=False,
            doubtful=message.trouble is Trouble.UNCONFIRMED,
        )
        for message in mailbox.messages
    ]
    own = [Entry(on, words.YOU_WROTE[kind], None, mine=True) for kind, on in mailbox.sent]
    return sorted([*office, *own], key=lambda entry: entry.on)
