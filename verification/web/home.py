"""The first page: what this person should do next, by role."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from verification.policy.permissions import Permission
from verification.web.routing import PUBLIC, route

blueprint = Blueprint("home", __name__)


@route(blueprint, "/", permission=Permission.HOME)
def show() -> ResponseReturnValue:
    """What to do next."""
    return render_template("verification/home.html")


@route(blueprint, "/healthz", permission=PUBLIC)
def healthz() -> ResponseReturnValue:
    """For the supervisor: this process answers."""
    return "ok", 200, {"Content-Type": "text/plain"}
