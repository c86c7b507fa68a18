"""What happened that concerns this person: content-free notices, each leading to its subject."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import select

from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.notices import NEW_TIP
from verification.domain.reading import take_note
from verification.errors import NotHere
from verification.labels import label
from verification.models import StaffNotice
from verification.policy.permissions import Permission
from verification.queries.paging import Cursor, beyond, paged
from verification.web.loaders import load_docketed_case, load_item, load_task, load_tip
from verification.web.office import acting_in
from verification.web.routing import route
from verification.web.words import address_of
from verification.workflow.states import SubjectKind

blueprint = Blueprint("notices", __name__)

_LOADERS: dict[str, Callable[[Acting, uuid.UUID], object]] = {
    SubjectKind.TIP: load_tip,
    SubjectKind.CASE: load_docketed_case,
    SubjectKind.TASK: load_task,
    SubjectKind.ITEM: load_item,
}
_OWN_WORDS: dict[str, LazyString] = {NEW_TIP: _l("A new tip has arrived")}


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One notice as it is read."""

    row: StaffNotice
    text: LazyString | str
    href: str


@route(blueprint, "/notices", permission=Permission.HOME)
def show() -> ResponseReturnValue:
    """Newest first, 50 a page."""
    cursor = Cursor.parse(request.args.get("from", ""))
    with acting_in() as acting:
        query = select(StaffNotice).where(StaffNotice.staff_id == acting.staff_id)
        query = beyond(query, StaffNotice.written_on, StaffNotice.id, cursor=cursor, newest_first=True)
        page = paged(
            acting.session.scalars(query).all(), cursor=cursor, newest_first=True,
            edge=lambda row: (row.written_on, row.id),
        )  # fmt: skip
        return render_template(
            "verification/notices.html",
            lines=_lines(acting, page.rows), newer=_address(page.before), older=_address(page.after),
            any_unread=any(row.read_at is None for row in page.rows),
        )  # fmt: skip


@route(blueprint, "/notices/read", permission=Permission.HOME, methods=["POST"])
def read_all() -> ResponseReturnValue:
    """Take note of all of them."""
    with acting_in(write=True) as acting:
        take_note(acting)
    return redirect(url_for("notices.show"), 303)


def notice_words(code: str) -> LazyString | str:
    """A notice's sentence."""
    if code in _OWN_WORDS:
        return _OWN_WORDS[code]
    return label(Event(code)) if code in {event.value for event in Event} else code


def _lines(acting: Acting, rows: Sequence[StaffNotice]) -> list[NoticeLine]:
    return [NoticeLine(row=row, text=notice_words(row.code), href=_href(acting, row)) for row in rows]


def _href(acting: Acting, row: StaffNotice) -> str:
    """Where the subject is; nothing where it is no longer this person's to open."""
    load = _LOADERS.get(row.subject_kind)
    # A liaison reads no case: the address is the unit's desk.
    is_elsewhere = row.subject_kind == SubjectKind.CASE and not acting.actor.may(Permission.CASE_READ)
    try:
        if load is not None and not is_elsewhere:
            load(acting, row.subject_id)
    except NotHere:
        return ""
    return address_of(row.subject_kind, row.subject_id)


def _address(cursor: Cursor | None) -> str:
    return "" if cursor is None else url_for("notices.show", **{"from": str(cursor)})  # type: ignore[arg-type]  # a query field that is a keyword of Python
