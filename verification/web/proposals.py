"""The form in which reviewers propose a decision: on the review's page, and typed off from a signed paper.

Source: Reg. art. 17; 2-domain §2a "Paper counts".
"""

from __future__ import annotations

import uuid

from verification.domain.acting import Acting
from verification.domain.conclusions import read_conclusion
from verification.domain.reviewing import Proposal
from verification.errors import NotHere
from verification.models import Finding, Review, ReviewOutcome, ReviewState
from verification.queries.reviews import ReviewView
from verification.web.forms import Typed

FINDING = "finding-"


def outcomes_of(review: Review) -> list[ReviewOutcome]:
    """What can be proposed where the review stands."""
    if review.state is ReviewState.CHECKING:
        return [ReviewOutcome.NOT_ADMITTED]
    return [ReviewOutcome.UPHOLD, ReviewOutcome.CHANGE, ReviewOutcome.REVOKE]


def proposal_values(acting: Acting, view: ReviewView, typed: Typed | None) -> Typed:
    """What stands in the proposal's form: what was typed, what was returned, or the conclusion as it is."""
    if typed is not None and "decision" in typed.fields:
        return typed
    texts = read_conclusion(acting, view.conclusion)
    first: dict[str, str | list[str]] = {
        "outcome": view.card.row.outcome or "",
        "decision": view.decision,
        "file_text": view.file_text or texts.file_text,
        "unit_text": view.unit_text or texts.unit_text,
        "withdrawn": [str(uuid.UUID(one)) for one in view.card.row.withdrawn],
    }
    for one in view.allegations:
        first[f"{FINDING}{one.row.id}"] = view.findings.get(one.row.id, one.row.finding) or ""
    return Typed.empty(first)


def typed_proposal(typed: Typed) -> Proposal:
    """The proposal as it was typed; texts and findings of a new conclusion count for a change alone."""
    outcome = typed.member("outcome", ReviewOutcome)
    change = outcome is ReviewOutcome.CHANGE
    chosen = {name.removeprefix(FINDING): name for name in typed.fields if name.startswith(FINDING)}
    findings = {_id_of(code): typed.member(name, Finding) for code, name in chosen.items()}
    withdrawn = typed.ids("withdrawn") if change else []
    typed.check()
    return Proposal(
        outcome=outcome,
        decision=typed.text("decision"),
        file_text=typed.text("file_text") if change else "",
        unit_text=typed.text("unit_text") if change else "",
        findings=findings if change else {},
        withdrawn=withdrawn,
        wording_accepted=typed.ticked("wording"),
    )


def _id_of(code: str) -> uuid.UUID:
    try:
        return uuid.UUID(code)
    except ValueError:
        raise NotHere from None
