"""Answering an informant, question by question. Source: 1-mission journey 8; 2-domain §5 "handled"."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.models import Tip
from verification.domain import answering
from verification.domain.acting import Acting
from verification.domain.findings import read_allegations
from verification.errors import NotHere
from verification.policy.permissions import Permission
from verification.queries.cases import titles_of
from verification.queries.tips import read_tip
from verification.web.forms import Typed
from verification.web.loaders import load_case, load_tip
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt

blueprint = Blueprint("answers", __name__)


@route(blueprint, "/tips/<uuid:tip_id>/answer", permission=Permission.TIP_ANSWER)
def write(tip_id: uuid.UUID) -> ResponseReturnValue:
    """One field for each point, beside what was written and what was found."""
    with acting_in() as acting:
        return _page(acting, load_tip(acting, tip_id), typed=Typed.empty(), problem=NO_PROBLEM)


@route(blueprint, "/tips/<uuid:tip_id>/answer", permission=Permission.TIP_ANSWER, methods=["POST"])
def send(tip_id: uuid.UUID) -> ResponseReturnValue:
    """Put the answer into the mailbox."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        tip = load_tip(acting, tip_id)
        points = {
            row.row.id: typed.text(f"point-{row.row.id}")
            for row in read_allegations(acting, load_case(acting, _case_id(tip)))
        }
        answering.answer_informant(
            acting, tip_id=tip_id, version=typed.version(), points=points, closing=typed.text("closing")
        )
        return url_for("tips.show", tip_id=tip_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _page(acting, load_tip(acting, tip_id), typed=typed, problem=problem)

    return attempt(act, again=again)


def _page(acting: Acting, tip: Tip, *, typed: Typed, problem: Problem) -> str:
    case = load_case(acting, _case_id(tip))
    return render_template(
        "verification/answer.html",
        tip=tip, view=read_tip(acting, tip), case=case, title=titles_of(acting, [case])[case.id],
        allegations=read_allegations(acting, case), typed=typed, problem=problem,
    )  # fmt: skip


def _case_id(tip: Tip) -> uuid.UUID:
    """Only tips of a case are answered like this."""
    if tip.case_id is None:
        raise NotHere
    return tip.case_id
