"""Exhibits and proof sent part by part, before their form: a broken connection on site costs one part.

The page's script (``static/js/shared/files.js``) sends a part as ``files`` after ``csrf_token``, ``bytes``
and ``number``. Of later parts ``head`` is the ticket that the part before was answered with; the answer is
the ticket of all that is here (``brought``), so the server keeps nothing between two parts. Must not know:
what the file becomes part of. Source: FORMAT.md §4.7; docs/decisions/0015.
"""

from __future__ import annotations

import dataclasses
from typing import Final

from flask import Blueprint, Response, g, jsonify, url_for
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from werkzeug.datastructures import MultiDict

from portal.crypto.header import ObjectKind
from portal.errors import XiansuoError
from portal.storage.arriving import PartAsked, PartUnfit, Place
from portal.storage.errors import RetryLater
from portal.storage.received import Allowance, BrokenBody, SealedFile, TooLarge
from portal.texts import gettext as _
from verification.policy.permissions import Permission
from verification.web.brought import FIELD, file_behind, ticket_for
from verification.web.office import acting_in, office
from verification.web.routing import Declared, route
from verification.web.uploads import StaffFiles, upload_limits, uploads
from verification.web.words import size

blueprint = Blueprint("arriving", __name__)

_ANSWERS: Final[dict[type[XiansuoError], tuple[int, LazyString]]] = {
    PartUnfit: (409, _l("This file changed while it was being sent. Please choose it again.")),
    TooLarge: (413, _l("This file is too large to be taken.")),
    BrokenBody: (400, _l("Not everything arrived: the connection broke off.")),
    RetryLater: (503, _l("The system is busy. It is tried again by itself.")),
}


class StaffPart(StaffFiles):
    """Admits one part of one file of somebody who is logged in."""

    def __init__(self, page: Declared) -> None:
        super().__init__(page)
        self.place: Place | None = None
        self.known: SealedFile | None = None

    def admit(self, fields: MultiDict[str, str]) -> Allowance:
        """Raises LoginNeeded, CSRFError, PartUnfit, TooLarge."""
        allowed, asked = super().admit(fields), PartAsked.read(fields)
        if asked.number == 0:
            self.place = asked.first(upload_limits(), rng=office().rng)
        else:
            with acting_in() as acting:
                self.known = file_behind(acting, fields.get("head", ""))
            if self.known is None or len(self.known.later) != asked.number - 1:
                raise PartUnfit
            self.place = asked.later(
                head=self.known.object_id,
                file_key=self.known.file_key,
                file_bytes=self.known.true_bytes,
                part_bytes=self.known.part_bytes,
            )
        g.arriving = self
        return self.place.allowance(allowed)

    def file_with(self, part: SealedFile) -> SealedFile:
        """The file as far as it is here, this part included. Raises PartUnfit."""
        assert self.place is not None
        self.place.check(part, office().blobs)
        if self.known is not None:
            return dataclasses.replace(self.known, later=(*self.known.later, part))
        if self.place.count == 1:
            return part
        return dataclasses.replace(
            part,
            file_key=self.place.file_key,
            true_bytes=self.place.file_bytes,
            part_bytes=self.place.length,
        )


@route(
    blueprint,
    "/files/part",
    permission=(Permission.TASK_WORK, Permission.LOOK_BACK_WORK, Permission.ITEM_REPORT),
    methods=["POST"],
    files={"files": ObjectKind.EXHIBIT},
    admits=StaffPart,
)
def take() -> Response:
    """One part; answers with the ticket of all that is here, or says what is wrong."""
    received = uploads()
    sent: StaffPart | None = g.get("arriving")
    if sent is None or not received.files:
        raise PartUnfit
    # From here on the part lives as long as its ticket, like every file that waits for its form.
    file = sent.file_with(received.files.pop())
    with acting_in() as acting:
        ticket = ticket_for(acting, file)
    return jsonify(
        head=ticket,
        next=None if file.is_whole else 1 + len(file.later),
        name=file.name,
        size=size(file.true_bytes),
    )


def sent_in_parts() -> dict[str, object]:
    """What a page needs to have its files sent so; for ``shared/macros/sending.html``."""
    limits = upload_limits()
    return {
        "address": url_for("arriving.take"),
        "part_bytes": limits.part_bytes,
        "max_files": limits.max_files,
        "max_file_bytes": limits.max_file_bytes,
        "max_message_bytes": limits.max_message_bytes,
        "keep": FIELD,
        "here": _("{name} is here. It is added when the form is saved."),
        "out": _("Not taken: perhaps you are no longer logged in. Log in in another tab and try again."),
    }


def _trouble(error: XiansuoError) -> Response:
    uploads().discard(office().blobs)
    status, words = next(answer for kind, answer in _ANSWERS.items() if isinstance(error, kind))
    response = jsonify(trouble=str(words), again=status == 503)
    response.status_code = status
    return response


# The part is read by whoever looks at the form first, and that is the gate.
for _kind in _ANSWERS:
    blueprint.register_error_handler(_kind, _trouble)
