"""The inspectors' queue: what do I do next. Source: 1-mission "what they come for"."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from verification.policy.permissions import Permission
from verification.queries.items import items_to_sign
from verification.queries.tasks import my_tasks
from verification.web.office import acting_in
from verification.web.routing import route

blueprint = Blueprint("queue", __name__)


@route(blueprint, "/queue", permission=Permission.TASK_LIST)
def show() -> ResponseReturnValue:
    """My open tasks: what waits for me first, by date; below, what waits for somebody else."""
    with acting_in() as acting:
        cards = my_tasks(acting)
        return render_template(
            "verification/queue/show.html",
            mine=[card for card in cards if not card.waits],
            waiting=[card for card in cards if card.waits],
            to_sign=items_to_sign(acting),
        )
