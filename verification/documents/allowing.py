"""Whether a document may be made now: role, state, embargo, what its subject must have reached.

Every reason is given at once, each with its rule. Must not know: templates, pages.
Source: issue 4 "Official documents"; 2-domain §5 "the visit was known 98 days ahead".
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.models import Tip, TipState
from verification.documents.kinds import KINDS, About
from verification.domain.acting import Acting
from verification.domain.inputs import require
from verification.errors import Refusal, Refused
from verification.models import (
    Assignment,
    Case,
    CaseUnit,
    DocumentKind,
    FieldRecord,
    Measure,
    MeasureState,
    RecordKind,
    RectificationItem,
    Referral,
    Review,
    ReviewState,
)
from verification.policy.embargo import is_embargoed
from verification.policy.uses import USES, Approval
from verification.workflow.facts import Facts
from verification.workflow.guards import not_recused

#: Which rows of a case a kind of subject is one of.
_ROWS: Final[dict[About, type[RectificationItem] | type[Referral] | type[Assignment]]] = {
    About.ITEM: RectificationItem,
    About.REFERRAL: Referral,
    About.ASSIGNMENT: Assignment,
}
_RECORDS: Final = {About.INTERVIEW: RecordKind.INTERVIEW, About.VISIT: RecordKind.VISIT}
#: What may not be known at the unit before the card is shown there.
_TELLS_OF_VISIT: Final = frozenset({DocumentKind.NOTICE})


def subjects_of(acting: Acting, case: Case, kind: DocumentKind) -> list[uuid.UUID | None]:
    """What a document of this kind of this case can be about now, in order; [None]: the case as a whole."""
    about, session = KINDS[kind].about, acting.session
    if about is About.CASE:
        return [None]
    if about is About.UNIT:
        query = select(CaseUnit.unit_id).where(CaseUnit.case_id == case.id).order_by(CaseUnit.unit_id)
        return list(session.scalars(query))
    if about in _RECORDS:
        rows = select(FieldRecord.id).where(
            FieldRecord.case_id == case.id, FieldRecord.kind == _RECORDS[about]
        )
        return list(session.scalars(rows.order_by(FieldRecord.began_at, FieldRecord.id)))
    if about is About.REVIEW:
        decided = select(Review.id).where(
            Review.case_id == case.id, Review.state.in_((ReviewState.DECIDED, ReviewState.DELIVERED))
        )
        return list(session.scalars(decided.order_by(Review.applied_on, Review.id)))
    if about is About.USE:
        rows_of_use = select(Measure).where(Measure.case_id == case.id, Measure.kind.in_(KINDS[kind].uses))
        found = session.scalars(rows_of_use.order_by(Measure.written_on, Measure.id))
        return [row.id for row in found if _is_settled(row)]
    if about in _ROWS:
        model = _ROWS[about]
        return list(session.scalars(select(model.id).where(model.case_id == case.id).order_by(model.id)))
    return []


def refusals_for(
    acting: Acting, case: Case, kind: DocumentKind, *, subject_id: uuid.UUID | None = None
) -> Sequence[Refusal]:
    """Every reason against a document of this kind now; none: it may be made."""
    rule = KINDS[kind]
    found: list[Refusal] = []
    if not acting.actor.may(rule.permission):
        found.append(Refusal("permission", _l("Your role may not do this.")))
    if refusal := not_recused(Facts(acting.session, case, acting.actor, acting.clock, acting.rules, {})):
        found.append(refusal)
    if case.state not in rule.states:
        found.append(Refusal("doc-state", _l("What this document speaks of has not been decided yet.")))
    elif kind in _TELLS_OF_VISIT and is_embargoed(acting.session, case.id):
        text = _l("The visit is unannounced: nothing goes to the unit before the card was shown there.")
        found.append(Refusal("doc-embargo", text))
    if subject_id not in subjects_of(acting, case, kind):
        found.append(Refusal("doc-state", _l("Choose what this document is about."), "subject"))
    return found


def refuse_tip(acting: Acting, tip: Tip) -> None:
    """A notice that a tip was not taken up, before it was decided so. Raises Refused."""
    require(acting, KINDS[DocumentKind.NOT_ACCEPTED].permission)
    if tip.state is not TipState.DECLINED:
        text = _l("What this document speaks of has not been decided yet.")
        raise Refused((Refusal("doc-state", text),))


def _is_settled(use: Measure) -> bool:
    """Approved by whom its rule names, or written where nobody has to approve it; and not withdrawn."""
    if use.state is MeasureState.WITHDRAWN:
        return False
    return USES[use.kind].approval is Approval.NONE or use.state not in (
        MeasureState.DRAFT,
        MeasureState.PROPOSED,
    )
