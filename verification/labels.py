"""Words for every code: one text for each state, action, role, category and event, in one place.

Codes are stored; these are shown. Chinese is in translations/zh_Hans/labels.po.
"""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.models import CleanState, MessageKind, Priority, TipState
from verification.action_words import ACTIONS
from verification.coordination_words import COORDINATION_STATES, PART_STATES
from verification.designation_words import DESIGNATION_DUTIES, DESIGNATION_STATES
from verification.document_words import DOCUMENT_KINDS, VOID_REASONS
from verification.evidence_words import DELIVERY_MEANS, LEAD_STATES, STANCES
from verification.field_words import HOLDING_KINDS, HOLDING_STATES, RECUSAL_ORIGINS, RECUSAL_STATES
from verification.models import (
    AssignmentState,
    CaseSource,
    CaseState,
    CaseType,
    ContentBasis,
    Finding,
    InterestKind,
    InterferenceKind,
    Matter,
    MeasureKind,
    MeasureState,
    Method,
    RecordKind,
    ReferralState,
    ReviewOutcome,
    ReviewState,
    Role,
    StatementKind,
    TaskState,
    UnitKind,
)
from verification.policy.deadlines import Light
from verification.policy.replies import ReplyFlag
from verification.rectifying_words import (
    ASKING_STATES,
    DISPUTE_DECISIONS,
    EXTENSION_STATES,
    FIXED,
    ITEM_STATES,
    LOOK_BACK_FINDINGS,
    LOOK_BACK_STATES,
    TREATED,
    VERIFIED_HOW,
)
from verification.trail_words import EVENTS, UNSIGNED
from verification.workflow.states import SubjectKind

#: States of a tip.
TIP_STATES: dict[TipState, LazyString] = {
    TipState.RECEIVED: _l("Received"),
    TipState.TRIAGE: _l("In triage"),
    TipState.ASKING: _l("Waiting for the informant"),
    TipState.ACCEPTED: _l("Accepted"),
    TipState.IN_CASE: _l("In a case"),
    TipState.ANSWERED: _l("Answered"),
    TipState.DECLINED: _l("Declined"),
    TipState.REFERRED: _l("Referred"),
    TipState.HANDED_ON: _l("Handed on"),
}

#: States of a case.
CASE_STATES: dict[CaseState, LazyString] = {
    CaseState.DRAFT: _l("Draft"),
    CaseState.PROPOSED: _l("Docketing proposed"),
    CaseState.DOCKETED: _l("Docketed"),
    CaseState.PLAN_PROPOSED: _l("Plan proposed"),
    CaseState.PLANNED: _l("Plan approved"),
    CaseState.VERIFYING: _l("Verifying"),
    CaseState.CONCLUDING: _l("Drafting the conclusion"),
    CaseState.CONCLUSION_PROPOSED: _l("Conclusion proposed"),
    CaseState.CONCLUDED: _l("Conclusion approved"),
    CaseState.DELIVERED: _l("Delivered"),
    CaseState.RECTIFYING: _l("Rectifying"),
    CaseState.ASSIGNED: _l("Assigned to a unit"),
    CaseState.SETTLED: _l("Reply accepted"),
    CaseState.CLOSED: _l("Closed"),
}

#: States of a task.
TASK_STATES: dict[TaskState, LazyString] = {
    TaskState.DISPATCHED: _l("Dispatched"),
    TaskState.CARRY: _l("Carry the lead there"),
    TaskState.FOLLOW: _l("Follow the problem"),
    TaskState.FIX: _l("Watch until it is fixed"),
    TaskState.HANDED_BACK: _l("Handed back"),
    TaskState.WITHDRAWN: _l("Withdrawn"),
    TaskState.DONE: _l("Done"),
}

#: States of an assignment.
ASSIGNMENT_STATES: dict[AssignmentState, LazyString] = {
    AssignmentState.ISSUED: _l("Issued"),
    AssignmentState.SIGNED: _l("Signed for"),
    AssignmentState.REPLIED: _l("Replied"),
    AssignmentState.RETURNED: _l("Reply returned"),
    AssignmentState.HANDED_BACK: _l("Handed back"),
    AssignmentState.ACCEPTED: _l("Reply accepted"),
    AssignmentState.WITHDRAWN: _l("Withdrawn"),
}

#: States of a referral.
REFERRAL_STATES: dict[ReferralState, LazyString] = {
    ReferralState.FOUND: _l("To be sent today"),
    ReferralState.SENT: _l("Sent, without a receipt"),
    ReferralState.RECEIVED: _l("Received by the organ"),
    ReferralState.ANSWERED: _l("Outcome known"),
}

#: What is handed over.
MATTERS: dict[Matter, LazyString] = {
    Matter.DUTY_VIOLATION: _l("Duty violation"),
    Matter.DUTY_CRIME: _l("Duty crime"),
    Matter.OTHER_CRIME: _l("Another crime"),
}

#: What was done against those who inspect or report.
INTERFERENCES: dict[InterferenceKind, LazyString] = {
    InterferenceKind.OBSTRUCTION: _l("Obstruction of an inspection"),
    InterferenceKind.RETALIATION: _l("Retaliation against an informant"),
}

#: What is made of a conclusion.
MEASURE_KINDS: dict[MeasureKind, LazyString] = {
    MeasureKind.COMMENDATION: _l("Commendation"),
    MeasureKind.INCENTIVE: _l("Incentive"),
    MeasureKind.CRITICISM: _l("Criticism by circular"),
    MeasureKind.ACCOUNTABILITY: _l("Proposal to hold to account"),
    MeasureKind.PUBLISH_CASE: _l("Publication of a criticised case"),
    MeasureKind.PUBLISH_OVERDUE: _l("Publication of overdue figures"),
    MeasureKind.CLEARING: _l("Clearing a name"),
    MeasureKind.TALK: _l("Talk with those in charge"),
    MeasureKind.ORDER: _l("Order to correct"),
    MeasureKind.ADVICE: _l("Policy advice"),
    MeasureKind.CHANGE: _l("Proposal to change or revoke a document"),
    MeasureKind.RESEARCH: _l("Research report"),
    MeasureKind.ASSISTANCE: _l("Letter of assistance"),
    MeasureKind.ENFORCEMENT: _l("Hand-over to law-enforcement supervision"),
    MeasureKind.RECORD_REVIEW: _l("Hand-over to document review"),
}

#: States of a use of a conclusion.
MEASURE_STATES: dict[MeasureState, LazyString] = {
    MeasureState.DRAFT: _l("Written, not sent"),
    MeasureState.PROPOSED: _l("Waits for approval"),
    MeasureState.APPROVED: _l("Approved, to be sent"),
    MeasureState.SENT: _l("Sent, not confirmed"),
    MeasureState.RECEIVED: _l("Receipt confirmed"),
    MeasureState.ANSWERED: _l("Answer received"),
    MeasureState.WITHDRAWN: _l("Not pursued"),
}

#: Where a case comes from.
CASE_SOURCES: dict[CaseSource, LazyString] = {
    CaseSource.TIP: _l("Tips"),
    CaseSource.INSTRUCTION: _l("A leader's instruction"),
    CaseSource.SUPERIOR: _l("Referred by a superior"),
    CaseSource.HOTLINE: _l("A batch of the hotline"),
    CaseSource.DERIVED: _l("Derived from another case"),
    CaseSource.CONTACT_POINT: _l("A grass-roots contact point"),
    CaseSource.EVALUATION: _l("A third-party evaluation"),
    CaseSource.PLAN: _l("The office's own plan"),
    CaseSource.OBSTRUCTION: _l("Obstruction of an inspection"),
    CaseSource.RETALIATION: _l("Retaliation against an informant"),
}

#: What speaks against a reply.
REPLY_FLAGS: dict[ReplyFlag, LazyString] = {
    ReplyFlag.COPIED: _l("reads like the reply to another case"),
    ReplyFlag.STOCK: _l("mostly stock phrases"),
    ReplyFlag.BESIDE: _l("does not speak of what was asked"),
    ReplyFlag.SHORT: _l("too short to answer anything"),
    ReplyFlag.TWICE: _l("the same answer as to another question"),
    ReplyFlag.WRONG_CASE: _l("names a body that this lead does not"),
}

#: States of a review.
REVIEW_STATES: dict[ReviewState, LazyString] = {
    ReviewState.APPLIED: _l("Applied for"),
    ReviewState.CHECKING: _l("Formal check"),
    ReviewState.REVIEWING: _l("Under review"),
    ReviewState.PROPOSED: _l("Decision proposed"),
    ReviewState.DECIDED: _l("Decided"),
    ReviewState.DELIVERED: _l("Decision delivered"),
}

#: What a review decides.
REVIEW_OUTCOMES: dict[ReviewOutcome, LazyString] = {
    ReviewOutcome.UPHOLD: _l("Uphold the conclusion"),
    ReviewOutcome.CHANGE: _l("Change the conclusion"),
    ReviewOutcome.REVOKE: _l("Revoke the conclusion"),
    ReviewOutcome.NOT_ADMITTED: _l("Do not admit the application"),
}

#: What can have a state.
SUBJECTS: dict[SubjectKind, LazyString] = {
    SubjectKind.TIP: _l("Tip"),
    SubjectKind.CASE: _l("Case"),
    SubjectKind.TASK: _l("Task"),
    SubjectKind.ITEM: _l("Rectification item"),
    SubjectKind.REVIEW: _l("Review"),
    SubjectKind.ASSIGNMENT: _l("Assignment"),
    SubjectKind.REFERRAL: _l("Referral"),
    SubjectKind.MEASURE: _l("Use of a conclusion"),
    SubjectKind.RECUSAL: _l("Recusal"),
    SubjectKind.EXTENSION: _l("More time"),
    SubjectKind.ASKING: _l("Question whether it is fixed"),
    SubjectKind.DESIGNATION: _l("Designation"),
    SubjectKind.HOLDING: _l("Papers and samples"),
    SubjectKind.LEAD: _l("Derived lead"),
    SubjectKind.LOOK_BACK: _l("Look-back"),
    SubjectKind.COORDINATION: _l("Coordination item"),
    SubjectKind.PART: _l("Part of a coordination item"),
}

#: How urgent.
PRIORITIES: dict[Priority, LazyString] = {
    Priority.P1: _l("P1 urgent"),
    Priority.P2: _l("P2 important"),
    Priority.P3: _l("P3 ordinary"),
    Priority.P4: _l("P4 suggestion"),
}

#: Roles.
ROLES: dict[Role, LazyString] = {
    Role.SUPERVISOR: _l("Triage supervisor"),
    Role.DIRECTOR: _l("Director of the supervision office"),
    Role.HEAD: _l("Head of government"),
    Role.DEPUTY: _l("Deputy head in charge"),
    Role.INSPECTOR: _l("Inspector"),
    Role.REVIEWER: _l("Reviewer"),
    Role.LIAISON: _l("Unit liaison"),
    Role.EXTERNAL: _l("External member"),
    Role.ADMINISTRATOR: _l("System administrator"),
    Role.SECURITY: _l("Security officer"),
    Role.AUDITOR: _l("Auditor"),
}

#: Five types. Source: Reg. art. 14.
CASE_TYPES: dict[CaseType, LazyString] = {
    CaseType.COMPREHENSIVE: _l("Comprehensive inspection"),
    CaseType.SPECIAL: _l("Special inspection"),
    CaseType.EVENT: _l("Event investigation"),
    CaseType.ROUTINE: _l("Routine follow-up"),
    CaseType.VERIFICATION: _l("Clue verification"),
}

#: Four contents. Source: Reg. art. 4.
CONTENT_BASES: dict[ContentBasis, LazyString] = {
    ContentBasis.DECISIONS: _l("Major decisions of the Party Central Committee and State Council"),
    ContentBasis.DEPLOYMENTS: _l("Deployments of the superior or this government"),
    ContentBasis.DUTIES: _l("Statutory duties"),
    ContentBasis.EFFICIENCY: _l("Administrative efficiency"),
}

#: Eight methods. Source: Reg. art. 12.
METHODS: dict[Method, LazyString] = {
    Method.SELF_CHECK: _l("Self-check or statement by the unit"),
    Method.REPORT: _l("Hearing reports"),
    Method.INSPECTION: _l("Inspection, interview, unannounced visit"),
    Method.DISCUSSION: _l("Discussion, hearing, statistics, evaluation"),
    Method.READING: _l("Reading and copying material"),
    Method.COLLECTING: _l("Collecting clues by letter, phone or media"),
    Method.SUMMONS: _l("Summoning for talk"),
    Method.INTERNET: _l("“Internet + inspection”"),
}

#: Finding for each allegation.
FINDINGS: dict[Finding, LazyString] = {
    Finding.TRUE: _l("True"),
    Finding.MOSTLY: _l("Mostly true"),
    Finding.PARTLY: _l("Partly true"),
    Finding.UNTRUE: _l("Untrue"),
    Finding.UNVERIFIABLE: _l("Cannot be verified"),
    Finding.SEPARATE: _l("Taken up separately"),
}

#: The unit's own statement.
STATEMENT_KINDS: dict[StatementKind, LazyString] = {
    StatementKind.GIVEN: _l("Statement given"),
    StatementKind.DECLINED: _l("Declined to state"),
}

#: What inspectors record.
RECORD_KINDS: dict[RecordKind, LazyString] = {
    RecordKind.VISIT: _l("Site visit"),
    RecordKind.INTERVIEW: _l("Interview"),
    RecordKind.DOCUMENT: _l("Documents taken"),
    RecordKind.OBSTRUCTION: _l("Obstruction"),
    RecordKind.STATEMENT: _l("Statement of the unit"),
    RecordKind.SAMPLE: _l("Sample"),
    RecordKind.DESK: _l("Desk work"),
}

#: What a body is. Source: Reg. art. 5.
UNIT_KINDS: dict[UnitKind, LazyString] = {
    UnitKind.DEPARTMENT: _l("Department of the county"),
    UnitKind.TOWN: _l("Town or subdistrict"),
    UnitKind.AUTHORISED: _l("Body authorised by law"),
    UnitKind.ENTRUSTED: _l("Entrusted body"),
    UnitKind.VERTICAL: _l("Vertically managed agency"),
    UnitKind.OFFICE: _l("The supervision office"),
}

#: Why somebody keeps away.
INTERESTS: dict[InterestKind, LazyString] = {
    InterestKind.OWN: _l("Own interest"),
    InterestKind.KINSHIP: _l("Kinship"),
    InterestKind.FORMER_POST: _l("Former post"),
    InterestKind.IN_CHARGE: _l("Leader in charge"),
    InterestKind.OTHER: _l("Other influence"),
}

#: Lights; the colour never stands alone.
LIGHTS: dict[Light, LazyString] = {
    Light.GREEN: _l("On time"),
    Light.BLUE: _l("Due soon"),
    Light.YELLOW: _l("Lagging or returned"),
    Light.RED: _l("Overdue"),
}

#: Where a file stands.
CLEAN_STATES: dict[CleanState, LazyString] = {
    CleanState.WAITING: _l("Clean copy is being made"),
    CleanState.AWAITING_GRANT: _l("Waits for a key"),
    CleanState.CLEANED: _l("Clean copy"),
    CleanState.ORIGINAL_ONLY: _l("Original only"),
    CleanState.DESTROYED: _l("Destroyed"),
}

#: Messages of a mailbox.
MESSAGE_KINDS: dict[MessageKind, LazyString] = {
    MessageKind.QUESTION: _l("Question to the informant"),
    MessageKind.ANSWER: _l("Answer"),
    MessageKind.NOTE: _l("Note"),
    MessageKind.REPLY: _l("Reply of the informant"),
    MessageKind.MATERIAL: _l("New material"),
    MessageKind.OBJECTION: _l("Objection"),
    MessageKind.FOLLOW_UP: _l("Question whether it is fixed"),
    MessageKind.RATING: _l("Answer whether it is fixed"),
    MessageKind.PRESSURE: _l("Is being pressed to answer otherwise"),
    MessageKind.RETALIATION: _l("Report of retaliation"),
    MessageKind.CONSENT_QUESTION: _l("Question whether the name may go along"),
    MessageKind.CONSENT_GIVEN: _l("Agrees that the name goes along"),
    MessageKind.CONSENT_REFUSED: _l("Does not agree that the name goes along"),
}

_ALL: tuple[dict[StrEnum, LazyString], ...] = tuple(
    table  # type: ignore[misc]  # each table is keyed by one StrEnum, read here by its base
    for table in (
        TIP_STATES, CASE_STATES, TASK_STATES, ITEM_STATES, REVIEW_STATES, REVIEW_OUTCOMES,
        ASSIGNMENT_STATES, CASE_SOURCES, REPLY_FLAGS, REFERRAL_STATES, MATTERS,
        MEASURE_KINDS, MEASURE_STATES, INTERFERENCES,
        STANCES, DELIVERY_MEANS, LEAD_STATES,
        RECUSAL_STATES, RECUSAL_ORIGINS,
        DESIGNATION_STATES, DESIGNATION_DUTIES, HOLDING_KINDS, HOLDING_STATES,
        ASKING_STATES, FIXED, TREATED, DISPUTE_DECISIONS, EXTENSION_STATES, VERIFIED_HOW, LOOK_BACK_STATES,
        LOOK_BACK_FINDINGS,
        COORDINATION_STATES, PART_STATES,
        SUBJECTS, ACTIONS, PRIORITIES, ROLES, CASE_TYPES,
        CONTENT_BASES, METHODS, FINDINGS, STATEMENT_KINDS, RECORD_KINDS, UNIT_KINDS, INTERESTS, LIGHTS,
        CLEAN_STATES, DOCUMENT_KINDS, VOID_REASONS, MESSAGE_KINDS, EVENTS, UNSIGNED,
    )
)  # fmt: skip
_BY_MEMBER = {(type(member), member.value): text for table in _ALL for member, text in table.items()}


def label(member: StrEnum) -> LazyString:
    """The words for an enum member; KeyError if it has none, which a test keeps from happening."""
    return _BY_MEMBER[type(member), member.value]


def code_label(table: dict[str, LazyString], code: str | None) -> LazyString | str:
    """The words for a plain code of ``table``; the code itself where an office has added one."""
    if code is None:
        return ""
    return table.get(code, code)
