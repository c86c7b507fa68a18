"""The light path at the desk: assigning a lead to a unit, checking the reply question by question."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import TypeAlias

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from verification.audit.events import Event
from verification.domain import assigning
from verification.domain.acting import Acting
from verification.domain.assigning import Checked
from verification.domain.programmes import programmes_for
from verification.errors import NotHere
from verification.models import Assignment, Case, Finding
from verification.policy.permissions import Permission
from verification.queries.assignments import checking_of, programmes, view_assignment
from verification.queries.cases import titles_of
from verification.queries.units import inspectable_units, responsible_units
from verification.web.forms import Typed
from verification.web.loaders import load_case
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.workflow.apply import possible_actions
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("assignments", __name__)

_Verb: TypeAlias = Callable[[Acting, uuid.UUID, Typed], object]


# --- assigning ---------------------------------------------------------------------------------------------


@route(blueprint, "/cases/<uuid:case_id>/assign", permission=Permission.CASE_ASSIGN)
def write(case_id: uuid.UUID) -> ResponseReturnValue:
    """The form: under which programme, to whom, until when."""
    with acting_in() as acting:
        case = load_case(acting, case_id)
        duty = responsible_units(acting.session, category=case.category)
        first = {
            "unit": str(next(iter(duty))) if len(duty) == 1 else "",
            "due_on": assigning.due_on_for(acting).isoformat(),
        }
        return _assign_page(acting, case, typed=Typed.empty(first), problem=NO_PROBLEM)


@route(blueprint, "/cases/<uuid:case_id>/assign", permission=Permission.CASE_ASSIGN, methods=["POST"])
def assign(case_id: uuid.UUID) -> ResponseReturnValue:
    """Send the brief and its questions to the unit."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_case(acting, case_id)
        programme_id, unit_id, due_on = typed.one_id("programme"), typed.one_id("unit"), typed.day("due_on")
        typed.check()
        row = assigning.assign_case(
            acting,
            case_id=case_id,
            version=typed.version(),
            programme_id=programme_id,
            unit_id=unit_id,
            due_on=due_on,
            ask=typed.text("ask"),
        )
        return url_for("assignments.show", assignment_id=row.id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _assign_page(acting, load_case(acting, case_id), typed=typed, problem=problem)

    return attempt(act, again=again)


def _assign_page(acting: Acting, case: Case, *, typed: Typed, problem: Problem) -> str:
    covering = {row.case_id for row in programmes_for(acting, case)}
    possible = [one for one in programmes(acting) if one.case.id in covering]
    duty = responsible_units(acting.session, category=case.category)
    units = inspectable_units(acting.session)
    return render_template(
        "verification/assign.html",
        case=case,
        title=titles_of(acting, [case])[case.id],
        possible=possible,
        likely=[unit for unit in units if unit.id in duty],
        others=[unit for unit in units if unit.id not in duty],
        typed=typed,
        problem=problem,
    )


# --- checking ----------------------------------------------------------------------------------------------


@route(blueprint, "/assignments/<uuid:assignment_id>", permission=Permission.CASE_READ)
def show(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """One assignment with the unit's replies. Looking is traced."""
    with acting_in(write=True) as acting:
        row = _load(acting, assignment_id)
        facts = {"assignment": row.id.hex}
        acting.trace(Event.CASE_VIEWED, subject_kind="case", subject_id=row.case_id, facts=facts)
        return _page(acting, row, typed=Typed.empty(), problem=NO_PROBLEM)


def _load(acting: Acting, assignment_id: uuid.UUID) -> Assignment:
    row = acting.session.get(Assignment, assignment_id)
    if row is None:
        raise NotHere
    load_case(acting, row.case_id)
    return row


def _page(acting: Acting, row: Assignment, *, typed: Typed, problem: Problem, open_form: str = "") -> str:
    view = view_assignment(acting, row)
    return render_template(
        "verification/assignment.html",
        row=row,
        view=view,
        checking=checking_of(acting, view),
        actions=possible_actions(kind=SubjectKind.ASSIGNMENT, subject=row, actor=acting.actor),
        A=Action,
        findings=list(Finding),
        typed=typed,
        problem=problem,
        open_form=open_form,
    )


def _accept(acting: Acting, assignment_id: uuid.UUID, typed: Typed) -> None:
    row = _load(acting, assignment_id)
    checked = {
        one: Checked(typed.member(f"finding-{one}", Finding), typed.text(f"reasons-{one}"))
        for one in assigning.questions_of(acting, row)
    }
    typed.check()
    assigning.accept_reply(
        acting,
        assignment_id=assignment_id,
        version=typed.version(),
        checked=checked,
        reason=typed.text("reason"),
    )


def _return(acting: Acting, assignment_id: uuid.UUID, typed: Typed) -> None:
    due_on = typed.day("due_on")
    typed.check()
    assigning.return_reply(
        acting, assignment_id=assignment_id, version=typed.version(), note=typed.text("note"), due_on=due_on
    )


def _overrule(acting: Acting, assignment_id: uuid.UUID, typed: Typed) -> None:
    assigning.overrule_hand_back(
        acting, assignment_id=assignment_id, version=typed.version(), note=typed.text("note")
    )


def _withdraw(acting: Acting, assignment_id: uuid.UUID, typed: Typed) -> None:
    assigning.withdraw_assignment(acting, assignment_id=assignment_id, version=typed.version())


_DECISIONS: Mapping[str, tuple[Permission, _Verb]] = {
    "accept": (Permission.ASSIGNMENT_CHECK, _accept),
    "return": (Permission.ASSIGNMENT_CHECK, _return),
    "overrule": (Permission.CASE_ASSIGN, _overrule),
    "withdraw": (Permission.CASE_ASSIGN, _withdraw),
}


@route(
    blueprint,
    '/assignments/<uuid:assignment_id>/<any(accept, "return", overrule, withdraw):decision>',
    permission={permission for permission, _verb in _DECISIONS.values()},
    methods=["POST"],
)
def decide(assignment_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Carry out one decision. Whose it is, the workflow table says."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        _load(acting, assignment_id)
        _DECISIONS[decision][1](acting, assignment_id, typed)
        return url_for("assignments.show", assignment_id=assignment_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            row = _load(acting, assignment_id)
            return _page(acting, row, typed=typed, problem=problem, open_form=decision)

    return attempt(act, again=again)
