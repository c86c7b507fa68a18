"""What must hold after every step, known without asking the guards: from the rows and the trail alone.

Clocks are computed here a second time, from a table of limits and a count of working days of a few lines.
Every check is an assertion whose message says what was broken.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import select

from portal.clock import civil_day
from portal.models import Tip, TipState
from tests.support.model.world import World
from verification.models import (
    Allegation,
    Assignment,
    AssignmentState,
    AuditEntry,
    CalendarDay,
    CaseState,
    Conclusion,
    Coordination,
    CoordinationPart,
    CoordinationState,
    Deadline,
    EvidenceCell,
    Exhibit,
    FieldRecord,
    Finding,
    ItemState,
    LookBack,
    LookBackMember,
    LookBackState,
    PartState,
    RectificationItem,
    Referral,
    ReferralState,
    Review,
    ReviewMember,
    ReviewState,
    StaffRole,
    Stance,
    Task,
    TaskMember,
    TaskState,
)
from verification.policy.permissions import ROLE_PERMISSIONS
from verification.policy.workdays import civil
from verification.workflow.states import STATES, SUBJECT_MODELS
from verification.workflow.table import TRANSITIONS

#: Rule → how many days, and whether working days: written out once more, as the law and the defaults say it.
LIMITS: Final = {
    "clock-triage": (3, True), "clock-notice": (15, False), "clock-ask": (15, False),
    "clock-sign": (1, True), "hand-back-once": (1, True), "clock-verify-p1": (3, True),
    "clock-verify-p2": (5, True), "clock-verify": (15, True), "clock-conclude": (10, True),
    "clock-answer": (15, True), "reg-17-objection": (30, False), "reg-17-review": (30, False),
    "clock-rectify": (30, False), "clock-verify-item": (15, True), "clock-assign-sign": (1, True),
    "clock-assigned": (15, True), "clock-check-reply": (5, True), "clock-refer": (0, False),
    "clock-look-back": (90, False), "clock-look-back-settle": (5, True),
    "clock-coordinate": (30, False), "clock-coordinate-check": (5, True),
    "clock-coordinate-ruling": (3, True),
}  # fmt: skip
#: Subject → its state → the clocks of these that run in it.
RUNNING: Final[dict[type[Any], tuple[frozenset[str], dict[Any, set[str]]]]] = {
    Task: (
        frozenset({"clock-sign", "hand-back-once"}),
        {TaskState.DISPATCHED: {"clock-sign"}, TaskState.HANDED_BACK: {"hand-back-once"}},
    ),
    RectificationItem: (
        frozenset({"clock-rectify", "clock-verify-item"}),
        {
            ItemState.ORDERED: {"clock-rectify"}, ItemState.RETURNED: {"clock-rectify"},
            ItemState.REPORTED: {"clock-verify-item"},
        },
    ),
    Review: (
        frozenset({"reg-17-review"}),
        {state: {"reg-17-review"} for state in ReviewState
         if state not in (ReviewState.DECIDED, ReviewState.DELIVERED)},
    ),
    Referral: (frozenset({"clock-refer"}), {ReferralState.FOUND: {"clock-refer"}}),
    Assignment: (
        frozenset({"clock-assign-sign", "clock-assigned", "clock-check-reply"}),
        {
            AssignmentState.ISSUED: {"clock-assign-sign", "clock-assigned"},
            AssignmentState.SIGNED: {"clock-assigned"},
            AssignmentState.HANDED_BACK: {"clock-assigned"},
            AssignmentState.REPLIED: {"clock-check-reply"},
            AssignmentState.RETURNED: {"clock-assigned"},
        },
    ),
    LookBack: (
        frozenset({"clock-look-back", "clock-look-back-settle"}),
        {
            LookBackState.DUE: {"clock-look-back"}, LookBackState.ASSIGNED: {"clock-look-back"},
            LookBackState.REPORTED: {"clock-look-back-settle"},
        },
    ),
    CoordinationPart: (
        frozenset({"clock-coordinate", "clock-coordinate-check", "clock-coordinate-ruling"}),
        {
            PartState.ASKED: {"clock-coordinate"}, PartState.TAKEN_ON: {"clock-coordinate"},
            PartState.RETURNED: {"clock-coordinate"}, PartState.REPORTED: {"clock-coordinate-check"},
            PartState.DECLINED: {"clock-coordinate-ruling"}, PartState.RULED: {"clock-coordinate-ruling"},
        },
    ),
}  # fmt: skip
#: Clocks that end on a date which somebody set for their subject.
OWN_DATES: Final[dict[str, type[Any]]] = {
    "clock-rectify": RectificationItem, "clock-assigned": Assignment, "clock-look-back": LookBack,
    "clock-coordinate": CoordinationPart,
}  # fmt: skip
#: A subject's state before its first act: the first of its kind.
BEGUN: Final[dict[str, Any]] = {kind.value: next(iter(states)) for kind, states in STATES.items()}
KINDS: Final[dict[type[Any], str]] = {model: kind.value for kind, model in SUBJECT_MODELS.items()}
#: (kind, from, to, event) → the permissions of whoever may.
TABLE: Final = {
    (row.kind.value, row.source.value, (row.target or row.source).value, row.audit.value): row.permission
    for row in TRANSITIONS
}
CONCLUDED: Final = (
    CaseState.CONCLUSION_PROPOSED, CaseState.CONCLUDED, CaseState.DELIVERED, CaseState.RECTIFYING,
)  # fmt: skip
NEEDS_NO_EXHIBIT: Final = (Finding.UNVERIFIABLE, Finding.SEPARATE)


class Oracle:
    """Watches one world from its beginning."""

    def __init__(self, world: World) -> None:
        self.world, self.session = world, world.session
        self.states = {key: state for key, (state, _row) in self._subjects().items()}
        self.entries = self._last_entry()
        self.clocks = set(self.session.scalars(select(Deadline.id)))
        self.records = set(self.session.scalars(select(FieldRecord.id)))
        rows = self.session.execute(select(CalendarDay.day, CalendarDay.is_workday)).all()
        self.special: dict[date, bool] = dict(rows)
        self.roles: dict[uuid.UUID, set[Any]] = {}
        for staff_id, role in self.session.execute(select(StaffRole.staff_id, StaffRole.role)):
            self.roles.setdefault(staff_id, set()).add(role)
        #: Whoever took part in concluding, as the trail and the rows have it when each act happens.
        self.concluded_by: set[uuid.UUID] = set(self._named_in_rows())
        self.was_closed = world.case.state is CaseState.CLOSED

    def check(self, refused: Exception | None) -> None:
        """After a step: everything."""
        entries = self._new_entries()
        if refused is not None:
            assert entries == [], f"refused ({refused}), and the trail has {entries}"
            return
        self._trail(entries)
        self._new_clocks()
        self._running_clocks()
        self._field_work()
        self._off_plan()
        self._reviewers(entries)
        self._closing(entries)
        self._looking_back(entries)

    def peek(self) -> None:
        """After an act without its verb, which will be undone: what the table and its guards answer for."""
        after = copy.copy(self)
        after.states = dict(self.states)
        entries = after._new_entries()
        after._trail(entries)
        after._off_plan()
        after._closing(entries)

    # --- the trail: replayed, it gives the states -----------------------------------------------------------

    def _last_entry(self) -> int:
        newest = select(AuditEntry.number).order_by(AuditEntry.number.desc()).limit(1)
        return self.session.scalar(newest) or 0

    def _new_entries(self) -> list[AuditEntry]:
        query = select(AuditEntry).where(AuditEntry.number > self.entries).order_by(AuditEntry.number)
        found = list(self.session.scalars(query))
        self.entries = found[-1].number if found else self.entries
        return found

    def _subjects(self) -> dict[tuple[str, uuid.UUID], tuple[Any, Any]]:
        return {(KINDS[model], row.id): (row.state, row) for model in KINDS for row in self.world.rows(model)}

    def _trail(self, entries: list[AuditEntry]) -> None:
        for entry in entries:
            if not {"from", "to"} <= set(entry.facts):
                continue
            key = (entry.subject_kind, entry.subject_id)
            before = self.states.get(key, BEGUN[entry.subject_kind])
            row = (entry.subject_kind, entry.facts["from"], entry.facts["to"], entry.event)
            assert entry.facts["from"] == before.value, f"{row} from {before}"
            assert row in TABLE, f"{row} is not in the table"
            assert entry.actor_id is not None, f"{row} by nobody"
            held = {one for role in self.roles[entry.actor_id] for one in ROLE_PERMISSIONS[role]}
            assert TABLE[row] in held, f"{row} by {self.roles[entry.actor_id]}"
            self.states[key] = type(before)(entry.facts["to"])
        for key, (state, _row) in self._subjects().items():
            assert self.states.setdefault(key, BEGUN[key[0]]) is state, (
                f"{key[0]} is {state} beside the trail"
            )

    # --- clocks --------------------------------------------------------------------------------------------

    def _last_day(self, rule_id: str, began: date) -> date:
        count, in_workdays = LIMITS[rule_id]
        day = began
        while count:
            day += timedelta(days=1)
            count -= self.special.get(day, day.weekday() < 5) if in_workdays else 1
        return day

    def _new_clocks(self) -> None:
        today = civil_day(self.world.office.clock)
        for row in self.session.scalars(select(Deadline).where(Deadline.id.not_in(self.clocks))).all():
            self.clocks.add(row.id)
            assert row.began_on == today, f"{row.rule_id} began on {row.began_on}"
            expected = self._last_day(row.rule_id, row.began_on)
            if row.rule_id in OWN_DATES:
                expected = self.session.get_one(OWN_DATES[row.rule_id], row.subject_id).due_on
            assert civil(row.due_at) == expected, f"{row.rule_id} ends {civil(row.due_at)}, not {expected}"

    def _running_clocks(self) -> None:
        query = select(Deadline.subject_id, Deadline.rule_id).where(Deadline.met_on.is_(None))
        running: dict[uuid.UUID, set[str]] = {}
        for subject_id, rule_id in self.session.execute(query):
            running.setdefault(subject_id, set()).add(rule_id)
        for model, (clocks, by_state) in RUNNING.items():
            for row in self.world.rows(model):
                if model is RectificationItem and self.world.case.state is not CaseState.RECTIFYING:
                    continue  # an item runs from its order on
                found = running.get(row.id, set()) & clocks
                assert found == by_state.get(row.state, set()), f"{KINDS[model]} {row.state} has {found}"

    # --- the law --------------------------------------------------------------------------------

    def _field_work(self) -> None:
        for record in self.world.rows(FieldRecord):
            if record.id in self.records:
                continue
            self.records.add(record.id)
            docketed_at = self.world.case.docketed_at
            assert docketed_at is not None, "field work without docketing"
            assert record.written_at >= docketed_at, "field work before docketing"

    def _rests(self) -> dict[uuid.UUID, tuple[int, int]]:
        """Allegation → how many exhibits within the plan, and outside it, say something of it."""
        query = (
            select(EvidenceCell.allegation_id, Exhibit.off_plan)
            .join(Exhibit, Exhibit.object_id == EvidenceCell.exhibit_id)
            .where(Exhibit.case_id == self.world.case_id, EvidenceCell.stance != Stance.SILENT)
        )
        said = [(claim, off_plan) for claim, off_plan in self.session.execute(query)]
        return {
            claim: (said.count((claim, False)), said.count((claim, True)))
            for claim in {one for one, _off_plan in said}
        }

    def _off_plan(self) -> None:
        if self.world.case.state not in CONCLUDED:
            return
        rests = self._rests()
        for claim in self.world.rows(Allegation):
            within, outside = rests.get(claim.id, (0, 0))
            alone = outside > 0 and within == 0 and claim.finding not in NEEDS_NO_EXHIBIT
            assert not alone, "a proposed conclusion rests on what lies outside the plan"

    def _named_in_rows(self) -> Iterator[uuid.UUID]:
        case_id = self.world.case_id
        yield from self.session.scalars(
            select(TaskMember.staff_id)
            .join(Task, Task.id == TaskMember.task_id)
            .where(Task.case_id == case_id)
        )
        for conclusion in self.world.rows(Conclusion):
            yield from filter(None, (conclusion.drafted_by, conclusion.approved_by))
        found = select(Allegation.found_by).where(Allegation.case_id == case_id)
        yield from filter(None, self.session.scalars(found))

    def _reviewers(self, entries: list[AuditEntry]) -> None:
        for entry in entries:
            actor: Any = entry.actor_id
            if entry.event in ("review.admitted", "review.decision-proposed"):
                assert actor not in self.concluded_by, "a reviewer took part in the conclusion"
            if entry.event == "review.reviewers-named":
                named = select(ReviewMember.staff_id).where(ReviewMember.review_id == entry.subject_id)
                both = set(self.session.scalars(named)) & self.concluded_by
                assert both == set(), "somebody was named who took part in the conclusion"
        if any(entry.subject_kind == "review" for entry in entries):
            return  # a changed conclusion is the reviewers' own, and reviewed by nobody of them again
        self.concluded_by |= set(self._named_in_rows())
        made = ("conclusion.begun", "conclusion.proposed")
        self.concluded_by |= {entry.actor_id for entry in entries if entry.event in made and entry.actor_id}

    def _closing(self, entries: list[AuditEntry]) -> None:
        for entry in entries:
            if entry.event == "item.verified":
                self._verified_by_another(entry)
            if entry.event == "item.closed-off":
                assert entry.actor_id not in self.concluded_by, "an item was signed off by one of its own"
        is_closed = self.world.case.state is CaseState.CLOSED
        if not is_closed or self.was_closed:
            self.was_closed = is_closed
            return
        self.was_closed = True
        light = self.world.case.programme_id is not None
        for allegation in self.world.rows(Allegation):
            assert allegation.finding is not None, "closed without a finding"
            rests = sum(self._rests().get(allegation.id, ())) > 0
            assert rests or light or allegation.finding in NEEDS_NO_EXHIBIT, "closed without exhibits"
        for item in self.world.rows(RectificationItem):
            assert item.state in (ItemState.CLOSED_OFF, ItemState.WITHDRAWN), "closed with an open item"
        ended = (CoordinationState.DONE, CoordinationState.WITHDRAWN, CoordinationState.CARRIED_ON)
        helped = {row.state for row in self.world.rows(Coordination)}
        assert helped <= set(ended), "closed with open help"
        assert all(tip.state is not TipState.IN_CASE for tip in self.world.rows(Tip)), "nobody was answered"

    def _looking_back(self, entries: list[AuditEntry]) -> None:
        """Fresh eyes are among those who look, and whoever looked does not settle."""
        for entry in entries:
            if entry.event not in ("look-back.assigned", "look-back.settled"):
                continue
            named = select(LookBackMember.staff_id).where(LookBackMember.look_back_id == entry.subject_id)
            people = set(self.session.scalars(named))
            if entry.event == "look-back.settled":
                assert entry.actor_id not in people, "a look-back was settled by somebody who looked"
                continue
            items = [row.id for row in self.world.rows(RectificationItem)]
            closing = select(AuditEntry.actor_id).where(
                AuditEntry.subject_id.in_(items), AuditEntry.event.in_(("item.verified", "item.closed-off"))
            )
            assert len(people) >= 2, "somebody looks back alone"
            assert people - set(self.session.scalars(closing)), "nobody looks with fresh eyes"

    def _verified_by_another(self, entry: AuditEntry) -> None:
        team = select(TaskMember.staff_id).join(Task, Task.id == TaskMember.task_id)
        members = set(self.session.scalars(team.where(Task.case_id == self.world.case_id)))
        assert entry.actor_id in members, "an item was verified by somebody outside the team"
        assert entry.facts.get("signer") not in {member.hex for member in members}, (
            "the team signs for itself"
        )
