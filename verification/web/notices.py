"""What happened that concerns this person: content-free notices, each leading to its subject."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from verification.policy.permissions import Permission
from verification.web.routing import route

blueprint = Blueprint("notices", __name__)


@route(blueprint, "/notices", permission=Permission.HOME)
def show() -> ResponseReturnValue:
    """Newest first."""
    return render_template("verification/home.html")
