"""What a case's page shows of restraint: the overlap search, units near their quota, the time on site.

Source: Reg. art. 15; issue 4 "people and hours on site against the plan".
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from verification.domain.acting import Acting
from verification.models import (
    Case,
    CaseState,
    FieldRecord,
    FieldRecordStaff,
    OverlapSearch,
    Plan,
    RuleException,
    Unit,
)
from verification.policy.embargo import SHOWN_STATE, hidden_from
from verification.policy.overlap import overlapping_cases
from verification.policy.restraint import duty_pushed_down, units_over_quota
from verification.queries.cases import listed_titles

SITE_LOAD = "site-load"


@dataclass(frozen=True, slots=True, repr=False)
class OtherCase:
    """A case that overlaps. title: empty where this person cannot read it; its number is still said."""

    id: uuid.UUID
    number: str
    title: str
    state: CaseState
    opened_on: date


@dataclass(frozen=True, slots=True, repr=False)
class Search:
    """The overlap search: of the proposal where there is one, of this moment for a draft."""

    searched_on: date
    searched_by: uuid.UUID | None
    window_days: int
    found: Sequence[OtherCase]


@dataclass(frozen=True, slots=True)
class SiteLoad:
    """People and person-hours that a case has cost on site, against its newest approved plan."""

    people: int
    people_planned: int
    hours: int
    hours_planned: int

    @property
    def is_over(self) -> bool:
        """Whether more were sent, or for longer, than planned."""
        return self.people > self.people_planned or self.hours > self.hours_planned


@dataclass(frozen=True, slots=True, repr=False)
class Restraint:
    """All of it for one case."""

    search: Search | None
    over_quota: Sequence[Unit]
    towns: Sequence[Unit]
    departments: Sequence[Unit]
    load: SiteLoad | None


def restraint_of(acting: Acting, case: Case) -> Restraint:
    """What speaks for restraint in this case, as it stands now."""
    early = case.state in (CaseState.DRAFT, CaseState.PROPOSED)
    session, today = acting.session, acting.sealing.day
    quota = acting.rules.number("quota-unit")
    towns, departments = duty_pushed_down(session, case=case) if early else ((), ())
    return Restraint(
        search=overlap_search(acting, case),
        over_quota=units_over_quota(session, case=case, today=today, quota=quota) if early else (),
        towns=towns,
        departments=departments,
        load=site_load(session, case_id=case.id),
    )


def overlap_search(acting: Acting, case: Case) -> Search | None:
    """The newest search kept with the case; for a draft, the search as it would be now."""
    session = acting.session
    if case.state is CaseState.DRAFT:
        window = acting.rules.number("overlap-window")
        found = overlapping_cases(session, case, today=acting.sealing.day, window_days=window)
        return Search(acting.sealing.day, None, window, _others(acting, found))
    row = kept_search(session, case_id=case.id)
    if row is None:
        return None
    ids = [uuid.UUID(other) for other in row.found]
    others = session.scalars(select(Case).where(Case.id.in_(ids)).order_by(Case.opened_on.desc())).all()
    return Search(row.searched_on, row.searched_by, row.window_days, _others(acting, others))


def kept_search(session: Session, *, case_id: uuid.UUID) -> OverlapSearch | None:
    """The search that went with the newest proposal."""
    query = select(OverlapSearch).where(OverlapSearch.case_id == case_id)
    return session.scalars(query.order_by(OverlapSearch.number.desc()).limit(1)).one_or_none()


def exceptions_of(session: Session, *, case_id: uuid.UUID) -> Sequence[RuleException]:
    """Rules set aside for a case, by whom and when; not why."""
    query = select(RuleException).where(RuleException.case_id == case_id)
    return session.scalars(query.order_by(RuleException.made_on, RuleException.rule_id)).all()


def site_load(session: Session, *, case_id: uuid.UUID) -> SiteLoad | None:
    """None before anybody was on site, or without an approved plan."""
    plan = session.scalars(
        select(Plan)
        .where(Plan.case_id == case_id, Plan.approved_at.is_not(None))
        .order_by(Plan.number.desc())
        .limit(1)
    ).one_or_none()
    on_site = (
        select(func.count(FieldRecordStaff.staff_id.distinct()), func.sum(FieldRecord.minutes))
        .join(FieldRecord, FieldRecord.id == FieldRecordStaff.record_id)
        .where(FieldRecord.case_id == case_id)
    )
    people, minutes = session.execute(on_site).one()
    if plan is None or not people:
        return None
    return SiteLoad(people, plan.people_planned, -(-int(minutes) // 60), plan.hours_planned)


def _others(acting: Acting, cases: Sequence[Case]) -> list[OtherCase]:
    mine = [case for case in cases if acting.keyring.holds(acting.session, case.key_id)]
    titles = listed_titles(acting, mine) if mine else {}
    secret = select(Case.id).where(Case.id.in_([case.id for case in cases]), hidden_from(acting.staff_id))
    hidden = set(acting.session.scalars(secret)) if cases else set()
    return [
        OtherCase(
            id=case.id,
            number=case.number or "",
            title=titles.get(case.id, ""),
            state=SHOWN_STATE if case.id in hidden else case.state,
            opened_on=case.opened_on,
        )
        for case in cases
    ]
