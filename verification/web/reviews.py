"""One review: the application, who reviews, what they propose, what the head decides (Reg. art. 17)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import TypeAlias

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from verification.audit.events import Event
from verification.domain import reviewing
from verification.domain.acting import Acting
from verification.errors import NotHere
from verification.models import Finding, NoteKind, Review
from verification.policy.permissions import Permission
from verification.queries.reviews import AT_WORK, possible_reviewers, view_review
from verification.queries.tasks import NoteView, notes_of
from verification.web.forms import Typed
from verification.web.loaders import load_case
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.proposals import outcomes_of, proposal_values, typed_proposal
from verification.web.routing import route
from verification.web.submit import attempt
from verification.workflow.apply import possible_actions
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("reviews", __name__)

_Verb: TypeAlias = Callable[[Acting, uuid.UUID, Typed], object]


@route(blueprint, "/reviews/<uuid:review_id>", permission=Permission.CASE_READ)
def show(review_id: uuid.UUID) -> ResponseReturnValue:
    """The review, and what may be done now. Looking is traced."""
    with acting_in(write=True) as acting:
        review = _load(acting, review_id)
        facts = {"review": review.id.hex}
        acting.trace(Event.CASE_VIEWED, subject_kind="case", subject_id=review.case_id, facts=facts)
        return _page(acting, review, typed=None, problem=NO_PROBLEM)


def _load(acting: Acting, review_id: uuid.UUID) -> Review:
    """A review of a case that this person can read. Raises NotHere."""
    review = acting.session.get(Review, review_id)
    if review is None:
        raise NotHere
    load_case(acting, review.case_id)
    return review


def _page(
    acting: Acting, review: Review, *, typed: Typed | None, problem: Problem, open_form: str = ""
) -> str:
    view = view_review(acting, review)
    actions = possible_actions(kind=SubjectKind.REVIEW, subject=review, actor=acting.actor)
    mine = acting.staff_id in view.reviewers
    drafting = mine and Action.PROPOSE_DECISION in actions
    naming = Action.NAME_REVIEWERS in actions
    return render_template(
        "verification/review.html",
        review=review,
        view=view,
        actions=actions,
        A=Action,
        mine=mine,
        drafting=drafting,
        values=proposal_values(acting, view, typed) if drafting else Typed.empty(),
        outcomes=outcomes_of(review),
        findings=list(Finding),
        possible=[(str(one.id), one.name) for one in possible_reviewers(acting, review)] if naming else [],
        at_work=review.state in AT_WORK,
        notes=_returned(acting, review),
        today=acting.sealing.day,
        typed=typed or Typed.empty(),
        problem=problem,
        open_form=open_form,
    )


def _returned(acting: Acting, review: Review) -> list[NoteView]:
    """Why the head returned a proposal."""
    notes = notes_of(acting, review.case_id, kinds=(NoteKind.RETURN,))
    return [note for note in notes if review.proposed_at is not None and note.at >= review.proposed_at]


# --- decisions ---------------------------------------------------------------------------------------------


def _name(acting: Acting, review_id: uuid.UUID, typed: Typed) -> None:
    people = typed.ids("reviewers")
    typed.check()
    reviewing.name_reviewers(acting, review_id=review_id, version=typed.version(), reviewers=people)


def _admit(acting: Acting, review_id: uuid.UUID, typed: Typed) -> None:
    reviewing.admit_review(acting, review_id=review_id, version=typed.version())


def _propose(acting: Acting, review_id: uuid.UUID, typed: Typed) -> None:
    proposal = typed_proposal(typed)
    reviewing.propose_decision(acting, review_id=review_id, version=typed.version(), proposal=proposal)


def _decide(acting: Acting, review_id: uuid.UUID, typed: Typed) -> None:
    reviewing.decide_review(acting, review_id=review_id, version=typed.version())


def _return(acting: Acting, review_id: uuid.UUID, typed: Typed) -> None:
    reviewing.return_decision(acting, review_id=review_id, version=typed.version(), note=typed.text("note"))


def _deliver(acting: Acting, review_id: uuid.UUID, typed: Typed) -> None:
    delivered_on = typed.day("delivered_on")
    typed.check()
    reviewing.deliver_decision(
        acting, review_id=review_id, version=typed.version(), delivered_on=delivered_on
    )


_DECISIONS: Mapping[str, tuple[Permission, _Verb]] = {
    "name": (Permission.REVIEW_NAME, _name),
    "admit": (Permission.REVIEW_WORK, _admit),
    "propose": (Permission.REVIEW_WORK, _propose),
    "decide": (Permission.REVIEW_DECIDE, _decide),
    "return": (Permission.REVIEW_DECIDE, _return),
    "deliver": (Permission.REVIEW_DELIVER, _deliver),
}


@route(
    blueprint,
    '/reviews/<uuid:review_id>/<any(name, admit, propose, decide, "return", deliver):decision>',
    permission={permission for permission, _verb in _DECISIONS.values()},
    methods=["POST"],
)
def decide(review_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Carry out one decision. Whose it is, the workflow table says."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        _load(acting, review_id)
        _DECISIONS[decision][1](acting, review_id, typed)
        return url_for("reviews.show", review_id=review_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            review = _load(acting, review_id)
            return _page(acting, review, typed=typed, problem=problem, open_form=decision)

    return attempt(act, again=again)
