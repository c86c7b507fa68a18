"""What waits for this person's decision: proposals, papers to confirm, identities to agree on."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from verification.action_words import ACTIONS
from verification.domain import identity
from verification.domain.acting import Acting
from verification.policy.permissions import Permission
from verification.queries.boards import (
    DECISIONS,
    cases_to_decide,
    openings_to_agree,
    papers_to_confirm,
)
from verification.queries.coordination import waiting_coordination
from verification.queries.destructions import waiting_for_decision
from verification.queries.reviews import waiting_reviews
from verification.queries.uses import uses_to_decide
from verification.web.office import acting_in, office, visitor
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.workflow.states import Action

blueprint = Blueprint("approvals", __name__)

_DECIDERS = (
    *DECISIONS,
    Permission.IDENTITY_AGREE,
    Permission.FILE_DESTROY,
    Permission.PAPER_RECORD,
)


@route(blueprint, "/approvals", permission=_DECIDERS)
def show() -> ResponseReturnValue:
    """Everything that waits."""
    return approvals_page(NO_PROBLEM)


@route(
    blueprint,
    "/approvals/identity/<uuid:opening_id>",
    permission=Permission.IDENTITY_AGREE,
    methods=["POST"],
)
def agree(opening_id: uuid.UUID) -> ResponseReturnValue:
    """Give one's half of the key to the person who asked. The informant's page will say so."""

    def act(acting: Acting) -> str:
        identity.agree_identity(acting, opening_id=opening_id)
        return url_for("approvals.show")

    return attempt(act, again=approvals_page)


def approvals_page(problem: Problem) -> ResponseReturnValue:
    """Everything that waits for this person, with what went wrong at the last try."""
    person = visitor()
    with acting_in() as acting:
        return render_template(
            "verification/approvals.html",
            cases=cases_to_decide(acting),
            papers=papers_to_confirm(acting) if person.may(Permission.PAPER_RECORD) else [],
            destructions=waiting_for_decision(acting) if person.may(Permission.FILE_DESTROY) else [],
            backup_days=office().settings.backup_days,
            reviews=waiting_reviews(acting),
            uses=uses_to_decide(acting), helping_waits=waiting_coordination(acting),
            openings=openings_to_agree(acting) if person.may(Permission.IDENTITY_AGREE) else [],
            actions={action.value: ACTIONS[action] for action in Action}, problem=problem,
        )  # fmt: skip
