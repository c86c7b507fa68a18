"""Guards of teams, field work, findings, conclusions and rectification.

Source: 2-domain §2 (Art. 8, 9, 11, 15–18), Civil Servant Law 76–77; rules.toml by the ids named.
"""

from __future__ import annotations

import uuid

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.clock import civil_day
from verification.errors import Refusal
from verification.models import (
    ItemReport,
    ItemState,
    RecordKind,
    Staff,
    TaskMember,
    TaskState,
    VerifiedHow,
)
from verification.policy.deadlines import due_after
from verification.policy.evidence import (
    WITHOUT_EXHIBITS,
    contradicts,
    has_exhibit,
    is_against_unit,
    rests_off_plan,
)
from verification.policy.recusal import decided_away, kept_away
from verification.workflow.facts import Facts


def _team(facts: Facts) -> list[uuid.UUID]:
    return list(facts.given.get("team", ()))


def team_has_two(facts: Facts) -> Refusal | None:
    if len(set(_team(facts))) >= facts.rules.number("team-two"):
        return None
    return Refusal("team-two", _l("Choose at least two inspectors."), "team")


def team_has_leader(facts: Facts) -> Refusal | None:
    if facts.given.get("leader") in _team(facts):
        return None
    return Refusal("reg-8", _l("Choose the team's leader among its members."), "leader")


def team_is_trained(facts: Facts) -> Refusal | None:
    day = civil_day(facts.clock)
    staff = facts.session.scalars(select(Staff).where(Staff.id.in_(_team(facts)))).all()
    if all(person.trained_on is not None and person.trained_on <= day for person in staff):
        return None
    return Refusal("reg-9", _l("A member of the team has no training record."), "team")


def team_has_undertaken(facts: Facts) -> Refusal | None:
    staff = facts.session.scalars(select(Staff).where(Staff.id.in_(_team(facts)))).all()
    if all(person.undertaking_on is not None for person in staff):
        return None
    return Refusal("reg-9-undertaking", _l("A member has not signed the undertaking."), "team")


def team_has_no_conflict(facts: Facts) -> Refusal | None:
    away = facts.recused() & set(_team(facts))
    if not away:
        return None
    if away & kept_away(facts.session, case_id=facts.case_id):
        return Refusal("kept-away", _l("The informant wants a member of the team kept away."), "team")
    if away & decided_away(facts.session, case_id=facts.case_id):
        text = _l("It was decided that a member of the team keeps away from this case.")
        return Refusal("recusal-decided", text, "team")
    return Refusal("csl-76", _l("A member of the team has an interest in the inspected unit."), "team")


def actor_is_on_team(facts: Facts) -> Refusal | None:
    member = facts.session.get(TaskMember, (facts.subject.id, facts.actor.staff_id))
    if member is not None:
        return None
    return Refusal("team-two", _l("Only the team of this task can do this."))


def hand_back_is_first(facts: Facts) -> Refusal | None:
    if not facts.subject.handed_back:
        return None
    return Refusal("hand-back-once", _l("This task was handed back once already; the ruling was final."))


def hand_back_is_in_time(facts: Facts) -> Refusal | None:
    rule = "hand-back-once"
    last = due_after(facts.session, rule_id=rule, began=facts.subject.dispatched_at, rules=facts.rules)
    if facts.clock.now() <= last:
        return None
    return Refusal(rule, _l("The time to hand this task back is over."))


def lead_was_carried(facts: Facts) -> Refusal | None:
    kinds = {record.kind for record in facts.task_records(facts.subject.id)}
    if kinds & {RecordKind.VISIT, RecordKind.INTERVIEW}:
        return None
    return Refusal("carry-visit", _l("Log a visit or an interview first."))


def every_allegation_has_finding(facts: Facts) -> Refusal | None:
    if all(allegation.finding is not None for allegation in facts.allegations()):
        return None
    return Refusal("finding-each", _l("An allegation has no finding yet."))


def findings_rest_on_exhibits(facts: Facts) -> Refusal | None:
    rows = facts.evidence()
    for allegation in facts.allegations():
        needs = allegation.finding is not None and allegation.finding not in WITHOUT_EXHIBITS
        row = rows[allegation.id]
        if needs and not has_exhibit(row) and not rests_off_plan(row):
            return Refusal("finding-exhibit", _l("A finding links no exhibit that it can rest on."))
        if not needs and allegation.finding is not None and allegation.reasons_id is None:
            return Refusal("finding-exhibit", _l("A finding without exhibits needs its reason."))
    return None


def findings_rest_on_plan(facts: Facts) -> Refusal | None:
    rows = facts.evidence()
    needing = (one for one in facts.allegations() if one.finding not in WITHOUT_EXHIBITS)
    if not any(rests_off_plan(rows[one.id]) and not has_exhibit(rows[one.id]) for one in needing):
        return None
    return Refusal("off-plan", _l("A finding rests on a record outside the plan."))


def findings_agree_with_evidence(facts: Facts) -> Refusal | None:
    rows = facts.evidence()
    for allegation in facts.allegations():
        if contradicts(allegation.finding, rows[allegation.id]) and allegation.against_id is None:
            text = _l("A finding goes against all the evidence that counts, and nobody wrote why.")
            return Refusal("finding-contradicts", text)
    return None


def findings_weigh_statements(facts: Facts) -> Refusal | None:
    if all(allegation.statement is not None for allegation in facts.allegations()):
        return None
    return Refusal(
        "finding-statement", _l("Record what the unit says to each allegation, or that it declined to say.")
    )


def denials_are_weighed(facts: Facts) -> Refusal | None:
    for allegation in facts.allegations():
        if is_against_unit(allegation.finding, allegation.stance) and allegation.weighed_id is None:
            text = _l("A finding goes against the unit's statement, and nobody wrote how it was weighed.")
            return Refusal("statement-weighed", text)
    return None


def tasks_have_results(facts: Facts) -> Refusal | None:
    done = (TaskState.FIX, TaskState.DONE, TaskState.WITHDRAWN)
    tasks = facts.tasks()
    if any(task.state in (TaskState.FIX, TaskState.DONE) for task in tasks) and all(
        task.state in done for task in tasks
    ):
        return None
    return Refusal("reg-16", _l("A team is still verifying."))


def conclusion_is_drafted(facts: Facts) -> Refusal | None:
    conclusion = facts.latest_conclusion()
    if conclusion is not None and conclusion.approved_at is None:
        return None
    return Refusal("reg-16", _l("Write the conclusion first."))


def approver_is_not_drafter(facts: Facts) -> Refusal | None:
    conclusion = facts.latest_conclusion()
    if conclusion is None or conclusion.drafted_by != facts.actor.staff_id:
        return None
    return Refusal("conclusion-separate", _l("You drafted this conclusion; somebody else must approve it."))


def conclusion_is_approved(facts: Facts) -> Refusal | None:
    conclusion = facts.latest_conclusion()
    if conclusion is not None and conclusion.approved_at is not None:
        return None
    return Refusal("conclusion-approval", _l("The government has not approved the conclusion yet."))


def case_has_items(facts: Facts) -> Refusal | None:
    if facts.items():
        return None
    return Refusal("reg-18", _l("Write at least one rectification item."), "items")


def items_are_closed_off(facts: Facts) -> Refusal | None:
    if all(item.state in (ItemState.CLOSED_OFF, ItemState.WITHDRAWN) for item in facts.items()):
        return None
    return Refusal("close-items", _l("A rectification item is not closed off yet."))


def reporter_is_of_unit(facts: Facts) -> Refusal | None:
    if facts.actor.unit_id == facts.subject.unit_id:
        return None
    return Refusal("reg-18", _l("Only the unit that the item was ordered of can report on it."))


def report_has_proof(facts: Facts) -> Refusal | None:
    if facts.given.get("proofs"):
        return None
    return Refusal("item-proof", _l("Attach at least one photo or document as proof."), "proof")


def verifier_is_on_team(facts: Facts) -> Refusal | None:
    if facts.actor.staff_id in facts.team() and facts.actor.unit_id != facts.subject.unit_id:
        return None
    return Refusal("item-verified", _l("Only a member of the team, and not of the unit, can verify this."))


def signer_had_no_part(facts: Facts) -> Refusal | None:
    if facts.actor.staff_id not in facts.participants() | facts.reviewers():
        return None
    return Refusal("close-off-uninvolved", _l("You had a part in this case, so somebody else must sign."))


def named_signer_had_no_part(facts: Facts) -> Refusal | None:
    signer = facts.given.get("signer")
    if signer is not None and signer not in facts.participants() | facts.reviewers():
        return None
    return Refusal(
        "close-off-uninvolved", _l("Name somebody to sign who had no part in this case."), "signer"
    )


def false_one_is_seen_on_site(facts: Facts) -> Refusal | None:
    lied = select(ItemReport.id).where(
        ItemReport.item_id == facts.subject.id, ItemReport.false_at.is_not(None)
    )
    if facts.given.get("how") is VerifiedHow.ON_SITE or facts.session.scalar(lied.limit(1)) is None:
        return None
    text = _l("A report on this item was false, so it is verified on the spot and not by documents.")
    return Refusal("item-false", text, "how")
