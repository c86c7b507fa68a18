"""The register of numbers: what was given out in a year, what is void and why, what was skipped."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from verification.documents import register
from verification.documents.listing import readable_documents
from verification.domain.acting import Acting
from verification.models import VoidReason
from verification.policy.permissions import Permission
from verification.web.forms import Typed
from verification.web.loaders import names_of
from verification.web.office import acting_in, office
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt

blueprint = Blueprint("document_numbers", __name__)


@route(blueprint, "/document-numbers", permission=Permission.DOCUMENT_NUMBER)
def show() -> ResponseReturnValue:
    """One year's numbers; this year's where none is asked for."""
    with acting_in() as acting:
        return _page(acting, typed=Typed.empty(), problem=NO_PROBLEM)


@route(blueprint, "/document-numbers", permission=Permission.DOCUMENT_NUMBER, methods=["POST"])
def void() -> ResponseReturnValue:
    """A number stands for no document."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        year, number, reason = typed.whole("year"), typed.whole("number"), typed.member("reason", VoidReason)
        typed.check()
        register.void_number(acting, mark=typed.text("mark"), year=year, number=number, reason=reason)
        return url_for("document_numbers.show", year=year)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _page(acting, typed=typed, problem=problem)

    return attempt(act, again=again)


def _page(acting: Acting, *, typed: Typed, problem: Problem) -> str:
    asked = request.args.get("year", "")
    this_year = acting.sealing.day.year
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else this_year
    rows = register.numbers_of(acting, year)
    return render_template(
        "verification/documents/numbers.html",
        year=year,
        years=register.years_of(acting),
        rows=rows,
        gaps=register.gaps_in(rows),
        kinds=readable_documents(acting, [row.document_id for row in rows]),
        names=names_of(acting, [person for row in rows for person in (row.taken_by, row.voided_by)]),
        mark=office().press.office.mark,
        reasons=list(VoidReason),
        typed=typed,
        problem=problem,
    )
