"""One signed paper that dockets a list of cases: recorded once, compared and confirmed as a whole."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.crypto.header import ObjectKind
from verification.domain import paper_lists
from verification.domain.acting import Acting
from verification.domain.paper_lists import DOCKETED_BY, ListRefused
from verification.errors import Refusal
from verification.models import Case, PaperAct, Role
from verification.policy.permissions import ROLE_PERMISSIONS, Permission
from verification.queries.boards import cases_in
from verification.queries.cases import CaseRow, titles_of
from verification.queries.files import view_paper
from verification.queries.units import people_with
from verification.web.brought import NOTHING_BROUGHT, Brought, without_file_worry
from verification.web.forms import Typed
from verification.web.loaders import load_docketed_case, names_of
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt

blueprint = Blueprint("paper_lists", __name__)

_FILES: Final = {"scan": ObjectKind.EXHIBIT}
_SIGNERS = tuple(role for role in Role if Permission.DOCKET_APPROVE in ROLE_PERMISSIONS[role])


@route(blueprint, "/papers/list", permission=Permission.PAPER_RECORD)
def write() -> ResponseReturnValue:
    """The form: proposals and drafts to tick, who signed, the scan."""
    with acting_in() as acting:
        return _page(acting, typed=Typed.empty(), problem=NO_PROBLEM)


@route(blueprint, "/papers/list", permission=Permission.PAPER_RECORD, methods=["POST"], files=_FILES)
def record() -> ResponseReturnValue:
    """Record the paper for every case that was ticked."""
    typed, brought = Typed.sent(), Brought.sent(*_FILES)

    def act(acting: Acting) -> str:
        case_ids, signed_by, signed_on = typed.ids("cases"), typed.one_id("signed_by"), typed.day("signed_on")
        typed.check()
        for case_id in case_ids:
            load_docketed_case(acting, case_id)
        scans = brought.opened(acting)
        rows = paper_lists.record_list(
            acting, case_ids=case_ids, signed_by=signed_by, signed_on=signed_on,
            scan=scans[-1] if scans else None,
        )  # fmt: skip
        return url_for("paper_lists.show", list_id=rows[0].list_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _page(acting, typed=typed, problem=problem, kept=brought)

    return attempt(act, again=again)


def _page(acting: Acting, *, typed: Typed, problem: Problem, kept: Brought = NOTHING_BROUGHT) -> str:
    return render_template(
        "verification/paper_list.html",
        rows=_waiting(acting),
        signers=[(str(person.id), person.name) for person in people_with(acting.session, _SIGNERS)],
        typed=typed,
        problem=without_file_worry(problem),
        kept=kept.kept(acting),
        today=acting.sealing.day,
    )


def _waiting(acting: Acting) -> list[CaseRow]:
    """Cases that one paper may docket, proposals first."""
    rows = cases_in(acting, tuple(DOCKETED_BY))
    order = list(DOCKETED_BY)
    return sorted(rows, key=lambda row: order.index(row.state))


# --- the second person -------------------------------------------------------------------------------------


@route(blueprint, "/papers/list/<uuid:list_id>", permission=Permission.PAPER_RECORD)
def show(list_id: uuid.UUID) -> ResponseReturnValue:
    """Scan and cases side by side, for the second person."""
    with acting_in() as acting:
        return _list_page(acting, list_id, problem=NO_PROBLEM)


@route(
    blueprint,
    "/papers/list/<uuid:list_id>/<any(confirm, refuse):decision>",
    permission=Permission.PAPER_RECORD,
    methods=["POST"],
)
def decide(list_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Confirm, and every case is docketed or none; or refuse, and the records go."""
    against: dict[uuid.UUID, tuple[Refusal, ...]] = {}

    def act(acting: Acting) -> str:
        _load(acting, list_id)
        if decision == "refuse":
            paper_lists.refuse_list(acting, list_id=list_id)
            return url_for("approvals.show")
        try:
            paper_lists.confirm_list(acting, list_id=list_id)
        except ListRefused as refused:
            against.update(refused.by_case)
            raise
        return url_for("paper_lists.show", list_id=list_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _list_page(acting, list_id, problem=problem, against=against)

    return attempt(act, again=again)


def _load(acting: Acting, list_id: uuid.UUID) -> list[tuple[PaperAct, Case]]:
    """The records of a paper and their cases, all of which this person must be able to read."""
    papers = paper_lists.papers_of(acting, list_id)
    return [(row, load_docketed_case(acting, row.case_id)) for row in papers]


def _list_page(
    acting: Acting,
    list_id: uuid.UUID,
    *,
    problem: Problem,
    against: Mapping[uuid.UUID, tuple[Refusal, ...]] | None = None,
) -> str:
    found = _load(acting, list_id)
    first = found[0][0]
    return render_template(
        "verification/paper_list_confirm.html",
        list_id=list_id,
        paper=first,
        found=found,
        titles=titles_of(acting, [case for _row, case in found]),
        against=against or {},
        names=names_of(acting, [first.signed_by, first.recorded_by]),
        scan=view_paper(acting, first.scan_id),
        mine=first.recorded_by == acting.staff_id,
        problem=problem,
    )
