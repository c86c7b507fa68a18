"""The ledger of cases, one case, and what is decided on its page: docketing and closing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.texts import gettext
from verification.audit.events import Event
from verification.domain import answering, assigning, casework, planning, programmes
from verification.domain.acting import Acting
from verification.domain.asking import is_disputed
from verification.domain.leads import leads_of
from verification.domain.openings import Origin
from verification.domain.paper import signable
from verification.domain.readers import renew_case_key
from verification.domain.reading import take_note
from verification.domain.recusing import requests_of
from verification.domain.referring import referrals_of
from verification.domain.restraint import ReadException, override_rule, read_exceptions
from verification.domain.using import uses_of
from verification.labels import label
from verification.models import Case, CaseState, LeadState, Programme, RecusalState
from verification.policy.codes import CATEGORIES
from verification.policy.embargo import SHOWN_STATE
from verification.policy.permissions import Permission
from verification.queries.assignments import assignments_of
from verification.queries.case_page import CaseView, read_case
from verification.queries.cases import Shelf, Wanted, list_cases
from verification.queries.coordination import items_of
from verification.queries.interference import source_of
from verification.queries.look_backs import look_backs_of
from verification.queries.paging import Cursor
from verification.queries.restraint import SITE_LOAD, Restraint, restraint_of
from verification.queries.units import inspectable_units
from verification.web.clocks import explained_clocks
from verification.web.decisions import Decisions, carry_out, permissions_of
from verification.web.explain import explained_rule
from verification.web.forms import Typed
from verification.web.loaders import load_docketed_case, names_of
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.steps import ELSEWHERE, next_steps, place_of, way_of
from verification.web.words import category_name, day, unit_name
from verification.workflow.apply import possible_actions
from verification.workflow.guards_restraint import QUOTA
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("cases", __name__)

SHELVES: dict[Shelf, LazyString] = {
    Shelf.OPEN: _l("All open"),
    Shelf.DOCKETING: _l("Docketing"),
    Shelf.VERIFYING: _l("Verification"),
    Shelf.CONCLUDING: _l("Conclusion"),
    Shelf.RECTIFYING: _l("Rectification"),
    Shelf.ASSIGNED: _l("Assigned"),
    Shelf.CLOSED: _l("Closed"),
}
WAY_NAMES: dict[str, LazyString] = {
    "docketing": _l("Docket"),
    "planning": _l("Plan"),
    "verifying": _l("Verify"),
    "concluding": _l("Conclude"),
    "rectifying": _l("Put right"),
    "assigned": _l("With the unit"),
    "settled": _l("Answer"),
    "closed": _l("Closed"),
}


# --- the ledger --------------------------------------------------------------------------------------------


@route(blueprint, "/cases", permission=Permission.CASE_LIST)
def ledger() -> ResponseReturnValue:
    """Cases this person can read, newest first, 50 a page."""
    wanted = _wanted()
    with acting_in() as acting:
        page = list_cases(acting, wanted)
        return render_template(
            "verification/cases.html",
            page=page, wanted=wanted, shelves=_tabs(wanted), categories=list(CATEGORIES.items()),
            units=inspectable_units(acting.session),
            newer=_address(wanted, page.before), older=_address(wanted, page.after),
        )  # fmt: skip


def _wanted() -> Wanted:
    asked = request.args
    shelf = asked.get("shelf", "")
    category = asked.get("category", "")
    try:
        unit_id = uuid.UUID(asked.get("unit", ""))
    except ValueError:
        unit_id = None
    return Wanted(
        shelf=Shelf(shelf) if shelf in {one.value for one in Shelf} else Shelf.OPEN,
        category=category if category in CATEGORIES else "",
        unit_id=unit_id,
        cursor=Cursor.parse(asked.get("from", "")),
    )


def _address(wanted: Wanted, cursor: Cursor | None) -> str:
    if cursor is None:
        return ""
    values: dict[str, Any] = {
        "shelf": wanted.shelf.value,
        "category": wanted.category or None,
        "unit": wanted.unit_id,
        "from": str(cursor),
    }
    return url_for("cases.ledger", **values)


def _tabs(wanted: Wanted) -> list[dict[str, Any]]:
    return [
        {
            "href": url_for("cases.ledger", shelf=shelf.value),
            "label": label,
            "current": shelf is wanted.shelf,
        }
        for shelf, label in SHELVES.items()
    ]


# --- one case ----------------------------------------------------------------------------------------------


@route(blueprint, "/cases/<uuid:case_id>", permission=Permission.CASE_READ)
def show(case_id: uuid.UUID) -> ResponseReturnValue:
    """The whole case. Looking at it is traced."""
    with acting_in(write=True) as acting:
        case = load_docketed_case(acting, case_id)
        acting.trace(Event.CASE_VIEWED, subject_kind="case", subject_id=case.id)
        take_note(acting, subject_id=case_id)
        renew_case_key(acting, case)
        return _page(acting, case, typed=Typed.empty(), problem=NO_PROBLEM)


def _page(acting: Acting, case: Case, *, typed: Typed, problem: Problem, open_form: str = "") -> str:
    view = read_case(acting, case)
    allowed = possible_actions(kind=SubjectKind.CASE, subject=case, actor=acting.actor)
    programme = acting.session.get(Programme, case.id)
    hidden = ELSEWHERE if programme is not None else {*ELSEWHERE, Action.END_PROGRAMME}
    if case.programme_id is None and case.state is CaseState.CLOSED:
        hidden = {*hidden, Action.ESCALATE_CASE}
    if case.state is CaseState.VERIFYING and not planning.waits(view.plan):
        hidden = {*hidden, Action.APPROVE_PLAN, Action.RETURN_PLAN}
    actions = () if view.is_secret else tuple(action for action in allowed if action not in hidden)
    shown = SHOWN_STATE if view.is_secret else case.state
    restraint, set_aside = restraint_of(acting, case), read_exceptions(acting, case.id)
    searcher = restraint.search.searched_by if restraint.search else None
    names = names_of(acting, {*view.people(), searcher, *(one.row.made_by for one in set_aside)})
    return render_template(
        "verification/case.html",
        view=view, case=case, actions=actions, steps=next_steps(case.id, actions), restraint=restraint,
        typed=typed, problem=problem, open_form=open_form, names=names,
        clocks=explained_clocks(acting, view.clocks), way=_way(case, shown), shown_state=shown,
        A=Action, facts=_facts(view),
        helping=[] if view.is_secret else items_of(acting, case.id),
        people=_people(view, names), programme=programme, referrals=len(referrals_of(acting, case.id)),
        open_leads=sum(one.state is LeadState.NOTED for one in leads_of(acting, case.id)),
        uses=len(uses_of(acting, case.id)), interference=source_of(acting, case.id),
        recusals=sum(one.state is RecusalState.ASKED for one in requests_of(acting, case.id)),
        disputed=is_disputed(acting, case.id), look_backs=look_backs_of(acting, case.id),
        assignments=assignments_of(acting, case.id), paper_possible=bool(signable(acting, case)),
        set_aside=[(one, explained_rule(acting.rules[one.row.rule_id])) for one in set_aside],
        may_override=_may_override(acting, case, restraint, set_aside), quota=acting.rules.number(QUOTA),
        load_rule=explained_rule(acting.rules[SITE_LOAD]),
    )  # fmt: skip


def _facts(view: CaseView) -> list[tuple[LazyString | str, LazyString | str]]:
    case = view.case
    units = gettext(", ").join(unit_name(unit) for unit in view.units)
    pairs: list[tuple[LazyString | str, LazyString | str]] = [
        (_l("Units"), units),
        (_l("Type"), label(case.case_type)),
        (_l("Comes from"), label(case.source)),
        (_l("Opened on the paper of"), _paper_of(view.origin)),
        (_l("Content (Art. 4)"), label(case.content_basis) if case.content_basis else ""),
        (_l("Category"), category_name(case.category)),
        (_l("Priority"), label(case.priority)),
        (_l("Town"), unit_name(view.town)),
    ]
    return [(name, value) for name, value in pairs if value]


def _paper_of(origin: Origin | None) -> str:
    """From whom, number and day of the paper that the case rests on."""
    if origin is None:
        return ""
    return " · ".join(part for part in (origin.from_whom, origin.number, day(origin.day)) if part)


def _people(view: CaseView, names: Mapping[uuid.UUID, str]) -> list[tuple[LazyString | str, str]]:
    case = view.case
    docketed = _and_day(case.docketed_by, case.docketed_at, names)
    pairs: list[tuple[LazyString | str, str]] = [
        (_l("Opened by"), f"{names[case.opened_by]} · {day(case.opened_on)}"),
        (_l("Proposed by"), names[case.proposed_by] if case.proposed_by else ""),
        (_l("Endorsed by"), names[case.endorsed_by] if case.endorsed_by else ""),
        (_l("Docketed by"), docketed),
        (_l("Closed"), day(case.closed_at)),
    ]
    return [(name, value) for name, value in pairs if value]


def _and_day(person: uuid.UUID | None, moment: datetime | None, names: Mapping[uuid.UUID, str]) -> str:
    return "" if person is None else f"{names[person]} · {day(moment)}"


def _may_override(
    acting: Acting, case: Case, restraint: Restraint, set_aside: Sequence[ReadException]
) -> bool:
    """Whether this person can set the quota aside here and now."""
    done = any(one.row.rule_id == QUOTA for one in set_aside)
    stands = case.state is CaseState.PROPOSED and bool(restraint.over_quota) and not done
    return stands and acting.actor.may(Permission.RULE_OVERRIDE)


def _way(case: Case, state: CaseState) -> list[tuple[LazyString, str, str]]:
    here = place_of(case, state)
    closed = case.state is CaseState.CLOSED
    return [
        (WAY_NAMES[name], "done" if index < here or closed else "now" if index == here else "next", "")
        for index, (name, _states) in enumerate(way_of(case))
    ]


# --- decisions ---------------------------------------------------------------------------------------------


def _propose(acting: Acting, case_id: uuid.UUID, typed: Typed) -> None:
    casework.propose_docketing(
        acting, case_id=case_id, version=typed.version(), overlap_reason=typed.text("overlap_reason"),
        duty_basis=typed.text("duty_basis"),
    )  # fmt: skip


def _override(acting: Acting, case_id: uuid.UUID, typed: Typed) -> None:
    override_rule(
        acting, case_id=case_id, version=typed.version(), rule_id=QUOTA, reason=typed.text("reason")
    )


def _endorse(acting: Acting, case_id: uuid.UUID, typed: Typed) -> None:
    casework.endorse_docketing(acting, case_id=case_id, version=typed.version(), note=typed.text("note"))


def _approve(acting: Acting, case_id: uuid.UUID, typed: Typed) -> None:
    casework.approve_docketing(acting, case_id=case_id, version=typed.version())


def _return(acting: Acting, case_id: uuid.UUID, typed: Typed) -> None:
    casework.return_docketing(acting, case_id=case_id, version=typed.version(), note=typed.text("note"))


def _escalate(acting: Acting, case_id: uuid.UUID, typed: Typed) -> None:
    assigning.escalate_case(acting, case_id=case_id, version=typed.version(), note=typed.text("note"))


def _end(acting: Acting, case_id: uuid.UUID, typed: Typed) -> None:
    programmes.end_programme(acting, case_id=case_id, version=typed.version())


def _close(acting: Acting, case_id: uuid.UUID, typed: Typed) -> None:
    answering.close_case(acting, case_id=case_id, version=typed.version())


_DECISIONS: Decisions = {
    "propose": (Permission.CASE_PROPOSE, _propose),
    "endorse": (Permission.CASE_ENDORSE, _endorse),
    "approve": (Permission.DOCKET_APPROVE, _approve),
    "return": (Permission.DOCKET_APPROVE, _return),
    "close": (Permission.CASE_CLOSE, _close),
    "escalate": (Permission.CASE_ASSIGN, _escalate),
    "end": (Permission.CASE_ASSIGN, _end),
    "override": (Permission.RULE_OVERRIDE, _override),
}


@route(
    blueprint,
    "/cases/<uuid:case_id>"
    '/<any(propose, endorse, approve, "return", close, escalate, end, override):decision>',
    permission=permissions_of(_DECISIONS),
    methods=["POST"],
)
def decide(case_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Carry out one decision. Whose it is, the workflow table says, and refuses with its rule."""
    return carry_out(decision, case_id=case_id, among=_DECISIONS, page=_page, onward="cases.show")
