"""Who can open a case: giving the case key to people, and taking it back. Source: 4-sealing "Keys".

Triage supervisors reach it through the desk key; everybody else holds a wrap of their own, which goes as soon
as nothing entitles them any more. What was read before cannot be called back.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import CursorResult, delete, select

from portal.models import KeyPurpose, RecipientKey, Tip
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.keys.addressees import case_key, of_desk, of_staff, office_desk
from verification.keys.records import make_key, wrap_to
from verification.models import (
    Case,
    ItemState,
    KeyWrap,
    LookBack,
    LookBackMember,
    LookBackState,
    RectificationItem,
    Review,
    ReviewMember,
    Role,
    Staff,
    StaffRole,
    Task,
    TaskGuest,
    TaskMember,
    TaskState,
)
from verification.policy.recusal import recused_from
from verification.policy.roles import staff_with_role

#: Roles that read every case once it was proposed to them.
_APPROVERS = (Role.DIRECTOR, Role.HEAD, Role.DEPUTY)


def give_case_key(acting: Acting, case: Case, *, staff_ids: Iterable[uuid.UUID]) -> None:
    """Wrap the case key to these people, but to none who must keep away from the case.

    Raises KeyLocked where the person acting does not hold it.
    """
    free = set(staff_ids) - recused_from(acting.session, case_id=case.id)
    query = select(Staff).where(Staff.id.in_(free)).order_by(Staff.id)
    for reader in acting.session.scalars(query):
        wrap_to(
            acting.session, key_id=case.key_id, to=of_staff(reader), keyring=acting.keyring,
            sealing=acting.sealing,
        )  # fmt: skip


def give_to_role(acting: Acting, case: Case, role: Role) -> None:
    """Wrap the case key to everybody who holds ``role`` now."""
    give_case_key(acting, case, staff_ids=staff_with_role(acting.session, role))


def give_to_approvers(acting: Acting, case: Case) -> None:
    """Wrap the case key to directors, deputies and heads; whoever has come to keep away loses theirs."""
    take_case_key(acting, case, staff_ids=recused_from(acting.session, case_id=case.id))
    for role in _APPROVERS:
        give_to_role(acting, case, role)


def take_case_key(acting: Acting, case: Case, *, staff_ids: Iterable[uuid.UUID]) -> None:
    """Delete the wraps of those whom nothing else entitles to the case, and have its key renewed."""
    leaving = set(staff_ids) - entitled(acting, case)
    keys = select(Staff.key_id).where(Staff.id.in_(leaving))
    deleted = acting.session.execute(
        delete(KeyWrap).where(KeyWrap.key_id == case.key_id, KeyWrap.holder_key_id.in_(keys))
    )
    assert isinstance(deleted, CursorResult)
    if deleted.rowcount:
        case.key_left = True
        renew_case_key(acting, case)


def renew_case_key(acting: Acting, case: Case) -> None:
    """Start the case key's next generation if somebody has lost the one before; at the desk alone.

    Whoever left may have kept a wrap, in a copy of the database: it opens nothing written from now on.
    Everybody who holds the old generation gets the new one, which opens all older ones. Where the person
    acting has no desk, whose statement a case key needs, the desk's next look at the case does it.
    """
    session = acting.session
    tips = session.scalars(select(Tip).where(Tip.case_id == case.id)).all()
    if not case.key_left or not all(acting.keyring.holds(session, tip.desk_key_id) for tip in tips):
        return
    older = session.scalars(
        select(RecipientKey).where(
            RecipientKey.purpose == KeyPurpose.CASE, RecipientKey.holder == case.id.hex
        )
    ).all()
    held = select(KeyWrap.holder_key_id).where(KeyWrap.key_id == case.key_id)
    readers = session.scalars(select(Staff).where(Staff.key_id.in_(held)).order_by(Staff.id)).all()
    day = acting.sealing.day
    desks = [of_desk(session, tip, day=day) for tip in tips] or [office_desk(session, day=day)]
    new_id = make_key(
        session, purpose=KeyPurpose.CASE, holder=case.id.hex,
        holders=[*desks, *map(of_staff, readers)], keyring=acting.keyring, sealing=acting.sealing,
        generation=max(key.generation for key in older) + 1,
    )  # fmt: skip
    for key in older:
        wrap_to(
            session, key_id=key.id, to=case_key(new_id, case_id=case.id), keyring=acting.keyring,
            sealing=acting.sealing,
        )  # fmt: skip
        session.execute(delete(KeyWrap).where(KeyWrap.key_id == key.id, KeyWrap.holder_key_id != new_id))
    case.key_id, case.key_left = new_id, False
    session.flush()
    acting.trace(Event.KEY_ROLLED, subject_kind="case", subject_id=case.id)


def entitled(acting: Acting, case: Case) -> set[uuid.UUID]:
    """Approvers, every team that was not withdrawn, its guests, signers, reviewers, who looks again."""
    session = acting.session
    approvers = session.scalars(select(StaffRole.staff_id).where(StaffRole.role.in_(_APPROVERS)))
    team = session.scalars(
        select(TaskMember.staff_id)
        .join(Task, Task.id == TaskMember.task_id)
        .where(Task.case_id == case.id, Task.state != TaskState.WITHDRAWN)
    )
    guests = session.scalars(
        select(TaskGuest.staff_id)
        .join(Task, Task.id == TaskGuest.task_id)
        .where(Task.case_id == case.id, Task.state != TaskState.WITHDRAWN)
    )
    signers = session.scalars(
        select(RectificationItem.signer_id).where(
            RectificationItem.case_id == case.id,
            RectificationItem.signer_id.is_not(None),
            RectificationItem.state.in_((ItemState.VERIFIED, ItemState.CLOSED_OFF)),
        )
    )
    reviewers = session.scalars(
        select(ReviewMember.staff_id)
        .join(Review, Review.id == ReviewMember.review_id)
        .where(Review.case_id == case.id)
    )
    lookers = session.scalars(
        select(LookBackMember.staff_id)
        .join(LookBack, LookBack.id == LookBackMember.look_back_id)
        .where(LookBack.case_id == case.id, LookBack.state != LookBackState.DROPPED)
    )
    people = {*approvers, *team, *guests, *reviewers, *lookers, *(one for one in signers if one is not None)}
    return people - recused_from(session, case_id=case.id)
