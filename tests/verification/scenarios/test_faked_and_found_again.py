"""整改造假经回头看发现: proof was accepted, a look-back finds it was faked; mended for real, closed again."""

from __future__ import annotations

import pytest

from portal.domain.mailbox import open_mailbox
from portal.models import MessageKind
from tests.support.desk import Desk
from tests.support.law import rules_of
from tests.support.looking_back import FOR_UNIT, NEVER_DONE, LookingBack
from tests.support.story import Story
from verification.domain import answering, fieldwork, rectification
from verification.errors import Refused
from verification.models import (
    CaseState,
    Finding,
    ItemState,
    LookBackState,
    MeasureKind,
    TaskState,
    VerifiedHow,
)

TOLD = "我们回头看发现，您反映的路面并没有真正修好，已再次责令整改。"


def _looking_back_at(story: Story) -> LookingBack:
    """The same case, for those who look again."""
    look = LookingBack(story.office)
    look.case_id, look.task_id, look.item_id = story.case_id, story.task_id, story.item_id
    look.receipts = story.receipts
    return look


def test_faked_rectification_is_found_by_a_look_back_and_mended_for_real(story: Story, desk: Desk) -> None:
    story.went_through(Finding.TRUE).with_item()
    story.on_case("fan", rectification.order_rectification)
    # The unit's photographs show another road; the team and the signer believe them.
    story.mended().on_task("du", fieldwork.finish_task)
    story.told().closed()
    look = _looking_back_at(story)
    assert look.look_back.due_on > story.today

    look.later(days=91).settled(NEVER_DONE)
    assert (story.case.state, story.item.state, story.task.state) == (
        CaseState.RECTIFYING, ItemState.FALSE, TaskState.FIX,
    )  # fmt: skip
    assert story.item.relapses == 1
    assert FOR_UNIT in desk.person("lian").get(f"/unit/items/{story.item_id}").get_data(as_text=True)
    uses = desk.person("fan").get(f"/cases/{story.case_id}/uses").get_data(as_text=True)
    assert "ground for an accountability proposal" in uses
    story.sent_use(MeasureKind.ACCOUNTABILITY)

    story.reported()
    with pytest.raises(Refused) as by_documents:
        story.on_item(
            "du", rectification.verify_item, note="材料齐全。", how=VerifiedHow.DOCUMENTS,
            signer=story.office.staff_id("reviewer"),
        )  # fmt: skip
    assert rules_of(by_documents) == {"item-false", "look-back-relapse"}
    story.on_item("du", rectification.return_item, note="请附施工记录。")
    story.mended().on_task("du", fieldwork.finish_task)
    with pytest.raises(Refused) as untold:
        story.on_case("fan", answering.close_case)
    assert rules_of(untold) == {"look-back-told"}
    look.told_of_it(TOLD)
    story.told().closed()

    messages = open_mailbox(story.office.intake, receipt=story.receipts[0]).messages
    assert TOLD in [one.text for one in messages if one.kind is MessageKind.NOTE]
    assert sum(one.kind is MessageKind.FOLLOW_UP for one in messages) == 2, "asked again"
    first, second = look.look_backs()
    assert (first.state, second.state) == (LookBackState.SETTLED, LookBackState.DUE)
    assert second.due_on > story.today
    assert story.item.state is ItemState.CLOSED_OFF
    story.is_lawful(desk)
