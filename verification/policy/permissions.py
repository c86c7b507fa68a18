"""Who may do what: the one table of roles and permissions.

A role grants permissions; whether the person may touch this very subject (own team, own unit, own desk) is
decided by the loaders and guards. Separations that are law are guards, not roles. Source: 2-domain §4.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from verification.models import Role


class Permission(StrEnum):
    """``scope:act``; every route and every transition names one."""

    HOME = "staff:home"
    TIP_LIST = "tip:list"
    TIP_OPEN = "tip:open"
    TIP_TRIAGE = "tip:triage"
    TIP_ANSWER = "tip:answer"
    TIP_ORIGINAL = "tip:original"
    FILE_DESTROY = "file:destroy"
    IDENTITY_ASK = "identity:ask"
    IDENTITY_AGREE = "identity:agree"
    CASE_LIST = "case:list"
    CASE_READ = "case:read"
    CASE_DRAFT = "case:draft"
    CASE_PROPOSE = "case:propose"
    CASE_ENDORSE = "case:endorse"
    DOCKET_APPROVE = "docket:approve"
    PAPER_RECORD = "paper:record"
    PLAN_WRITE = "plan:write"
    PLAN_APPROVE = "plan:approve"
    NOTICE_ISSUE = "notice:issue"
    CODE_ISSUE = "code:issue"
    CODE_REVOKE = "code:revoke"
    TASK_DISPATCH = "task:dispatch"
    TASK_WORK = "task:work"
    TASK_LIST = "task:list"
    EXHIBIT_READ = "exhibit:read"
    EXHIBIT_EXPORT = "exhibit:export"
    CONCLUSION_DRAFT = "conclusion:draft"
    CONCLUSION_READ = "conclusion:read-over"
    CONCLUSION_APPROVE = "conclusion:approve"
    CONCLUSION_DELIVER = "conclusion:deliver"
    ITEM_ORDER = "item:order"
    ITEM_REPORT = "item:report"
    ITEM_VERIFY = "item:verify"
    ITEM_SIGN_OFF = "item:sign-off"
    REVIEW_APPLY = "review:apply"
    REVIEW_NAME = "review:name"
    REVIEW_WORK = "review:work"
    REVIEW_DECIDE = "review:decide"
    REVIEW_DELIVER = "review:deliver"
    CASE_ASSIGN = "case:assign"
    ASSIGNMENT_ANSWER = "assignment:answer"
    ASSIGNMENT_CHECK = "assignment:check"
    MATTER_NOTE = "matter:note"
    MATTER_REFER = "matter:refer"
    USE_WRITE = "use:write"
    USE_APPROVE = "use:approve"
    USE_SEND = "use:send"
    USE_ANSWER = "use:answer"
    RECUSAL_ASK = "recusal:ask"
    RECUSAL_DECIDE = "recusal:decide"
    FIX_ASK = "fix:ask"
    OFFICE_WEAK_SPOTS = "office:weak-spots"
    DESIGNATION_WRITE = "designation:write"
    DESIGNATION_MAKE = "designation:make"
    RULE_OVERRIDE = "rule:override"
    HOURS_READ = "hours:read"
    LEAD_NOTE = "lead:note"
    EXTENSION_DECIDE = "extension:decide"
    LOOK_BACK_DRAW = "look-back:draw"
    LOOK_BACK_NAME = "look-back:name"
    LOOK_BACK_WORK = "look-back:work"
    LOOK_BACK_SETTLE = "look-back:settle"
    COORDINATION_PROPOSE = "coordination:propose"
    COORDINATION_READ_OVER = "coordination:read-over"
    COORDINATION_AGREE = "coordination:agree"
    COORDINATION_ENDORSE = "coordination:endorse"
    COORDINATION_ANSWER = "coordination:answer"
    COORDINATION_CHECK = "coordination:check"
    CASE_CLOSE = "case:close"
    DOCUMENT_NUMBER = "document:number"
    UNIT_DESK = "unit:desk"
    RULES_READ = "rules:read"
    AUDIT_READ = "audit:read"
    QUEUE_ADMIN = "queue:admin"
    STAFF_ADMIN = "staff:admin"
    SYSTEM = "system:act"


P = Permission
_EVERYBODY = {P.HOME, P.RULES_READ}
_READER = {P.CASE_LIST, P.CASE_READ, P.EXHIBIT_READ, P.RECUSAL_ASK}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.SUPERVISOR: frozenset(
        _EVERYBODY
        | _READER
        | {
            P.TIP_LIST,
            P.TIP_OPEN,
            P.TIP_TRIAGE,
            P.TIP_ANSWER,
            P.TIP_ORIGINAL,
            P.FILE_DESTROY,
            P.IDENTITY_ASK,
            # Of the alternate desk's tips: only who holds the other half can, whatever the role.
            P.IDENTITY_AGREE,
            P.CASE_DRAFT,
            P.HOURS_READ,
            P.CASE_PROPOSE,
            P.PAPER_RECORD,
            P.PLAN_WRITE,
            P.NOTICE_ISSUE,
            P.CODE_ISSUE,
            P.CODE_REVOKE,
            P.TASK_DISPATCH,
            P.CONCLUSION_DRAFT,
            P.LEAD_NOTE,
            P.CONCLUSION_READ,
            P.CONCLUSION_DELIVER,
            P.ITEM_ORDER,
            P.ITEM_SIGN_OFF,
            P.REVIEW_WORK,
            P.REVIEW_DELIVER,
            P.MATTER_NOTE,
            P.MATTER_REFER,
            P.USE_WRITE,
            P.USE_SEND,
            P.FIX_ASK,
            P.OFFICE_WEAK_SPOTS,
            P.DESIGNATION_WRITE,
            P.EXTENSION_DECIDE,
            P.LOOK_BACK_DRAW,
            P.LOOK_BACK_NAME,
            P.LOOK_BACK_SETTLE,
            P.CASE_ASSIGN,
            P.ASSIGNMENT_CHECK,
            P.COORDINATION_PROPOSE,
            P.COORDINATION_READ_OVER,
            P.COORDINATION_CHECK,
            P.CASE_CLOSE,
            P.DOCUMENT_NUMBER,
            P.EXHIBIT_EXPORT,
        }
    ),
    Role.DIRECTOR: frozenset(
        _EVERYBODY
        | _READER
        | {
            P.PLAN_APPROVE,
            P.CODE_REVOKE,
            P.RULE_OVERRIDE,
            P.CONCLUSION_READ,
            P.EXTENSION_DECIDE,
            P.LOOK_BACK_DRAW,
            P.LOOK_BACK_NAME,
            P.LOOK_BACK_SETTLE,
            P.IDENTITY_AGREE,
            P.FILE_DESTROY,
            P.ITEM_SIGN_OFF,
            P.REVIEW_NAME,
            P.REVIEW_DELIVER,
            P.MATTER_NOTE,
            P.MATTER_REFER,
            P.USE_WRITE,
            P.USE_APPROVE,
            P.USE_SEND,
            P.RECUSAL_DECIDE,
            P.COORDINATION_AGREE,
            P.OFFICE_WEAK_SPOTS,
            P.HOURS_READ,
            P.PAPER_RECORD,
            P.DOCUMENT_NUMBER,
        }
    ),
    Role.HEAD: frozenset(
        _EVERYBODY
        | _READER
        | {
            P.DOCKET_APPROVE,
            P.CONCLUSION_APPROVE,
            P.REVIEW_NAME,
            P.REVIEW_DECIDE,
            P.USE_APPROVE,
            P.RECUSAL_DECIDE,
            P.OFFICE_WEAK_SPOTS,
            P.DESIGNATION_MAKE,
            P.COORDINATION_ENDORSE,
            P.HOURS_READ,
        }
    ),
    Role.DEPUTY: frozenset(_EVERYBODY | _READER | {P.CASE_ENDORSE, P.HOURS_READ}),
    Role.INSPECTOR: frozenset(
        _EVERYBODY
        | _READER
        | {
            P.TASK_LIST,
            P.TASK_WORK,
            P.ITEM_VERIFY,
            P.ITEM_SIGN_OFF,
            P.LOOK_BACK_WORK,
            P.REVIEW_WORK,
            P.MATTER_NOTE,
            P.CONCLUSION_DRAFT,
            P.LEAD_NOTE,
            P.CONCLUSION_READ,
            P.COORDINATION_PROPOSE,
            P.COORDINATION_CHECK,
            P.EXHIBIT_EXPORT,
        }
    ),
    Role.REVIEWER: frozenset(
        _EVERYBODY | _READER | {P.ITEM_SIGN_OFF, P.REVIEW_WORK, P.REVIEW_DELIVER, P.MATTER_NOTE}
    ),
    Role.LIAISON: frozenset(
        _EVERYBODY
        | {
            P.UNIT_DESK,
            P.ITEM_REPORT,
            P.REVIEW_APPLY,
            P.ASSIGNMENT_ANSWER,
            P.USE_ANSWER,
            P.COORDINATION_ANSWER,
        }
    ),
    Role.EXTERNAL: frozenset(_EVERYBODY | _READER),
    Role.ADMINISTRATOR: frozenset(_EVERYBODY | {P.QUEUE_ADMIN, P.STAFF_ADMIN}),
    Role.SECURITY: frozenset(_EVERYBODY | {P.STAFF_ADMIN}),
    Role.AUDITOR: frozenset(_EVERYBODY | {P.AUDIT_READ}),
}


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """The union of what ``roles`` grant."""
    return frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))
