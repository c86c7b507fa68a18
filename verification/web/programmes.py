"""Standing programmes: the list, and writing one, which is then docketed and planned like any case."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.models import Priority
from verification.domain.acting import Acting
from verification.domain.casework import Brief, CaseFrame
from verification.domain.programmes import Term, open_programme
from verification.labels import CONTENT_BASES
from verification.models import CaseType, ContentBasis
from verification.policy.codes import CATEGORIES
from verification.policy.permissions import Permission
from verification.queries.assignments import programmes
from verification.queries.units import inspectable_units
from verification.web.forms import Typed
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt

blueprint = Blueprint("programmes", __name__)

_FIRST_LINES = 3


@route(blueprint, "/programmes", permission=Permission.CASE_LIST)
def show() -> ResponseReturnValue:
    """Every programme, its term, and how many leads move under it."""
    with acting_in() as acting:
        return render_template(
            "verification/programmes.html", rows=programmes(acting), today=acting.sealing.day
        )


@route(blueprint, "/programmes/new", permission=Permission.CASE_DRAFT)
def write() -> ResponseReturnValue:
    """The form."""
    with acting_in() as acting:
        return _page(acting, typed=Typed.empty(), problem=NO_PROBLEM)


@route(blueprint, "/programmes/new", permission=Permission.CASE_DRAFT, methods=["POST"])
def save() -> ResponseReturnValue:
    """Write the programme as a draft case."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        term = Term(
            starts_on=typed.day("starts_on"),
            ends_on=typed.day("ends_on"),
            categories=tuple(typed.many("categories")),
        )
        frame = CaseFrame(
            case_type=CaseType.ROUTINE,
            content_basis=typed.member("content_basis", ContentBasis),
            category=typed.text("category"),
            priority=Priority.P3,
            town_id=None,
            unit_ids=tuple(typed.ids("units")),
        )
        typed.check()
        brief = Brief(
            title=typed.text("title"),
            text=typed.text("brief"),
            allegations=tuple(typed.many("allegation")),
        )
        return url_for("cases.show", case_id=open_programme(acting, brief=brief, frame=frame, term=term).id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _page(acting, typed=typed, problem=problem)

    return attempt(act, again=again)


def _page(acting: Acting, *, typed: Typed, problem: Problem) -> str:
    lines = [line for line in typed.many("allegation") if line.strip()]
    return render_template(
        "verification/programme.html",
        typed=typed,
        problem=problem,
        lines=[*lines, *[""] * max(_FIRST_LINES - len(lines), 1)],
        units=inspectable_units(acting.session),
        categories=list(CATEGORIES.items()),
        bases=list(CONTENT_BASES.items()),
    )
