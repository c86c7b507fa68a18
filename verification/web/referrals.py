"""What a case hands over: a duty violation or a crime noted, sent, receipt and outcome (Reg. art. 23)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import TypeAlias

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from verification.audit.events import Event
from verification.domain import referring
from verification.domain.acting import Acting
from verification.errors import NotHere
from verification.models import Case, Matter, Referral
from verification.policy import deadlines
from verification.policy.codes import CHANNELS
from verification.policy.permissions import Permission
from verification.queries.cases import titles_of
from verification.queries.lights import light_at
from verification.web.forms import Typed
from verification.web.loaders import load_docketed_case, names_of
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.workflow.apply import possible_actions
from verification.workflow.guards_referral import ORGAN_OF
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("referrals", __name__)

_Verb: TypeAlias = Callable[[Acting, uuid.UUID, Typed], object]


@route(blueprint, "/cases/<uuid:case_id>/referrals", permission=Permission.CASE_READ)
def of_case(case_id: uuid.UUID) -> ResponseReturnValue:
    """What was found and where it stands. Looking is traced."""
    with acting_in(write=True) as acting:
        case = load_docketed_case(acting, case_id)
        acting.trace(Event.CASE_VIEWED, subject_kind="case", subject_id=case.id)
        return _page(acting, case, typed=Typed.empty(), problem=NO_PROBLEM)


@route(blueprint, "/cases/<uuid:case_id>/referrals", permission=Permission.MATTER_NOTE, methods=["POST"])
def note(case_id: uuid.UUID) -> ResponseReturnValue:
    """Note what was found."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_docketed_case(acting, case_id)
        matter = typed.member("matter", Matter)
        typed.check()
        referring.note_matter(acting, case_id=case_id, matter=matter, facts=typed.text("facts"))
        return url_for("referrals.of_case", case_id=case_id)

    return attempt(act, again=lambda problem: _again(case_id, typed, problem, "note"))


def _again(case_id: uuid.UUID, typed: Typed, problem: Problem, open_form: str) -> ResponseReturnValue:
    with acting_in() as acting:
        return _page(
            acting, load_docketed_case(acting, case_id), typed=typed, problem=problem, open_form=open_form
        )


def _page(acting: Acting, case: Case, *, typed: Typed, problem: Problem, open_form: str = "") -> str:
    rows = referring.referrals_of(acting, case.id)
    clocks = deadlines.running(acting.session, [row.id for row in rows]) if rows else {}
    people = [person for row in rows for person in (row.found_by, row.sent_by)]
    return render_template(
        "verification/referrals.html",
        case=case,
        title=titles_of(acting, [case])[case.id],
        referrals=[
            (
                one,
                possible_actions(kind=SubjectKind.REFERRAL, subject=one.row, actor=acting.actor),
                clocks.get(one.row.id),
                light_at(clocks[one.row.id].due_at, clock=acting.clock) if one.row.id in clocks else None,
            )
            for one in referring.read_referrals(acting, rows)
        ],
        organ_of={matter: (code, CHANNELS[code]) for matter, code in ORGAN_OF.items()},
        matters=list(Matter),
        names=names_of(acting, people),
        today=acting.sealing.day,
        A=Action,
        typed=typed,
        problem=problem,
        open_form=open_form,
    )


# --- decisions ---------------------------------------------------------------------------------------------


def _send(acting: Acting, referral_id: uuid.UUID, typed: Typed) -> None:
    sent_on = typed.day("sent_on")
    typed.check()
    referring.send_referral(
        acting,
        referral_id=referral_id,
        version=typed.version(),
        organ=typed.text("organ"),
        number=typed.text("number"),
        sent_on=sent_on,
    )


def _receipt(acting: Acting, referral_id: uuid.UUID, typed: Typed) -> None:
    received_on = typed.day("received_on")
    typed.check()
    referring.record_receipt(
        acting,
        referral_id=referral_id,
        version=typed.version(),
        received_on=received_on,
        note=typed.text("note"),
    )


def _outcome(acting: Acting, referral_id: uuid.UUID, typed: Typed) -> None:
    outcome_on = typed.day("outcome_on")
    typed.check()
    referring.record_outcome(
        acting,
        referral_id=referral_id,
        version=typed.version(),
        outcome_on=outcome_on,
        note=typed.text("note"),
    )


_DECISIONS: Mapping[str, _Verb] = {"send": _send, "receipt": _receipt, "outcome": _outcome}


@route(
    blueprint,
    "/referrals/<uuid:referral_id>/<any(send, receipt, outcome):decision>",
    permission=Permission.MATTER_REFER,
    methods=["POST"],
)
def decide(referral_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """One step of a referral; no approval stands before any."""
    typed = Typed.sent()
    with acting_in() as acting:
        case_id = _load(acting, referral_id).case_id

    def act(acting: Acting) -> str:
        _load(acting, referral_id)
        _DECISIONS[decision](acting, referral_id, typed)
        return url_for("referrals.of_case", case_id=case_id)

    return attempt(act, again=lambda problem: _again(case_id, typed, problem, f"{decision}-{referral_id}"))


def _load(acting: Acting, referral_id: uuid.UUID) -> Referral:
    row = acting.session.get(Referral, referral_id)
    if row is None:
        raise NotHere
    load_docketed_case(acting, row.case_id)
    return row
