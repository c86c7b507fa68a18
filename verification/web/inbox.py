"""The inbox: what came, what has to be decided first."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from verification.policy.codes import CATEGORIES
from verification.policy.permissions import Permission
from verification.queries.inbox import Tray, Wanted, list_tips, tray_counts, urgent_tips
from verification.queries.paging import Cursor
from verification.queries.units import towns
from verification.web.office import acting_in
from verification.web.routing import route

blueprint = Blueprint("inbox", __name__)

TRAYS: dict[Tray, LazyString] = {
    Tray.TRIAGE: _l("To decide on"),
    Tray.ASKING: _l("Waiting for the informant"),
    Tray.ACCEPTED: _l("Accepted"),
    Tray.IN_CASE: _l("In a case"),
    Tray.FINISHED: _l("Finished"),
}


@route(blueprint, "/inbox", permission=Permission.TIP_LIST)
def show() -> ResponseReturnValue:
    """One tray, 50 tips a page."""
    wanted = _wanted()
    with acting_in() as acting:
        page = list_tips(acting, wanted)
        first_page = wanted.tray is Tray.TRIAGE and wanted.cursor is None
        urgent = urgent_tips(acting) if first_page and not (wanted.category or wanted.town_id) else []
        counts = tray_counts(acting)
        return render_template(
            "verification/inbox.html",
            page=page, urgent=urgent, wanted=wanted, trays=_tabs(wanted, counts), towns=towns(acting.session),
            categories=list(CATEGORIES.items()), today=acting.sealing.day,
            newer=_address(wanted, page.before), older=_address(wanted, page.after),
        )  # fmt: skip


def _wanted() -> Wanted:
    """What the address asks for; whatever it does not understand is left out."""
    asked = request.args
    tray = asked.get("tray", "")
    known = tray in {one.value for one in Tray}
    category = asked.get("category", "")
    try:
        town = uuid.UUID(asked.get("town", ""))
    except ValueError:
        town = None
    chosen = Tray(tray) if known else Tray.TRIAGE
    order = asked.get("order", "")
    return Wanted(
        tray=chosen,
        category=category if category in CATEGORIES else "",
        town_id=town,
        # What waits longest must be decided first; everywhere else people look for what is new.
        newest_first=order == "new" if order in ("new", "old") else chosen is not Tray.TRIAGE,
        cursor=Cursor.parse(asked.get("from", "")),
    )


def _address(wanted: Wanted, cursor: Cursor | None) -> str:
    return "" if cursor is None else _link(wanted, **{"from": str(cursor)})


def _link(wanted: Wanted, **changes: Any) -> str:
    values = {
        "tray": wanted.tray.value,
        "category": wanted.category or None,
        "town": wanted.town_id,
        "order": "new" if wanted.newest_first else "old",
    }
    return url_for("inbox.show", **(values | changes))


def _tabs(wanted: Wanted, counts: dict[Tray, int]) -> list[dict[str, Any]]:
    return [
        {
            "href": url_for("inbox.show", tray=tray.value),
            "label": label,
            "current": tray is wanted.tray,
            "count": counts.get(tray),
        }
        for tray, label in TRAYS.items()
    ]
