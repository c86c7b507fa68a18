"""The pages that only tell: what this is, how anonymity works, what happens after the receipt was saved.

Must not know: tips, receipts.
"""

from __future__ import annotations

from flask import Blueprint, Response

from portal.web.screens import screens

bp = Blueprint("pages", __name__)


@bp.get("/")
def home() -> Response:
    """What this is, and the two ways in."""
    return screens().still("portal/home.html", edge_retention=screens().edge_retention())


@bp.get("/anonymity")
def anonymity() -> Response:
    """How anonymity works, what it cannot do, and what one can do oneself."""
    return screens().still(
        "portal/anonymity.html", edge_retention=screens().edge_retention(), channel=screens().channel()
    )


@bp.get("/healthz")
def health() -> Response:
    """That the process answers; the supervisor and a proxy ask."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/saved")
def saved() -> Response:
    """After "I have saved it"."""
    return screens().still("portal/saved.html")
