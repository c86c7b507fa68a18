"""Choosing and sending a team: everybody with what speaks for them and what keeps them away; rulings."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from verification.domain import dispatch, planning
from verification.domain.acting import Acting
from verification.domain.casework import read_brief
from verification.domain.dispatch import due_on_for
from verification.domain.offplan import approved_plan
from verification.domain.teams import Suggestion, suggest_team
from verification.models import Case, Role, Task
from verification.policy.permissions import Permission
from verification.queries.cases import units_by_case
from verification.queries.tasks import team_of
from verification.web.explain import explained_rule
from verification.web.forms import Typed
from verification.web.loaders import load_case, load_task
from verification.web.office import acting_in
from verification.web.plan_forms import people_options
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.web.tasks import task_page

blueprint = Blueprint("dispatch", __name__)


@route(blueprint, "/cases/<uuid:case_id>/team", permission=Permission.TASK_DISPATCH)
def suggest(case_id: uuid.UUID) -> ResponseReturnValue:
    """The proposal, to be confirmed or changed."""
    with acting_in() as acting:
        case = load_case(acting, case_id)
        found = _suggestion(acting, case)
        return _page(acting, case, found=found, typed=_first(acting, case, found), problem=NO_PROBLEM)


@route(blueprint, "/cases/<uuid:case_id>/team", permission=Permission.TASK_DISPATCH, methods=["POST"])
def send(case_id: uuid.UUID) -> ResponseReturnValue:
    """Send the team that was confirmed."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_case(acting, case_id)
        team, leader, due_on = typed.ids("team"), typed.one_id("leader"), typed.day("due_on")
        plan_id, outside = typed.one_id("plan"), typed.ids("outside")
        typed.check()
        task = dispatch.dispatch_task(
            acting,
            case_id=case_id,
            version=typed.version(),
            plan_id=plan_id or uuid.UUID(int=0),
            team=team,
            leader=leader,
            due_on=due_on,
            outside=outside,
        )
        return url_for("tasks.show", task_id=task.id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            case = load_case(acting, case_id)
            return _page(acting, case, found=_suggestion(acting, case), typed=typed, problem=problem)

    return attempt(act, again=again)


_TEAM_OF_TASK = "/tasks/<uuid:task_id>/team"


@route(blueprint, _TEAM_OF_TASK, permission=Permission.TASK_DISPATCH)
def replace(task_id: uuid.UUID) -> ResponseReturnValue:
    """Who could come instead of a member that must keep away."""
    with acting_in() as acting:
        task = load_task(acting, task_id)
        return _replacing(acting, task, typed=None, problem=NO_PROBLEM)


@route(blueprint, _TEAM_OF_TASK, permission=Permission.TASK_DISPATCH, methods=["POST"])
def change(task_id: uuid.UUID) -> ResponseReturnValue:
    """Name the replacement; the task goes on where it stands."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_task(acting, task_id)
        newcomers, leader = typed.ids("team"), typed.one_id("leader")
        typed.check()
        dispatch.replace_members(
            acting, task_id=task_id, version=typed.version(), newcomers=newcomers, leader=leader
        )
        return url_for("tasks.show", task_id=task_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _replacing(acting, load_task(acting, task_id), typed=typed, problem=problem)

    return attempt(act, again=again)


def _replacing(acting: Acting, task: Task, *, typed: Typed | None, problem: Problem) -> str:
    case = load_case(acting, task.case_id)
    team = team_of(acting, task.id)
    staying = [member for member in team if not member.kept_away]
    members = {member.staff_id for member in team}
    found = suggest_team(acting.session, case_id=case.id, clock=acting.clock, count=len(team))
    free = [one for one in found.candidates if one.is_free and one.staff_id not in members]
    missing = max(acting.rules.number("team-two") - len(staying), 0)
    leader = next((member.staff_id for member in staying if member.is_leader), None)
    leader = leader or (staying[0].staff_id if staying else None)
    first: dict[str, str | list[str]] = {
        "team": [str(one.staff_id) for one in free[:missing]],
        "leader": str(leader or ""),
    }
    return render_template(
        "verification/dispatch/replace.html",
        task=task,
        title=read_brief(acting, case).title,
        staying=staying,
        gone=[member for member in team if member.kept_away],
        free=free,
        missing=missing,
        typed=typed or Typed.empty(first),
        problem=problem,
    )


@route(blueprint, "/tasks/<uuid:task_id>/ruling", permission=Permission.TASK_DISPATCH, methods=["POST"])
def rule(task_id: uuid.UUID) -> ResponseReturnValue:
    """The final ruling on a task that was handed back."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        task = load_task(acting, task_id)
        uphold = typed.text("ruling") == "uphold"
        dispatch.rule_on_hand_back(
            acting, task_id=task_id, version=typed.version(), uphold=uphold, note=typed.text("note")
        )
        if uphold:
            return url_for("dispatch.suggest", case_id=task.case_id)
        return url_for("tasks.show", task_id=task_id)

    return attempt(
        act, again=lambda problem: task_page(task_id, typed=typed, problem=problem, open_form="ruling")
    )


def _wanted(acting: Acting, case: Case) -> int:
    plan = planning.latest_plan(acting, case.id)
    least = acting.rules.number("team-two")
    return max(least, plan.people_planned if plan else least)


def _suggestion(acting: Acting, case: Case) -> Suggestion:
    return suggest_team(acting.session, case_id=case.id, clock=acting.clock, count=_wanted(acting, case))


def _first(acting: Acting, case: Case, found: Suggestion) -> Typed:
    """The plan's own proposal where all of it can go, otherwise the queue's."""
    plan = approved_plan(acting, case.id)
    text = planning.read_plan(acting, plan)[0] if plan else None
    free = {one.staff_id for one in found.candidates if one.is_free}
    least = acting.rules.number("team-two")
    team, leader = found.team, found.leader
    if text is not None and len(text.members) >= least and set(text.members) <= free:
        team, leader = text.members, text.leader or text.members[0]
    return Typed.empty(
        {
            "team": [str(member) for member in team],
            "leader": str(leader or ""),
            "outside": [str(guest) for guest in text.outside] if text else [],
            "due_on": due_on_for(acting, case).isoformat(),
        }
    )


def _page(acting: Acting, case: Case, *, found: Suggestion, typed: Typed, problem: Problem) -> str:
    rules = {
        block.rule_id: explained_rule(acting.rules[block.rule_id])
        for one in found.candidates
        for block in one.blocks
        if block.rule_id is not None
    }
    return render_template(
        "verification/dispatch/suggest.html",
        case=case,
        title=read_brief(acting, case).title,
        plan=approved_plan(acting, case.id),
        units=units_by_case(acting, [case.id]).get(case.id, []),
        free=[one for one in found.candidates if one.is_free],
        blocked=[one for one in found.candidates if not one.is_free],
        guests=people_options(acting, case, Role.EXTERNAL),
        least=acting.rules.number("team-two"),
        rules=rules,
        typed=typed,
        problem=problem,
    )
