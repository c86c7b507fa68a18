"""Where the office's hours go: two thirds of time and of people, by week, and hours by kind."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from verification.policy.permissions import Permission
from verification.queries.hours import RULE, balance_of
from verification.web.explain import explained_rule
from verification.web.office import acting_in
from verification.web.routing import route

blueprint = Blueprint("hours", __name__)


@route(blueprint, "/hours", permission=Permission.HOURS_READ)
def show() -> ResponseReturnValue:
    """Every week of the window. Coarse figures alone: no case is named."""
    with acting_in() as acting:
        return render_template(
            "verification/hours.html",
            balance=balance_of(acting),
            rule=explained_rule(acting.rules[RULE]),
        )
