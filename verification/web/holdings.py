"""Papers and samples of a task: asked for, received, given back; and the true names behind code names."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TypeAlias

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from verification.audit.events import Event
from verification.domain import holdings
from verification.domain.acting import Acting
from verification.domain.casework import read_brief
from verification.domain.holdings import Request
from verification.domain.witnesses import read_witnesses
from verification.errors import NotHere
from verification.models import Holding, Task, TaskMember
from verification.policy.deadlines import light_of
from verification.policy.permissions import Permission
from verification.queries.cases import units_by_case
from verification.web.forms import Typed
from verification.web.loaders import load_case, load_task, names_of
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.workflow.apply import possible_actions
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("holdings", __name__)

_Verb: TypeAlias = Callable[[Acting, uuid.UUID, Typed], object]
#: How long a unit usually gets to supply papers; a date to start from.
_USUAL_DAYS = 3
_OF_TASK = "/tasks/<uuid:task_id>/papers"


@route(blueprint, _OF_TASK, permission=(Permission.TASK_WORK, Permission.CASE_READ))
def of_task(task_id: uuid.UUID) -> ResponseReturnValue:
    """What the team waits for and holds. Looking is traced."""
    with acting_in(write=True) as acting:
        task = load_task(acting, task_id)
        acting.trace(Event.CASE_VIEWED, subject_kind="case", subject_id=task.case_id)
        return _page(acting, task, typed=Typed.empty(), problem=NO_PROBLEM)


@route(blueprint, _OF_TASK, permission=Permission.TASK_WORK, methods=["POST"])
def ask(task_id: uuid.UUID) -> ResponseReturnValue:
    """Write down what the unit was asked for."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_task(acting, task_id)
        request = Request(
            what=typed.text("what"),
            unit_id=typed.one_id("unit"),
            due_on=typed.day("due_on"),
            remarks=typed.text("remarks"),
        )
        typed.check()
        holdings.ask_for_papers(acting, task_id=task_id, request=request)
        return url_for("holdings.of_task", task_id=task_id)

    return attempt(act, again=lambda problem: _again(task_id, typed, problem, "ask"))


def _receive(acting: Acting, holding_id: uuid.UUID, typed: Typed) -> None:
    received_on, back_on = typed.day("received_on"), typed.day("back_on")
    typed.check()
    holdings.receive(
        acting,
        holding_id=holding_id,
        version=typed.version(),
        originals=typed.text("what_came") == "originals",
        received_on=received_on,
        back_on=back_on,
    )


def _end(acting: Acting, holding_id: uuid.UUID, typed: Typed) -> None:
    action = _ENDINGS.get(typed.text("ending"))
    ended_on = typed.day("ended_on")
    if action is None:
        typed.errors["note"] = _l("Please choose one from the list.")
    typed.check()
    assert action is not None
    holdings.end_holding(
        acting,
        holding_id=holding_id,
        version=typed.version(),
        action=action,
        note=typed.text("note"),
        ended_on=ended_on,
    )


_ENDINGS: Mapping[str, Action] = {
    "return": Action.RETURN_HOLDING,
    "keep": Action.KEEP_HOLDING,
    "denied": Action.NOTE_DENIAL,
}
_DECISIONS: Mapping[str, _Verb] = {"receive": _receive, "end": _end}


@route(
    blueprint,
    "/papers/<uuid:holding_id>/<any(receive, end):decision>",
    permission=Permission.TASK_WORK,
    methods=["POST"],
)
def decide(holding_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Received, given back, kept, or not supplied."""
    typed = Typed.sent()
    with acting_in() as acting:
        task_id = _load(acting, holding_id).task_id

    def act(acting: Acting) -> str:
        _load(acting, holding_id)
        _DECISIONS[decision](acting, holding_id, typed)
        return url_for("holdings.of_task", task_id=task_id)

    return attempt(act, again=lambda problem: _again(task_id, typed, problem, f"{decision}-{holding_id}"))


@route(blueprint, "/tasks/<uuid:task_id>/witnesses", permission=Permission.TASK_WORK)
def witnesses(task_id: uuid.UUID) -> ResponseReturnValue:
    """True names behind code names, for the team alone; every look is traced."""
    with acting_in(write=True) as acting:
        task = load_task(acting, task_id)
        if acting.session.get(TaskMember, (task_id, acting.staff_id)) is None:
            raise NotHere
        return render_template(
            "verification/tasks/witnesses.html",
            task=task,
            title=read_brief(acting, load_case(acting, task.case_id)).title,
            witnesses=read_witnesses(acting, task),
        )


def _load(acting: Acting, holding_id: uuid.UUID) -> Holding:
    row = acting.session.get(Holding, holding_id)
    if row is None:
        raise NotHere
    load_task(acting, row.task_id)
    return row


def _again(task_id: uuid.UUID, typed: Typed, problem: Problem, open_form: str) -> ResponseReturnValue:
    with acting_in() as acting:
        return _page(acting, load_task(acting, task_id), typed=typed, problem=problem, open_form=open_form)


def _page(acting: Acting, task: Task, *, typed: Typed, problem: Problem, open_form: str = "") -> str:
    rows = holdings.holdings_of(acting, task.id)
    today = acting.sealing.day
    on_team = acting.session.get(TaskMember, (task.id, acting.staff_id)) is not None
    units = units_by_case(acting, [task.case_id]).get(task.case_id, [])
    people = [person for row in rows for person in (row.asked_by, row.received_by, row.ended_by)]
    return render_template(
        "verification/tasks/papers.html",
        task=task,
        title=read_brief(acting, load_case(acting, task.case_id)).title,
        holdings=[
            (
                one,
                possible_actions(kind=SubjectKind.HOLDING, subject=one.row, actor=acting.actor)
                if on_team
                else (),
                light_of(one.due, today=today) if one.due else None,
            )
            for one in holdings.read_holdings(acting, rows)
        ],
        units=units,
        unit_names={unit.id: unit for unit in units},
        names=names_of(acting, people),
        may_ask=on_team and acting.actor.may(Permission.TASK_WORK),
        today=today,
        due_on=today + timedelta(days=_USUAL_DAYS),
        back_on=today + timedelta(days=holdings.USUAL_DAYS),
        A=Action,
        typed=typed,
        problem=problem,
        open_form=open_form,
    )
