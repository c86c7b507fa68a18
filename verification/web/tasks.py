"""One task as its team works it on a phone: what is next, what to verify, what was done, stages."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from verification.audit.events import Event
from verification.domain import dispatch, fieldwork
from verification.domain.acting import Acting
from verification.domain.holdings import OPEN, holdings_of, read_holdings
from verification.domain.rechecks import to_check
from verification.domain.record_forms import RECORD_FORMS
from verification.domain.witnesses import share_witnesses, witnesses_of
from verification.models import Method, Task, TaskMember, TaskState
from verification.policy.permissions import Permission
from verification.policy.recusal import recused_from
from verification.queries.interference import of_records
from verification.queries.tasks import TaskView, read_task
from verification.web import fieldwords
from verification.web.brought import NOTHING_BROUGHT, Brought, without_file_worry
from verification.web.clocks import explained_clocks
from verification.web.forms import Typed
from verification.web.loaders import load_task, names_of
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.workflow.apply import possible_actions
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("tasks", __name__)
for _name, _function in fieldwords.GLOBALS.items():
    blueprint.add_app_template_global(_function, _name)

_AT_WORK = (TaskState.CARRY, TaskState.FOLLOW, TaskState.FIX)


@route(blueprint, "/tasks/<uuid:task_id>", permission=(Permission.TASK_WORK, Permission.CASE_READ))
def show(task_id: uuid.UUID) -> ResponseReturnValue:
    """The task. Looking at it is traced."""
    with acting_in(write=True) as acting:
        task = load_task(acting, task_id)
        acting.trace(
            Event.CASE_VIEWED, subject_kind="case", subject_id=task.case_id, facts={"task": task.id.hex}
        )
        if _is_on_team(acting, task):
            share_witnesses(acting, task)
        return _page(acting, task, typed=Typed.empty(), problem=NO_PROBLEM)


def _is_on_team(acting: Acting, task: Task) -> bool:
    """Whether this person is of the task's team."""
    return acting.session.get(TaskMember, (task.id, acting.staff_id)) is not None


def task_page(
    task_id: uuid.UUID,
    *,
    typed: Typed,
    problem: Problem,
    open_form: str = "",
    kept: Brought = NOTHING_BROUGHT,
) -> ResponseReturnValue:
    """The page again, as the task stands now, with what was typed in the form ``open_form``."""
    with acting_in() as acting:
        task = load_task(acting, task_id)
        return _page(acting, task, typed=typed, problem=problem, open_form=open_form, kept=kept)


def _page(
    acting: Acting,
    task: Task,
    *,
    typed: Typed,
    problem: Problem,
    open_form: str = "",
    kept: Brought = NOTHING_BROUGHT,
) -> str:
    view = read_task(acting, task)
    on_team = any(member.staff_id == acting.staff_id for member in view.team)
    return render_template(
        "verification/tasks/show.html",
        view=view,
        task=task,
        step=view.card.next_step,
        on_team=on_team,
        at_work=on_team and task.state in _AT_WORK and acting.actor.may(Permission.TASK_WORK),
        actions=_actions(acting, task, on_team=on_team),
        hand_back_until=dispatch.hand_back_until(acting, task),
        A=Action,
        kinds=list(RECORD_FORMS),
        plan_methods=[Method(method) for method in view.plan.methods] if view.plan else [],
        exhibits_of={record.row.id: _of_record(view, record.row.id) for record in view.records},
        interference=of_records(acting, [record.row.id for record in view.records]),
        loose=_of_record(view, None),
        away=recused_from(acting.session, case_id=task.case_id),
        to_check=to_check(acting, view.case),
        waiting=read_holdings(acting, [row for row in holdings_of(acting, task.id) if row.state in OPEN]),
        coded=witnesses_of(acting, task.id),
        numbers={exhibit.object_id: exhibit.ordinal for exhibit in view.exhibits},
        names=names_of(acting, {person for record in view.records for person in record.people}),
        clocks=explained_clocks(acting, view.clocks),
        kept=kept.kept(acting),
        typed=typed,
        problem=without_file_worry(problem) if kept is not NOTHING_BROUGHT else problem,
        open_form=open_form,
    )


def _actions(acting: Acting, task: Task, *, on_team: bool) -> set[Action]:
    """What this person may do here: the team works, those who dispatch rule."""
    actions = possible_actions(kind=SubjectKind.TASK, subject=task, actor=acting.actor)
    rulings = {Action.UPHOLD_HAND_BACK, Action.OVERRULE_HAND_BACK, Action.REPLACE_MEMBER}
    return {action for action in actions if on_team or action in rulings}


def _of_record(view: TaskView, record_id: uuid.UUID | None) -> list[object]:
    """Exhibits of one record; None: those of the team that belong to no record."""
    return [
        exhibit
        for exhibit in view.exhibits
        if exhibit.record_id == record_id and exhibit.item_report_id is None
    ]


# --- stages and hand-back ----------------------------------------------------------------------------------


def _sign(acting: Acting, task_id: uuid.UUID, typed: Typed) -> None:
    dispatch.sign_task(acting, task_id=task_id, version=typed.version())


def _hand_back(acting: Acting, task_id: uuid.UUID, typed: Typed) -> None:
    dispatch.hand_back_task(acting, task_id=task_id, version=typed.version(), note=typed.text("note"))


def _follow(acting: Acting, task_id: uuid.UUID, typed: Typed) -> None:
    fieldwork.begin_follow(acting, task_id=task_id, version=typed.version())


def _fix(acting: Acting, task_id: uuid.UUID, typed: Typed) -> None:
    fieldwork.begin_fix(acting, task_id=task_id, version=typed.version())


def _finish(acting: Acting, task_id: uuid.UUID, typed: Typed) -> None:
    fieldwork.finish_task(acting, task_id=task_id, version=typed.version())


_DECISIONS: dict[str, Callable[[Acting, uuid.UUID, Typed], None]] = {
    "sign": _sign,
    "hand-back": _hand_back,
    "follow": _follow,
    "fix": _fix,
    "finish": _finish,
}


@route(
    blueprint,
    '/tasks/<uuid:task_id>/<any(sign, "hand-back", follow, fix, finish):decision>',
    permission=Permission.TASK_WORK,
    methods=["POST"],
)
def decide(task_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Sign, hand back, or go on to the next stage."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_task(acting, task_id)
        _DECISIONS[decision](acting, task_id, typed)
        return url_for("queue.show") if decision == "hand-back" else url_for("tasks.show", task_id=task_id)

    return attempt(
        act, again=lambda problem: task_page(task_id, typed=typed, problem=problem, open_form=decision)
    )
