"""个案核查属实并整改: a tip found true, mended, verified, signed off, answered and closed."""

from __future__ import annotations

from tests.support.desk import Desk
from tests.support.story import Story
from verification.domain import fieldwork, rectification
from verification.models import DocumentKind as K
from verification.models import FieldRecord, Finding, ItemState, TaskState


def test_tip_found_true_is_mended_and_closed(story: Story, desk: Desk) -> None:
    story.signed().logged()
    story.paper_on(K.SITE_RECORD, story.first_of(FieldRecord), login="du")
    story.found(Finding.TRUE)
    story.on_task("du", fieldwork.begin_follow)
    story.on_task("du", fieldwork.begin_fix)
    story.papers_on_the_case(K.DOCKETING_FORM, K.PLAN, K.REPORT)
    story.concluded().with_item()
    story.on_case("fan", rectification.order_rectification)
    papers = story.papers_on_units(K.CONCLUSION, K.DELIVERY, K.RECTIFICATION)
    assert "请于三十日内修复路面。" in "".join(papers[0].texts())
    assert "经查，两项均属实。" not in "".join(papers[0].texts()), "the file version stays in the file"
    story.mended()
    story.paper_on(K.RECTIFICATION_CHECK, story.item_id, login="du")
    story.on_task("du", fieldwork.finish_task)
    story.told().closed()
    assert (story.item.state, story.task.state) == (ItemState.CLOSED_OFF, TaskState.DONE)
    story.is_lawful(desk)
