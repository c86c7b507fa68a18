"""Guards of the uses of a conclusion: what each rests on, who approves it, who may receive it.

Source: Reg. art. 12, 13, 19–22, 25; ``verification.policy.uses``.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from verification.errors import Refusal
from verification.models import (
    CaseUnit,
    FieldRecord,
    Finding,
    Measure,
    MeasureKind,
    MeasureState,
    RecordKind,
)
from verification.policy.uses import APPROVER, BURDENING, USES, Approval, Rests
from verification.workflow.facts import Facts
from verification.workflow.guards import case_has_result
from verification.workflow.guards_plan import card_was_shown
from verification.workflow.guards_review import no_review_is_open

_PAST_APPROVAL = (
    MeasureState.APPROVED,
    MeasureState.SENT,
    MeasureState.RECEIVED,
    MeasureState.ANSWERED,
)


def approval_is_needed(facts: Facts) -> Refusal | None:
    if USES[facts.subject.kind].approval is not Approval.NONE:
        return None
    return Refusal(USES[facts.subject.kind].rule, _l("This needs no approval: send it."))


def no_approval_is_needed(facts: Facts) -> Refusal | None:
    use = USES[facts.subject.kind]
    if use.approval is Approval.NONE:
        return None
    return Refusal(_approval_rule(facts), _l("This is sent only after it was approved."))


def approver_is_whom_the_rule_names(facts: Facts) -> Refusal | None:
    wanted = USES[facts.subject.kind].approval
    if APPROVER[wanted] in facts.actor.roles:
        return None
    if wanted is Approval.HEAD:
        return Refusal(_approval_rule(facts), _l("Only the head of government approves this."))
    return Refusal("use-director", _l("The director of the supervision office approves this."))


def _approval_rule(facts: Facts) -> str:
    """The rule that asks for the approval."""
    use = USES[facts.subject.kind]
    return "use-director" if use.approval is Approval.DIRECTOR else use.rule


def approver_is_not_writer(facts: Facts) -> Refusal | None:
    if facts.subject.written_by != facts.actor.staff_id:
        return None
    return Refusal("use-separate", _l("You wrote this, so somebody else must approve it."))


def use_rests_on_what_it_needs(facts: Facts) -> Refusal | None:
    rests = USES[facts.subject.kind].rests
    if rests is Rests.NOTHING:
        return None
    if rests is Rests.OBSTRUCTION:
        return _obstruction_is_recorded(facts)
    if not _is_concluded(facts) and not (rests is Rests.UNTRUE and case_has_result(facts) is None):
        return Refusal("use-rests", _l("There is no approved conclusion that this could rest on."))
    if rests is Rests.UNTRUE and Finding.UNTRUE not in {row.finding for row in facts.allegations()}:
        return Refusal("use-clearing", _l("No allegation of this case was found to be untrue."))
    if rests is Rests.CRITICISM and not _criticism_was_approved(facts):
        return Refusal("use-publication", _l("Only a case whose criticism was approved can be published."))
    return None


def _is_concluded(facts: Facts) -> bool:
    conclusion = facts.latest_conclusion()
    return conclusion is not None and conclusion.approved_at is not None and conclusion.revoked_at is None


def _obstruction_is_recorded(facts: Facts) -> Refusal | None:
    recorded = select(FieldRecord.id).where(
        FieldRecord.case_id == facts.case_id, FieldRecord.kind == RecordKind.OBSTRUCTION
    )
    if facts.session.scalar(recorded.limit(1)) is not None:
        return None
    return Refusal("reg-25", _l("No obstruction is recorded in this case yet."))


def _criticism_was_approved(facts: Facts) -> bool:
    approved = select(Measure.id).where(
        Measure.case_id == facts.case_id,
        Measure.kind == MeasureKind.CRITICISM,
        Measure.state.in_(_PAST_APPROVAL),
    )
    return facts.session.scalar(approved.limit(1)) is not None


def burden_waits_for_review(facts: Facts) -> Refusal | None:
    if facts.subject.kind not in BURDENING or no_review_is_open(facts) is None:
        return None
    return Refusal("use-after-review", _l("A review of the conclusion is not finished yet."))


def receiver_fits(facts: Facts) -> Refusal | None:
    use, measure = USES[facts.subject.kind], facts.subject
    if measure.unit_id is not None and use.to_unit:
        return None
    if measure.organ is not None and measure.organ in use.organs:
        return None
    return Refusal(use.rule, _l("This cannot go to that receiver."), "receiver")


def unit_is_of_the_case(facts: Facts) -> Refusal | None:
    """A word of praise or blame goes to a unit of the case; anybody may be asked for help."""
    measure = facts.subject
    if measure.unit_id is None or measure.kind is MeasureKind.ASSISTANCE:
        return None
    if facts.session.get(CaseUnit, (facts.case_id, measure.unit_id)) is not None:
        return None
    return Refusal("use-receiver", _l("This unit is not one of the case."), "receiver")


def unit_learns_nothing_early(facts: Facts) -> Refusal | None:
    """A paper to a unit would announce a visit that nobody there may know of yet."""
    return None if facts.subject.unit_id is None else card_was_shown(facts)


def receiver_answers(facts: Facts) -> Refusal | None:
    if facts.subject.unit_id is not None and facts.subject.unit_id == facts.actor.unit_id:
        return None
    return Refusal("use-receiver", _l("This paper is not for your unit."))
