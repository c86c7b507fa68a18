"""Everything a head does, on paper: instruction or approval, conclusion, review; scanned and confirmed."""

from __future__ import annotations

from tests.support.desk import Desk
from tests.support.journey import RECEIPT
from tests.support.story import Story
from tests.verification.domain.test_paper_of_anything import on_paper
from tests.verification.domain.test_reviewing import UPHOLD
from verification.domain import casework, conclusions, dispatch, fieldwork, reviewing, using
from verification.models import AuditEntry, CaseState, MeasureKind, MeasureState, PaperAct, ReviewState
from verification.workflow.states import Action


def test_head_signs_paper_from_docketing_to_review(story: Story, desk: Desk) -> None:
    story.proposed()
    on_paper(story, Action.RETURN_DOCKETING, "head", note="请补充重叠说明。")
    story.on_case("fan", casework.propose_docketing, overlap_reason="前次未涉及。")
    on_paper(story, Action.APPROVE_DOCKETING, "head")
    story.plan_proposed()
    on_paper(story, Action.APPROVE_PLAN, "director")
    story.dispatched()
    story.on_task("du", dispatch.sign_task)
    story.logged().found()
    story.on_task("du", fieldwork.begin_follow)
    story.on_task("du", fieldwork.begin_fix)
    story.on_case("fan", conclusions.begin_conclusion)
    story.drafted().read_over()
    story.on_case("fan", conclusions.propose_conclusion)
    on_paper(story, Action.APPROVE_CONCLUSION, "head")
    story.on_case("fan", conclusions.deliver_conclusion, delivered_on=story.today, receipt=RECEIPT)
    story.applied()
    on_paper(
        story, Action.NAME_REVIEWERS, "head", subject=story.review_id,
        fields={"reviewers": [str(story.office.staff_id("reviewer"))]},
    )  # fmt: skip
    story.on_review("reviewer", reviewing.admit_review)
    story.on_review("reviewer", reviewing.propose_decision, proposal=UPHOLD)
    on_paper(story, Action.DECIDE_REVIEW, "head", subject=story.review_id)
    story.on_review("reviewer", reviewing.deliver_decision, delivered_on=story.today)
    story.proposed_use(MeasureKind.COMMENDATION)
    on_paper(story, Action.APPROVE_USE, "head", subject=story.measure_id)
    story.on_use("fan", using.send_use, number="", sent_on=story.today)
    story.told().closed()
    assert (story.review.state, story.measure.state) == (ReviewState.DELIVERED, MeasureState.SENT)
    with story.office.database.read() as session:
        head = story.office.staff_id("head")
        assert session.query(AuditEntry).filter(AuditEntry.actor_id == head).count() == 0
        papers = session.query(PaperAct).filter(PaperAct.signed_by == head).all()
        assert len(papers) == 6
        assert all(paper.confirmed_by not in (None, paper.recorded_by) for paper in papers)
    assert story.case.state is CaseState.CLOSED
    story.is_lawful(desk)
