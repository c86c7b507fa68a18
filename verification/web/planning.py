"""The plan of a case: writing and proposing a version, approving or returning it, opening it for change."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.texts import gettext
from verification.audit.events import Event
from verification.domain import notifying, planning
from verification.domain.acting import Acting
from verification.domain.casework import read_brief
from verification.domain.embargo import colleagues_outside, let_in
from verification.domain.offplan import approved_plan
from verification.domain.planning import PlanFrame, PlanText
from verification.domain.teams import Readiness, readiness_of
from verification.errors import InvalidInput, Refusal
from verification.labels import METHODS
from verification.models import Case, CaseInsider, InspectionNotice, NoteKind, Plan, Role, Unit
from verification.policy.burden import Burden
from verification.policy.embargo import is_embargoed
from verification.policy.permissions import Permission
from verification.queries.cases import units_by_case
from verification.queries.materials import EarlierMaterial, earlier_materials, same_materials
from verification.queries.tasks import notes_of
from verification.web.decisions import Decisions, carry_out, permissions_of
from verification.web.explain import Explained, explained
from verification.web.forms import Typed
from verification.web.loaders import load_case, names_of
from verification.web.office import acting_in
from verification.web.plan_forms import first_plan, people_options, typed_frame, typed_text
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.web.words import day, unit_name
from verification.workflow.apply import possible_actions
from verification.workflow.guards_plan import BURDEN_WORDS
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("planning", __name__)

_EARLIER_SHOWN = 12


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
    names = names_of(acting, (plan.written_by, plan.approved_by) if plan else ())
    units = _units(acting, case)
    return render_template(
        "verification/planning/show.html",
        case=case,
        title=read_brief(acting, case).title,
        plan=plan,
        text=text,
        frame=frame,
        facts=_facts(plan, text, frame, names, units) if plan and text and frame else [],
        waits=planning.waits(plan),
        is_secret=is_embargoed(acting.session, case.id),
        colleagues=_colleagues(acting, case),
        notices=_notices(acting, case),
        team=_team(acting, case, text) if text else [],
        materials=_materials(acting, case, text, frame) if text and frame else [],
        warnings=_warnings(plan.burdens) if plan else [],
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


def _team(acting: Acting, case: Case, text: PlanText) -> list[tuple[Readiness, LazyString]]:
    """Everybody whom the plan proposes, as they stand today, with what they are in the team."""
    ids = (*text.members, *text.outside)
    found = readiness_of(acting.session, case_id=case.id, staff_ids=ids, day=acting.sealing.day)

    def part(one: Readiness) -> LazyString:
        if one.staff_id in text.outside:
            return _l("Outside member")
        return _l("Leader") if one.staff_id == text.leader else _l("Member")

    return [(one, part(one)) for one in found]


def _materials(
    acting: Acting, case: Case, text: PlanText, frame: PlanFrame
) -> list[tuple[str, list[EarlierMaterial]]]:
    """What the unit is asked for, each with where the same was asked for or supplied before."""
    earlier = earlier_materials(acting, case_id=case.id, units=frame.units) if text.materials else []
    return [(name, same_materials(name, earlier)) for name in text.materials]


def _colleagues(acting: Acting, case: Case) -> list[tuple[str, str]]:
    """Whom this person could let in; nobody where nothing is hidden."""
    names = names_of(acting, colleagues_outside(acting, case.id))
    return sorted(((str(one), name) for one, name in names.items()), key=lambda option: option[1])


def _notices(acting: Acting, case: Case) -> list[tuple[InspectionNotice, str]]:
    """What went out already, with the unit's name."""
    names = {unit.id: unit_name(unit) for unit in _units(acting, case)}
    return [(row, names.get(row.unit_id, "")) for row in notifying.notices_of(acting, case.id)]


def _let_in(acting: Acting, case_id: uuid.UUID, typed: Typed) -> CaseInsider:
    colleague = typed.one_id("colleague")
    typed.check()
    return let_in(acting, case_id=case_id, staff_id=colleague)


def _warnings(burdens: Iterable[str]) -> list[Explained]:
    return explained(Refusal(kind.value, BURDEN_WORDS[kind]) for kind in map(Burden, burdens))


def _facts(
    plan: Plan, text: PlanText, frame: PlanFrame, names: dict[uuid.UUID, str], units: list[Unit]
) -> list[tuple[LazyString | str, LazyString | str]]:
    comma = gettext(", ")
    pairs = [
        (_l("Objects"), comma.join(unit_name(unit) for unit in units if unit.id in frame.units)),
        (_l("Methods"), comma.join(str(METHODS[method]) for method in frame.methods)),
        (_l("Dates"), gettext("%(first)s to %(last)s", first=day(plan.starts_on), last=day(plan.ends_on))),
        (_l("People planned"), str(plan.people_planned)),
        (_l("Hours on site planned"), str(plan.hours_planned)),
        (_l("Scope, as the inspection code shows it"), text.card_scope),
        (_l("Written by"), names.get(plan.written_by, "")),
        (_l("Approved by"), names.get(plan.approved_by, "") if plan.approved_by else ""),
    ]
    return [(name, value) for name, value in pairs if value]


@route(blueprint, "/cases/<uuid:case_id>/plan/new", permission=Permission.PLAN_WRITE)
def write(case_id: uuid.UUID) -> ResponseReturnValue:
    """The form, filled from the version before, or from the brief for the first one."""
    with acting_in() as acting:
        case = load_case(acting, case_id)
        typed = first_plan(acting, case, _units(acting, case))
        return _form(acting, case, typed=typed, problem=NO_PROBLEM)


@route(blueprint, "/cases/<uuid:case_id>/plan", permission=Permission.PLAN_WRITE, methods=["POST"])
def propose(case_id: uuid.UUID) -> ResponseReturnValue:
    """Write the next version and propose it."""
    typed = Typed.sent()
    if typed.ticked("check"):
        return _checked(case_id, typed)

    def act(acting: Acting) -> str:
        case = load_case(acting, case_id)
        text, frame = typed_text(typed), typed_frame(typed)
        typed.check()
        planning.write_and_propose_plan(
            acting, case_id=case.id, version=typed.version(), text=text, frame=frame
        )
        return url_for("planning.show", case_id=case_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _form(acting, load_case(acting, case_id), typed=typed, problem=problem)

    return attempt(act, again=again)


def _checked(case_id: uuid.UUID, typed: Typed) -> ResponseReturnValue:
    """The same form with what the lint says of it; nothing is written."""
    with acting_in() as acting:
        case = load_case(acting, case_id)
        text, frame = typed_text(typed), typed_frame(typed)
        problem = NO_PROBLEM
        try:
            typed.check()
            planning.check_plan(acting, case_id=case.id, text=text, frame=frame)
        except InvalidInput as error:
            problem = Problem(errors=error.errors)
        burdens = planning.burdens_in(acting, text)
        page = _form(acting, case, typed=typed, problem=problem, warnings=_warnings(burdens), checked=True)
        return page, problem.status if problem else 200


def _form(
    acting: Acting,
    case: Case,
    *,
    typed: Typed,
    problem: Problem,
    warnings: Sequence[Explained] = (),
    checked: bool = False,
) -> str:
    units = _units(acting, case)
    earlier = earlier_materials(acting, case_id=case.id, units=[unit.id for unit in units])
    return render_template(
        "verification/planning/write.html",
        case=case,
        brief=read_brief(acting, case),
        units=units,
        methods=list(METHODS.items()),
        inspectors=people_options(acting, case, Role.INSPECTOR),
        guests=people_options(acting, case, Role.EXTERNAL),
        earlier=earlier[:_EARLIER_SHOWN],
        warnings=warnings,
        checked=checked,
        most_people=acting.rules.number(Burden.MEETING.value),
        typed=typed,
        problem=problem,
    )


# --- decisions ---------------------------------------------------------------------------------------------


def _approve(acting: Acting, case_id: uuid.UUID, typed: Typed) -> Plan | Case:
    return planning.approve_plan(acting, case_id=case_id, version=typed.version())


def _return(acting: Acting, case_id: uuid.UUID, typed: Typed) -> Plan | Case:
    return planning.return_plan(acting, case_id=case_id, version=typed.version(), note=typed.text("note"))


def _revise(acting: Acting, case_id: uuid.UUID, typed: Typed) -> Plan | Case:
    return planning.revise_plan(acting, case_id=case_id, version=typed.version())


def _notify(acting: Acting, case_id: uuid.UUID, typed: Typed) -> list[InspectionNotice]:
    plan = approved_plan(acting, case_id)
    materials = planning.read_plan(acting, plan)[0].materials if plan else ()
    return notifying.issue_notice(
        acting, case_id=case_id, version=typed.version(), words=typed.text("words"), materials=materials
    )


_DECISIONS: Decisions = {
    "approve": (Permission.PLAN_APPROVE, _approve),
    "return": (Permission.PLAN_APPROVE, _return),
    "revise": (Permission.PLAN_WRITE, _revise),
    "let-in": (Permission.PLAN_WRITE, _let_in),
    "notice": (Permission.NOTICE_ISSUE, _notify),
}


@route(
    blueprint,
    '/cases/<uuid:case_id>/plan/<any(approve, "return", revise, "let-in", notice):decision>',
    permission=permissions_of(_DECISIONS),
    methods=["POST"],
)
def decide(case_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Approve, return or reopen the newest version, as the table allows; or let a colleague in on it."""
    onward = "planning.write" if decision == "revise" else "planning.show"
    return carry_out(decision, case_id=case_id, among=_DECISIONS, page=_page, onward=onward)
