"""Acts signed on paper: recorded from the scan, confirmed by a second person. Source: 2-domain §2a."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from portal.crypto.header import ObjectKind
from verification.action_words import ACTIONS
from verification.domain import paper
from verification.domain.acting import Acting
from verification.errors import NotHere
from verification.models import Case, PaperAct, Role
from verification.policy.permissions import ROLE_PERMISSIONS, Permission
from verification.queries.cases import titles_of
from verification.queries.files import view_paper
from verification.queries.units import people_with
from verification.web.forms import Typed
from verification.web.loaders import load_case, names_of
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.web.uploads import first_file
from verification.workflow.states import Action, SubjectKind
from verification.workflow.table import BY_STATE_AND_ACTION

blueprint = Blueprint("paper", __name__)

_SIGNERS = tuple(
    role for role in Role if ROLE_PERMISSIONS[role] & {form.permission for form in paper.PAPER_FORMS.values()}
)


@route(blueprint, "/cases/<uuid:case_id>/paper", permission=Permission.PAPER_RECORD)
def write(case_id: uuid.UUID) -> ResponseReturnValue:
    """The form."""
    with acting_in() as acting:
        return _page(acting, load_case(acting, case_id), typed=Typed.empty(), problem=NO_PROBLEM)


@route(
    blueprint,
    "/cases/<uuid:case_id>/paper",
    permission=Permission.PAPER_RECORD,
    methods=["POST"],
    files={"scan": ObjectKind.EXHIBIT},
)
def record(case_id: uuid.UUID) -> ResponseReturnValue:
    """Record what was signed, with its scan."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        case = load_case(acting, case_id)
        action = typed.needed("action", Action, Action.APPROVE_DOCKETING)
        signed_by = _signer(acting, typed)
        signed_on = typed.day("signed_on")
        if signed_on is None:
            typed.errors.setdefault("signed_on", _l("Please give a date."))
        typed.check()
        paper.record_paper(
            acting, case=case, action=action, signed_by=signed_by, signed_on=signed_on or acting.sealing.day,
            scan=first_file("scan"), note=typed.text("note"),
        )  # fmt: skip
        return url_for("cases.show", case_id=case_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _page(acting, load_case(acting, case_id), typed=typed, problem=problem)

    return attempt(act, again=again)


def _signer(acting: Acting, typed: Typed) -> uuid.UUID:
    chosen = typed.one_id("signed_by")
    if chosen is None or chosen not in {person.id for person in people_with(acting.session, _SIGNERS)}:
        typed.errors["signed_by"] = _l("Please choose one from the list.")
        return acting.staff_id
    return chosen


def _page(acting: Acting, case: Case, *, typed: Typed, problem: Problem) -> str:
    possible = [
        (action.value, ACTIONS[action])
        for action in paper.PAPER_FORMS
        if (SubjectKind.CASE, case.state, action) in BY_STATE_AND_ACTION
    ]
    return render_template(
        "verification/paper.html",
        case=case, title=titles_of(acting, [case])[case.id], possible=possible,
        signers=[(str(person.id), person.name) for person in people_with(acting.session, _SIGNERS)],
        typed=typed, problem=problem, today=acting.sealing.day,
    )  # fmt: skip


@route(blueprint, "/papers/<uuid:paper_id>", permission=Permission.PAPER_RECORD)
def show(paper_id: uuid.UUID) -> ResponseReturnValue:
    """Scan and record side by side, for the second person."""
    with acting_in() as acting:
        return _paper_page(acting, paper_id, problem=NO_PROBLEM)


@route(
    blueprint,
    "/papers/<uuid:paper_id>/<any(confirm, refuse):decision>",
    permission=Permission.PAPER_RECORD,
    methods=["POST"],
)
def decide(paper_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Confirm, and what was signed takes effect; or refuse, and the record goes."""

    def act(acting: Acting) -> str:
        case = load_case(acting, _paper(acting, paper_id).case_id)
        if decision == "confirm":
            paper.confirm_paper(acting, paper_id=paper_id)
        else:
            paper.refuse_paper(acting, paper_id=paper_id)
        return url_for("cases.show", case_id=case.id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _paper_page(acting, paper_id, problem=problem)

    return attempt(act, again=again)


def _paper(acting: Acting, paper_id: uuid.UUID) -> PaperAct:
    row = acting.session.get(PaperAct, paper_id)
    if row is None:
        raise NotHere
    return row


def _paper_page(acting: Acting, paper_id: uuid.UUID, *, problem: Problem) -> str:
    row = _paper(acting, paper_id)
    case = load_case(acting, row.case_id)
    return render_template(
        "verification/paper_confirm.html",
        paper=row, case=case, title=titles_of(acting, [case])[case.id], action=Action(row.action),
        names=names_of(acting, [row.signed_by, row.recorded_by]),
        note="" if row.note_id is None else str(acting.open(row.note_id)["text"]),
        scan=view_paper(acting, row.scan_id), mine=row.recorded_by == acting.staff_id, problem=problem,
    )  # fmt: skip
