"""Looking at a file: its clean copy large, page by page or playing, among the files it came with.

Opening this page is what is traced; the pictures in it carry a pass (``files.pass_for``). Over the copy lies
a mark of who looks and when, where the office wants it. Must not know: how bytes are decrypted and sent.
Source: issue 3 "Looking"; 4-sealing "Clean copies".
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.texts import gettext
from verification.clean_report import CleanPart, PartRole
from verification.domain import evidence
from verification.domain.acting import Acting
from verification.errors import NotHere
from verification.policy.permissions import Permission
from verification.queries.destructions import last_about
from verification.queries.files import PICTURES, FileView
from verification.queries.gallery import Gallery, gallery_of
from verification.web.files import READERS, pass_for
from verification.web.forms import Typed
from verification.web.office import acting_in, office, visitor
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.serving import SHOWN
from verification.web.words import moment

blueprint = Blueprint("viewer", __name__)


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """What the page shows of a clean copy. kind: "picture", "page", "film", "sound", "text", "list", "none".

    source: address of the picture, film or sound; full: of the picture in full size.
    page: the number of the page shown, from 1; pages: how many there are.
    """

    kind: str
    source: str = ""
    full: str = ""
    poster: str = ""
    text: str = ""
    page: int = 1
    pages: int = 1


@route(blueprint, "/files/<uuid:object_id>/view", permission=READERS)
def show(object_id: uuid.UUID) -> ResponseReturnValue:
    """One file, with the way to those before and after it."""
    return file_page(object_id, typed=Typed.empty(), problem=NO_PROBLEM)


def file_page(object_id: uuid.UUID, *, typed: Typed, problem: Problem) -> ResponseReturnValue:
    """The viewer, as it comes back when something could not be done."""
    with acting_in(write=True) as acting:
        gallery = gallery_of(acting, object_id)
        files = gallery.files
        at = next((index for index, file in enumerate(files) if file.object_id == object_id), None)
        if at is None:
            raise NotHere
        shown = shown_of(acting, files[at])
        destruction = last_about(acting, object_id)
    return render_template(
        "verification/viewer.html",
        file=files[at],
        files=files,
        at=at,
        shown=shown,
        crumbs=_way_back(gallery),
        save=_address(files[at], save="1") if files[at].clean_id else "",
        mark=mark_over(),
        may_take=visitor().may(Permission.TIP_ORIGINAL, Permission.EXHIBIT_READ),
        may_destroy=visitor().may(Permission.FILE_DESTROY) and gallery.tip_id is not None,
        destruction=destruction,
        backup_days=office().settings.backup_days,
        typed=typed,
        problem=problem,
    )


def mark_over() -> str:
    """Who looks, and when; empty where the office does without."""
    if not office().settings.viewer_mark:
        return ""
    return f"{visitor().name} {moment(office().clock.now())}"


def _way_back(gallery: Gallery) -> list[tuple[str, str]]:
    """What the files belong to, for whoever has a page of it."""
    if gallery.tip_id is not None:
        return [(url_for("tips.show", tip_id=gallery.tip_id), gettext("Tip"))]
    if gallery.case_id is not None and visitor().may(Permission.CASE_READ):
        return [(url_for("cases.show", case_id=gallery.case_id), gettext("Case"))]
    return []


def shown_of(acting: Acting, file: FileView) -> Shown:
    """What there is to see of a file; traced if it is opened."""
    if file.clean_id is None or file.report is None:
        return Shown("list" if file.report and file.report.listed_total else "none")
    reader = evidence.open_clean_copy(acting, file.clean_id, blobs=office().blobs)
    try:
        if file.media_type == "text/plain" and (copy := file.report.copy) is not None:
            text = b"".join(reader.read_range(copy.start, copy.length)).decode("utf-8", "replace")
            return Shown("text", text=text)
    finally:
        reader.close()
    pages = [number for number, part in enumerate(file.report.parts) if part.role is PartRole.PAGE]
    if pages:
        page = _page_asked_for(len(pages))
        source = _address(file, number=pages[page - 1])
        return Shown("page", source=source, full=source, page=page, pages=len(pages))
    return _picture_or_recording(file, file.report.parts)


def _picture_or_recording(file: FileView, parts: Sequence[CleanPart]) -> Shown:
    screens = [number for number, part in enumerate(parts) if part.role is PartRole.SCREEN]
    screen = _address(file, number=screens[0]) if screens else ""
    whole = _address(file)
    if file.media_type in PICTURES:
        return Shown("picture", source=screen or whole, full=whole)
    if file.media_type in SHOWN:
        kind = "film" if file.media_type.startswith("video/") else "sound"
        return Shown(kind, source=whole, poster=screen)
    return Shown("none")


def _page_asked_for(pages: int) -> int:
    asked = request.args.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    return min(max(number, 1), pages)


def _address(file: FileView, *, number: int | None = None, save: str | None = None) -> str:
    assert file.clean_id is not None
    passing = pass_for(file.clean_id)
    if number is None:
        return url_for("files.clean", object_id=file.clean_id, save=save, seen=passing)
    return url_for("files.part", object_id=file.clean_id, number=number, seen=passing)
