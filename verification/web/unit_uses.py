"""Papers of the office on a unit's desk: reading one, signing for it, answering it.

A liaison sees what was sent to the unit and nothing of the case. Source: issue 4 "Uses".
"""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from verification.domain import using
from verification.domain.acting import Acting
from verification.errors import NotHere
from verification.models import Measure
from verification.policy.permissions import Permission
from verification.queries.uses import OF_UNIT
from verification.web.forms import Typed
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.workflow.apply import possible_actions
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("unit_uses", __name__)


@route(blueprint, "/unit/papers/<uuid:measure_id>", permission=Permission.UNIT_DESK)
def show(measure_id: uuid.UUID) -> ResponseReturnValue:
    """One paper."""
    with acting_in() as acting:
        return _page(acting, _own(acting, measure_id), typed=Typed.empty(), problem=NO_PROBLEM)


@route(
    blueprint,
    "/unit/papers/<uuid:measure_id>/<any(confirm, reply):decision>",
    permission=Permission.USE_ANSWER,
    methods=["POST"],
)
def decide(measure_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Sign for it, or answer it."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        _own(acting, measure_id)
        if decision == "confirm":
            using.confirm_use(acting, measure_id=measure_id, version=typed.version())
        else:
            using.reply_use(acting, measure_id=measure_id, version=typed.version(), text=typed.text("text"))
        return url_for("unit_uses.show", measure_id=measure_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _page(acting, _own(acting, measure_id), typed=typed, problem=problem)

    return attempt(act, again=again)


def _own(acting: Acting, measure_id: uuid.UUID) -> Measure:
    """A paper that was sent to the liaison's own unit. Raises NotHere."""
    row = acting.session.get(Measure, measure_id)
    if row is None or row.unit_id is None or row.unit_id != acting.actor.unit_id or row.state not in OF_UNIT:
        raise NotHere
    return row


def _page(acting: Acting, row: Measure, *, typed: Typed, problem: Problem) -> str:
    return render_template(
        "verification/unit_desk/paper.html",
        row=row,
        read=using.read_sent(acting, row),
        actions=possible_actions(kind=SubjectKind.MEASURE, subject=row, actor=acting.actor),
        A=Action,
        typed=typed,
        problem=problem,
    )
