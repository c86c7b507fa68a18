"""Assignments on a unit's desk: signing for one, handing it back once, answering each question with proof."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.crypto.header import ObjectKind
from verification.domain import assigning
from verification.domain.acting import Acting
from verification.domain.exhibits import NewExhibit
from verification.errors import NotHere
from verification.models import Assignment, AssignmentState
from verification.policy.permissions import Permission
from verification.queries.assignments import view_assignment
from verification.web.brought import NOTHING_BROUGHT, Brought, without_file_worry
from verification.web.forms import Typed
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.workflow.apply import possible_actions
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("unit_assignments", __name__)

_FILES = {"photo": ObjectKind.EXHIBIT, "proofs": ObjectKind.EXHIBIT}


@route(blueprint, "/unit/assignments/<uuid:assignment_id>", permission=Permission.UNIT_DESK)
def show(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """What the unit is asked, and its replies."""
    with acting_in() as acting:
        return _page(acting, _own(acting, assignment_id), typed=Typed.empty(), problem=NO_PROBLEM)


@route(
    blueprint,
    '/unit/assignments/<uuid:assignment_id>/<any(sign, "hand-back"):decision>',
    permission=Permission.ASSIGNMENT_ANSWER,
    methods=["POST"],
)
def decide(assignment_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Sign for it, or hand it back with the reason."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        _own(acting, assignment_id)
        if decision == "sign":
            assigning.sign_assignment(acting, assignment_id=assignment_id, version=typed.version())
        else:
            assigning.hand_back_assignment(
                acting, assignment_id=assignment_id, version=typed.version(), note=typed.text("note")
            )
        return url_for("unit_assignments.show", assignment_id=assignment_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            row = _own(acting, assignment_id)
            return _page(acting, row, typed=typed, problem=problem, open_form=decision)

    return attempt(act, again=again)


@route(
    blueprint,
    "/unit/assignments/<uuid:assignment_id>",
    permission=Permission.ASSIGNMENT_ANSWER,
    methods=["POST"],
    files=_FILES,
)
def reply(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Answer each question, with proof."""
    typed, brought = Typed.sent(), Brought.sent(*_FILES)

    def act(acting: Acting) -> str:
        row = _own(acting, assignment_id)
        proofs = [NewExhibit(file=file, note=typed.text("note")) for file in brought.opened(acting)]
        answers = {one: typed.text(f"answer-{one}") for one in assigning.questions_of(acting, row)}
        assigning.reply_assignment(
            acting, assignment_id=assignment_id, version=typed.version(), answers=answers, proofs=proofs
        )
        return url_for("unit_assignments.show", assignment_id=assignment_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            row = _own(acting, assignment_id)
            return _page(acting, row, typed=typed, problem=problem, open_form="reply", kept=brought)

    return attempt(act, again=again)


def _own(acting: Acting, assignment_id: uuid.UUID) -> Assignment:
    """An assignment of the liaison's own unit. Raises NotHere."""
    row = acting.session.get(Assignment, assignment_id)
    if row is None or row.unit_id != acting.actor.unit_id or row.state is AssignmentState.WITHDRAWN:
        raise NotHere
    return row


def _page(
    acting: Acting,
    row: Assignment,
    *,
    typed: Typed,
    problem: Problem,
    open_form: str = "",
    kept: Brought = NOTHING_BROUGHT,
) -> str:
    return render_template(
        "verification/unit_desk/assignment.html",
        row=row,
        view=view_assignment(acting, row),
        actions=possible_actions(kind=SubjectKind.ASSIGNMENT, subject=row, actor=acting.actor),
        A=Action,
        kept=kept.kept(acting),
        typed=typed,
        problem=without_file_worry(problem),
        open_form=open_form,
    )
