"""TRANSITIONS: every (state, action) that exists, as data. What is not here cannot happen.

Each row names who may (a permission), what must be true (guards), what the audit trail will say, the rules it
rests on, which clocks it meets and starts, and who is told. The rows stand in ``rows``, by what they happen
to. Source: 2-domain §2, §2a, §3.
"""

from __future__ import annotations

from dataclasses import replace

from verification.policy.embargo import BEFORE_THE_END
from verification.policy.permissions import Permission as May
from verification.workflow import guards as g
from verification.workflow import guards_plan as p
from verification.workflow.rows.asking import ASKED, ASKED_TIPS, ASKINGS
from verification.workflow.rows.assignments import ASSIGNMENTS, LIGHT_CASES
from verification.workflow.rows.cases import CASES
from verification.workflow.rows.coordination import CASES_HELPED, COORDINATIONS, PARTS
from verification.workflow.rows.designations import DESIGNATIONS
from verification.workflow.rows.extensions import EXTENSIONS
from verification.workflow.rows.fieldwork import ITEMS, TASKS
from verification.workflow.rows.holdings import HOLDINGS
from verification.workflow.rows.leads import LEADS
from verification.workflow.rows.look_back import LOOK_BACKS, RELAPSED, RELAPSED_TASKS, RELAPSED_TIPS
from verification.workflow.rows.measures import MEASURES
from verification.workflow.rows.recusals import RECUSALS
from verification.workflow.rows.referrals import REFERRALS
from verification.workflow.rows.review import REVIEWED, REVIEWED_TIPS, REVIEWS
from verification.workflow.rows.tips import TIPS
from verification.workflow.states import Action as Do
from verification.workflow.states import AnyState, SubjectKind
from verification.workflow.transition import Transition


def _apart(rows: tuple[Transition, ...]) -> tuple[Transition, ...]:
    """Nobody who must keep away from a case does anything in it; a unit reports and applies all the same."""
    return tuple(
        row
        if row.permission in _OF_THE_UNIT
        else replace(row, guards=(g.not_recused, *row.guards), rules=(*row.rules, *_RECUSAL))
        for row in rows
    )


def _secret(rows: tuple[Transition, ...]) -> tuple[Transition, ...]:
    """Of an unannounced visit nobody does anything who may not know of it."""
    return tuple(
        replace(row, guards=(p.may_know_of_the_visit, *row.guards), rules=(*row.rules, "unannounced-embargo"))
        if row.kind is SubjectKind.TASK or (row.kind is SubjectKind.CASE and row.source in BEFORE_THE_END)
        else row
        for row in rows
    )


_OF_THE_UNIT = (
    May.ITEM_REPORT, May.REVIEW_APPLY, May.ASSIGNMENT_ANSWER, May.USE_ANSWER, May.COORDINATION_ANSWER,
    May.SYSTEM,
)  # fmt: skip
_RECUSAL = ("csl-76", "kept-away", "recusal-decided")
TRANSITIONS: tuple[Transition, ...] = (
    TIPS
    + REVIEWED_TIPS
    + ASKED_TIPS
    + RELAPSED_TIPS
    + _apart(
        _secret(CASES + LIGHT_CASES + TASKS + RELAPSED_TASKS)
        + ITEMS
        + REVIEWS
        + REVIEWED
        + ASSIGNMENTS
        + REFERRALS
        + RECUSALS
        + HOLDINGS
    )
    + _apart(MEASURES + DESIGNATIONS + LEADS)
    + _apart(ASKINGS + ASKED + EXTENSIONS)
    + _apart(LOOK_BACKS + RELAPSED)
    + _apart(CASES_HELPED + COORDINATIONS + PARTS)
)

BY_STATE_AND_ACTION: dict[tuple[SubjectKind, AnyState, Do], Transition] = {
    (row.kind, row.source, row.action): row for row in TRANSITIONS
}
if len(BY_STATE_AND_ACTION) != len(TRANSITIONS):
    raise RuntimeError("two transitions share a state and an action")


def actions_from(kind: SubjectKind, state: AnyState) -> tuple[Transition, ...]:
    """What the table allows from ``state``, guards not yet asked."""
    return tuple(row for row in TRANSITIONS if row.kind is kind and row.source == state)
