"""依法督查对照表: each step of one case beside its rules, with what shows it and what is missing.

A constant number of queries, whatever the case holds; names and dates from rows, no text is opened. Must not
know: words, pages. Source: 2-domain §2; issue 4 "The compliance sheet".
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from sqlalchemy import func, select

from portal.models import Tip, TipState
from verification.domain.acting import Acting
from verification.models import (
    INSPECTABLE,
    Allegation,
    Case,
    CaseState,
    CaseUnit,
    DocketBasis,
    FieldRecord,
    FieldRecordStaff,
    ItemState,
    Measure,
    RecordKind,
    RectificationItem,
    Referral,
    Review,
    ReviewState,
    Staff,
    Task,
    TaskGuest,
    TaskMember,
    TaskState,
    Unit,
)
from verification.policy.burden import Burden
from verification.policy.evidence import WITHOUT_EXHIBITS, evidence_of, has_exhibit, reasons_asked
from verification.policy.uses import USES, Approval
from verification.queries.compliance_coordination import coordination_steps
from verification.queries.compliance_lines import Lines, civil_date
from verification.queries.compliance_rectified import (
    asked_steps,
    false_steps,
    look_back_steps,
    relapse_steps,
)
from verification.queries.compliance_recusal import recusal_steps
from verification.queries.compliance_steps import Step, StepCode
from verification.queries.designations import lent_members
from verification.queries.restraint import SITE_LOAD, exceptions_of, kept_search, site_load
from verification.workflow.states import Action


def steps_of(acting: Acting, case: Case) -> list[Step]:
    """Every step of a case on the full path, in order, for whoever may read it."""
    looked_back = look_back_steps(acting.session, case.id, today=acting.sealing.day)
    return [*Sheet(acting.session, case).steps(), *looked_back]


class Sheet(Lines):
    """What the steps of the full path are read from."""

    def steps(self) -> list[Step]:
        """All lines."""
        self._learn_names()
        return [
            *self._docketing(),
            *self._planning(),
            *self._field_work(),
            *self._findings(),
            *recusal_steps(self._session, self._case.id, self._counted),
            *self._conclusion_steps(),
            *self._rectification(),
            *self._ending(),
        ]

    # --- lines -------------------------------------------------------------------------------------------

    def _matter(self, due: CaseState) -> Iterable[Step]:
        """What is inspected, and whom."""
        case = self._case
        yield self._step(
            StepCode.CONTENT, ("reg-4", "case-basis"), case.content_basis is not None, due,
            on=case.opened_on, people=[case.opened_by],
        )  # fmt: skip
        kinds = self._session.scalars(
            select(Unit.kind).join(CaseUnit, CaseUnit.unit_id == Unit.id).where(CaseUnit.case_id == case.id)
        ).all()
        allowed = sum(kind in INSPECTABLE for kind in kinds)
        yield self._counted(StepCode.OBJECTS, ("reg-5",), allowed, len(kinds), due)

    def _docketing(self) -> Iterable[Step]:
        case, by_proposal = self._case, self._case.docket_basis is DocketBasis.PROPOSAL
        yield from self._matter(CaseState.PROPOSED)
        if by_proposal:
            yield from self._restraint()
            # A head may approve what no deputy has endorsed; what was endorsed is shown.
            yield self._counted(
                StepCode.ENDORSED, ("deputy-endorses",), int(case.endorsed_by is not None),
                int(case.endorsed_by is not None), CaseState.DOCKETED,
                people=[case.proposed_by, case.endorsed_by], paper=(Action.ENDORSE_DOCKETING,),
            )  # fmt: skip
        yield self._step(
            StepCode.DOCKETED, ("reg-11-2",) if by_proposal else ("reg-11-1",), case.docketed_at is not None,
            CaseState.DOCKETED, on=case.docketed_at, people=[case.docketed_by],
            paper=(Action.APPROVE_DOCKETING, Action.DOCKET_BY_INSTRUCTION),
        )  # fmt: skip
        if by_proposal:
            apart = case.docketed_by is not None and case.docketed_by != case.proposed_by
            yield self._step(StepCode.DOCKET_APART, ("docket-separate",), apart, CaseState.DOCKETED)

    def _restraint(self) -> Iterable[Step]:
        session, case = self._session, self._case
        search = kept_search(session, case_id=case.id)
        yield self._step(
            StepCode.SEARCHED, ("reg-15-overlap", "overlap-window"), search is not None, CaseState.PROPOSED,
            on=search.searched_on if search else None, people=[search.searched_by] if search else [],
        )  # fmt: skip
        codes = {"quota-unit": StepCode.QUOTA, "town-duty": StepCode.TOWN_DUTY}
        for row in exceptions_of(session, case_id=case.id):
            yield self._step(
                codes[row.rule_id], (row.rule_id,), True, CaseState.DOCKETED, on=row.made_on,
                people=[row.made_by],
            )  # fmt: skip

    def _planning(self) -> Iterable[Step]:
        plan = self._plan
        approved = plan is not None and plan.approved_at is not None
        yield self._step(
            StepCode.PLANNED, ("reg-15-plan", "plan-lock"), approved, CaseState.PLANNED,
            on=plan.approved_at if plan else None,
            people=[plan.written_by, plan.approved_by] if plan else [],
            paper=(Action.APPROVE_PLAN,),
        )  # fmt: skip
        apart = plan is not None and plan.approved_by is not None and plan.approved_by != plan.written_by
        yield self._step(StepCode.PLAN_APART, ("plan-separate",), apart, CaseState.PLANNED)
        # No version is proposed without its reason; what was warned of is shown.
        warned = len(plan.burdens) if plan else 0
        yield self._counted(
            StepCode.BURDENS, tuple(kind.value for kind in Burden), warned, warned, CaseState.PLANNED
        )

    def _field_work(self) -> Iterable[Step]:
        yield from self._teams()
        yield from self._records()

    def _teams(self) -> Iterable[Step]:
        session, case = self._session, self._case
        members = session.execute(
            select(TaskMember.task_id, TaskMember.staff_id, TaskMember.signed_at)
            .join(Task, Task.id == TaskMember.task_id)
            .where(Task.case_id == case.id, Task.state != TaskState.WITHDRAWN)
            .order_by(TaskMember.task_id)
        ).all()
        teams = [list(team) for _task, team in groupby(members, key=lambda row: row.task_id)]
        yield self._counted(
            StepCode.TEAM, ("team-two", "csl-76"), sum(len(team) >= 2 for team in teams), len(teams),
            CaseState.VERIFYING, people=[row.staff_id for row in members],
        )  # fmt: skip
        guests = session.execute(
            select(Staff.id, Staff.trained_on, Staff.undertaking_on)
            .join(TaskGuest, TaskGuest.staff_id == Staff.id)
            .join(Task, Task.id == TaskGuest.task_id)
            .where(Task.case_id == case.id, Task.state != TaskState.WITHDRAWN)
        ).all()
        ready = sum(row.trained_on is not None and row.undertaking_on is not None for row in guests)
        yield self._counted(
            StepCode.GUESTS, ("outside-member",), ready, len(guests), CaseState.VERIFYING,
            people=[row.id for row in guests],
        )  # fmt: skip
        lent = lent_members(session, case)
        if lent:
            covered = sum(is_covered for _person, is_covered in lent)
            yield self._counted(
                StepCode.DESIGNATED, ("reg-7",), covered, len(lent), CaseState.VERIFYING,
                people=[person for person, _is_covered in lent],
            )  # fmt: skip
        signed = sum(any(row.signed_at is not None for row in team) for team in teams)
        yield self._counted(StepCode.SIGNED, ("reg-9-undertaking",), signed, len(teams), CaseState.CONCLUDING)

    def _records(self) -> Iterable[Step]:
        session, case = self._session, self._case
        records = session.execute(
            select(FieldRecord.kind, FieldRecord.began_at, FieldRecord.off_plan, func.count())
            .join(FieldRecordStaff, FieldRecordStaff.record_id == FieldRecord.id)
            .where(FieldRecord.case_id == case.id)
            .group_by(FieldRecord.id, FieldRecord.kind, FieldRecord.began_at, FieldRecord.off_plan)
        ).all()
        # What was signed on paper is recorded here later, so that days are compared.
        docketed = self._docketed_on()
        later = sum(docketed is not None and civil_date(row.began_at) >= docketed for row in records)
        yield self._counted(
            StepCode.AFTER_DOCKET, ("field-after-docket",), later, len(records), CaseState.CONCLUDING
        )
        met_people = [row for row in records if row.kind in (RecordKind.VISIT, RecordKind.INTERVIEW)]
        paired = sum(row[3] >= 2 for row in met_people)
        yield self._counted(
            StepCode.TWO_ON_SITE, ("visit-two",), paired, len(met_people), CaseState.CONCLUDING
        )
        covered = sum(not row.off_plan for row in records)
        yield self._counted(
            StepCode.WITHIN_PLAN, ("reg-15-scope", "off-plan"), covered, len(records), CaseState.CONCLUDING
        )
        if load := site_load(session, case_id=case.id):
            yield self._step(StepCode.SITE_LOAD, (SITE_LOAD,), not load.is_over, CaseState.CONCLUDING)

    def _found(self, due: CaseState) -> Iterable[Step]:
        """Findings, each allegation's."""
        rows = self._session.scalars(select(Allegation).where(Allegation.case_id == self._case.id)).all()
        found = [row for row in rows if row.finding is not None]
        last = max((row.found_at for row in found if row.found_at), default=None)
        people = [row.found_by for row in found]
        yield self._counted(
            StepCode.FINDINGS, ("finding-each",), len(found), len(rows), due, on=last, people=people
        )

    def _findings(self) -> Iterable[Step]:
        rows = self._session.scalars(select(Allegation).where(Allegation.case_id == self._case.id)).all()
        evidence = evidence_of(self._session, self._case.id)
        yield from self._found(CaseState.CONCLUDING)
        with_exhibit = sum(row.finding in WITHOUT_EXHIBITS or has_exhibit(evidence[row.id]) for row in rows)
        yield self._counted(
            StepCode.EXHIBITS, ("finding-exhibit",), with_exhibit, len(rows), CaseState.CONCLUDING
        )
        stated = sum(row.statement is not None for row in rows)
        yield self._counted(
            StepCode.STATEMENTS, ("finding-statement",), stated, len(rows), CaseState.CONCLUDING
        )
        asked = reasons_asked(rows, evidence)
        yield self._counted(
            StepCode.WEIGHED, ("statement-weighed", "finding-contradicts"),
            sum(reason is not None for reason in asked), len(asked), CaseState.CONCLUDING,
        )  # fmt: skip

    def _conclusion_steps(self) -> Iterable[Step]:
        one = self._conclusion
        yield self._step(
            StepCode.CONCLUDED, ("reg-16", "conclusion-approval"),
            one is not None and one.approved_at is not None, CaseState.CONCLUDED,
            on=one.approved_at if one else None,
            people=[one.drafted_by, one.approved_by] if one else [], paper=(Action.APPROVE_CONCLUSION,),
        )  # fmt: skip
        apart = one is not None and one.approved_by is not None and one.approved_by != one.drafted_by
        reviews = self._session.scalars(select(Review).where(Review.case_id == self._case.id)).all()
        if one is None or one.unit_version_id not in {review.unit_version_id for review in reviews}:
            # What a review put in its place was written by people without a part in it.
            yield self._step(
                StepCode.SECOND_READ, ("conclusion-second-reader", "unit-wording"),
                one is not None and one.read_by is not None, CaseState.CONCLUSION_PROPOSED,
                on=one.read_at if one else None, people=[one.read_by, one.checked_by] if one else [],
            )  # fmt: skip
        yield self._step(StepCode.CONCLUSION_APART, ("conclusion-separate",), apart, CaseState.CONCLUDED)
        yield self._step(
            StepCode.DELIVERED, ("reg-16", "reg-17-objection", "delivery-receipt"),
            one is not None and one.delivered_on is not None, CaseState.DELIVERED,
            on=one.delivered_on if one else None,
            people=[one.delivered_by] if one else [],
        )  # fmt: skip

        if reviews:
            over = sum(review.state is ReviewState.DELIVERED for review in reviews)
            rules = ("reg-17-review", "reg-17-apart", "review-apart")
            yield self._counted(StepCode.REVIEWED, rules, over, len(reviews), CaseState.CLOSED)

    def _rectification(self) -> Iterable[Step]:
        items = self._session.scalars(
            select(RectificationItem).where(
                RectificationItem.case_id == self._case.id, RectificationItem.state != ItemState.WITHDRAWN
            )
        ).all()
        verified = [item for item in items if item.verified_at is not None]
        closed = [item for item in items if item.state is ItemState.CLOSED_OFF]
        yield self._counted(
            StepCode.VERIFIED, ("reg-18", "item-verified"), len(verified), len(items), CaseState.CLOSED,
            people=[item.verified_by for item in verified],
        )  # fmt: skip
        yield self._counted(
            StepCode.CLOSED_OFF, ("close-off-uninvolved", "close-items"), len(closed), len(items),
            CaseState.CLOSED, people=[item.signer_id for item in closed],
        )  # fmt: skip
        yield from false_steps(self._counted, self._session, items)
        yield from relapse_steps(self._counted, items)
        yield from coordination_steps(self._counted, self._session, self._case.id)

    def _ending(self) -> Iterable[Step]:
        matters = self._session.scalars(
            select(Referral.received_on).where(Referral.case_id == self._case.id)
        ).all()
        if matters:
            received = sum(day is not None for day in matters)
            rules = ("reg-23", "refer-unhindered", "refer-receipt")
            yield self._counted(StepCode.REFERRED, rules, received, len(matters), CaseState.CLOSED)
        yield from self._uses()
        states = self._session.scalars(select(Tip.state).where(Tip.case_id == self._case.id)).all()
        answered = sum(state is TipState.ANSWERED for state in states)
        yield self._counted(
            StepCode.ANSWERED, ("answer-after-conclusion", "close-answered"), answered, len(states),
            CaseState.CLOSED,
        )  # fmt: skip
        yield from asked_steps(self._counted, self._session, self._case.id)
        closed_at = self._case.closed_at
        yield self._step(
            StepCode.CLOSED, ("close-items", "close-answered"), closed_at is not None, CaseState.CLOSED,
            on=closed_at,
        )  # fmt: skip

    def _uses(self) -> Iterable[Step]:
        """What was sent of it that needs an approval, and had one of somebody else."""
        kinds = [kind for kind, use in USES.items() if use.approval is not Approval.NONE]
        sent = self._session.scalars(
            select(Measure).where(
                Measure.case_id == self._case.id, Measure.sent_on.is_not(None), Measure.kind.in_(kinds)
            )
        ).all()
        if not sent:
            return
        approved = [row for row in sent if row.approved_by not in (None, row.written_by)]
        yield self._counted(
            StepCode.USES_APPROVED, ("reg-21", "use-separate"), len(approved), len(sent), CaseState.DRAFT,
            on=max((row.approved_at for row in approved if row.approved_at), default=None),
            people=[row.approved_by for row in approved],
            paper=(Action.APPROVE_USE,),
        )  # fmt: skip
