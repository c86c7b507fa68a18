"""Where each action on a case is carried out: the case page links to what the workflow allows now.

A screen that carries out actions is named here once. Must not know: whether an action is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import current_app, url_for

from verification.labels import label
from verification.models import Case, CaseState
from verification.workflow.states import Action

#: Actions that have a page of their own: its endpoint, with ``case_id`` in its address.
PAGES: dict[Action, str] = {
    Action.PROPOSE_PLAN: "planning.write",
    Action.APPROVE_PLAN: "planning.show",
    Action.RETURN_PLAN: "planning.show",
    Action.REVISE_PLAN: "planning.show",
    Action.ISSUE_NOTICE: "planning.show",
    Action.DISPATCH_TASK: "dispatch.suggest",
    Action.BEGIN_CONCLUSION: "conclusions.show",
    Action.RESUME_VERIFICATION: "conclusions.show",
    Action.READ_CONCLUSION: "conclusions.show",
    Action.REMARK_CONCLUSION: "conclusions.show",
    Action.PROPOSE_CONCLUSION: "conclusions.show",
    Action.APPROVE_CONCLUSION: "conclusions.show",
    Action.RETURN_CONCLUSION: "conclusions.show",
    Action.DELIVER_CONCLUSION: "conclusions.show",
    Action.ORDER_RECTIFICATION: "rectification.of_case",
    Action.ASSIGN_CASE: "assignments.write",
    Action.ASK_FIXED: "asking.of_case",
    Action.PROPOSE_COORDINATION: "coordinating.of_case",
}

#: What a unit does on its own page, and what follows from another act: nobody is offered it here.
ELSEWHERE = frozenset({Action.APPLY_REVIEW, Action.REOPEN_CASE, Action.SETTLE_CASE, Action.RELAPSE_CASE})

#: Actions that the case page itself carries out, in forms of its own.
ON_THE_CASE_PAGE = frozenset(
    {
        Action.PROPOSE_DOCKETING,
        Action.ENDORSE_DOCKETING,
        Action.APPROVE_DOCKETING,
        Action.RETURN_DOCKETING,
        Action.CLOSE_CASE,
        Action.ESCALATE_CASE,
        Action.END_PROGRAMME,
    }
)

C = CaseState
#: The way of a case in six steps, for people.
WAY: tuple[tuple[str, tuple[CaseState, ...]], ...] = (
    ("docketing", (C.DRAFT, C.PROPOSED)),
    ("planning", (C.DOCKETED, C.PLAN_PROPOSED, C.PLANNED)),
    ("verifying", (C.VERIFYING,)),
    ("concluding", (C.CONCLUDING, C.CONCLUSION_PROPOSED, C.CONCLUDED)),
    ("rectifying", (C.DELIVERED, C.RECTIFYING)),
    ("closed", (C.CLOSED,)),
)

#: The light way: one unit handles the lead and replies.
LIGHT_WAY: tuple[tuple[str, tuple[CaseState, ...]], ...] = (
    ("docketing", (C.DRAFT,)),
    ("assigned", (C.ASSIGNED,)),
    ("settled", (C.SETTLED,)),
    ("closed", (C.CLOSED,)),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A link on the case page: what can be done next, and where."""

    href: str
    label: str


def next_steps(case_id: object, actions: Iterable[Action]) -> list[Step]:
    """A link for each page that carries out one of ``actions``, each page once, in the table's order."""
    found: dict[str, Step] = {}
    for action in actions:
        endpoint = PAGES.get(action, "")
        if endpoint in current_app.view_functions and endpoint not in found:
            found[endpoint] = Step(url_for(endpoint, case_id=str(case_id)), str(label(action)))
    return list(found.values())


def way_of(case: Case) -> tuple[tuple[str, tuple[CaseState, ...]], ...]:
    """The steps that this case goes through."""
    return LIGHT_WAY if case.programme_id is not None else WAY


def place_of(case: Case, state: CaseState) -> int:
    """Which of its steps a case in this state stands at, 0-based."""
    return next(index for index, (_name, states) in enumerate(way_of(case)) if state in states)
