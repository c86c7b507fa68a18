"""部分属实、单位申请复核并变更: the unit applies, somebody uninvolved reviews, the conclusion changes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.models import MessageKind
from tests.support.desk import Desk
from tests.support.story import Story
from verification.domain import answering, conclusions, rectification, reviewing
from verification.errors import Refused
from verification.models import DocumentKind as K
from verification.models import Finding, MeasureKind, Review, ReviewState


def test_review_changes_the_conclusion_and_the_informant_is_answered_again(story: Story, desk: Desk) -> None:
    story.went_through(Finding.PARTLY).with_item()
    story.on_case("fan", rectification.order_rectification)
    story.told()
    story.office.clock.advance(timedelta(days=20))
    story.applied().named("reviewer")
    with pytest.raises(Refused):
        story.on_case("fan", answering.close_case)
    story.on_review("reviewer", reviewing.admit_review)
    story.on_review("reviewer", reviewing.propose_decision, proposal=story.changing())
    story.on_review("head", reviewing.decide_review)
    story.on_review("fan", reviewing.deliver_decision, delivered_on=story.today)
    sheet = story.paper_on(K.REVIEW_DECISION, story.first_of(Review))
    assert "予以变更" in "".join(sheet.texts())
    assert [row.finding for row in story.allegations()] == [Finding.PARTLY, Finding.UNTRUE]
    with story.acting("lian") as acting:
        newest = conclusions.latest_conclusion(acting, story.case_id)
        assert newest is not None
        assert (newest.number, newest.delivered_on) == (2, story.today)
        assert acting.open(newest.unit_version_id)["text"] == "请修复卫生院门前路面。"
    story.told("经复核，第二项不属于该单位。").mended(signer="shen").closed()
    assert story.review.state is ReviewState.DELIVERED
    assert story.messages().count(MessageKind.ANSWER) == 2, "once before the review, and once after"
    story.is_lawful(desk)


def test_a_criticism_waits_while_the_unit_may_still_apply(story: Story) -> None:
    story.went_through(Finding.PARTLY)
    story.applied()
    with pytest.raises(Refused):
        story.sent_use(MeasureKind.CRITICISM)
