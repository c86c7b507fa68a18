"""Opening a case that no tip began, with the paper that it rests on: the form and what it sends.

Source: issue 4 "Cases of all five types".
"""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from portal.models import Priority
from verification.domain.acting import Acting
from verification.domain.openings import SOURCES, open_from_paper
from verification.models import CaseSource, CaseType
from verification.policy.permissions import Permission
from verification.web.briefs import Desk, brief_page, typed_brief, typed_frame, typed_paper
from verification.web.forms import Typed
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt

blueprint = Blueprint("openings", __name__)


@route(blueprint, "/cases/new", permission=Permission.CASE_DRAFT)
def write() -> ResponseReturnValue:
    """The form; ``?source=`` chooses where the case comes from."""
    asked = request.args.get("source", "")
    source = asked if asked in {one.value for one in SOURCES} else ""
    # A leader's instruction is important by default (2-domain §3, priorities).
    urgent = source == CaseSource.INSTRUCTION
    first = {
        "source": source,
        "priority": (Priority.P2 if urgent else Priority.P3).value,
        "case_type": CaseType.SPECIAL.value,
    }
    with acting_in() as acting:
        return brief_page(acting, _desk(), typed=Typed.empty(dict(first)), problem=NO_PROBLEM)


@route(blueprint, "/cases/new", permission=Permission.CASE_DRAFT, methods=["POST"])
def save() -> ResponseReturnValue:
    """Open the case with what was written."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        frame = typed_frame(typed)
        source, origin = typed_paper(typed)
        typed.check()
        case = open_from_paper(
            acting, source=source, origin=origin, brief=typed_brief(typed), frame=frame
        )  # fmt: skip
        return url_for("cases.show", case_id=case.id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return brief_page(acting, _desk(), typed=typed, problem=problem)

    return again(NO_PROBLEM) if typed.ticked("more") else attempt(act, again=again)


def _desk() -> Desk:
    return Desk(views=[], address=url_for("openings.save"), back=url_for("cases.ledger"), on_paper=True)
