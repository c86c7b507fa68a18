"""The plan of a case: writing and proposing a version, approving or returning it, opening it for change."""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.texts import gettext
from verification.audit.events import Event
from verification.domain import planning
from verification.domain.acting import Acting
from verification.domain.casework import read_brief
from verification.domain.dispatch import due_on_for
from verification.domain.planning import PlanFrame, PlanText
from verification.labels import METHODS
from verification.models import Case, Method, NoteKind, Plan, Role, Unit
from verification.policy.permissions import Permission
from verification.queries.cases import units_by_case
from verification.queries.tasks import notes_of
from verification.queries.units import people_with
from verification.web.decisions import Decisions, carry_out, permissions_of
from verification.web.forms import Typed
from verification.web.loaders import load_case, names_of
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.web.words import day, unit_name
from verification.workflow.apply import possible_actions
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("planning", __name__)

_USUAL_METHODS = (Method.INSPECTION, Method.READING)
_USUAL_HOURS = 16


@route(blueprint, "/cases/<uuid:case_id>/plan", permission=Permission.CASE_READ)
def show(case_id: uuid.UUID) -> ResponseReturnValue:
    """The newest version, what may be decided about it, and the versions before. Looking is traced."""
    with acting_in(write=True) as acting:
        case = load_case(acting, case_id)
        acting.trace(Event.CASE_VIEWED, subject_kind="case", subject_id=case.id)
        return _page(acting, case, typed=Typed.empty(), problem=NO_PROBLEM)


def _page(acting: Acting, case: Case, *, typed: Typed, problem: Problem, open_form: str = "") -> str:
    plan = planning.latest_plan(acting, case.id)
    text, frame = planning.read_plan(acting, plan) if plan else (None, None)
    members = text.members if text else ()
    people = {*members, *((plan.written_by, plan.approved_by) if plan else ())}
    return render_template(
        "verification/planning/show.html",
        case=case,
        title=read_brief(acting, case).title,
        plan=plan,
        text=text,
        frame=frame,
        facts=_facts(plan, text, frame, names_of(acting, people), _units(acting, case))
        if plan and text and frame
        else [],
        versions=planning.versions_of(acting, case.id),
        notes=notes_of(acting, case.id, kinds=(NoteKind.RETURN,)),
        actions=possible_actions(kind=SubjectKind.CASE, subject=case, actor=acting.actor),
        A=Action,
        typed=typed,
        problem=problem,
        open_form=open_form,
    )


def _units(acting: Acting, case: Case) -> list[Unit]:
    return units_by_case(acting, [case.id]).get(case.id, [])


def _facts(
    plan: Plan, text: PlanText, frame: PlanFrame, names: dict[uuid.UUID, str], units: list[Unit]
) -> list[tuple[LazyString | str, LazyString | str]]:
    comma = gettext(", ")
    team = [names[person] for person in text.members if person in names]
    pairs = [
        (_l("Objects"), comma.join(unit_name(unit) for unit in units if unit.id in frame.units)),
        (_l("Methods"), comma.join(str(METHODS[method]) for method in frame.methods)),
        (_l("Dates"), gettext("%(first)s to %(last)s", first=day(plan.starts_on), last=day(plan.ends_on))),
        (_l("People planned"), str(plan.people_planned)),
        (_l("Hours on site planned"), str(plan.hours_planned)),
        (_l("Proposed team"), comma.join(team)),
        (_l("Proposed leader"), names.get(text.leader, "") if text.leader else ""),
        (_l("Written by"), names.get(plan.written_by, "")),
        (_l("Approved by"), names.get(plan.approved_by, "") if plan.approved_by else ""),
    ]
    return [(name, value) for name, value in pairs if value]


@route(blueprint, "/cases/<uuid:case_id>/plan/new", permission=Permission.PLAN_WRITE)
def write(case_id: uuid.UUID) -> ResponseReturnValue:
    """The form, filled from the version before, or from the brief for the first one."""
    with acting_in() as acting:
        case = load_case(acting, case_id)
        return _form(acting, case, typed=_first(acting, case), problem=NO_PROBLEM)


@route(blueprint, "/cases/<uuid:case_id>/plan", permission=Permission.PLAN_WRITE, methods=["POST"])
def propose(case_id: uuid.UUID) -> ResponseReturnValue:
    """Write the next version and propose it."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        case = load_case(acting, case_id)
        text, frame = _typed_text(typed), _typed_frame(typed)
        typed.check()
        planning.write_and_propose_plan(
            acting, case_id=case.id, version=typed.version(), text=text, frame=frame
        )
        return url_for("planning.show", case_id=case_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _form(acting, load_case(acting, case_id), typed=typed, problem=problem)

    return attempt(act, again=again)


def _form(acting: Acting, case: Case, *, typed: Typed, problem: Problem) -> str:
    return render_template(
        "verification/planning/write.html",
        case=case,
        brief=read_brief(acting, case),
        units=_units(acting, case),
        methods=list(METHODS.items()),
        inspectors=[
            (str(person.id), person.name) for person in people_with(acting.session, (Role.INSPECTOR,))
        ],
        typed=typed,
        problem=problem,
    )


def _typed_text(typed: Typed) -> PlanText:
    return PlanText(
        content=typed.text("content"),
        objects=typed.text("objects"),
        scope=typed.text("scope"),
        risks=typed.text("risks"),
        leader=typed.one_id("leader"),
        members=tuple(typed.ids("members")),
    )


def _typed_frame(typed: Typed) -> PlanFrame:
    chosen = set(typed.many("methods"))
    return PlanFrame(
        units=tuple(typed.ids("units")),
        methods=tuple(method for method in Method if method.value in chosen),
        unannounced=typed.ticked("unannounced"),
        starts_on=typed.day("starts_on"),
        ends_on=typed.day("ends_on"),
        people=typed.whole("people"),
        hours=typed.whole("hours"),
    )


def _first(acting: Acting, case: Case) -> Typed:
    plan = planning.latest_plan(acting, case.id)
    if plan is not None:
        return _filled(*planning.read_plan(acting, plan))
    units = _units(acting, case)
    claims = read_brief(acting, case).allegations
    today = acting.sealing.day
    text = PlanText(
        content="\n".join(f"{number}. {claim}" for number, claim in enumerate(claims, start=1)),
        objects="",
        scope="",
    )
    frame = PlanFrame(
        units=tuple(unit.id for unit in units),
        methods=_USUAL_METHODS,
        unannounced=True,
        starts_on=today + timedelta(days=1),
        ends_on=due_on_for(acting, case),
        people=acting.rules.number("team-two"),
        hours=_USUAL_HOURS,
    )
    return _filled(text, frame)


def _filled(text: PlanText, frame: PlanFrame) -> Typed:
    return Typed.empty(
        {
            "content": text.content,
            "objects": text.objects,
            "scope": text.scope,
            "risks": text.risks,
            "leader": str(text.leader or ""),
            "members": [str(member) for member in text.members],
            "units": [str(unit) for unit in frame.units],
            "methods": [method.value for method in frame.methods],
            "unannounced": "yes" if frame.unannounced else "",
            "starts_on": frame.starts_on.isoformat() if frame.starts_on else "",
            "ends_on": frame.ends_on.isoformat() if frame.ends_on else "",
            "people": str(frame.people or ""),
            "hours": str(frame.hours or ""),
        }
    )


# --- decisions ---------------------------------------------------------------------------------------------


def _approve(acting: Acting, case_id: uuid.UUID, typed: Typed) -> Plan | Case:
    return planning.approve_plan(acting, case_id=case_id, version=typed.version())


def _return(acting: Acting, case_id: uuid.UUID, typed: Typed) -> Plan | Case:
    return planning.return_plan(acting, case_id=case_id, version=typed.version(), note=typed.text("note"))


def _revise(acting: Acting, case_id: uuid.UUID, typed: Typed) -> Plan | Case:
    return planning.revise_plan(acting, case_id=case_id, version=typed.version())


_DECISIONS: Decisions = {
    "approve": (Permission.PLAN_APPROVE, _approve),
    "return": (Permission.PLAN_APPROVE, _return),
    "revise": (Permission.PLAN_WRITE, _revise),
}


@route(
    blueprint,
    '/cases/<uuid:case_id>/plan/<any(approve, "return", revise):decision>',
    permission=permissions_of(_DECISIONS),
    methods=["POST"],
)
def decide(case_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Approve, return or reopen the newest version. Whose it is, the workflow table says."""
    onward = "planning.write" if decision == "revise" else "planning.show"
    return carry_out(decision, case_id=case_id, among=_DECISIONS, page=_page, onward=onward)
