"""What was found beyond a case: noting it, taking it up as a case of its own, declining it."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.models import Priority
from verification.domain import leads
from verification.domain.acting import Acting
from verification.domain.sources import read_sources
from verification.errors import NotHere
from verification.models import Case, CaseType, DerivedLead, LeadState
from verification.policy.permissions import Permission
from verification.policy.recusal import is_recused
from verification.queries.cases import titles_of
from verification.web.briefs import Desk, brief_page, typed_brief, typed_frame
from verification.web.forms import Typed
from verification.web.loaders import load_case, names_of
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.workflow.apply import possible_actions
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("leads", __name__)


@route(blueprint, "/cases/<uuid:case_id>/leads", permission=Permission.CASE_READ)
def of_case(case_id: uuid.UUID) -> ResponseReturnValue:
    """Everything that was found beyond a case, and what it was itself derived from."""
    with acting_in() as acting:
        return _page(acting, load_case(acting, case_id), typed=Typed.empty(), problem=NO_PROBLEM)


@route(blueprint, "/cases/<uuid:case_id>/leads", permission=Permission.LEAD_NOTE, methods=["POST"])
def note(case_id: uuid.UUID) -> ResponseReturnValue:
    """Note what was found."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_case(acting, case_id)
        records = typed.ids("records")
        typed.check()
        leads.note_lead(
            acting,
            case_id=case_id,
            text=typed.text("text"),
            is_sweep=typed.ticked("sweep"),
            records=records,
        )
        return url_for("leads.of_case", case_id=case_id)

    return attempt(act, again=lambda problem: _again(case_id, typed, problem, "note"))


@route(blueprint, "/leads/<uuid:lead_id>", permission=Permission.CASE_READ)
def show(lead_id: uuid.UUID) -> ResponseReturnValue:
    """Where a notice leads."""
    with acting_in() as acting:
        return redirect(url_for("leads.of_case", case_id=_load(acting, lead_id).case_id))


@route(blueprint, "/leads/<uuid:lead_id>/case", permission=Permission.CASE_DRAFT)
def write(lead_id: uuid.UUID) -> ResponseReturnValue:
    """The brief of the new case, beside what was found."""
    with acting_in() as acting:
        lead = _load(acting, lead_id)
        case = acting.session.get_one(Case, lead.case_id)
        first: dict[str, str | list[str]] = {
            "case_type": (CaseType.SPECIAL if lead.is_sweep else CaseType.VERIFICATION).value,
            "category": case.category,
            "priority": Priority.P3.value,
            "version": str(lead.version),
        }
        return brief_page(acting, _desk(acting, lead), typed=Typed.empty(first), problem=NO_PROBLEM)


@route(blueprint, "/leads/<uuid:lead_id>/case", permission=Permission.CASE_DRAFT, methods=["POST"])
def take_up(lead_id: uuid.UUID) -> ResponseReturnValue:
    """Open the case with what was written."""
    typed = Typed.sent()

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return brief_page(acting, _desk(acting, _load(acting, lead_id)), typed=typed, problem=problem)

    def act(acting: Acting) -> str:
        _load(acting, lead_id)
        frame = typed_frame(typed)
        typed.check()
        case = leads.take_up_lead(
            acting, lead_id=lead_id, version=typed.version(), brief=typed_brief(typed), frame=frame
        )
        return url_for("cases.show", case_id=case.id)

    return again(NO_PROBLEM) if typed.ticked("more") else attempt(act, again=again)


@route(blueprint, "/leads/<uuid:lead_id>/decline", permission=Permission.CASE_DRAFT, methods=["POST"])
def decline(lead_id: uuid.UUID) -> ResponseReturnValue:
    """Say why it is not taken up."""
    typed = Typed.sent()
    with acting_in() as acting:
        case_id = _load(acting, lead_id).case_id

    def act(acting: Acting) -> str:
        _load(acting, lead_id)
        leads.decline_lead(acting, lead_id=lead_id, version=typed.version(), note=typed.text("note"))
        return url_for("leads.of_case", case_id=case_id)

    return attempt(act, again=lambda problem: _again(case_id, typed, problem, f"decline-{lead_id}"))


def readable(acting: Acting, case_id: uuid.UUID | None) -> Case | None:
    """That case, if this person may read it: a link between cases tells nobody of one they may not see."""
    case = acting.session.get(Case, case_id) if case_id else None
    if case is None or not acting.keyring.holds(acting.session, case.key_id):
        return None
    return None if is_recused(acting.session, staff_id=acting.staff_id, case_id=case.id) else case


def _load(acting: Acting, lead_id: uuid.UUID) -> DerivedLead:
    lead = acting.session.get(DerivedLead, lead_id)
    if lead is None:
        raise NotHere
    load_case(acting, lead.case_id)
    return lead


def _desk(acting: Acting, lead: DerivedLead) -> Desk:
    (read,) = leads.read_leads(acting, [lead])
    return Desk(
        views=[],
        address=url_for("leads.take_up", lead_id=lead.id),
        back=url_for("leads.of_case", case_id=lead.case_id),
        lead=read,
    )


def _again(case_id: uuid.UUID, typed: Typed, problem: Problem, open_form: str) -> ResponseReturnValue:
    with acting_in() as acting:
        return _page(acting, load_case(acting, case_id), typed=typed, problem=problem, open_form=open_form)


def _page(acting: Acting, case: Case, *, typed: Typed, problem: Problem, open_form: str = "") -> str:
    rows = leads.leads_of(acting, case.id)
    became = {row.id: readable(acting, row.became_id) for row in rows}
    behind = leads.lead_behind(acting, case.id)
    origin = readable(acting, behind.case_id) if behind else None
    linked = [one for one in (*became.values(), origin) if one is not None]
    sources = [one for one in read_sources(acting, case) if one.kind is not None]
    return render_template(
        "verification/leads.html",
        case=case,
        title=titles_of(acting, [case])[case.id],
        leads=[
            (one, possible_actions(kind=SubjectKind.LEAD, subject=one.row, actor=acting.actor))
            for one in leads.read_leads(acting, rows)
        ],
        became=became,
        origin=origin,
        titles=titles_of(acting, linked) if linked else {},
        records=sources,
        record_of={one.source.id: one for one in sources},
        names=names_of(acting, [person for row in rows for person in (row.found_by, row.decided_by)]),
        S=LeadState,
        A=Action,
        typed=typed,
        problem=problem,
        open_form=open_form,
    )
