"""Review of a delivered conclusion on the unit's application (Art. 17), and what a decision does."""

from __future__ import annotations

from portal.models import TipState as T
from verification.audit.events import Event
from verification.models import CaseState as C
from verification.models import ItemState as I
from verification.models import ReviewState as R
from verification.policy.permissions import Permission as May
from verification.workflow import guards as g
from verification.workflow import guards_review as r
from verification.workflow.states import Action as Do
from verification.workflow.states import SubjectKind
from verification.workflow.transition import Audience, Transition

TIP, CASE, ITEM, REVIEW = SubjectKind.TIP, SubjectKind.CASE, SubjectKind.ITEM, SubjectKind.REVIEW

REVIEWS = (
    Transition(
        REVIEW, R.APPLIED, Do.NAME_REVIEWERS, R.CHECKING, May.REVIEW_NAME, Event.REVIEWERS_NAMED,
        ("reg-17-apart", "review-apart"), guards=(r.reviewers_are_named, r.reviewers_had_no_part),
        tells=(Audience.REVIEWERS,),
    ),
    *(
        Transition(
            REVIEW, state, Do.NAME_REVIEWERS, None, May.REVIEW_NAME, Event.REVIEWERS_NAMED,
            ("reg-17-apart", "review-apart"), guards=(r.reviewers_are_named, r.reviewers_had_no_part),
            tells=(Audience.REVIEWERS,),
        )
        for state in (R.CHECKING, R.REVIEWING)
    ),
    Transition(
        REVIEW, R.CHECKING, Do.ADMIT_REVIEW, R.REVIEWING, May.REVIEW_WORK, Event.REVIEW_ADMITTED,
        ("reg-17-objection", "reg-17-apart"), guards=(r.actor_reviews, r.reviewer_had_no_part),
    ),
    *(
        Transition(
            REVIEW, state, Do.PROPOSE_DECISION, R.PROPOSED, May.REVIEW_WORK, Event.DECISION_PROPOSED,
            ("reg-17-review", "reg-17-apart"),
            guards=(
                r.actor_reviews, r.reviewer_had_no_part, r.outcome_fits_the_check,
                r.change_has_new_conclusion,
            ),
            tells=(Audience.HEADS,),
        )
        for state in (R.CHECKING, R.REVIEWING)
    ),
    Transition(
        REVIEW, R.PROPOSED, Do.DECIDE_REVIEW, R.DECIDED, May.REVIEW_DECIDE, Event.REVIEW_DECIDED,
        ("reg-17-review", "review-separate"), guards=(r.decider_is_no_reviewer,), meets=("reg-17-review",),
        tells=(Audience.REVIEWERS, Audience.PROPOSER),
    ),
    Transition(
        REVIEW, R.PROPOSED, Do.RETURN_DECISION, R.REVIEWING, May.REVIEW_DECIDE, Event.DECISION_RETURNED,
        ("reg-17-review", "return-reason"), guards=(g.return_has_reason,), tells=(Audience.REVIEWERS,),
    ),
    Transition(
        REVIEW, R.DECIDED, Do.DELIVER_DECISION, R.DELIVERED, May.REVIEW_DELIVER, Event.DECISION_DELIVERED,
        ("reg-17-review",), tells=(Audience.LIAISONS,),
    ),
)

#: What an application and its decision do to the case and to its items.
REVIEWED = (
    *(
        Transition(
            CASE, state, Do.APPLY_REVIEW, None, May.REVIEW_APPLY, Event.REVIEW_APPLIED, ("reg-17-objection",),
            guards=(r.applicant_is_inspected, r.application_is_in_time, r.application_is_the_first),
            tells=(Audience.DIRECTORS, Audience.HEADS, Audience.PROPOSER),
        )
        for state in (C.DELIVERED, C.RECTIFYING, C.CLOSED)
    ),
    *(
        Transition(
            CASE, state, Do.REOPEN_CASE, C.CONCLUDING, May.REVIEW_DECIDE, Event.CASE_REOPENED,
            ("reg-17-review",), guards=(r.decision_revokes,), starts=("clock-conclude",),
            tells=(Audience.PROPOSER, Audience.TEAM),
        )
        for state in (C.DELIVERED, C.RECTIFYING, C.CLOSED)
    ),
    *(
        Transition(
            ITEM, state, Do.WITHDRAW_ITEM, I.WITHDRAWN, May.REVIEW_DECIDE, Event.ITEM_WITHDRAWN,
            ("reg-17-review",), guards=(r.decision_undoes_item,),
            meets=("clock-rectify", "clock-verify-item"), tells=(Audience.LIAISONS, Audience.TEAM),
        )
        for state in (I.ORDERED, I.REPORTED, I.RETURNED, I.FALSE, I.VERIFIED, I.CLOSED_OFF)
    ),
)

#: Whoever was answered with a conclusion that no longer stands is answered again.
REVIEWED_TIPS = (
    Transition(
        TIP, T.ANSWERED, Do.ANSWER_AGAIN, T.IN_CASE, May.REVIEW_DECIDE, Event.TIP_ANSWER_REOPENED,
        ("answer-after-conclusion", "reg-17-review"), guards=(r.decision_changes,), starts=("clock-answer",),
        tells=(Audience.DESK,),
    ),
)
