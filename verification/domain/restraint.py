"""Keeping inspections few: the overlap search of a proposal, and setting a rule aside for one case.

A rule is set aside by whom the rule itself names, with a written reason under their name; never by silence.
Source: Reg. art. 15; issue 4 "each a refusal or warning by rule, or an override with a written reason and the
director's name".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.inputs import MEDIUM, Inputs, require
from verification.domain.locking import locked_case
from verification.errors import Refusal, Refused
from verification.keys.addressees import of_case
from verification.models import Case, CaseState, OverlapSearch, Role, RuleException, StaffNotice
from verification.policy.permissions import Permission
from verification.policy.restraint import units_over_quota
from verification.policy.roles import staff_with_role
from verification.workflow.guards_restraint import QUOTA, TOWN_DUTY

#: Which rules can be set aside for one case, and who may: the director, or the desk with a written basis.
MAY_SET_ASIDE: Final[Mapping[str, Permission]] = {
    QUOTA: Permission.RULE_OVERRIDE,
    TOWN_DUTY: Permission.CASE_PROPOSE,
}


@dataclass(frozen=True, slots=True, repr=False)
class ReadException:
    """A rule set aside, opened."""

    row: RuleException
    reason: str


def override_rule(acting: Acting, *, case_id: uuid.UUID, version: int, rule_id: str, reason: str) -> Case:
    """The director sets a rule aside for one proposed case, with a reason under their name.

    Raises InvalidInput (reason), Refused where the rule cannot be set aside or nothing stands against it.
    """
    inputs = Inputs()
    words = inputs.text("reason", reason, most=MEDIUM)
    inputs.done()
    require(acting, Permission.RULE_OVERRIDE)
    case = locked_case(acting, case_id, version=version)
    stands = rule_id == QUOTA and case.state is CaseState.PROPOSED and over_quota(acting, case)
    if not stands or _known(acting, case.id, rule_id) is not None:
        raise Refused((Refusal("state", _l("There is nothing to set aside here.")),))
    set_aside(acting, case, rule_id=rule_id, reason=words)
    case.version += 1
    return case


def set_aside(acting: Acting, case: Case, *, rule_id: str, reason: str) -> RuleException:
    """Keep that a rule does not hold for this case, and why; one entry a rule, the newest words count."""
    require(acting, MAY_SET_ASIDE[rule_id])
    reason_id = acting.seal({"text": reason}, kind=ObjectKind.RECORD, to=[of_case(case)])
    row = _known(acting, case.id, rule_id)
    if row is None:
        row = RuleException(id=new_id(acting.rng), case_id=case.id, rule_id=rule_id)
        acting.session.add(row)
    row.reason_id, row.made_by, row.made_on = reason_id, acting.staff_id, acting.sealing.day
    acting.session.flush()
    acting.trace(Event.RULE_SET_ASIDE, subject_kind="case", subject_id=case.id, facts={"rule": rule_id})
    return row


def over_quota(acting: Acting, case: Case) -> bool:
    """Whether a unit of this case has been inspected as often as the quota allows."""
    quota = acting.rules.number(QUOTA)
    return bool(units_over_quota(acting.session, case=case, today=acting.sealing.day, quota=quota))


def tell_directors_of_quota(acting: Acting, case: Case) -> None:
    """Only they can set the quota aside, so they learn of it with the proposal."""
    if not over_quota(acting, case):
        return
    acting.session.add_all(
        StaffNotice(
            id=new_id(acting.rng), staff_id=director, code=Event.CASE_PROPOSED.value, subject_kind="case",
            subject_id=case.id, written_on=acting.sealing.day,
        )
        for director in sorted(staff_with_role(acting.session, Role.DIRECTOR), key=str)
        if director != acting.staff_id
    )  # fmt: skip


def keep_search(acting: Acting, case: Case, *, found: Sequence[Case]) -> OverlapSearch:
    """Attach the overlap search to the proposal, also where it found nothing."""
    last = acting.session.scalar(
        select(func.max(OverlapSearch.number)).where(OverlapSearch.case_id == case.id)
    )
    row = OverlapSearch(
        id=new_id(acting.rng), case_id=case.id, number=(last or 0) + 1, searched_on=acting.sealing.day,
        searched_by=acting.staff_id, window_days=acting.rules.number("overlap-window"),
        found=[other.id.hex for other in found],
    )  # fmt: skip
    acting.session.add(row)
    acting.session.flush()
    return row


def read_exceptions(acting: Acting, case_id: uuid.UUID) -> list[ReadException]:
    """Rules set aside for a case, oldest first. Raises KeyLocked."""
    rows = acting.session.scalars(
        select(RuleException)
        .where(RuleException.case_id == case_id)
        .order_by(RuleException.made_on, RuleException.rule_id)
    ).all()
    texts = acting.open_all(row.reason_id for row in rows)
    return [ReadException(row, str(texts[row.reason_id]["text"])) for row in rows]


def _known(acting: Acting, case_id: uuid.UUID, rule_id: str) -> RuleException | None:
    query = select(RuleException).where(RuleException.case_id == case_id, RuleException.rule_id == rule_id)
    return acting.session.scalars(query).one_or_none()
