"""Units of the demo that apply for review, from reviews.toml, and how far each review has gone.

Owns: the shape of that file, and the days of its steps. A unit without a liaison applies for nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from verification.demo.case_run import CaseRun
from verification.demo.county import HERE, read_toml
from verification.demo.diary import Diary
from verification.domain import reviewing
from verification.domain.reviewing import Proposal
from verification.models import Allegation, Review, ReviewOutcome, Role
from verification.queries.reviews import possible_reviewers

#: After whatever happens to the case on the same day.
REVIEWS = 120

#: Days after the application on which each step comes.
_DAYS = {"applied": 0, "checking": 2, "reviewing": 4, "proposed": 15, "decided": 20, "delivered": 21}
_START = 4


@dataclass(slots=True, repr=False)
class ReviewRun:
    """One review on its way."""

    run: CaseRun
    story: dict[str, Any]
    review_id: uuid.UUID | None = None
    reviewer: str = ""

    def row(self, acting: Any) -> Review:
        """The review as it stands."""
        review: Review = acting.session.get_one(Review, self.review_id)
        return review


def enter_reviews(runs: Mapping[str, CaseRun], diary: Diary) -> None:
    """Enter every review of this profile's cases into the diary."""
    for story in read_toml(HERE / "reviews.toml")["review"]:
        run = runs.get(story["case"])
        if run is None or run.delivered is None or not run.stage.has_liaison(story["unit"]):
            continue
        review = ReviewRun(run, story)
        applied = run.delivered + timedelta(days=int(story.get("start", _START)))
        day = run.delivered
        for name, after in _DAYS.items():
            day = max(day, diary.working_day(applied + timedelta(days=after)))
            diary.enter(day, partial(_STEPS[name], review), order=REVIEWS)
            if name == story["until"]:
                break


def _apply(review: ReviewRun) -> None:
    with review.run.stage.acting(review.story["unit"]) as acting:
        assert review.run.case_id is not None
        row = reviewing.apply_review(acting, case_id=review.run.case_id, text=review.story["text"])
        review.review_id = row.id


def _name(review: ReviewRun) -> None:
    with review.run.as_(review.run.director) as (acting, _case):
        row = review.row(acting)
        able = possible_reviewers(acting, row)
        lent = {review.run.stage.staff[login] for login in review.run.stage.with_role(Role.REVIEWER)}
        chosen = next((person for person in able if person.id in lent), able[0])
        reviewing.name_reviewers(acting, review_id=row.id, version=row.version, reviewers=[chosen.id])
        review.reviewer = chosen.login


def _admit(review: ReviewRun) -> None:
    with review.run.as_(review.reviewer) as (acting, _case):
        row = review.row(acting)
        reviewing.admit_review(acting, review_id=row.id, version=row.version)


def _propose(review: ReviewRun) -> None:
    story = review.story
    with review.run.as_(review.reviewer) as (acting, case):
        row = review.row(acting)
        claims = acting.session.query(Allegation).filter(Allegation.case_id == case.id).all()
        proposal = Proposal(
            outcome=ReviewOutcome(story["outcome"]),
            decision=story["decision"],
            file_text=story.get("file_text", ""),
            unit_text=story.get("unit_text", ""),
            findings={claim.id: claim.finding for claim in claims} if "unit_text" in story else {},
            withdrawn=[review.run.items[index] for index in story.get("withdrawn", ())],
        )
        reviewing.propose_decision(acting, review_id=row.id, version=row.version, proposal=proposal)


def _decide(review: ReviewRun) -> None:
    with review.run.as_(review.run.head) as (acting, _case):
        row = review.row(acting)
        reviewing.decide_review(acting, review_id=row.id, version=row.version)


def _deliver(review: ReviewRun) -> None:
    with review.run.as_(review.run.opener) as (acting, _case):
        row = review.row(acting)
        reviewing.deliver_decision(
            acting, review_id=row.id, version=row.version, delivered_on=acting.sealing.day
        )


_STEPS: dict[str, Callable[[ReviewRun], None]] = {
    "applied": _apply,
    "checking": _name,
    "reviewing": _admit,
    "proposed": _propose,
    "decided": _decide,
    "delivered": _deliver,
}
