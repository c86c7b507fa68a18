"""The kinds of documents: what each is about, which values it may see, who may make it and when.

Must not know: templates, rows, pages. Source: issue 4 "Official documents"; 2-domain §2 (Art. 11–23).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from verification.documents.values import Group
from verification.models import CaseState as C
from verification.models import DocumentKind as K
from verification.models import MeasureKind as Use
from verification.policy.permissions import Permission as May


class About(StrEnum):
    """What a document of a kind is about, beside its case."""

    CASE = "case"
    UNIT = "unit"
    INTERVIEW = "interview"
    VISIT = "visit"
    ITEM = "item"
    REVIEW = "review"
    REFERRAL = "referral"
    ASSIGNMENT = "assignment"
    USE = "use"
    TIP = "tip"


@dataclass(frozen=True, slots=True)
class KindRule:
    """A kind. states: of the case, in which it may be made; outward: somebody outside the office reads it.

    uses: the uses of a conclusion that it is the paper of, once they are approved.
    """

    about: About
    permission: May
    states: frozenset[C]
    groups: frozenset[Group]
    outward: bool = False
    uses: frozenset[Use] = frozenset()


_ANY: Final = frozenset(C)
_DOCKETED: Final = _ANY - {C.DRAFT, C.PROPOSED}
_PLANNED: Final = _DOCKETED - {C.DOCKETED, C.ASSIGNED, C.SETTLED}
_NOTIFIED: Final = _PLANNED - {C.PLAN_PROPOSED}
_AT_WORK: Final = frozenset({C.PLANNED, C.VERIFYING, C.CONCLUDING})
_FOUND: Final = _NOTIFIED - {C.PLANNED}
_CONCLUDED: Final = frozenset({C.CONCLUDED, C.DELIVERED, C.RECTIFYING, C.CLOSED})
_ORDERED: Final = frozenset({C.DELIVERED, C.RECTIFYING, C.CLOSED})
_ALWAYS: Final = frozenset({Group.OFFICE, Group.CASE, Group.UNITS})


def _rule(
    about: About, permission: May, states: frozenset[C], *groups: Group, outward: bool = False
) -> KindRule:
    return KindRule(about, permission, states, _ALWAYS | set(groups), outward)


def _use_rule(*uses: Use) -> KindRule:
    return KindRule(About.USE, May.USE_WRITE, _ANY, _ALWAYS | {Group.USE}, outward=True, uses=frozenset(uses))


G = Group
KINDS: Final[dict[K, KindRule]] = {
    K.DOCKETING_FORM: _rule(About.CASE, May.CASE_PROPOSE, _ANY, G.BRIEF),
    K.PLAN: _rule(About.CASE, May.PLAN_WRITE, _PLANNED, G.PLAN, G.BRIEF),
    K.NOTICE: _rule(About.UNIT, May.TASK_DISPATCH, _AT_WORK, G.UNIT, G.PLAN, outward=True),
    K.ASSIGNMENT: _rule(About.ASSIGNMENT, May.CASE_ASSIGN, _DOCKETED, G.ASSIGNMENT, outward=True),
    K.PRESSING: _rule(About.UNIT, May.CASE_ASSIGN, _DOCKETED - {C.CLOSED}, G.UNIT, G.ITEMS, outward=True),
    K.INTERVIEW: _rule(About.INTERVIEW, May.TASK_WORK, _NOTIFIED, G.RECORD),
    K.SITE_RECORD: _rule(About.VISIT, May.TASK_WORK, _NOTIFIED, G.RECORD),
    K.MATERIALS: _rule(About.CASE, May.TASK_WORK, _NOTIFIED, G.TAKEN),
    K.REPORT: _rule(
        About.CASE, May.CONCLUSION_DRAFT, _FOUND, G.BRIEF, G.PLAN, G.FINDINGS, G.EXHIBITS, G.FILE
    ),
    K.CONCLUSION: _rule(About.UNIT, May.CONCLUSION_DELIVER, _CONCLUDED, G.UNIT, G.CONCLUSION, outward=True),
    K.DELIVERY: _rule(About.UNIT, May.CONCLUSION_DELIVER, _DOCKETED, G.UNIT, outward=True),
    K.RECTIFICATION: _rule(About.UNIT, May.ITEM_ORDER, _ORDERED, G.UNIT, G.ITEMS, G.CONCLUSION, outward=True),
    K.RECTIFICATION_CHECK: _rule(About.ITEM, May.ITEM_VERIFY, _ORDERED, G.ITEM),
    K.REVIEW_DECISION: _rule(About.REVIEW, May.REVIEW_DELIVER, _ANY, G.REVIEW, outward=True),
    K.REFERRAL: _rule(About.REFERRAL, May.MATTER_REFER, _ANY, G.REFERRAL, outward=True),
    K.CIRCULAR: _use_rule(
        Use.COMMENDATION, Use.INCENTIVE, Use.CRITICISM, Use.PUBLISH_CASE, Use.PUBLISH_OVERDUE
    ),
    K.NOT_ACCEPTED: KindRule(
        About.TIP, May.TIP_ANSWER, frozenset(), frozenset({G.OFFICE, G.TIP}), outward=True
    ),
    K.SUMMONS: _use_rule(Use.TALK),
    K.ASSISTANCE: _use_rule(Use.ASSISTANCE),
    K.ORDER: _use_rule(Use.ORDER),
    K.CLEARING: _use_rule(Use.CLEARING),
    K.RESEARCH: _use_rule(Use.RESEARCH, Use.ADVICE, Use.CHANGE),
}

#: Whoever may make a document of some kind.
MAKERS: Final = frozenset(rule.permission for rule in KINDS.values())
