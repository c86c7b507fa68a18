"""Whether it was really fixed: the question to the informants, what they say, and what is decided on it."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from verification.audit.events import Event
from verification.domain import asking
from verification.domain.acting import Acting
from verification.domain.items import read_items
from verification.errors import NotHere
from verification.models import Asking, AskingState, Case, DisputeDecision
from verification.policy.deadlines import last_day
from verification.policy.permissions import Permission
from verification.policy.workdays import civil
from verification.queries.cases import titles_of
from verification.web.forms import Typed
from verification.web.loaders import load_case, names_of
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.workflow.apply import possible_actions
from verification.workflow.guards_asking import RULE
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("asking", __name__)


@route(blueprint, "/cases/<uuid:case_id>/asked", permission=Permission.CASE_READ)
def of_case(case_id: uuid.UUID) -> ResponseReturnValue:
    """What was asked and answered. The desk's look takes down what was answered; looking is traced."""
    with acting_in(write=True) as acting:
        case = load_case(acting, case_id)
        acting.trace(Event.CASE_VIEWED, subject_kind="case", subject_id=case.id)
        if acting.actor.may(Permission.FIX_ASK):
            asking.read_ratings(acting, case_id=case_id)
        return _page(acting, case, typed=Typed.empty(), problem=NO_PROBLEM)


@route(blueprint, "/cases/<uuid:case_id>/asked", permission=Permission.FIX_ASK, methods=["POST"])
def ask(case_id: uuid.UUID) -> ResponseReturnValue:
    """Put the question into the mailboxes."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_case(acting, case_id)
        asking.ask_informants(acting, case_id=case_id, version=typed.version(), text=typed.text("text"))
        return url_for("asking.of_case", case_id=case_id)

    return attempt(act, again=lambda problem: _again(case_id, typed, problem, "ask"))


@route(blueprint, "/askings/<uuid:asking_id>", permission=Permission.CASE_READ)
def show(asking_id: uuid.UUID) -> ResponseReturnValue:
    """Where a notice leads: the page of its case."""
    with acting_in() as acting:
        return redirect(url_for("asking.of_case", case_id=_load(acting, asking_id).case_id), 303)


@route(blueprint, "/askings/<uuid:asking_id>/decide", permission=Permission.FIX_ASK, methods=["POST"])
def decide(asking_id: uuid.UUID) -> ResponseReturnValue:
    """Decide on an informant's “not fixed”."""
    typed = Typed.sent()
    with acting_in() as acting:
        case_id = _load(acting, asking_id).case_id

    def act(acting: Acting) -> str:
        _load(acting, asking_id)
        decision, items = typed.member("decision", DisputeDecision), typed.ids("items")
        typed.check()
        asking.decide_dispute(
            acting,
            asking_id=asking_id,
            version=typed.version(),
            decision=decision,
            reason=typed.text("reason"),
            items=items,
        )
        return url_for("asking.of_case", case_id=case_id)

    return attempt(act, again=lambda problem: _again(case_id, typed, problem, str(asking_id)))


def _load(acting: Acting, asking_id: uuid.UUID) -> Asking:
    row = acting.session.get(Asking, asking_id)
    if row is None:
        raise NotHere
    load_case(acting, row.case_id)
    return row


def _again(case_id: uuid.UUID, typed: Typed, problem: Problem, open_form: str) -> ResponseReturnValue:
    with acting_in() as acting:
        return _page(acting, load_case(acting, case_id), typed=typed, problem=problem, open_form=open_form)


def _page(acting: Acting, case: Case, *, typed: Typed, problem: Problem, open_form: str = "") -> str:
    askings = asking.askings_of(acting, case.id)
    items = asking.doubtful_items(acting, case.id)
    texts = read_items(acting, items)
    return render_template(
        "verification/asked.html",
        case=case,
        title=titles_of(acting, [case])[case.id],
        askings=[
            (one, last_day(civil(one.row.asked_at), rule_id=RULE, rules=acting.rules)) for one in askings
        ],
        disputed=[one.row.id for one in askings if one.row.state is AskingState.DISPUTED],
        unasked=len(asking.unasked(acting, case.id)),
        items=[(str(item.id), texts[item.id].problem) for item in items],
        decisions=list(DisputeDecision),
        names=names_of(acting, [one.row.decided_by for one in askings]),
        actions=possible_actions(kind=SubjectKind.CASE, subject=case, actor=acting.actor),
        A=Action,
        typed=typed,
        problem=problem,
        open_form=open_form,
    )
