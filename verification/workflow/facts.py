"""What a guard may look at: the subject, the actor, what was given, and the database, read only."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clock import Clock
from portal.models import Message, MessageKind, Tip, TipState
from verification.audit.events import Event
from verification.errors import Refusal
from verification.models import (
    Allegation,
    Asking,
    Assignment,
    AuditEntry,
    Case,
    CaseUnit,
    Conclusion,
    Coordination,
    CoordinationPart,
    Designation,
    Document,
    DocumentVersion,
    Extension,
    FieldRecord,
    FindingCheck,
    Holding,
    LookBack,
    LookBackMember,
    LookBackResult,
    Measure,
    PaperAct,
    Plan,
    PlanUnit,
    RectificationItem,
    RecusalRequest,
    Referral,
    Review,
    ReviewMember,
    RuleException,
    Task,
    TaskGuest,
    TaskMember,
)
from verification.policy.actors import Actor
from verification.policy.evidence import Held, evidence_of
from verification.policy.recusal import recused_from
from verification.policy.rulebook import Rulebook
from verification.workflow.states import SubjectKind

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Facts:
    """``given`` holds what the verb passes along: ids, codes, booleans, never a text."""

    session: Session
    subject: Any
    actor: Actor
    clock: Clock
    rules: Rulebook
    given: Mapping[str, Any]

    def named(self, model: type[Row], name: str) -> Row | None:
        """The row whose id the verb passes along under ``name``, if it passes one and there is such a row."""
        row_id = self.given.get(name)
        return None if row_id is None else self.session.get(model, row_id)

    @property
    def case_id(self) -> uuid.UUID:
        """The case the subject belongs to (the subject itself, where it is a case)."""
        subject = self.subject
        case_id: uuid.UUID = subject.id if isinstance(subject, Case) else subject.case_id
        return case_id

    def case_units(self) -> frozenset[uuid.UUID]:
        """Units the case inspects."""
        query = select(CaseUnit.unit_id).where(CaseUnit.case_id == self.case_id)
        return frozenset(self.session.scalars(query))

    def recused(self) -> frozenset[uuid.UUID]:
        """Everybody who keeps away from the case."""
        return recused_from(self.session, case_id=self.case_id)

    def is_set_aside(self, rule_id: str) -> bool:
        """Whether somebody who may has set a rule aside for this case."""
        query = select(RuleException.id).where(
            RuleException.case_id == self.case_id, RuleException.rule_id == rule_id
        )
        return self.session.scalar(query) is not None

    def allegations(self) -> list[Allegation]:
        """Allegations of the case in order."""
        query = select(Allegation).where(Allegation.case_id == self.case_id).order_by(Allegation.ordinal)
        return list(self.session.scalars(query))

    def evidence(self) -> dict[uuid.UUID, tuple[Held, ...]]:
        """Each allegation's row of the matrix."""
        return evidence_of(self.session, self.case_id)

    def latest_plan(self) -> Plan | None:
        """The newest plan version of the case."""
        query = select(Plan).where(Plan.case_id == self.case_id).order_by(Plan.number.desc()).limit(1)
        return self.session.scalars(query).one_or_none()

    def approved_plan(self) -> Plan | None:
        """The newest approved version: the one that binds, whatever waits beside it."""
        query = select(Plan).where(Plan.case_id == self.case_id, Plan.approved_at.is_not(None))
        return self.session.scalars(query.order_by(Plan.number.desc()).limit(1)).one_or_none()

    def plan_units(self, plan_id: uuid.UUID) -> frozenset[uuid.UUID]:
        """Units a plan covers."""
        return frozenset(self.session.scalars(select(PlanUnit.unit_id).where(PlanUnit.plan_id == plan_id)))

    def planned_units(self, case_id: uuid.UUID) -> frozenset[uuid.UUID]:
        """Units that the newest approved plan of another case covers; empty without one."""
        newest = select(Plan.id).where(Plan.case_id == case_id, Plan.approved_at.is_not(None))
        plan_id = self.session.scalar(newest.order_by(Plan.number.desc()).limit(1))
        return frozenset() if plan_id is None else self.plan_units(plan_id)

    def tasks(self) -> list[Task]:
        """Tasks of the case."""
        return list(self.session.scalars(select(Task).where(Task.case_id == self.case_id)))

    def task_records(self, task_id: uuid.UUID) -> list[FieldRecord]:
        """What was recorded under a task."""
        return list(self.session.scalars(select(FieldRecord).where(FieldRecord.task_id == task_id)))

    def items(self) -> list[RectificationItem]:
        """Rectification items of the case."""
        query = select(RectificationItem).where(RectificationItem.case_id == self.case_id)
        return list(self.session.scalars(query))

    def tips(self) -> list[Tip]:
        """Tips of the case."""
        return list(self.session.scalars(select(Tip).where(Tip.case_id == self.case_id)))

    def was_asked(self) -> bool:
        """Whether the informant of this tip was asked since its triage began: an objection begins it anew."""
        query = (
            select(AuditEntry.event)
            .where(
                AuditEntry.subject_id == self.subject.id,
                AuditEntry.event.in_((Event.TIP_ASKED.value, Event.TIP_OBJECTED.value)),
            )
            .order_by(AuditEntry.number.desc())
            .limit(1)
        )
        return self.session.scalar(query) == Event.TIP_ASKED.value

    def answered_tips(self) -> frozenset[uuid.UUID]:
        """Tips of the case that have their answer, and no objection to it that is still open."""
        answers = select(Message.tip_id).where(Message.kind == MessageKind.ANSWER)
        query = select(Tip.id).where(
            Tip.case_id == self.case_id,
            Tip.id.in_(answers),
            Tip.state.not_in((TipState.IN_CASE, TipState.TRIAGE, TipState.ASKING, TipState.ACCEPTED)),
        )
        return frozenset(self.session.scalars(query))

    def latest_conclusion(self) -> Conclusion | None:
        """The newest version of the conclusion."""
        query = (
            select(Conclusion)
            .where(Conclusion.case_id == self.case_id)
            .order_by(Conclusion.number.desc())
            .limit(1)
        )
        return self.session.scalars(query).one_or_none()

    def team(self) -> frozenset[uuid.UUID]:
        """Everybody who is or was on a team of the case."""
        query = select(TaskMember.staff_id).join(Task, Task.id == TaskMember.task_id)
        guests = select(TaskGuest.staff_id).join(Task, Task.id == TaskGuest.task_id)
        both = (query.where(Task.case_id == self.case_id), guests.where(Task.case_id == self.case_id))
        return frozenset(person for one in both for person in self.session.scalars(one))

    def free_team(self, task_id: uuid.UUID) -> frozenset[uuid.UUID]:
        """Members of one task's team who need not keep away from the case."""
        members = self.session.scalars(select(TaskMember.staff_id).where(TaskMember.task_id == task_id))
        return frozenset(members) - self.recused()

    def concluders(self) -> frozenset[uuid.UUID]:
        """Whoever took part in making the conclusion: who found, drafted and approved it, and the teams."""
        people: set[uuid.UUID | None] = set(self.team())
        people |= {allegation.found_by for allegation in self.allegations()}
        for conclusion in self.session.scalars(select(Conclusion).where(Conclusion.case_id == self.case_id)):
            people |= {conclusion.drafted_by, conclusion.read_by, conclusion.approved_by}
        people |= self._proposers_of_conclusion()
        return frozenset(person for person in people if person is not None)

    def _proposers_of_conclusion(self) -> set[uuid.UUID | None]:
        """Whoever ended the verifying or proposed a conclusion that another drafted: the trail names them."""
        query = select(AuditEntry.actor_id).where(
            AuditEntry.subject_id == self.case_id,
            AuditEntry.event.in_((Event.CONCLUSION_BEGUN.value, Event.CONCLUSION_PROPOSED.value)),
        )
        return set(self.session.scalars(query))

    def signers(self) -> frozenset[uuid.UUID]:
        """Whoever was named to sign an item of the case off."""
        return frozenset(item.signer_id for item in self.items() if item.signer_id is not None)

    def reviewers(self) -> frozenset[uuid.UUID]:
        """Whoever was named to review a conclusion of the case."""
        query = select(ReviewMember.staff_id).join(Review, Review.id == ReviewMember.review_id)
        return frozenset(self.session.scalars(query.where(Review.case_id == self.case_id)))

    def lookers(self) -> set[uuid.UUID | None]:
        """Whoever had a part in looking back, and in what a look-back undid."""
        named = select(LookBackMember.staff_id).join(LookBack, LookBack.id == LookBackMember.look_back_id)
        before = select(LookBackResult.verified_by).join(LookBack, LookBack.id == LookBackResult.look_back_id)
        both = [query.where(LookBack.case_id == self.case_id) for query in (named, before)]
        people = {person for query in both for person in self.session.scalars(query)}
        return people | self._named_by(LookBack, "named_by", "reported_by", "settled_by", "told_by")

    def _named_by(self, kind: Any, *columns: str) -> set[uuid.UUID | None]:
        """Whom these columns of the case's rows of a kind name."""
        query = select(*(getattr(kind, name) for name in columns)).where(kind.case_id == self.case_id)
        return {person for row in self.session.execute(query) for person in row}

    def holders(self) -> frozenset[uuid.UUID]:
        """Whoever asked for papers, took them or gave them back."""
        rows = self.session.scalars(select(Holding).where(Holding.case_id == self.case_id))
        people = {person for row in rows for person in (row.asked_by, row.received_by, row.ended_by)}
        return frozenset(person for person in people if person is not None)

    def participants(self) -> frozenset[uuid.UUID]:
        """Everybody who had a part in the case, in any of its acts: each name that its rows keep."""
        case = self.session.get_one(Case, self.case_id)
        people: set[uuid.UUID | None] = set(self.team() | self.holders())
        people |= {case.opened_by, case.proposed_by, case.endorsed_by, case.docketed_by}
        people |= {allegation.found_by for allegation in self.allegations()}
        for plan in self.session.scalars(select(Plan).where(Plan.case_id == case.id)):
            people |= {plan.written_by, plan.approved_by}
        people |= {task.dispatched_by for task in self.tasks()}
        for conclusion in self.session.scalars(select(Conclusion).where(Conclusion.case_id == case.id)):
            people |= {conclusion.drafted_by, conclusion.read_by, conclusion.checked_by}
            people |= {conclusion.approved_by, conclusion.delivered_by}
        people |= self._proposers_of_conclusion()
        for paper in self.session.scalars(select(PaperAct).where(PaperAct.case_id == case.id)):
            people |= {paper.recorded_by, paper.confirmed_by}
            # Who reviews or signs off has no part in the case by that, on paper as little as on screen.
            people |= {paper.signed_by} if paper.subject_kind == SubjectKind.CASE else set()
        for item in self.items():
            people |= {item.ordered_by, item.verified_by}
        for referral in self.session.scalars(select(Referral).where(Referral.case_id == case.id)):
            people |= {referral.found_by, referral.sent_by}
        for use in self.session.scalars(select(Measure).where(Measure.case_id == case.id)):
            people |= {use.written_by, use.approved_by, use.sent_by}
        for wish in self.session.scalars(select(RecusalRequest).where(RecusalRequest.case_id == case.id)):
            people |= {wish.made_by, wish.decided_by}
        checks = select(FindingCheck.checked_by).join(Allegation, Allegation.id == FindingCheck.allegation_id)
        people |= set(self.session.scalars(checks.where(Allegation.case_id == case.id)))
        for put in self.session.scalars(select(Asking).where(Asking.case_id == case.id)):
            people |= {put.asked_by, put.decided_by}
        people |= self._named_by(Designation, "written_by", "made_by", "ended_by")
        people |= self._named_by(RuleException, "made_by")
        people |= self.lookers()
        people |= self._named_by(Coordination, "written_by", "checked_by", "agreed_by", "ended_by")
        people |= self._named_by(CoordinationPart, "ruled_by", "endorsed_by", "confirmed_by")
        more_time = select(Extension.decided_by).where(Extension.case_id == case.id)
        people |= set(self.session.scalars(more_time))
        for asked in self.session.scalars(select(Assignment).where(Assignment.case_id == case.id)):
            people |= {asked.issued_by, asked.checked_by}
        made = select(DocumentVersion.made_by).join(Document, Document.id == DocumentVersion.document_id)
        people |= set(self.session.scalars(made.where(Document.case_id == case.id)))
        return frozenset(person for person in people if person is not None)


Guard: TypeAlias = Callable[[Facts], Refusal | None]
"""Looks at the facts and refuses with a rule, or says nothing. Never writes."""
