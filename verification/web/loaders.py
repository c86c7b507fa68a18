"""Fetching a subject and authorising it in one step. Whoever may not see it gets the same 404 as for nothing.

Who may is decided by keys, not by roles alone: a tip is open to whoever holds its desk's key, a case to
whoever holds the case key. Must not know: any page. Source: 3-architecture rule 5; 6-peers defect 11.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select

from portal.models import Tip
from verification.domain.acting import Acting
from verification.domain.dispatch import may_see_task
from verification.errors import NotHere
from verification.models import Case, RectificationItem, Staff, Task
from verification.policy.embargo import is_hidden
from verification.policy.permissions import Permission
from verification.policy.recusal import is_recused


def load_tip(acting: Acting, tip_id: uuid.UUID) -> Tip:
    """A tip of a desk whose key this person holds."""
    tip = acting.session.get(Tip, tip_id)
    if tip is None or not acting.keyring.holds(acting.session, tip.desk_key_id):
        raise NotHere
    return tip


def load_case(acting: Acting, case_id: uuid.UUID) -> Case:
    """A case whose key this person holds: desk, team, those it was proposed to, those a transition named.

    An unannounced visit that this person may not know of is kept from them whole; the few pages that show the
    case as it was docketed ask for ``load_docketed_case``.
    """
    case = load_docketed_case(acting, case_id)
    if is_hidden(acting.session, staff_id=acting.staff_id, case_id=case_id):
        raise NotHere
    return case


def load_docketed_case(acting: Acting, case_id: uuid.UUID) -> Case:
    """The same, for pages that leave out by themselves what is under embargo.

    A key does not help whoever must keep away from it: a supervisor holds the desk's.
    """
    case = acting.session.get(Case, case_id)
    if case is None or not acting.keyring.holds(acting.session, case.key_id):
        raise NotHere
    if is_recused(acting.session, staff_id=acting.staff_id, case_id=case_id):
        raise NotHere
    return case


def load_task(acting: Acting, task_id: uuid.UUID) -> Task:
    """A task of a case whose key this person holds, if it is theirs to see."""
    task = acting.session.get(Task, task_id)
    if task is None or not may_see_task(acting, task_id):
        raise NotHere
    load_case(acting, task.case_id)
    return task


def load_item(acting: Acting, item_id: uuid.UUID) -> RectificationItem:
    """An item of one's own unit, for its liaison; otherwise of a case one can read."""
    item = acting.session.get(RectificationItem, item_id)
    if item is None:
        raise NotHere
    of_unit = acting.actor.may(Permission.UNIT_DESK) and acting.actor.unit_id == item.unit_id
    if not of_unit:
        load_case(acting, item.case_id)
    return item


def names_of(acting: Acting, staff_ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """The names of these people, in one query."""
    wanted = {staff_id for staff_id in staff_ids if staff_id is not None}
    if not wanted:
        return {}
    rows = acting.session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(wanted)))
    return dict(rows.all())
