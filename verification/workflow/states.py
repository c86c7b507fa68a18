"""Subjects that have a state, their actions, and words for both in one place.

State enums live with their tables; this module gathers them so that pages and tests see one list.
"""

from __future__ import annotations

import uuid
from enum import StrEnum
from typing import Protocol

from portal.models import Tip, TipState
from verification.models import (
    Asking,
    AskingState,
    Assignment,
    AssignmentState,
    Case,
    CaseState,
    Coordination,
    CoordinationPart,
    CoordinationState,
    DerivedLead,
    Designation,
    DesignationState,
    Extension,
    ExtensionState,
    Holding,
    HoldingState,
    ItemState,
    LeadState,
    LookBack,
    LookBackState,
    Measure,
    MeasureState,
    PartState,
    RectificationItem,
    RecusalRequest,
    RecusalState,
    Referral,
    ReferralState,
    Review,
    ReviewState,
    Task,
    TaskState,
)

AnyState = (
    TipState
    | CaseState
    | TaskState
    | ItemState
    | ReviewState
    | AssignmentState
    | ReferralState
    | MeasureState
    | RecusalState
    | AskingState
    | DesignationState
    | HoldingState
    | LeadState
    | ExtensionState
    | LookBackState
    | CoordinationState
    | PartState
)


class SubjectKind(StrEnum):
    """What can have a state."""

    TIP = "tip"
    CASE = "case"
    TASK = "task"
    ITEM = "item"
    REVIEW = "review"
    ASSIGNMENT = "assignment"
    REFERRAL = "referral"
    MEASURE = "measure"
    RECUSAL = "recusal"
    ASKING = "asking"
    DESIGNATION = "designation"
    HOLDING = "holding"
    LEAD = "lead"
    EXTENSION = "extension"
    LOOK_BACK = "look-back"
    COORDINATION = "coordination"
    PART = "coordination-part"


class Subject(Protocol):
    """A row with a state and a version."""

    id: uuid.UUID
    version: int


_Model = (
    type[Tip]
    | type[Case]
    | type[Task]
    | type[RectificationItem]
    | type[Review]
    | type[Assignment]
    | type[Referral]
    | type[Measure]
    | type[RecusalRequest]
    | type[Asking]
    | type[Designation]
    | type[Holding]
    | type[DerivedLead]
    | type[Extension]
    | type[LookBack]
    | type[Coordination]
    | type[CoordinationPart]
)
_States = (
    type[TipState]
    | type[CaseState]
    | type[TaskState]
    | type[ItemState]
    | type[ReviewState]
    | type[AssignmentState]
    | type[ReferralState]
    | type[MeasureState]
    | type[RecusalState]
    | type[AskingState]
    | type[DesignationState]
    | type[HoldingState]
    | type[LeadState]
    | type[ExtensionState]
    | type[LookBackState]
    | type[CoordinationState]
    | type[PartState]
)

SUBJECT_MODELS: dict[SubjectKind, _Model] = {
    SubjectKind.TIP: Tip,
    SubjectKind.CASE: Case,
    SubjectKind.TASK: Task,
    SubjectKind.ITEM: RectificationItem,
    SubjectKind.REVIEW: Review,
    SubjectKind.ASSIGNMENT: Assignment,
    SubjectKind.REFERRAL: Referral,
    SubjectKind.MEASURE: Measure,
    SubjectKind.RECUSAL: RecusalRequest,
    SubjectKind.ASKING: Asking,
    SubjectKind.DESIGNATION: Designation,
    SubjectKind.HOLDING: Holding,
    SubjectKind.LEAD: DerivedLead,
    SubjectKind.EXTENSION: Extension,
    SubjectKind.LOOK_BACK: LookBack,
    SubjectKind.COORDINATION: Coordination,
    SubjectKind.PART: CoordinationPart,
}

STATES: dict[SubjectKind, _States] = {
    SubjectKind.TIP: TipState,
    SubjectKind.CASE: CaseState,
    SubjectKind.TASK: TaskState,
    SubjectKind.ITEM: ItemState,
    SubjectKind.REVIEW: ReviewState,
    SubjectKind.ASSIGNMENT: AssignmentState,
    SubjectKind.REFERRAL: ReferralState,
    SubjectKind.MEASURE: MeasureState,
    SubjectKind.RECUSAL: RecusalState,
    SubjectKind.ASKING: AskingState,
    SubjectKind.DESIGNATION: DesignationState,
    SubjectKind.HOLDING: HoldingState,
    SubjectKind.LEAD: LeadState,
    SubjectKind.EXTENSION: ExtensionState,
    SubjectKind.LOOK_BACK: LookBackState,
    SubjectKind.COORDINATION: CoordinationState,
    SubjectKind.PART: PartState,
}


class Action(StrEnum):
    """Everything that can be done to a subject."""

    OPEN_TIP = "open-tip"
    ACCEPT_TIP = "accept-tip"
    ASK_INFORMANT = "ask-informant"
    TAKE_REPLY = "take-reply"
    TAKE_MATERIAL = "take-material"
    REPORT_RETALIATION = "report-retaliation"
    END_WAIT = "end-wait"
    DECLINE_TIP = "decline-tip"
    REFER_TIP = "refer-tip"
    HAND_ON_TIP = "hand-on-tip"
    JOIN_CASE = "join-case"
    ANSWER_TIP = "answer-tip"
    TAKE_OBJECTION = "take-objection"
    PROPOSE_DOCKETING = "propose-docketing"
    DOCKET_BY_INSTRUCTION = "docket-by-instruction"
    ENDORSE_DOCKETING = "endorse-docketing"
    APPROVE_DOCKETING = "approve-docketing"
    RETURN_DOCKETING = "return-docketing"
    PROPOSE_PLAN = "propose-plan"
    APPROVE_PLAN = "approve-plan"
    RETURN_PLAN = "return-plan"
    REVISE_PLAN = "revise-plan"
    ISSUE_NOTICE = "issue-notice"
    DISPATCH_TASK = "dispatch-task"
    BEGIN_CONCLUSION = "begin-conclusion"
    RESUME_VERIFICATION = "resume-verification"
    READ_CONCLUSION = "read-conclusion"
    REMARK_CONCLUSION = "remark-conclusion"
    PROPOSE_CONCLUSION = "propose-conclusion"
    APPROVE_CONCLUSION = "approve-conclusion"
    RETURN_CONCLUSION = "return-conclusion"
    DELIVER_CONCLUSION = "deliver-conclusion"
    ORDER_RECTIFICATION = "order-rectification"
    CLOSE_CASE = "close-case"
    SIGN_TASK = "sign-task"
    HAND_BACK_TASK = "hand-back-task"
    UPHOLD_HAND_BACK = "uphold-hand-back"
    OVERRULE_HAND_BACK = "overrule-hand-back"
    LOG_RECORD = "log-record"
    BEGIN_FOLLOW = "begin-follow"
    BEGIN_FIX = "begin-fix"
    FINISH_TASK = "finish-task"
    REPLACE_MEMBER = "replace-member"
    REPORT_ITEM = "report-item"
    RETURN_ITEM = "return-item"
    VERIFY_ITEM = "verify-item"
    SIGN_OFF_ITEM = "sign-off-item"
    REFUSE_SIGN_OFF = "refuse-sign-off"
    WITHDRAW_ITEM = "withdraw-item"
    APPLY_REVIEW = "apply-review"
    NAME_REVIEWERS = "name-reviewers"
    ADMIT_REVIEW = "admit-review"
    PROPOSE_DECISION = "propose-decision"
    DECIDE_REVIEW = "decide-review"
    RETURN_DECISION = "return-decision"
    DELIVER_DECISION = "deliver-decision"
    REOPEN_CASE = "reopen-case"
    ANSWER_AGAIN = "answer-again"
    ASSIGN_CASE = "assign-case"
    SETTLE_CASE = "settle-case"
    ESCALATE_CASE = "escalate-case"
    END_PROGRAMME = "end-programme"
    SIGN_ASSIGNMENT = "sign-assignment"
    HAND_BACK_ASSIGNMENT = "hand-back-assignment"
    OVERRULE_ASSIGNMENT = "overrule-assignment"
    WITHDRAW_ASSIGNMENT = "withdraw-assignment"
    REPLY_ASSIGNMENT = "reply-assignment"
    RETURN_REPLY = "return-reply"
    ACCEPT_REPLY = "accept-reply"
    SEND_REFERRAL = "send-referral"
    RECORD_RECEIPT = "record-receipt"
    RECORD_OUTCOME = "record-outcome"
    SEND_IDENTITY = "send-identity"
    PROPOSE_USE = "propose-use"
    APPROVE_USE = "approve-use"
    RETURN_USE = "return-use"
    SEND_USE = "send-use"
    CONFIRM_USE = "confirm-use"
    RECORD_USE_RECEIPT = "record-use-receipt"
    REPLY_USE = "reply-use"
    RECORD_USE_OUTCOME = "record-use-outcome"
    WITHDRAW_USE = "withdraw-use"
    GRANT_RECUSAL = "grant-recusal"
    REFUSE_RECUSAL = "refuse-recusal"
    ASK_FIXED = "ask-fixed"
    TAKE_RATING = "take-rating"
    TAKE_PRESSURE = "take-pressure"
    CONFIRM_FIXED = "confirm-fixed"
    NOTE_UNFIXED = "note-unfixed"
    DECIDE_DISPUTE = "decide-dispute"
    VERIFY_AGAIN = "verify-again"
    MAKE_DESIGNATION = "make-designation"
    RETURN_DESIGNATION = "return-designation"
    REVOKE_DESIGNATION = "revoke-designation"
    RECEIVE_HOLDING = "receive-holding"
    RECEIVE_COPIES = "receive-copies"
    NOTE_DENIAL = "note-denial"
    RETURN_HOLDING = "return-holding"
    KEEP_HOLDING = "keep-holding"
    TAKE_UP_LEAD = "take-up-lead"
    DECLINE_LEAD = "decline-lead"
    MARK_FALSE = "mark-false"
    ASK_EXTENSION = "ask-extension"
    GRANT_EXTENSION = "grant-extension"
    REFUSE_EXTENSION = "refuse-extension"
    DRAW_LOOK_BACK = "draw-look-back"
    NAME_LOOKERS = "name-lookers"
    NOTE_RESULT = "note-result"
    REPORT_LOOK_BACK = "report-look-back"
    RETURN_LOOK_BACK = "return-look-back"
    SETTLE_LOOK_BACK = "settle-look-back"
    TELL_LOOK_BACK = "tell-look-back"
    DROP_LOOK_BACK = "drop-look-back"
    RELAPSE_CASE = "relapse-case"
    REOPEN_ITEM = "reopen-item"
    REOPEN_FALSE_ITEM = "reopen-false-item"
    RESUME_TASK = "resume-task"
    ANSWER_RELAPSE = "answer-relapse"
    PROPOSE_COORDINATION = "propose-coordination"
    REVISE_COORDINATION = "revise-coordination"
    CHECK_COORDINATION = "check-coordination"
    AGREE_COORDINATION = "agree-coordination"
    RETURN_COORDINATION = "return-coordination"
    WITHDRAW_COORDINATION = "withdraw-coordination"
    FINISH_COORDINATION = "finish-coordination"
    CARRY_ON_COORDINATION = "carry-on-coordination"
    RECORD_MEETING = "record-meeting"
    ASK_PART = "ask-part"
    TAKE_ON_PART = "take-on-part"
    DECLINE_PART = "decline-part"
    RULE_PART = "rule-part"
    RELEASE_PART = "release-part"
    ENDORSE_RULING = "endorse-ruling"
    RETURN_RULING = "return-ruling"
    REPORT_PART = "report-part"
    CONFIRM_PART = "confirm-part"
    RETURN_PART = "return-part"
    WITHDRAW_PART = "withdraw-part"
