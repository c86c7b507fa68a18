"""短板弱项: where the office itself lags: people and training, passed clocks, units, what was undone.

Negative dispatch: only what lags is called up. Counts are of codes and dates over everything; a list shows
the cases that its reader reads. A constant number of queries. Source: 2-domain §5, county notice; issue 4.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import and_, exists, func, select

from verification.domain.acting import Acting
from verification.models import (
    Assignment,
    AssignmentReply,
    Case,
    CaseType,
    CaseUnit,
    CoordinationPart,
    Deadline,
    FieldRecord,
    Interest,
    Interference,
    ItemReport,
    LookBack,
    Measure,
    MeasureState,
    Programme,
    RectificationItem,
    Referral,
    Review,
    ReviewOutcome,
    Role,
    RuleException,
    Staff,
    StaffRole,
    Task,
    Unit,
)
from verification.policy.deadlines import LAPSING
from verification.policy.embargo import hidden_from
from verification.policy.workdays import end_of
from verification.queries.cases import listed_titles, readable
from verification.queries.coordination import ItemCard, carried_on_items
from verification.queries.reviews import ReviewCard, cards_of

SHOWN = 30
TRAINING, OVERLAP = "training-yearly", "reg-15-overlap"
_YEAR = timedelta(days=365)
_INSPECTING = (Role.INSPECTOR, Role.SUPERVISOR, Role.REVIEWER)
#: Counted against a unit: what was planned, not what had to be looked into. Source: Reg. art. 15.
_PLANNED = (CaseType.COMPREHENSIVE, CaseType.SPECIAL, CaseType.ROUTINE)


class Waits(StrEnum):
    """Whom an overdue step waits for."""

    DESK = "desk"
    TEAM = "team"
    UNIT = "unit"
    HEAD = "head"
    INFORMANT = "informant"


#: Whose turn it is while a clock runs.
WAITS_FOR: Final[Mapping[str, Waits]] = {
    "clock-ask": Waits.INFORMANT,
    "clock-sign": Waits.TEAM,
    "clock-verify": Waits.TEAM,
    "clock-verify-p1": Waits.TEAM,
    "clock-verify-p2": Waits.TEAM,
    "clock-verify-item": Waits.TEAM,
    "clock-rectify": Waits.UNIT,
    "clock-assign-sign": Waits.UNIT,
    "clock-assigned": Waits.UNIT,
    "reg-17-review": Waits.HEAD,
    "clock-coordinate": Waits.UNIT,
    "clock-coordinate-check": Waits.TEAM,
    "clock-coordinate-ruling": Waits.HEAD,
}

#: The tables of what belongs to a case, by the kind of a clock's subject.
_OF_CASE: Final[Mapping[str, Any]] = {
    "task": Task,
    "item": RectificationItem,
    "review": Review,
    "assignment": Assignment,
    "referral": Referral,
    "measure": Measure,
    "look-back": LookBack,
    "coordination-part": CoordinationPart,
}


@dataclass(frozen=True, slots=True)
class People:
    """Who could inspect, and what keeps them from it. Names, because they are to be called up."""

    count: int
    untrained: list[str]
    due: list[str]
    unsworn: list[str]
    with_interests: int

    @property
    def ready(self) -> int:
        """How many are trained and sworn."""
        return self.count - len({*self.untrained, *self.unsworn})


@dataclass(frozen=True, slots=True, repr=False)
class Lagging:
    """One clock that passed. case_id, title: where this person reads the case."""

    rule_id: str
    waits: Waits
    days: int
    kind: str
    subject_id: uuid.UUID
    case_id: uuid.UUID
    number: str | None
    title: str


@dataclass(frozen=True, slots=True, repr=False)
class Exempted:
    """A case that went on in spite of a rule, with a written reason. by: who gave it."""

    case_id: uuid.UUID
    number: str | None
    title: str
    rule_id: str
    by: str
    on: date


@dataclass(frozen=True, slots=True, repr=False)
class WeakSpots:
    """The whole page. by_rule, by_waiting: all clocks that passed; lagging: those this person reads."""

    people: People
    by_rule: dict[str, int]
    by_waiting: dict[Waits, int]
    lagging: list[Lagging]
    units_late: list[tuple[Unit, int]]
    inspected: list[tuple[Unit, int]]
    overridden: list[Exempted]
    off_plan: int
    records: int
    changed: list[ReviewCard]
    decided: int
    returned: list[tuple[Unit, int]]
    without_case: int
    unsent: int
    carried_on: list[ItemCard]


def weak_spots(acting: Acting) -> WeakSpots:
    """Everything that lags now."""
    passed = _passed(acting)
    changed, decided = _reviews(acting)
    session = acting.session
    records = session.execute(select(FieldRecord.off_plan, func.count()).group_by(FieldRecord.off_plan)).all()
    by_plan = {bool(off): count for off, count in records}
    unsent = select(func.count()).where(Measure.state.in_((MeasureState.DRAFT, MeasureState.APPROVED)))
    waiting = select(func.count()).where(Interference.case_id.is_(None))
    return WeakSpots(
        people=_people(acting),
        by_rule=dict(Counter(clock.rule_id for clock in passed).most_common()),
        by_waiting=dict(Counter(waits_for(clock.rule_id) for clock in passed).most_common()),
        lagging=_lagging(acting, passed),
        units_late=_units_late(acting, passed),
        inspected=_inspected(acting),
        overridden=_overridden(acting),
        off_plan=by_plan.get(True, 0),
        records=sum(by_plan.values()),
        changed=changed,
        decided=decided,
        returned=_returned(acting),
        without_case=session.scalar(waiting) or 0,
        unsent=session.scalar(unsent) or 0,
        carried_on=carried_on_items(acting),
    )


def waits_for(rule_id: str) -> Waits:
    """Whose turn it is while a clock of this rule runs; the desk's, where no other is named."""
    return WAITS_FOR.get(rule_id, Waits.DESK)


def _people(acting: Acting) -> People:
    """Active people who inspect; what is missing, or over, by name."""
    session, today = acting.session, acting.sealing.day
    rows = session.scalars(
        select(Staff)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(StaffRole.role.in_(_INSPECTING), Staff.active.is_(True))
        .order_by(Staff.name, Staff.id)
        .distinct()
    ).all()
    oldest = today - timedelta(days=acting.rules.number(TRAINING))
    declared = select(func.count(func.distinct(Interest.staff_id))).where(
        Interest.staff_id.in_([row.id for row in rows])
    )
    return People(
        count=len(rows),
        untrained=[row.name for row in rows if row.trained_on is None],
        due=[row.name for row in rows if row.trained_on is not None and row.trained_on < oldest],
        unsworn=[row.name for row in rows if row.undertaking_on is None],
        with_interests=session.scalar(declared) or 0,
    )


def _passed(acting: Acting) -> Sequence[Deadline]:
    query = select(Deadline).where(
        Deadline.met_on.is_(None),
        Deadline.paused_at.is_(None),
        Deadline.due_at < acting.clock.now(),
        Deadline.rule_id.not_in(LAPSING),
    )
    return acting.session.scalars(query.order_by(Deadline.due_at, Deadline.id)).all()


def _cases_of(acting: Acting, passed: Sequence[Deadline]) -> dict[uuid.UUID, uuid.UUID]:
    """The case of each subject; tips are the desk's own tray and have none here."""
    found = {clock.subject_id: clock.subject_id for clock in passed if clock.subject_kind == "case"}
    for kind, model in _OF_CASE.items():
        ids = [clock.subject_id for clock in passed if clock.subject_kind == kind]
        if ids:
            query = select(model.id, model.case_id).where(model.id.in_(ids))
            found |= dict(acting.session.execute(query).all())
    return found


def _lagging(acting: Acting, passed: Sequence[Deadline]) -> list[Lagging]:
    case_of = _cases_of(acting, passed)
    query = select(Case).where(Case.id.in_(set(case_of.values())), readable(acting))
    cases = {case.id: case for case in acting.session.scalars(query)}
    # That a team has not signed for a visit would tell of the visit.
    hidden = set(acting.session.scalars(query.with_only_columns(Case.id).where(hidden_from(acting.staff_id))))
    mine = [clock for clock in passed if case_of.get(clock.subject_id) in cases]
    shown = [
        clock for clock in mine if clock.subject_kind != "task" or case_of[clock.subject_id] not in hidden
    ][:SHOWN]
    wanted = {case_of[clock.subject_id] for clock in shown}
    titles = listed_titles(acting, [cases[case_id] for case_id in wanted])
    now = acting.clock.now()
    return [
        Lagging(
            rule_id=clock.rule_id,
            waits=waits_for(clock.rule_id),
            days=max((now - clock.due_at).days, 1),
            kind=clock.subject_kind,
            subject_id=clock.subject_id,
            case_id=case_of[clock.subject_id],
            number=cases[case_of[clock.subject_id]].number,
            title=titles[case_of[clock.subject_id]],
        )
        for clock in shown
    ]


def _units_late(acting: Acting, passed: Sequence[Deadline]) -> list[tuple[Unit, int]]:
    """Units whose own turn has passed, the most first; help across departments is held against nobody."""
    late: Counter[uuid.UUID] = Counter()
    of_units: tuple[Any, ...] = (RectificationItem, Assignment)
    for model in of_units:
        ids = [clock.subject_id for clock in passed if waits_for(clock.rule_id) is Waits.UNIT]
        late.update(acting.session.scalars(select(model.unit_id).where(model.id.in_(ids))).all())
    return _by_unit(acting, late)


def _by_unit(acting: Acting, counts: Mapping[uuid.UUID, int]) -> list[tuple[Unit, int]]:
    units = acting.session.scalars(select(Unit).where(Unit.id.in_(counts)))
    return sorted(((unit, counts[unit.id]) for unit in units), key=lambda pair: (-pair[1], pair[0].code))[:10]


def _inspected(acting: Acting) -> list[tuple[Unit, int]]:
    """Planned inspections of each unit that were docketed within a year."""
    since = end_of(acting.sealing.day - _YEAR)
    query = (
        select(CaseUnit.unit_id, func.count())
        .join(Case, Case.id == CaseUnit.case_id)
        .where(
            Case.case_type.in_(_PLANNED),
            Case.docketed_at >= since,
            Case.programme_id.is_(None),
            ~exists().where(Programme.case_id == Case.id),
        )
        .group_by(CaseUnit.unit_id)
    )
    return _by_unit(acting, dict(acting.session.execute(query).all()))


def _overridden(acting: Acting) -> list[Exempted]:
    """Cases that went on in spite of an overlap, the quota or a town's duty, the newest first."""
    session, reads = acting.session, and_(readable(acting), ~hidden_from(acting.staff_id))
    query = select(Case).where(Case.overlap_reason_id.is_not(None), reads)
    overlapping = session.scalars(query.order_by(Case.opened_on.desc(), Case.id).limit(SHOWN)).all()
    exempted = session.execute(
        select(RuleException, Case)
        .join(Case, Case.id == RuleException.case_id)
        .where(reads)
        .order_by(RuleException.made_on.desc(), RuleException.id)
        .limit(SHOWN)
    ).all()
    rows = [(case, OVERLAP, case.proposed_by or case.opened_by, case.opened_on) for case in overlapping]
    rows += [(case, row.rule_id, row.made_by, row.made_on) for row, case in exempted]
    titles = listed_titles(acting, list({case.id: case for case, *_rest in rows}.values()))
    names: dict[uuid.UUID, str] = dict(session.execute(select(Staff.id, Staff.name)).all())
    found = [
        Exempted(case.id, case.number, titles[case.id], rule_id, names[by], on)
        for case, rule_id, by, on in rows
    ]
    return sorted(found, key=lambda one: one.on, reverse=True)[:SHOWN]


def _reviews(acting: Acting) -> tuple[list[ReviewCard], int]:
    """Reviews that changed or revoked a conclusion, and how many were decided at all."""
    undone = Review.outcome.in_((ReviewOutcome.CHANGE, ReviewOutcome.REVOKE))
    query = (
        select(Review)
        .join(Case, Case.id == Review.case_id)
        .where(Review.decided_at.is_not(None), undone, readable(acting))
        .order_by(Review.decided_at.desc(), Review.id)
        .limit(SHOWN)
    )
    decided = select(func.count()).where(Review.decided_at.is_not(None))
    cards = cards_of(acting, acting.session.scalars(query).all())
    return cards, acting.session.scalar(decided) or 0


def _returned(acting: Acting) -> list[tuple[Unit, int]]:
    """Units whose reports or replies were sent back, the most first."""
    reports = (
        select(RectificationItem.unit_id)
        .join(ItemReport, ItemReport.item_id == RectificationItem.id)
        .where(ItemReport.returned_note_id.is_not(None))
    )
    replies = (
        select(Assignment.unit_id)
        .join(AssignmentReply, AssignmentReply.assignment_id == Assignment.id)
        .where(AssignmentReply.returned_note_id.is_not(None))
    )
    back = [*acting.session.scalars(reports), *acting.session.scalars(replies)]
    return _by_unit(acting, Counter(back))
