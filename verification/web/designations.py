"""Designated departments: all of them, and those of one case, with what may be done about each."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TypeAlias

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from verification.designation_words import DESIGNATION_DUTIES
from verification.domain import designating
from verification.domain.acting import Acting
from verification.domain.designating import DesignationFrame, Wording
from verification.errors import NotHere
from verification.models import Case, Designation, DesignationDuty, UnitKind
from verification.policy.codes import CATEGORIES
from verification.policy.permissions import Permission
from verification.queries.cases import titles_of, units_by_case
from verification.queries.designations import all_designations, case_designations
from verification.queries.units import inspectable_units
from verification.web.forms import Typed
from verification.web.loaders import load_docketed_case, names_of
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.workflow.apply import possible_actions
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("designations", __name__)

_USUAL_DAYS = 90

_Verb: TypeAlias = Callable[[Acting, uuid.UUID, Typed], object]


@route(blueprint, "/designations", permission=Permission.CASE_LIST)
def overview() -> ResponseReturnValue:
    """Every designation of the cases this person can read, and whether it runs."""
    with acting_in() as acting:
        return render_template("verification/designations.html", lines=all_designations(acting))


@route(blueprint, "/designations/<uuid:designation_id>", permission=Permission.CASE_READ)
def show(designation_id: uuid.UUID) -> ResponseReturnValue:
    """Where a notice leads: the page of its case."""
    with acting_in() as acting:
        case_id = _load(acting, designation_id).case_id
    return redirect(url_for("designations.of_case", case_id=case_id))


@route(blueprint, "/cases/<uuid:case_id>/designations", permission=Permission.CASE_READ)
def of_case(case_id: uuid.UUID) -> ResponseReturnValue:
    """Those made within a case, and the form for another."""
    with acting_in() as acting:
        case = load_docketed_case(acting, case_id)
        return _page(acting, case, typed=_first(acting), problem=NO_PROBLEM)


@route(
    blueprint,
    "/cases/<uuid:case_id>/designations",
    permission=Permission.DESIGNATION_WRITE,
    methods=["POST"],
)
def write(case_id: uuid.UUID) -> ResponseReturnValue:
    """Write one and lay it before the head."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_docketed_case(acting, case_id)
        frame = DesignationFrame(
            unit_id=typed.one_id("unit"),
            duty=typed.member("duty", DesignationDuty),
            starts_on=typed.day("starts_on"),
            ends_on=typed.day("ends_on"),
            wide=typed.ticked("wide"),
            categories=tuple(typed.many("categories")),
            units=tuple(typed.ids("units")),
            number=typed.text("number"),
        )
        wording = Wording(typed.text("matter"), typed.text("scope"), typed.text("duty_words"))
        typed.check()
        designating.write_designation(acting, case_id=case_id, wording=wording, frame=frame)
        return url_for("designations.of_case", case_id=case_id)

    return attempt(act, again=lambda problem: _again(case_id, typed, problem, "write"))


def _make(acting: Acting, designation_id: uuid.UUID, typed: Typed) -> None:
    designating.make_designation(acting, designation_id=designation_id, version=typed.version())


def _return(acting: Acting, designation_id: uuid.UUID, typed: Typed) -> None:
    designating.return_designation(
        acting, designation_id=designation_id, version=typed.version(), note=typed.text("note")
    )


def _revoke(acting: Acting, designation_id: uuid.UUID, typed: Typed) -> None:
    designating.revoke_designation(
        acting, designation_id=designation_id, version=typed.version(), note=typed.text("note")
    )


_DECISIONS: Mapping[str, _Verb] = {"make": _make, "return": _return, "revoke": _revoke}


@route(
    blueprint,
    '/designations/<uuid:designation_id>/<any(make, "return", revoke):decision>',
    permission=Permission.DESIGNATION_MAKE,
    methods=["POST"],
)
def decide(designation_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """The government makes, returns or revokes it."""
    typed = Typed.sent()
    with acting_in() as acting:
        case_id = _load(acting, designation_id).case_id

    def act(acting: Acting) -> str:
        _load(acting, designation_id)
        _DECISIONS[decision](acting, designation_id, typed)
        return url_for("designations.of_case", case_id=case_id)

    return attempt(act, again=lambda problem: _again(case_id, typed, problem, f"{decision}-{designation_id}"))


def _first(acting: Acting) -> Typed:
    today = acting.sealing.day
    return Typed.empty(
        {
            "starts_on": today.isoformat(),
            "ends_on": (today + timedelta(days=_USUAL_DAYS)).isoformat(),
            "duty": DesignationDuty.TAKE_PART.value,
        }
    )


def _again(case_id: uuid.UUID, typed: Typed, problem: Problem, open_form: str) -> ResponseReturnValue:
    with acting_in() as acting:
        return _page(
            acting, load_docketed_case(acting, case_id), typed=typed, problem=problem, open_form=open_form
        )


def _page(acting: Acting, case: Case, *, typed: Typed, problem: Problem, open_form: str = "") -> str:
    title = titles_of(acting, [case])[case.id]
    found = case_designations(acting, case, title=title)
    objects = inspectable_units(acting.session)
    inspected = {unit.id for unit in units_by_case(acting, [case.id]).get(case.id, [])}
    return render_template(
        "verification/case_designations.html",
        case=case,
        title=title,
        found=[
            (
                line,
                read,
                possible_actions(kind=SubjectKind.DESIGNATION, subject=line.row, actor=acting.actor),
            )
            for line, read in found
        ],
        names=names_of(acting, [one for line, _read in found for one in _people(line.row)]),
        departments=[
            unit for unit in objects if unit.kind is UnitKind.DEPARTMENT and unit.id not in inspected
        ],
        objects=objects,
        categories=list(CATEGORIES.items()),
        duties=list(DESIGNATION_DUTIES.items()),
        A=Action,
        typed=typed,
        problem=problem,
        open_form=open_form,
    )


def _people(row: Designation) -> tuple[uuid.UUID | None, ...]:
    return row.written_by, row.made_by, row.ended_by


def _load(acting: Acting, designation_id: uuid.UUID) -> Designation:
    row = acting.session.get(Designation, designation_id)
    if row is None:
        raise NotHere
    load_docketed_case(acting, row.case_id)
    return row
