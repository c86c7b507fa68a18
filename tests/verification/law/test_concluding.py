"""From the visit to the end: who may not do what, and what each step needs (Art. 15 to 18, 23)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from portal.models import Tip
from portal.models.records import Identity
from tests.support.journey import RECEIPT, Journey
from tests.support.law import acts_resting_on, roles_that_may, rules_of
from tests.support.office import TestOffice
from tests.support.sealed_files import seal_upload
from tests.verification.domain.test_assigning import LightPath
from tests.verification.domain.test_referring import Referring
from tests.verification.domain.test_reviewing import UPHOLD, Reviewing
from verification.domain import assigning, conclusions, identity, items, paper, rectification, reviewing
from verification.errors import Refused
from verification.models import (
    Case,
    Conclusion,
    EvidenceCell,
    Plan,
    ReferralState,
    ReviewMember,
    Role,
)
from verification.policy.coverage import Gap
from verification.workflow.states import Action, SubjectKind


@pytest.mark.rule("visit-two")
def test_a_visit_by_one_alone_lies_outside_the_plan(office: TestOffice) -> None:
    walk = Journey(office).signed().logged(people=(office.staff_id("du"),))
    assert [record.gaps for record in walk.records()] == [[Gap.PEOPLE]]


@pytest.mark.rule("finding-exhibit")
def test_a_finding_without_an_exhibit_is_not_concluded(office: TestOffice) -> None:
    walk = Journey(office).concluding()
    with office.database.write() as session:
        session.query(EvidenceCell).delete()
    with pytest.raises(Refused) as refused:
        walk.on_case("fan", conclusions.propose_conclusion)
    assert rules_of(refused) == {"finding-exhibit"}


@pytest.mark.rule("conclusion-approval")
def test_a_conclusion_that_nobody_approved_is_not_delivered(office: TestOffice) -> None:
    walk = Journey(office).approved()
    assert roles_that_may(Action.APPROVE_CONCLUSION) == {Role.HEAD}
    with office.database.write() as session:
        session.execute(update(Conclusion).values(approved_at=None))
    with pytest.raises(Refused) as refused:
        walk.on_case("fan", conclusions.deliver_conclusion, delivered_on=walk.today, receipt=RECEIPT)
    assert rules_of(refused) == {"conclusion-approval"}


def _wrote(walk: Journey, column: str, login: str) -> None:
    with walk.office.database.write() as session:
        session.execute(update(Conclusion).values({column: walk.office.staff_id(login)}))


@pytest.mark.rule("conclusion-separate")
def test_nobody_approves_a_conclusion_they_drafted(office: TestOffice) -> None:
    walk = Journey(office).concluding()
    walk.on_case("fan", conclusions.propose_conclusion)
    _wrote(walk, "drafted_by", "head")
    with pytest.raises(Refused) as refused:
        walk.on_case("head", conclusions.approve_conclusion)
    assert rules_of(refused) == {"conclusion-separate"}


# --- review ------------------------------------------------------------------------------------------------


@pytest.mark.rule("review-apart")
def test_a_reviewer_had_no_part_in_any_step(office: TestOffice) -> None:
    walk = Reviewing(office)
    walk.delivered()
    walk.applied()
    with office.database.write() as session:
        session.execute(update(Plan).values(written_by=office.staff_id("wei")))
    with pytest.raises(Refused) as refused:
        walk.named("wei")
    assert rules_of(refused) == {"review-apart"}


@pytest.mark.rule("reg-17-apart")
def test_whoever_proposed_what_another_drafted_took_part_in_the_conclusion(office: TestOffice) -> None:
    walk = Reviewing(office)
    walk.concluding()
    walk.on_case("shen", conclusions.propose_conclusion)
    walk.on_case("head", conclusions.approve_conclusion)
    walk.on_case("fan", conclusions.deliver_conclusion, delivered_on=walk.today, receipt=RECEIPT)
    walk.with_item()
    walk.applied()
    with pytest.raises(Refused) as refused:
        walk.named("shen")
    assert rules_of(refused) == {"reg-17-apart"}
    with office.acting("du") as acting:
        assert "shen" not in {person.login for person in items.possible_signers(acting, walk.item)}


@pytest.mark.rule("review-separate")
def test_nobody_decides_on_a_review_they_carried_out(office: TestOffice) -> None:
    walk = Reviewing(office)
    walk.delivered()
    walk.admitted()
    walk.on_review("reviewer", reviewing.propose_decision, proposal=UPHOLD)
    with office.database.write() as session:
        session.add(ReviewMember(review_id=walk.review_id, staff_id=office.staff_id("head")))
    with pytest.raises(Refused) as refused:
        walk.on_review("head", reviewing.decide_review)
    assert rules_of(refused) == {"review-separate"}


# --- rectification, the light path, referral ---------------------------------------------------------------


@pytest.mark.rule("item-verified")
@pytest.mark.parametrize("verb", [rectification.verify_item, rectification.return_item])
def test_an_item_is_verified_by_the_team_and_not_by_the_unit(
    office: TestOffice, verb: Callable[..., Any]
) -> None:
    walk = Journey(office).ordered().reported()
    given = {"signer": office.staff_id("reviewer")} if verb is rectification.verify_item else {}
    with pytest.raises(Refused) as refused:
        walk.on_item("wei", verb, note="三处均已填平。", **given)
    assert rules_of(refused) == {"item-verified"}


@pytest.mark.rule("reply-checked")
def test_a_reply_is_accepted_with_a_finding_for_each_question(office: TestOffice) -> None:
    walk = LightPath(office).programme().lead().assigned().replied()
    half = {"checked": [walk.allegations()[0].id]}
    with pytest.raises(Refused) as refused, office.acting("fan") as acting:
        acting.apply(
            SubjectKind.ASSIGNMENT, walk.assignment_id, Action.ACCEPT_REPLY,
            version=walk.assignment.version, given=half,
        )  # fmt: skip
    assert rules_of(refused) == {"reply-checked"}


@pytest.mark.rule("assign-escalates")
def test_only_a_lead_that_a_unit_had_is_taken_the_full_way(office: TestOffice) -> None:
    walk = LightPath(office).programme().lead().assigned()
    with office.database.write() as session:
        session.execute(update(Case).where(Case.id == walk.case_id).values(programme_id=None))
    with pytest.raises(Refused) as refused:
        walk.on_case("fan", assigning.escalate_case, note="答复敷衍。")
    assert rules_of(refused) == {"assign-escalates"}


@pytest.mark.rule("refer-unhindered")
def test_no_approval_stands_before_a_referral(office: TestOffice) -> None:
    walk = Referring(office)
    walk.signed()
    walk.noted().sent("fan")
    assert walk.referral.state is ReferralState.SENT
    assert acts_resting_on("refer-unhindered") == {Action.SEND_REFERRAL, Action.REFER_TIP}
    assert Role.SUPERVISOR in roles_that_may(Action.SEND_REFERRAL)


# --- two people --------------------------------------------------------------------------------------------


@pytest.mark.rule("paper-second")
def test_who_recorded_a_paper_does_not_confirm_it(office: TestOffice) -> None:
    walk = Journey(office).proposed()
    with office.acting("fan") as acting:
        case = acting.session.get_one(Case, walk.case_id)
        recorded = paper.record_paper(
            acting, case=case, action=Action.ENDORSE_DOCKETING, signed_by=office.staff_id("deputy"),
            signed_on=walk.today, scan=seal_upload(office, b"signed"), note="拟同意。",
        ).id  # fmt: skip
    with pytest.raises(Refused) as refused, office.acting("fan") as acting:
        paper.confirm_paper(acting, paper_id=recorded)
    assert rules_of(refused) == {"paper-second"}


@pytest.mark.rule("identity-two")
def test_who_asked_for_an_identity_does_not_agree(office: TestOffice) -> None:
    tip_id, _receipt = office.send_tip(identity=Identity(name="李某", contact=""))
    with office.acting("fan") as acting:
        tip = acting.session.get_one(Tip, tip_id)
        opening = identity.ask_identity(acting, tip=tip, reason="须核对证人身份。").id
    with pytest.raises(Refused) as refused, office.acting("fan") as acting:
        identity.agree_identity(acting, opening_id=opening)
    assert rules_of(refused) == {"identity-two"}
