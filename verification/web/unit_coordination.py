"""A department's part of a coordination item on its own desk: taken on or declined, reported with proof."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.crypto.header import ObjectKind
from verification.domain import coordination_parts
from verification.domain.acting import Acting
from verification.domain.exhibits import NewExhibit
from verification.errors import NotHere
from verification.models import CoordinationPart
from verification.policy.permissions import Permission
from verification.queries.coordination_unit import view_own_part
from verification.web.brought import NOTHING_BROUGHT, Brought, without_file_worry
from verification.web.forms import Typed
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.workflow.apply import possible_actions
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("unit_coordination", __name__)

_FILES = {"photo": ObjectKind.EXHIBIT, "proofs": ObjectKind.EXHIBIT}


@route(blueprint, "/unit/coordination/<uuid:part_id>", permission=Permission.UNIT_DESK)
def show(part_id: uuid.UUID) -> ResponseReturnValue:
    """What the department is asked to do, and what it reported."""
    with acting_in() as acting:
        return _page(acting, _own(acting, part_id), typed=Typed.empty(), problem=NO_PROBLEM)


@route(
    blueprint,
    "/unit/coordination/<uuid:part_id>/<any(take, decline):decision>",
    permission=Permission.COORDINATION_ANSWER,
    methods=["POST"],
)
def decide(part_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Take the part on, or decline it with the reason."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        _own(acting, part_id)
        if decision == "take":
            coordination_parts.take_on_part(acting, part_id=part_id, version=typed.version())
        else:
            coordination_parts.decline_part(
                acting, part_id=part_id, version=typed.version(), note=typed.text("note")
            )
        return url_for("unit_coordination.show", part_id=part_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _page(acting, _own(acting, part_id), typed=typed, problem=problem, open_form=decision)

    return attempt(act, again=again)


@route(
    blueprint,
    "/unit/coordination/<uuid:part_id>",
    permission=Permission.COORDINATION_ANSWER,
    methods=["POST"],
    files=_FILES,
)
def report(part_id: uuid.UUID) -> ResponseReturnValue:
    """Report what was done, with proof."""
    typed, brought = Typed.sent(), Brought.sent(*_FILES)

    def act(acting: Acting) -> str:
        _own(acting, part_id)
        proofs = [NewExhibit(file=file, note=typed.text("note")) for file in brought.opened(acting)]
        coordination_parts.report_part(
            acting, part_id=part_id, version=typed.version(), done=typed.text("done"), proofs=proofs
        )
        return url_for("unit_coordination.show", part_id=part_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            row = _own(acting, part_id)
            return _page(acting, row, typed=typed, problem=problem, open_form="report", kept=brought)

    return attempt(act, again=again)


def _own(acting: Acting, part_id: uuid.UUID) -> CoordinationPart:
    """A part that the liaison's own unit was asked for. Raises NotHere."""
    row = acting.session.get(CoordinationPart, part_id)
    if row is None or row.asked_at is None or row.unit_id != acting.actor.unit_id:
        raise NotHere
    return row


def _page(
    acting: Acting,
    row: CoordinationPart,
    *,
    typed: Typed,
    problem: Problem,
    open_form: str = "",
    kept: Brought = NOTHING_BROUGHT,
) -> str:
    return render_template(
        "verification/unit_desk/coordination.html",
        row=row,
        view=view_own_part(acting, row),
        actions=possible_actions(kind=SubjectKind.PART, subject=row, actor=acting.actor),
        A=Action,
        kept=kept.kept(acting),
        typed=typed,
        problem=without_file_worry(problem),
        open_form=open_form,
    )
