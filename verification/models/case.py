"""Cases, their units, allegations, notes and the tip material selected for the team.

Every text is a sealed object under the case key; only codes, states and dates are plain.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column
from portal.models.tip import Priority
from verification.models.evidence import Stance


class CaseState(StrEnum):
    """States of a case; transitions are in ``verification.workflow.table``."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    DOCKETED = "docketed"
    PLAN_PROPOSED = "plan-proposed"
    PLANNED = "planned"
    VERIFYING = "verifying"
    CONCLUDING = "concluding"
    CONCLUSION_PROPOSED = "conclusion-proposed"
    CONCLUDED = "concluded"
    DELIVERED = "delivered"
    RECTIFYING = "rectifying"
    ASSIGNED = "assigned"
    SETTLED = "settled"
    CLOSED = "closed"


class CaseType(StrEnum):
    """Five types. Source: Reg. art. 14."""

    COMPREHENSIVE = "comprehensive"
    SPECIAL = "special"
    EVENT = "event"
    ROUTINE = "routine"
    VERIFICATION = "verification"


class ContentBasis(StrEnum):
    """Four contents of inspection. Source: Reg. art. 4."""

    DECISIONS = "major-decisions"
    DEPLOYMENTS = "deployments"
    DUTIES = "statutory-duties"
    EFFICIENCY = "efficiency"


class DocketBasis(StrEnum):
    """How a case becomes an inspection: Reg. art. 11 (1) or (2), or under a programme docketed by these."""

    INSTRUCTION = "instruction"
    PROPOSAL = "proposal"
    PROGRAMME = "programme"


class CaseSource(StrEnum):
    """Where a case comes from. Source: issue 4 "Cases of all five types"."""

    TIP = "tip"
    INSTRUCTION = "leader-instruction"
    SUPERIOR = "superior-referral"
    HOTLINE = "hotline-batch"
    DERIVED = "derived-lead"
    CONTACT_POINT = "contact-point"
    EVALUATION = "third-party-evaluation"
    PLAN = "own-plan"
    OBSTRUCTION = "obstruction"
    RETALIATION = "retaliation"


class Finding(StrEnum):
    """What was found of one allegation. Source: 2-domain §3, office default."""

    TRUE = "true"
    MOSTLY = "mostly-true"
    PARTLY = "partly-true"
    UNTRUE = "untrue"
    UNVERIFIABLE = "unverifiable"
    SEPARATE = "separate-case"


class StatementKind(StrEnum):
    """The unit's own statement on an allegation: given, or declined and noted."""

    GIVEN = "given"
    DECLINED = "declined"


class Case(Base):
    """A matter the office takes up. ``key_id`` is the newest generation of its case key.

    embargo_ended_at: when the card was shown on an unannounced visit, or its field work was over.
    key_left: somebody has lost access since, and the next generation is still to be made. programme_id: the
    standing programme that it moves under on the light path. origin_id: the paper that a case without tips
    rests on (from whom, number, day).
    """

    __tablename__ = "case"
    __table_args__ = (Index(None, "state", "opened_on", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str | None] = mapped_column(String(40), unique=True)
    case_type: Mapped[CaseType] = mapped_column(code_column(CaseType))
    source: Mapped[CaseSource] = mapped_column(code_column(CaseSource), default=CaseSource.TIP)
    content_basis: Mapped[ContentBasis | None] = mapped_column(code_column(ContentBasis))
    docket_basis: Mapped[DocketBasis] = mapped_column(code_column(DocketBasis))
    state: Mapped[CaseState] = mapped_column(code_column(CaseState), default=CaseState.DRAFT)
    version: Mapped[int] = mapped_column(default=1)
    priority: Mapped[Priority] = mapped_column(code_column(Priority))
    category: Mapped[str] = mapped_column(String(8))
    town_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"))
    key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recipient_key.id"))
    key_left: Mapped[bool] = mapped_column(default=False)
    brief_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    origin_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    opened_on: Mapped[date]
    opened_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    proposed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    endorsed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    docketed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    docketed_at: Mapped[datetime | None]
    overlap_reason_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    programme_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("case.id"), index=True)
    closed_at: Mapped[datetime | None]
    embargo_ended_at: Mapped[datetime | None]


class CaseUnit(Base):
    """An inspected unit of a case (an Art. 5 body)."""

    __tablename__ = "case_unit"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), primary_key=True)
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), primary_key=True, index=True)


class CaseKeptAway(Base):
    """Somebody whom an informant of the case named under "who must not see this"."""

    __tablename__ = "case_kept_away"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)


class CaseInsider(Base):
    """Somebody who was let into a case under embargo (``verification.policy.embargo``)."""

    __tablename__ = "case_insider"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    let_in_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))


class CaseMaterial(Base):
    """A clean copy of a tip's attachment that a supervisor selected for the case team."""

    __tablename__ = "case_material"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), primary_key=True)
    object_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"), primary_key=True)
    ordinal: Mapped[int]
    selected_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))


class NoteKind(StrEnum):
    """What a note on a case is: the words that go with an act."""

    RETURN = "return"
    ENDORSEMENT = "endorsement"
    HAND_BACK = "hand-back"
    RULING = "ruling"
    REMARK = "remark"


class CaseNote(Base):
    """Words that go with an act (why it was returned, endorsed, handed back), sealed to the case."""

    __tablename__ = "case_note"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    kind: Mapped[NoteKind] = mapped_column(code_column(NoteKind))
    object_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    written_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    written_at: Mapped[datetime]


class Allegation(Base):
    """One claim to be checked; its finding, the reasons (sealed), and the unit's statement on it.

    ``version`` counts changes of finding and statement, so that two inspectors do not overwrite each other.
    stance: what the unit's statement says to the claim. weighed_id: how that statement was weighed.
    against_id: why the finding stands although the evidence points elsewhere. needed_id: what is missing.
    """

    __tablename__ = "allegation"
    __table_args__ = (UniqueConstraint("case_id", "ordinal"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    ordinal: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    text_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    finding: Mapped[Finding | None] = mapped_column(code_column(Finding))
    reasons_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    statement: Mapped[StatementKind | None] = mapped_column(code_column(StatementKind))
    statement_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    stance: Mapped[Stance | None] = mapped_column(code_column(Stance))
    weighed_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    against_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    needed_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    found_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    found_at: Mapped[datetime | None]
