"""The embargo of an unannounced visit in keys: whom its plan is sealed to, and what ends it.

While it lasts the plan is sealed to the keys of those who may know and not to the case's, which heads and
deputies hold; when the card is shown, or the field work is over, whoever records it hands the plan on to the
case. Source: county notice 四不两直; rules.toml unannounced-embargo; ``verification.policy.embargo``.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from sqlalchemy import CompoundSelect, delete, select, union

from portal.models import ObjectGrant
from portal.trust import KeyOf
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.inputs import Inputs
from verification.domain.locking import locked_case
from verification.errors import KeyLocked, NotHere, Refusal, Refused
from verification.keys.addressees import of_case, of_staff
from verification.keys.records import regrant
from verification.models import (
    Case,
    CaseInsider,
    Document,
    DocumentVersion,
    IssuedCode,
    Plan,
    Role,
    Staff,
)
from verification.policy.embargo import insiders, is_embargoed, is_hidden
from verification.policy.roles import staff_with_role


def keys_of_plan(acting: Acting, case: Case, *, unannounced: bool) -> list[KeyOf]:
    """Whom the next version of the plan is sealed to: the case, or under embargo those who may know."""
    is_secret = unannounced and case.embargo_ended_at is None
    if not (is_secret or is_embargoed(acting.session, case.id)):
        return [of_case(case)]
    return _keys_of(acting, {acting.staff_id, *insiders(acting.session, case_id=case.id)})


def share_plans(acting: Acting, case: Case, *, staff_ids: Iterable[uuid.UUID]) -> None:
    """Let people read the plans of a case under embargo. Raises KeyLocked for whoever cannot read them."""
    if is_embargoed(acting.session, case.id):
        _hand_on(acting, case, _keys_of(acting, staff_ids))


def take_plans(acting: Acting, case: Case, *, staff_ids: Iterable[uuid.UUID]) -> None:
    """Take the plans from people who are not of those who may know any more."""
    leaving = set(staff_ids) - insiders(acting.session, case_id=case.id)
    keys = select(Staff.key_id).where(Staff.id.in_(leaving))
    acting.session.execute(
        delete(ObjectGrant).where(
            ObjectGrant.object_id.in_(_bodies_of(case.id)), ObjectGrant.recipient_key_id.in_(keys)
        )
    )


def end_embargo(acting: Acting, case: Case) -> None:
    """The card was shown, or no visit is ahead any more: the plans are for every reader of the case.

    Doing it twice is harmless; a case that never was under embargo stays as it is.
    """
    if not is_embargoed(acting.session, case.id):
        return
    _hand_on(acting, case, [of_case(case)])
    case.embargo_ended_at = acting.clock.now()
    acting.trace(Event.EMBARGO_ENDED, subject_kind="case", subject_id=case.id)
    acting.session.flush()


def let_in(acting: Acting, *, case_id: uuid.UUID, staff_id: uuid.UUID | None) -> CaseInsider:
    """Let a colleague of the desk into a case under embargo: who wrote its plan may be away tomorrow.

    Raises NotHere for whoever is not inside, InvalidInput (colleague), Refused where nothing is hidden.
    """
    case = locked_case(acting, case_id)
    if is_hidden(acting.session, staff_id=acting.staff_id, case_id=case_id):
        raise NotHere
    if not is_embargoed(acting.session, case_id):
        raise Refused((Refusal("state", _l("This is not possible in the present state.")),))
    inputs = Inputs()
    colleague = inputs.among("colleague", staff_id, colleagues_outside(acting, case_id))
    inputs.done()
    assert colleague is not None  # it was among them
    row = CaseInsider(case_id=case_id, staff_id=colleague, let_in_by=acting.staff_id)
    acting.session.add(row)
    acting.session.flush()
    share_plans(acting, case, staff_ids=[colleague])
    acting.trace(
        Event.EMBARGO_LET_IN, subject_kind="case", subject_id=case_id, facts={"staff": colleague.hex}
    )
    return row


def colleagues_outside(acting: Acting, case_id: uuid.UUID) -> set[uuid.UUID]:
    """Supervisors who could be let in: free of the case, and not inside yet."""
    session = acting.session
    return {
        person
        for person in staff_with_role(session, Role.SUPERVISOR) - insiders(session, case_id=case_id)
        if is_hidden(session, staff_id=person, case_id=case_id)
    }


def _hand_on(acting: Acting, case: Case, to: list[KeyOf]) -> None:
    for body_id in acting.session.scalars(_bodies_of(case.id)).all():
        for key in to:
            # An older version may not be this person's to hand on; whoever holds it still can.
            with contextlib.suppress(KeyLocked):
                regrant(
                    acting.session, object_id=body_id, to=key, keyring=acting.keyring, sealing=acting.sealing
                )
    acting.session.flush()


def _bodies_of(case_id: uuid.UUID) -> CompoundSelect[uuid.UUID]:
    """What is sealed to those who may know: plans, inspection codes, and documents made in that time."""
    parts = (DocumentVersion.body_id, DocumentVersion.docx_id, DocumentVersion.pdf_id)
    made = select(Document.id).where(Document.case_id == case_id)
    return union(
        *(select(part).where(DocumentVersion.document_id.in_(made)) for part in parts),
        select(Plan.body_id).where(Plan.case_id == case_id),
        select(IssuedCode.body_id).where(IssuedCode.case_id == case_id),
    )


def _keys_of(acting: Acting, staff_ids: Iterable[uuid.UUID]) -> list[KeyOf]:
    people = select(Staff).where(Staff.id.in_(set(staff_ids))).order_by(Staff.id)
    return [of_staff(person) for person in acting.session.scalars(people)]
