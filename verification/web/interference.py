"""Obstruction and retaliation: the list of both, and opening the urgent case about an obstruction.

Source: Reg. art. 25, 26; issue 4 "Obstruction and retaliation open their own records and a P1 case".
"""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from verification.domain.acting import Acting
from verification.domain.interfering import open_for_record
from verification.errors import NotHere
from verification.models import FieldRecord
from verification.policy.permissions import Permission
from verification.queries.interference import list_interference
from verification.web.loaders import load_case
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt

blueprint = Blueprint("interference", __name__)


@route(blueprint, "/interference", permission=Permission.OFFICE_WEAK_SPOTS)
def show() -> ResponseReturnValue:
    """Those that this person may know of; what waits for its case first."""
    return _page(NO_PROBLEM)


@route(
    blueprint, "/records/<uuid:record_id>/case", permission=Permission.CASE_DRAFT, methods=["POST"]
)  # fmt: skip
def open_case(record_id: uuid.UUID) -> ResponseReturnValue:
    """Open the case about an obstruction that the team recorded."""

    def act(acting: Acting) -> str:
        record = acting.session.get(FieldRecord, record_id)
        if record is None:
            raise NotHere
        load_case(acting, record.case_id)
        case = open_for_record(acting, record_id=record_id)
        return url_for("cases.show", case_id=case.id)

    return attempt(act, again=_page)


def _page(problem: Problem) -> ResponseReturnValue:
    with acting_in() as acting:
        return render_template(
            "verification/interference.html", rows=list_interference(acting), problem=problem
        )
