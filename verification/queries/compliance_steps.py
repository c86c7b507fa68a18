"""The lines of the compliance sheet: which there are, how each can stand. Must not know: where from."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Met(StrEnum):
    """How a step stands."""

    DONE = "done"
    MISSING = "missing"
    NOT_YET = "not-yet"
    NOT_NEEDED = "not-needed"


class StepCode(StrEnum):
    """The steps, in their order."""

    CONTENT = "content"
    OBJECTS = "objects"
    SEARCHED = "searched"
    QUOTA = "quota"
    TOWN_DUTY = "town-duty"
    ENDORSED = "endorsed"
    DOCKETED = "docketed"
    DOCKET_APART = "docket-apart"
    PLANNED = "planned"
    PLAN_APART = "plan-apart"
    BURDENS = "burdens"
    TEAM = "team"
    GUESTS = "guests"
    DESIGNATED = "designated"
    SIGNED = "signed"
    RECUSED = "recused"
    RECHECKED = "rechecked"
    GIVEN_BACK = "given-back"
    AFTER_DOCKET = "after-docket"
    TWO_ON_SITE = "two-on-site"
    WITHIN_PLAN = "within-plan"
    SITE_LOAD = "site-load"
    FINDINGS = "findings"
    EXHIBITS = "exhibits"
    STATEMENTS = "statements"
    WEIGHED = "weighed"
    CONCLUDED = "concluded"
    SECOND_READ = "second-read"
    CONCLUSION_APART = "conclusion-apart"
    DELIVERED = "delivered"
    REVIEWED = "reviewed"
    VERIFIED = "verified"
    CLOSED_OFF = "closed-off"
    FALSE_REPORTS = "false-reports"
    RELAPSED = "relapsed"
    COORDINATED = "coordinated"
    REFERRED = "referred"
    USES_APPROVED = "uses-approved"
    ANSWERED = "answered"
    ASKED = "asked"
    CLOSED = "closed"
    LOOKED_BACK = "looked-back"
    COVERED = "covered"
    ASSIGNED = "assigned"
    SIGNED_FOR = "signed-for"
    REPLIED = "replied"
    CHECKED = "checked"


@dataclass(frozen=True, slots=True)
class Step:
    """One line. done of needed: what is counted, 0 of 0 where nothing is. paper_id: the signed paper."""

    code: StepCode
    rule_ids: tuple[str, ...]
    met: Met
    on: date | datetime | None = None
    people: tuple[str, ...] = ()
    done: int = 0
    needed: int = 0
    paper_id: uuid.UUID | None = None


#: What is shown of a case under embargo as it is: its docketing, and that a matter was handed over.
_DOCKETING = frozenset(
    {
        StepCode.CONTENT,
        StepCode.OBJECTS,
        StepCode.ENDORSED,
        StepCode.DOCKETED,
        StepCode.DOCKET_APART,
        StepCode.REFERRED,
    }
)


def as_docketed(step: Step) -> Step:
    """The same line for whoever may not know of an unannounced visit: nothing has happened on it yet."""
    return step if step.code in _DOCKETING else Step(step.code, step.rule_ids, Met.NOT_YET)
