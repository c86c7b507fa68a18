"""What may be signed on paper: for each act who may sign, what the paper says besides, and its verb.

Whatever a head, a director, a liaison, a reviewer or a signer does on screen can be done on paper; desk and
inspectors work in the system itself. Source: 2-domain §2a "Paper counts"; issue 4.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeAlias

from verification.domain import (
    assigning,
    casework,
    conclusions,
    coordinating,
    coordination_parts,
    designating,
    extending,
    looking_back,
    planning,
    rectification,
    recusing,
    reviewing,
    using,
)
from verification.domain.acting import Acting
from verification.domain.reviewing import Proposal
from verification.models import Exhibit, Finding, ReviewOutcome
from verification.policy.permissions import Permission
from verification.workflow.states import Action, SubjectKind


class Part(StrEnum):
    """What a paper says beside that it was signed."""

    NOTE = "note"
    ENCLOSURES = "enclosures"
    RECEIVED = "received"
    UNTIL = "until"
    ANSWERS = "answers"
    REVIEWERS = "reviewers"
    PROPOSAL = "proposal"
    LOOKERS = "lookers"
    RELAPSES = "relapses"
    MECHANISM = "mechanism"


Fields: TypeAlias = Mapping[str, str | list[str]]


@dataclass(frozen=True, slots=True, repr=False)
class Said:
    """A paper's words. ``fields``: by the names that the same act's form on screen has."""

    note: str
    fields: Fields
    enclosures: Sequence[Exhibit] = ()

    def one(self, name: str) -> str:
        """A field with one value; empty where it was not written."""
        value = self.fields.get(name, "")
        return value if isinstance(value, str) else ""

    def ids(self, name: str) -> list[uuid.UUID]:
        """The ids of a field with several."""
        value = self.fields.get(name, [])
        return [uuid.UUID(one) for one in ([value] if isinstance(value, str) else value) if one]

    def answers(self) -> dict[uuid.UUID, str]:
        """Answers by question."""
        return {uuid.UUID(name): self.one(full) for name, full in self._with_prefix("answer-")}

    def reasons(self) -> dict[uuid.UUID, str]:
        """What units read of what a look-back found undone, by item."""
        return {uuid.UUID(name): self.one(full) for name, full in self._with_prefix("reason-")}

    def proposal(self) -> Proposal:
        """What reviewers propose."""
        outcome = ReviewOutcome(self.one("outcome")) if self.one("outcome") else None
        accepted = bool(self.one("wording"))
        if outcome is not ReviewOutcome.CHANGE:
            return Proposal(outcome=outcome, decision=self.one("decision"), wording_accepted=accepted)
        findings = {
            uuid.UUID(name): Finding(self.one(full)) if self.one(full) else None
            for name, full in self._with_prefix("finding-")
        }
        return Proposal(
            outcome=outcome,
            decision=self.one("decision"),
            file_text=self.one("file_text"),
            unit_text=self.one("unit_text"),
            findings=findings,
            withdrawn=self.ids("withdrawn"),
            wording_accepted=accepted,
        )

    def received_on(self) -> date:
        """The day the paper came in."""
        return date.fromisoformat(self.one("received_on"))

    def day(self, name: str) -> date | None:
        """A day that is written on the paper; None where it is none."""
        try:
            return date.fromisoformat(self.one(name))
        except ValueError:
            return None

    def _with_prefix(self, prefix: str) -> list[tuple[str, str]]:
        return [(name.removeprefix(prefix), name) for name in self.fields if name.startswith(prefix)]


@dataclass(frozen=True, slots=True)
class PaperForm:
    """A kind of act that may be signed on paper.

    of_unit: a liaison signs, for the unit that the subject concerns; they are no readers of the case.
    """

    kind: SubjectKind
    permission: Permission
    parts: frozenset[Part]
    carry_out: Callable[[Acting, Any, Said], object]
    of_unit: bool = False


def _form(
    kind: SubjectKind,
    permission: Permission,
    carry_out: Callable[[Acting, Any, Said], object],
    *parts: Part,
    of_unit: bool = False,
) -> PaperForm:
    return PaperForm(kind, permission, frozenset(parts), carry_out, of_unit)


def _plain(verb: Callable[..., object], name: str) -> Callable[[Acting, Any, Said], object]:
    """A verb that takes the subject's id under ``name``, and its version."""
    return lambda acting, row, _said: verb(acting, version=row.version, **{name: row.id})


def _noted(verb: Callable[..., object], name: str) -> Callable[[Acting, Any, Said], object]:
    """The same for a verb that takes words besides."""
    return lambda acting, row, said: verb(acting, version=row.version, note=said.note, **{name: row.id})


def _name_reviewers(acting: Acting, row: Any, said: Said) -> object:
    return reviewing.name_reviewers(
        acting, review_id=row.id, version=row.version, reviewers=said.ids("reviewers")
    )


def _propose_decision(acting: Acting, row: Any, said: Said) -> object:
    return reviewing.propose_decision(acting, review_id=row.id, version=row.version, proposal=said.proposal())


def _apply_review(acting: Acting, row: Any, said: Said) -> object:
    return reviewing.apply_review(
        acting, case_id=row.id, text=said.note, proofs=said.enclosures, received_on=said.received_on()
    )


def _report_item(acting: Acting, row: Any, said: Said) -> object:
    return rectification.report_item(
        acting, item_id=row.id, version=row.version, measures=said.note, proofs=said.enclosures
    )


def _reply(acting: Acting, row: Any, said: Said) -> object:
    return assigning.reply_assignment(
        acting, assignment_id=row.id, version=row.version, answers=said.answers(), proofs=said.enclosures
    )


def _answer_paper(acting: Acting, row: Any, said: Said) -> object:
    return using.reply_use(acting, measure_id=row.id, version=row.version, text=said.note)


def _ask_extension(acting: Acting, row: Any, said: Said) -> object:
    return extending.ask_extension(
        acting, item_id=row.id, version=row.version, until=said.day("until"), reason=said.note
    )


def _extension(granted: bool) -> Callable[[Acting, Any, Said], object]:
    """The decision on a request for more time."""
    return lambda acting, row, said: extending.decide_extension(
        acting, extension_id=row.id, version=row.version, granted=granted, reason=said.note
    )


def _name_lookers(acting: Acting, row: Any, said: Said) -> object:
    return looking_back.name_lookers(
        acting, look_back_id=row.id, version=row.version, people=said.ids("team")
    )


def _settle(acting: Acting, row: Any, said: Said) -> object:
    return looking_back.settle_look_back(
        acting, look_back_id=row.id, version=row.version, note=said.note, due_on=said.day("due_on"),
        reasons=said.reasons(),
    )  # fmt: skip


def _carry_on(acting: Acting, row: Any, said: Said) -> object:
    return coordinating.carry_on(
        acting, coordination_id=row.id, version=row.version, mechanism=said.one("mechanism"), note=said.note
    )


def _report_part(acting: Acting, row: Any, said: Said) -> object:
    return coordination_parts.report_part(
        acting, part_id=row.id, version=row.version, done=said.note, proofs=said.enclosures
    )


_CASE, _ITEM, _REVIEW, _ASSIGNMENT, _USE, _DESIGNATION, _RECUSAL, _EXTENSION = (
    SubjectKind.CASE, SubjectKind.ITEM, SubjectKind.REVIEW, SubjectKind.ASSIGNMENT, SubjectKind.MEASURE,
    SubjectKind.DESIGNATION, SubjectKind.RECUSAL, SubjectKind.EXTENSION,
)  # fmt: skip
_LOOK_BACK, _HELP, _PART = (
    SubjectKind.LOOK_BACK, SubjectKind.COORDINATION, SubjectKind.PART,
)  # fmt: skip

PAPER_FORMS: dict[Action, PaperForm] = {
    Action.ENDORSE_DOCKETING: _form(
        _CASE, Permission.CASE_ENDORSE, _noted(casework.endorse_docketing, "case_id"), Part.NOTE
    ),
    Action.APPROVE_DOCKETING: _form(
        _CASE, Permission.DOCKET_APPROVE, _plain(casework.approve_docketing, "case_id")
    ),
    Action.DOCKET_BY_INSTRUCTION: _form(
        _CASE, Permission.DOCKET_APPROVE, _plain(casework.docket_by_instruction, "case_id")
    ),
    Action.RETURN_DOCKETING: _form(
        _CASE, Permission.DOCKET_APPROVE, _noted(casework.return_docketing, "case_id"), Part.NOTE
    ),
    Action.APPROVE_PLAN: _form(_CASE, Permission.PLAN_APPROVE, _plain(planning.approve_plan, "case_id")),
    Action.RETURN_PLAN: _form(
        _CASE, Permission.PLAN_APPROVE, _noted(planning.return_plan, "case_id"), Part.NOTE
    ),
    Action.APPROVE_CONCLUSION: _form(
        _CASE, Permission.CONCLUSION_APPROVE, _plain(conclusions.approve_conclusion, "case_id")
    ),
    Action.RETURN_CONCLUSION: _form(
        _CASE, Permission.CONCLUSION_APPROVE, _noted(conclusions.return_conclusion, "case_id"), Part.NOTE
    ),
    Action.APPLY_REVIEW: _form(
        _CASE, Permission.REVIEW_APPLY, _apply_review, Part.NOTE, Part.RECEIVED, Part.ENCLOSURES, of_unit=True
    ),
    Action.NAME_REVIEWERS: _form(_REVIEW, Permission.REVIEW_NAME, _name_reviewers, Part.REVIEWERS),
    Action.ADMIT_REVIEW: _form(_REVIEW, Permission.REVIEW_WORK, _plain(reviewing.admit_review, "review_id")),
    Action.PROPOSE_DECISION: _form(_REVIEW, Permission.REVIEW_WORK, _propose_decision, Part.PROPOSAL),
    Action.DECIDE_REVIEW: _form(
        _REVIEW, Permission.REVIEW_DECIDE, _plain(reviewing.decide_review, "review_id")
    ),
    Action.RETURN_DECISION: _form(
        _REVIEW, Permission.REVIEW_DECIDE, _noted(reviewing.return_decision, "review_id"), Part.NOTE
    ),
    Action.MAKE_DESIGNATION: _form(
        _DESIGNATION, Permission.DESIGNATION_MAKE, _plain(designating.make_designation, "designation_id")
    ),
    Action.RETURN_DESIGNATION: _form(
        _DESIGNATION, Permission.DESIGNATION_MAKE, _noted(designating.return_designation, "designation_id"),
        Part.NOTE,
    ),
    Action.REVOKE_DESIGNATION: _form(
        _DESIGNATION, Permission.DESIGNATION_MAKE, _noted(designating.revoke_designation, "designation_id"),
        Part.NOTE,
    ),
    Action.REPORT_ITEM: _form(
        _ITEM, Permission.ITEM_REPORT, _report_item, Part.NOTE, Part.ENCLOSURES, of_unit=True
    ),
    Action.ASK_EXTENSION: _form(
        _ITEM, Permission.ITEM_REPORT, _ask_extension, Part.NOTE, Part.UNTIL, of_unit=True
    ),
    Action.GRANT_EXTENSION: _form(_EXTENSION, Permission.EXTENSION_DECIDE, _extension(True), Part.NOTE),
    Action.REFUSE_EXTENSION: _form(_EXTENSION, Permission.EXTENSION_DECIDE, _extension(False), Part.NOTE),
    Action.GRANT_RECUSAL: _form(
        _RECUSAL, Permission.RECUSAL_DECIDE, _noted(recusing.grant_recusal, "request_id"), Part.NOTE
    ),
    Action.REFUSE_RECUSAL: _form(
        _RECUSAL, Permission.RECUSAL_DECIDE, _noted(recusing.refuse_recusal, "request_id"), Part.NOTE
    ),
    Action.NAME_LOOKERS: _form(_LOOK_BACK, Permission.LOOK_BACK_NAME, _name_lookers, Part.LOOKERS),
    Action.RETURN_LOOK_BACK: _form(
        _LOOK_BACK, Permission.LOOK_BACK_SETTLE, _noted(looking_back.return_look_back, "look_back_id"),
        Part.NOTE,
    ),
    Action.SETTLE_LOOK_BACK: _form(
        _LOOK_BACK, Permission.LOOK_BACK_SETTLE, _settle, Part.NOTE, Part.RELAPSES
    ),
    Action.SIGN_OFF_ITEM: _form(
        _ITEM, Permission.ITEM_SIGN_OFF, _plain(rectification.sign_off_item, "item_id")
    ),
    Action.REFUSE_SIGN_OFF: _form(
        _ITEM, Permission.ITEM_SIGN_OFF, _noted(rectification.refuse_sign_off, "item_id"), Part.NOTE
    ),
    Action.SIGN_ASSIGNMENT: _form(
        _ASSIGNMENT, Permission.ASSIGNMENT_ANSWER, _plain(assigning.sign_assignment, "assignment_id"),
        of_unit=True,
    ),
    Action.HAND_BACK_ASSIGNMENT: _form(
        _ASSIGNMENT, Permission.ASSIGNMENT_ANSWER, _noted(assigning.hand_back_assignment, "assignment_id"),
        Part.NOTE, of_unit=True,
    ),
    Action.REPLY_ASSIGNMENT: _form(
        _ASSIGNMENT, Permission.ASSIGNMENT_ANSWER, _reply, Part.ANSWERS, Part.ENCLOSURES, of_unit=True
    ),
    Action.APPROVE_USE: _form(_USE, Permission.USE_APPROVE, _plain(using.approve_use, "measure_id")),
    Action.RETURN_USE: _form(
        _USE, Permission.USE_APPROVE, _noted(using.return_use, "measure_id"), Part.NOTE
    ),
    Action.CONFIRM_USE: _form(
        _USE, Permission.USE_ANSWER, _plain(using.confirm_use, "measure_id"), of_unit=True
    ),
    Action.REPLY_USE: _form(_USE, Permission.USE_ANSWER, _answer_paper, Part.NOTE, of_unit=True),
    Action.AGREE_COORDINATION: _form(
        _HELP, Permission.COORDINATION_AGREE, _plain(coordinating.agree_coordination, "coordination_id")
    ),
    Action.RETURN_COORDINATION: _form(
        _HELP, Permission.COORDINATION_AGREE, _noted(coordinating.return_coordination, "coordination_id"),
        Part.NOTE,
    ),
    Action.CARRY_ON_COORDINATION: _form(
        _HELP, Permission.COORDINATION_AGREE, _carry_on, Part.MECHANISM, Part.NOTE
    ),
    Action.TAKE_ON_PART: _form(
        _PART, Permission.COORDINATION_ANSWER, _plain(coordination_parts.take_on_part, "part_id"),
        of_unit=True,
    ),
    Action.DECLINE_PART: _form(
        _PART, Permission.COORDINATION_ANSWER, _noted(coordination_parts.decline_part, "part_id"), Part.NOTE,
        of_unit=True,
    ),
    Action.RULE_PART: _form(
        _PART, Permission.COORDINATION_AGREE, _noted(coordination_parts.rule_part, "part_id"), Part.NOTE
    ),
    Action.RELEASE_PART: _form(
        _PART, Permission.COORDINATION_AGREE, _noted(coordination_parts.release_part, "part_id"), Part.NOTE
    ),
    Action.ENDORSE_RULING: _form(
        _PART, Permission.COORDINATION_ENDORSE, _plain(coordination_parts.endorse_ruling, "part_id")
    ),
    Action.RETURN_RULING: _form(
        _PART, Permission.COORDINATION_ENDORSE, _noted(coordination_parts.return_ruling, "part_id"), Part.NOTE
    ),
    Action.REPORT_PART: _form(
        _PART, Permission.COORDINATION_ANSWER, _report_part, Part.NOTE, Part.ENCLOSURES, of_unit=True
    ),
}  # fmt: skip
