"""Guards of the review: who may apply and until when, who may review, what a decision needs and undoes.

Source: 2-domain §2 (Art. 17); rules.toml reg-17-*, review-*.
"""

from __future__ import annotations

import uuid

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.clock import civil_day
from verification.errors import Refusal
from verification.models import Review, ReviewMember, ReviewOutcome, ReviewState
from verification.policy.deadlines import last_day
from verification.workflow.facts import Facts
from verification.workflow.guards_look_back import closed_off_items

_CHANGES = (ReviewOutcome.CHANGE, ReviewOutcome.REVOKE)


def applicant_is_inspected(facts: Facts) -> Refusal | None:
    if facts.actor.unit_id in facts.case_units():
        return None
    return Refusal("reg-17-objection", _l("Only a unit that this conclusion was delivered to can apply."))


def application_is_in_time(facts: Facts) -> Refusal | None:
    conclusion = facts.latest_conclusion()
    received = facts.given.get("received_on") or civil_day(facts.clock)
    if conclusion is None or conclusion.delivered_on is None or conclusion.revoked_at is not None:
        return Refusal("reg-17-objection", _l("No conclusion has been delivered that could be reviewed."))
    if received <= last_day(conclusion.delivered_on, rule_id="reg-17-objection", rules=facts.rules):
        return None
    return Refusal("reg-17-objection", _l("The time to apply for review is over."))


def application_is_the_first(facts: Facts) -> Refusal | None:
    conclusion = facts.latest_conclusion()
    earlier = select(Review.id).where(Review.case_id == facts.case_id, Review.unit_id == facts.actor.unit_id)
    if conclusion is not None:
        earlier = earlier.where(
            (Review.conclusion_id == conclusion.id) | (Review.outcome == ReviewOutcome.CHANGE)
        )
    if facts.session.scalar(earlier.limit(1)) is None:
        return None
    return Refusal("reg-17-objection", _l("Your unit has applied for review of this conclusion already."))


def reviewers_are_named(facts: Facts) -> Refusal | None:
    if facts.given.get("reviewers"):
        return None
    return Refusal("reg-17-apart", _l("Name at least one reviewer."), "reviewers")


def reviewers_had_no_part(facts: Facts) -> Refusal | None:
    named: frozenset[uuid.UUID] = frozenset(facts.given.get("reviewers", ()))
    if named & facts.concluders():
        text = _l("Somebody named took part in the conclusion and must stay out of its review.")
        return Refusal("reg-17-apart", text, "reviewers")
    if named & (facts.participants() | facts.signers()):
        return Refusal("review-apart", _l("Somebody named had a part in this case."), "reviewers")
    if named & facts.recused():
        return Refusal("csl-76", _l("Somebody named must keep away from this case."), "reviewers")
    return None


def actor_reviews(facts: Facts) -> Refusal | None:
    member = facts.session.get(ReviewMember, (facts.subject.id, facts.actor.staff_id))
    if member is not None:
        return None
    return Refusal("reg-17-apart", _l("Only whoever was named to review this can do it."))


def reviewer_had_no_part(facts: Facts) -> Refusal | None:
    if facts.actor.staff_id in facts.concluders():
        return Refusal("reg-17-apart", _l("You took part in the conclusion, so you stay out of its review."))
    if facts.actor.staff_id in facts.participants() | facts.signers():
        return Refusal("review-apart", _l("You had a part in this case, so somebody else must review it."))
    return None


def outcome_fits_the_check(facts: Facts) -> Refusal | None:
    not_admitted = facts.subject.outcome is ReviewOutcome.NOT_ADMITTED
    if not_admitted == (facts.subject.state is ReviewState.CHECKING):
        return None
    if not_admitted:
        text = _l("The application was admitted, so it is decided on its merits.")
        return Refusal("reg-17-review", text, "outcome")
    return Refusal("reg-17-review", _l("Admit the application first."), "outcome")


def change_has_new_conclusion(facts: Facts) -> Refusal | None:
    review = facts.subject
    if review.outcome is not ReviewOutcome.CHANGE or None not in (
        review.file_version_id,
        review.unit_version_id,
    ):
        return None
    text = _l("A change needs the new conclusion, for the file and for the unit.")
    return Refusal("reg-17-review", text, "unit_text")


def decider_is_no_reviewer(facts: Facts) -> Refusal | None:
    if facts.session.get(ReviewMember, (facts.subject.id, facts.actor.staff_id)) is None:
        return None
    return Refusal("review-separate", _l("You reviewed this yourself, so somebody else must decide."))


def no_review_is_open(facts: Facts) -> Refusal | None:
    unfinished = select(Review.id).where(
        Review.case_id == facts.case_id, Review.state != ReviewState.DELIVERED
    )
    if facts.session.scalar(unfinished.limit(1)) is None:
        return None
    return Refusal("reg-17-review", _l("A review of the conclusion is not finished yet."))


def _decision(facts: Facts) -> Review | None:
    """The decided review that an act names, if it is one of this case."""
    review = facts.named(Review, "review")
    if review is None or review.case_id != facts.case_id or review.state is not ReviewState.DECIDED:
        return None
    return review


def decision_revokes(facts: Facts) -> Refusal | None:
    review = _decision(facts)
    if review is not None and review.outcome is ReviewOutcome.REVOKE:
        return None
    return Refusal("reg-17-review", _l("Only a decision that revokes the conclusion reopens the case."))


def decision_changes(facts: Facts) -> Refusal | None:
    review = _decision(facts)
    if review is not None and review.outcome in _CHANGES:
        return None
    return Refusal("reg-17-review", _l("The review left the conclusion as it was."))


def decision_undoes_item(facts: Facts) -> Refusal | None:
    review = _decision(facts)
    if review is not None and (
        review.outcome is ReviewOutcome.REVOKE
        or (review.outcome is ReviewOutcome.CHANGE and facts.subject.id.hex in review.withdrawn)
    ):
        return None
    return Refusal("reg-17-review", _l("The decision does not name this item."))


def decision_leaves_no_item(facts: Facts) -> Refusal | None:
    review = _decision(facts)
    left = closed_off_items(facts.session, facts.case_id)
    if review is not None and review.outcome in _CHANGES and not left:
        return None
    return Refusal("reg-17-review", _l("There are items left to look back at."))
