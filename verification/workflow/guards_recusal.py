"""Guards of recusal: who decides, and what the work of somebody who must keep away can still carry.

Source: Civil Servant Law 76–77; rules.toml csl-77, recusal-*.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from verification.errors import Refusal
from verification.models import Allegation, Exhibit, FieldRecord, FindingCheck, Role
from verification.policy.evidence import Held, evidence_of
from verification.policy.recusal import recused_from
from verification.policy.roles import staff_with_role
from verification.workflow.facts import Facts


def decider_is_not_concerned(facts: Facts) -> Refusal | None:
    if facts.actor.staff_id != facts.subject.staff_id:
        return None
    return Refusal("recusal-director", _l("Nobody decides about themselves."))


def decider_is_entitled(facts: Facts) -> Refusal | None:
    """The director; about a director the head; about a head by the letter of the government above."""
    person = facts.subject.staff_id
    if person in staff_with_role(facts.session, Role.HEAD):
        if facts.given.get("has_note"):
            return None
        text = _l("Name the letter of the higher government that decides about the head.")
        return Refusal("recusal-director", text, "note")
    if person not in staff_with_role(facts.session, Role.DIRECTOR) or Role.HEAD in facts.actor.roles:
        return None
    return Refusal("recusal-director", _l("About a director the head of government decides."))


def refusal_has_reason(facts: Facts) -> Refusal | None:
    if facts.given.get("has_note"):
        return None
    return Refusal("recusal-reason", _l("Write why this person may stay."), "note")


def proposer_is_free(facts: Facts) -> Refusal | None:
    return _unless_free(facts, facts.subject.proposed_by, _l("Whoever proposed this must keep away by now."))


def planner_is_free(facts: Facts) -> Refusal | None:
    plan = facts.latest_plan()
    text = _l("Whoever wrote this plan must keep away by now.")
    return _unless_free(facts, plan.written_by if plan else None, text)


def drafter_is_free(facts: Facts) -> Refusal | None:
    conclusion = facts.latest_conclusion()
    text = _l("Whoever drafted this conclusion must keep away by now.")
    return _unless_free(facts, conclusion.drafted_by if conclusion else None, text)


def _unless_free(facts: Facts, person: uuid.UUID | None, text: str) -> Refusal | None:
    if person is None or person not in facts.recused():
        return None
    return Refusal("recusal-work", text)


def findings_were_checked(facts: Facts) -> Refusal | None:
    if not unchecked_findings(facts.session, case_id=facts.case_id):
        return None
    text = _l("A finding rests on the work of somebody who must keep away, and nobody else has checked it.")
    return Refusal("recusal-work", text)


def team_is_whole(facts: Facts) -> Refusal | None:
    """A team that lost somebody to recusal stands still until it is two again."""
    if len(facts.free_team(facts.subject.id)) >= facts.rules.number("team-two"):
        return None
    text = _l("Somebody of this team must keep away. It goes on as soon as a replacement is named.")
    return Refusal("team-two", text)


def newcomers_have_no_other_part(facts: Facts) -> Refusal | None:
    if not set(facts.given.get("newcomers", ())) & (facts.signers() | facts.reviewers()):
        return None
    text = _l("Somebody named signs an item of this case off or reviews it, so they cannot join its team.")
    return Refusal("close-off-uninvolved", text, "team")


def unchecked_findings(session: Session, *, case_id: uuid.UUID) -> list[Allegation]:
    """Allegations whose finding is, or rests only on, the work of people who must keep away by now.

    A check by somebody free counts from the finding on; a new finding needs a check of its own.
    """
    away = recused_from(session, case_id=case_id)
    found = session.scalars(
        select(Allegation).where(Allegation.case_id == case_id, Allegation.finding.is_not(None))
    ).all()
    if not away or not found:
        return []
    rows, makers = evidence_of(session, case_id), _makers(session, case_id)
    ids = [row.id for row in found]
    checks = session.scalars(select(FindingCheck).where(FindingCheck.allegation_id.in_(ids))).all()
    return [
        row
        for row in found
        if (row.found_by in away or _is_all_theirs(rows[row.id], makers, away))
        and not any(
            check.allegation_id == row.id
            and check.checked_by not in away
            and (row.found_at is None or check.checked_at >= row.found_at)
            for check in checks
        )
    ]


def _is_all_theirs(
    row: Iterable[Held], makers: Mapping[uuid.UUID, uuid.UUID], away: Collection[uuid.UUID]
) -> bool:
    counted = [makers[held.source.id] for held in row if held.counts]
    return bool(counted) and all(maker in away for maker in counted)


def _makers(session: Session, case_id: uuid.UUID) -> dict[uuid.UUID, uuid.UUID]:
    """Who took each exhibit, and who wrote each record."""
    taken = select(Exhibit.object_id, Exhibit.taken_by).where(Exhibit.case_id == case_id)
    written = select(FieldRecord.id, FieldRecord.written_by).where(FieldRecord.case_id == case_id)
    return {row[0]: row[1] for query in (taken, written) for row in session.execute(query)}
