"""不属实并澄清: nothing in it, nobody labels the informant, and the name is cleared."""

from __future__ import annotations

import pytest

from tests.support.desk import Desk
from tests.support.law import rules_of
from tests.support.story import Story
from verification.domain import using
from verification.errors import Refused
from verification.models import DocumentKind as K
from verification.models import Finding, MeasureKind, MeasureState


def test_unit_wrongly_reported_is_cleared_with_approval(story: Story, desk: Desk) -> None:
    story.went_through(Finding.UNTRUE)
    assert [row.finding for row in story.allegations()] == [Finding.UNTRUE] * 2
    with pytest.raises(Refused) as labelled:
        story.written(MeasureKind.CLEARING, text="来件人诬告你单位，予以澄清。")
    assert rules_of(labelled) == {"clear-no-label"}
    story.written(MeasureKind.CLEARING, text="经查，反映你单位的问题不属实，予以澄清。")
    with pytest.raises(Refused):
        story.on_use("fan", using.send_use, number="", sent_on=story.today)
    story.on_use("fan", using.propose_use)
    story.on_use("head", using.approve_use)
    story.on_use("fan", using.send_use, number="", sent_on=story.today)
    sheet = story.paper_on(K.CLEARING, story.measure_id)
    assert "澄清函" in "".join(sheet.texts())
    story.on_use("lian", using.confirm_use)
    assert story.measure.state is MeasureState.RECEIVED
    story.told("经核查，您反映的情况与事实不符，感谢您的关注。").closed()
    story.is_lawful(desk)


def test_nothing_is_cleared_where_something_was_true(story: Story) -> None:
    story.went_through(Finding.TRUE)
    with pytest.raises(Refused) as refused:
        story.proposed_use(MeasureKind.CLEARING)
    assert rules_of(refused) == {"use-clearing"}
