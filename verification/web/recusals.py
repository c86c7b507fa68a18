"""Keeping away from a case: asking for oneself or for another, the decision, and who keeps away by now."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import TypeAlias

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from verification.audit.events import Event
from verification.domain import recusing
from verification.domain.acting import Acting
from verification.domain.recusing import Wish
from verification.errors import InvalidInput, NotHere
from verification.field_words import RECUSAL_ORIGINS
from verification.labels import INTERESTS
from verification.models import Case, InterestKind, RecusalOrigin, RecusalRequest, RecusalState
from verification.policy import deadlines
from verification.policy.permissions import Permission
from verification.queries.cases import titles_of
from verification.queries.lights import light_at
from verification.queries.recusals import who_keeps_away
from verification.web.forms import Typed
from verification.web.loaders import load_docketed_case, names_of
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.workflow.apply import possible_actions
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("recusals", __name__)

_Verb: TypeAlias = Callable[..., RecusalRequest]


@route(blueprint, "/cases/<uuid:case_id>/recusals", permission=Permission.CASE_READ)
def of_case(case_id: uuid.UUID) -> ResponseReturnValue:
    """Requests and where they stand. Looking is traced."""
    with acting_in(write=True) as acting:
        case = load_docketed_case(acting, case_id)
        acting.trace(Event.CASE_VIEWED, subject_kind="case", subject_id=case.id)
        return _page(acting, case, typed=Typed.empty(), problem=NO_PROBLEM)


@route(
    blueprint,
    "/cases/<uuid:case_id>/recusals/<any(own, other):who>",
    permission=Permission.RECUSAL_ASK,
    methods=["POST"],
)
def ask(case_id: uuid.UUID, who: str) -> ResponseReturnValue:
    """Ask to keep away oneself, or record that somebody else should."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_docketed_case(acting, case_id)
        wish = _wish(acting, typed, own=who == "own")
        typed.check()
        recusing.ask_recusal(acting, case_id=case_id, wish=wish)
        return url_for("recusals.of_case", case_id=case_id)

    return attempt(act, again=lambda problem: _again(case_id, typed, problem, who))


def _wish(acting: Acting, typed: Typed, *, own: bool) -> Wish:
    return Wish(
        person=acting.staff_id if own else typed.one_id("person"),
        origin=RecusalOrigin.OWN if own else typed.member("origin", RecusalOrigin),
        ground=typed.member("ground", InterestKind),
        asked_by="" if own else typed.text("asked_by"),
        reason=typed.text("reason"),
    )


_DECISIONS: Mapping[str, _Verb] = {"grant": recusing.grant_recusal, "refuse": recusing.refuse_recusal}


@route(
    blueprint,
    "/recusals/<uuid:request_id>/decision",
    permission=Permission.RECUSAL_DECIDE,
    methods=["POST"],
)
def decide(request_id: uuid.UUID) -> ResponseReturnValue:
    """The decision. Granted, key and access go at once."""
    typed = Typed.sent()
    with acting_in() as acting:
        case_id = _load(acting, request_id).case_id

    def act(acting: Acting) -> str:
        _load(acting, request_id)
        verb = _DECISIONS.get(typed.text("decision"))
        if verb is None:
            raise InvalidInput({"note": _l("Please choose one from the list.")})
        verb(acting, request_id=request_id, version=typed.version(), note=typed.text("note"))
        return url_for("recusals.of_case", case_id=case_id)

    return attempt(act, again=lambda problem: _again(case_id, typed, problem, f"decide-{request_id}"))


def _load(acting: Acting, request_id: uuid.UUID) -> RecusalRequest:
    row = acting.session.get(RecusalRequest, request_id)
    if row is None:
        raise NotHere
    load_docketed_case(acting, row.case_id)
    return row


def _again(case_id: uuid.UUID, typed: Typed, problem: Problem, open_form: str) -> ResponseReturnValue:
    with acting_in() as acting:
        return _page(
            acting, load_docketed_case(acting, case_id), typed=typed, problem=problem, open_form=open_form
        )


def _page(acting: Acting, case: Case, *, typed: Typed, problem: Problem, open_form: str = "") -> str:
    rows = recusing.requests_of(acting, case.id)
    clocks = deadlines.running(acting.session, [row.id for row in rows]) if rows else {}
    people = [person for row in rows for person in (row.staff_id, row.made_by, row.decided_by)]
    others = [one for one in recusing.may_be_asked_about(acting, case) if one.id != acting.staff_id]
    waiting = {row.staff_id for row in rows if row.state is RecusalState.ASKED}
    sees_all = acting.actor.may(Permission.TASK_DISPATCH) or acting.actor.may(Permission.RECUSAL_DECIDE)
    return render_template(
        "verification/recusals.html",
        case=case,
        may_ask=recusing.may_be_asked_in(acting, case),
        title=titles_of(acting, [case])[case.id],
        requests=[
            (
                one,
                possible_actions(kind=SubjectKind.RECUSAL, subject=one.row, actor=acting.actor),
                clocks.get(one.row.id),
                light_at(clocks[one.row.id].due_at, clock=acting.clock) if one.row.id in clocks else None,
            )
            for one in recusing.read_requests(acting, rows)
        ],
        people=[(str(one.id), one.name) for one in others if one.id not in waiting],
        origins=[pair for pair in RECUSAL_ORIGINS.items() if pair[0] is not RecusalOrigin.OWN],
        grounds=list(INTERESTS.items()),
        asked_myself=acting.staff_id in waiting,
        me=acting.staff_id,
        away=who_keeps_away(acting, case.id) if sees_all else [],
        names=names_of(acting, people),
        A=Action,
        typed=typed,
        problem=problem,
        open_form=open_form,
    )
