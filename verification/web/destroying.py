"""Destroying a file: the request on the file's own page, the decision there or among what waits.

Must not know: what goes with a file (``verification.domain.destroying``). Source: 4-sealing "Deleting".
"""

from __future__ import annotations

import uuid

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from verification.domain import destroying
from verification.domain.acting import Acting
from verification.policy.permissions import Permission
from verification.web.approvals import approvals_page
from verification.web.forms import Typed
from verification.web.routing import route
from verification.web.submit import attempt
from verification.web.viewer import file_page

blueprint = Blueprint("destroying", __name__)


@route(blueprint, "/files/<uuid:object_id>/destroy", permission=Permission.FILE_DESTROY, methods=["POST"])
def ask(object_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for a file to be destroyed."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        destroying.ask_destruction(acting, object_id=object_id, reason=typed.text("reason"))
        return url_for("viewer.show", object_id=object_id)

    return attempt(act, again=lambda problem: file_page(object_id, typed=typed, problem=problem))


@route(blueprint, "/destructions/<uuid:request_id>", permission=Permission.FILE_DESTROY, methods=["POST"])
def decide(request_id: uuid.UUID) -> ResponseReturnValue:
    """Agree, decline, or withdraw what one asked for."""
    agreed = Typed.sent().text("decision") == "agree"

    def act(acting: Acting) -> str:
        row = destroying.decide_destruction(acting, request_id=request_id, agreed=agreed)
        if acting.actor.may(Permission.TIP_ORIGINAL):
            return url_for("viewer.show", object_id=row.object_id)
        return url_for("approvals.show")

    return attempt(act, again=approvals_page)
