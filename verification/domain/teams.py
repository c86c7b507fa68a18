"""Who could go: every inspector with what speaks for them, and what keeps them away, for one case.

A proposal that a person confirms; the guards of dispatching decide. Reads coarse fields alone, needs no key.
Source: 1-mission journey 4; Reg. art. 9; Civil Servant Law 76–77.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import case as sql_case
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.clock import Clock, civil_day, day_start
from verification.models import (
    Case,
    CaseUnit,
    DesignationDuty,
    FieldRecord,
    FieldRecordStaff,
    InterestKind,
    Role,
    Staff,
    StaffRole,
    Task,
    TaskMember,
    TaskState,
    Unit,
    UnitKind,
)
from verification.policy.designations import covering, undesignated
from verification.policy.recusal import Conflict, conflicts_among, decided_away, kept_away

#: A task that is still worked on; watching a fix takes far less of a week than a visit.
_BUSY = (TaskState.DISPATCHED, TaskState.CARRY, TaskState.FOLLOW, TaskState.HANDED_BACK)
_WATCHING = (TaskState.FIX,)

_WEEK_HOURS = 40
_TASK_COSTS, _WATCH_COSTS = 8, 2
_SAME_CATEGORY, _SAME_FIELD, _EXPERIENCE_COUNTS = 6, 2, 5


class ReasonCode(StrEnum):
    """What speaks for or against somebody; the number that goes with it is in ``Reason``."""

    OPEN_TASKS = "open-tasks"
    WATCHED_TASKS = "watched-tasks"
    WEEK_MINUTES = "week-minutes"
    SAME_CATEGORY = "same-category"
    SAME_FIELD = "same-field"


class BlockCode(StrEnum):
    """What keeps somebody away."""

    INACTIVE = "inactive"
    OWN_UNIT = "own-unit"
    INTEREST = "interest"
    NAMED = "named"
    DECIDED = "decided"
    UNTRAINED = "untrained"
    NO_UNDERTAKING = "no-undertaking"
    NOT_DESIGNATED = "not-designated"


BLOCK_RULES: dict[BlockCode, str | None] = {
    BlockCode.INACTIVE: None,
    BlockCode.OWN_UNIT: "csl-76",
    BlockCode.INTEREST: "csl-76",
    BlockCode.NAMED: "kept-away",
    BlockCode.DECIDED: "recusal-decided",
    BlockCode.UNTRAINED: "reg-9",
    BlockCode.NO_UNDERTAKING: "reg-9-undertaking",
    BlockCode.NOT_DESIGNATED: "reg-7",
}
"""The rule each block rests on."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A figure that went into the score."""

    code: ReasonCode
    number: int


@dataclass(frozen=True, slots=True)
class Block:
    """One thing that keeps somebody away; ``unit_name`` and ``interest`` where it is about a unit."""

    code: BlockCode
    interest: InterestKind | None = None
    unit_name: str | None = None

    @property
    def rule_id(self) -> str | None:
        """The rule it rests on."""
        return BLOCK_RULES[self.code]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An inspector, scored. Higher is better; blocked ones come last whatever their score.

    may_lead: of the office, or of a department that is designated to lead.
    """

    staff_id: uuid.UUID
    name: str
    unit_name: str
    score: int
    reasons: tuple[Reason, ...]
    blocks: tuple[Block, ...]
    may_lead: bool

    @property
    def is_free(self) -> bool:
        """Whether nothing keeps them away."""
        return not self.blocks

    @property
    def experience(self) -> int:
        """How often they verified the same category."""
        return next((r.number for r in self.reasons if r.code is ReasonCode.SAME_CATEGORY), 0)


@dataclass(frozen=True, slots=True)
class Readiness:
    """Somebody whom a plan proposes: training and undertaking as they stand, and what keeps them away."""

    staff_id: uuid.UUID
    name: str
    unit_name: str
    trained_on: date | None
    undertaking_on: date | None
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Everybody in order, and the proposed team with its leader (None if nobody is free)."""

    candidates: tuple[Candidate, ...]
    team: tuple[uuid.UUID, ...]
    leader: uuid.UUID | None


def suggest_team(session: Session, *, case_id: uuid.UUID, clock: Clock, count: int) -> Suggestion:
    """Rank every inspector for a case: free capacity first, then experience. ``count``: people wanted.

    The leader is the most experienced of the proposed team.
    """
    case = session.get_one(Case, case_id)
    people = _inspectors(session)
    ids = tuple(person.id for person, _unit in people)
    load = _load(session, ids)
    minutes = _minutes_since(session, ids, monday=_monday(clock))
    experience = _experience(session, ids, case)
    duties = covering(session, case=case, on=civil_day(clock))
    leading_units = {unit for unit, found in duties.items() if DesignationDuty.LEAD in found}
    blocks = _blocks(session, case_id, [person for person, _unit in people], day=civil_day(clock))
    ranked = sorted(
        (
            _candidate(
                person,
                unit,
                load=load.get(person.id, (0, 0)),
                minutes=minutes.get(person.id, 0),
                experience=experience.get(person.id, (0, 0)),
                blocks=blocks.get(person.id, ()),
                may_lead=unit.kind is UnitKind.OFFICE or unit.id in leading_units,
            )
            for person, unit in people
        ),
        key=lambda one: (not one.is_free, -one.score, one.name),
    )
    team = _led([one for one in ranked if one.is_free], count=count)
    leading = [one for one in team if one.may_lead]
    leader = max(leading, key=lambda one: (one.experience, one.score), default=None)
    return Suggestion(
        candidates=tuple(ranked),
        team=tuple(one.staff_id for one in team),
        leader=leader.staff_id if leader else None,
    )


def readiness_of(
    session: Session, *, case_id: uuid.UUID, staff_ids: Sequence[uuid.UUID], day: date
) -> list[Readiness]:
    """These people as they stand on ``day`` for this case, in the order given; few queries."""
    rows = session.execute(
        select(Staff, Unit).join(Unit, Unit.id == Staff.unit_id).where(Staff.id.in_(staff_ids))
    )
    people = {person.id: (person, unit) for person, unit in rows}
    blocks = _blocks(session, case_id, [person for person, _unit in people.values()], day=day)
    return [
        Readiness(
            staff_id=staff_id,
            name=person.name,
            unit_name=unit.name,
            trained_on=person.trained_on,
            undertaking_on=person.undertaking_on,
            blocks=blocks[staff_id],
        )
        for staff_id in staff_ids
        if staff_id in people
        for person, unit in (people[staff_id],)
    ]


def _led(free: list[Candidate], *, count: int) -> list[Candidate]:
    """The first ``count``, with somebody among them who may lead, if anybody may."""
    team = free[:count]
    leaders = [one for one in free if one.may_lead]
    if team and leaders and leaders[0] not in team:
        team[-1] = leaders[0]
    return team


def _candidate(
    person: Staff,
    unit: Unit,
    *,
    load: tuple[int, int],
    minutes: int,
    experience: tuple[int, int],
    blocks: tuple[Block, ...],
    may_lead: bool,
) -> Candidate:
    busy, watching = load
    category, field = experience
    free_hours = _WEEK_HOURS - minutes // 60 - busy * _TASK_COSTS - watching * _WATCH_COSTS
    known = min(category, _EXPERIENCE_COUNTS) * _SAME_CATEGORY + min(field, _EXPERIENCE_COUNTS) * _SAME_FIELD
    return Candidate(
        staff_id=person.id,
        name=person.name,
        unit_name=unit.name,
        score=free_hours + known,
        reasons=(
            Reason(ReasonCode.OPEN_TASKS, busy),
            Reason(ReasonCode.WATCHED_TASKS, watching),
            Reason(ReasonCode.WEEK_MINUTES, minutes),
            Reason(ReasonCode.SAME_CATEGORY, category),
            Reason(ReasonCode.SAME_FIELD, field),
        ),
        blocks=blocks,
        may_lead=may_lead,
    )


def _inspectors(session: Session) -> list[tuple[Staff, Unit]]:
    query = (
        select(Staff, Unit)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .join(Unit, Unit.id == Staff.unit_id)
        .where(StaffRole.role == Role.INSPECTOR)
    )
    return [(person, unit) for person, unit in session.execute(query)]


def _monday(clock: Clock) -> date:
    today = civil_day(clock)
    return today - timedelta(days=today.weekday())


def _load(session: Session, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[int, int]]:
    """Tasks somebody works on, and tasks whose fix they watch."""
    busy = func.sum(sql_case((Task.state.in_(_BUSY), 1), else_=0))
    watching = func.sum(sql_case((Task.state.in_(_WATCHING), 1), else_=0))
    query = (
        select(TaskMember.staff_id, busy, watching)
        .join(Task, Task.id == TaskMember.task_id)
        .where(TaskMember.staff_id.in_(ids), Task.state.in_(_BUSY + _WATCHING))
        .group_by(TaskMember.staff_id)
    )
    return {staff_id: (int(open_), int(watched)) for staff_id, open_, watched in session.execute(query)}


def _minutes_since(session: Session, ids: Collection[uuid.UUID], *, monday: date) -> dict[uuid.UUID, int]:
    query = (
        select(FieldRecordStaff.staff_id, func.sum(FieldRecord.minutes))
        .join(FieldRecord, FieldRecord.id == FieldRecordStaff.record_id)
        .where(FieldRecordStaff.staff_id.in_(ids), FieldRecord.began_at >= day_start(monday))
        .group_by(FieldRecordStaff.staff_id)
    )
    return {staff_id: int(minutes) for staff_id, minutes in session.execute(query)}


def _experience(session: Session, ids: Collection[uuid.UUID], case: Case) -> dict[uuid.UUID, tuple[int, int]]:
    """Earlier cases of the same category, and of the same field (the category's first digit)."""
    query = (
        select(TaskMember.staff_id, Case.category, func.count(Case.id.distinct()))
        .join(Task, Task.id == TaskMember.task_id)
        .join(Case, Case.id == Task.case_id)
        .where(
            TaskMember.staff_id.in_(ids),
            Task.state != TaskState.WITHDRAWN,
            Case.id != case.id,
            Case.category.startswith(case.category[:1]),
        )
        .group_by(TaskMember.staff_id, Case.category)
    )
    found: dict[uuid.UUID, tuple[int, int]] = {}
    for staff_id, category, count in session.execute(query):
        same, field = found.get(staff_id, (0, 0))
        found[staff_id] = (same + count, field) if category == case.category else (same, field + count)
    return found


def _blocks(
    session: Session, case_id: uuid.UUID, people: list[Staff], *, day: date
) -> dict[uuid.UUID, tuple[Block, ...]]:
    units = set(session.scalars(select(CaseUnit.unit_id).where(CaseUnit.case_id == case_id)))
    named = session.scalars(select(Unit).where(Unit.id.in_(units)))
    names = {unit.id: unit.name for unit in named}
    conflicts = conflicts_among(session, staff_ids=[person.id for person in people], units=units)
    away, decided = kept_away(session, case_id=case_id), decided_away(session, case_id=case_id)
    case = session.get_one(Case, case_id)
    strangers = undesignated(session, case=case, people=[person.id for person in people], on=day)
    return {
        person.id: (
            *_own_blocks(person, day),
            *_unit_blocks(conflicts.get(person.id, ()), names),
            *((Block(BlockCode.NAMED),) if person.id in away else ()),
            *((Block(BlockCode.DECIDED),) if person.id in decided else ()),
            *((Block(BlockCode.NOT_DESIGNATED),) if person.id in strangers else ()),
        )
        for person in people
    }


def _own_blocks(person: Staff, day: date) -> list[Block]:
    untrained = person.trained_on is None or person.trained_on > day
    found = {
        BlockCode.INACTIVE: not person.active,
        BlockCode.UNTRAINED: untrained,
        BlockCode.NO_UNDERTAKING: person.undertaking_on is None,
    }
    return [Block(code) for code, applies in found.items() if applies]


def _unit_blocks(conflicts: tuple[Conflict, ...], names: Mapping[uuid.UUID, str]) -> list[Block]:
    return [
        Block(
            BlockCode.OWN_UNIT if conflict.kind is None else BlockCode.INTEREST,
            interest=conflict.kind,
            unit_name=names[conflict.unit_id],
        )
        for conflict in conflicts
    ]
