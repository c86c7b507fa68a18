"""Before and after, side by side: whether what was found has been put right. Reg. art. 18.

Must not know: how a file is opened (``viewer``), which exhibits lie on which side (``queries.comparing``).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from verification.policy.permissions import Permission
from verification.queries.comparing import sides_of
from verification.queries.exhibits import ExhibitView
from verification.queries.items import view_item
from verification.web.loaders import load_item
from verification.web.office import acting_in
from verification.web.routing import route
from verification.web.viewer import mark_over, shown_of

blueprint = Blueprint("comparing", __name__)


@route(blueprint, "/items/<uuid:item_id>/compare", permission=Permission.EXHIBIT_READ)
def show(item_id: uuid.UUID) -> ResponseReturnValue:
    """One exhibit of each side; which ones, the address says, and the page offers the others."""
    with acting_in(write=True) as acting:
        row = load_item(acting, item_id)
        view, sides = view_item(acting, row), sides_of(acting, row)
        before, after = _chosen(sides.before, "before"), _chosen(sides.after, "after")
        return render_template(
            "verification/rectification/compare.html",
            item=row,
            view=view,
            sides=sides,
            before=before,
            after=after,
            shown_before=shown_of(acting, before.file) if before else None,
            shown_after=shown_of(acting, after.file) if after else None,
            mark=mark_over(),
        )


def _chosen(exhibits: Sequence[ExhibitView], side: str) -> ExhibitView | None:
    """The one that is asked for, else the first."""
    asked = request.args.get(side, "")
    return next((one for one in exhibits if str(one.object_id) == asked), exhibits[0] if exhibits else None)
