"""四不两直暗访: nothing of the visit reaches the unit before the card is shown on site."""

from __future__ import annotations

import pytest

from tests.support.desk import Desk
from tests.support.law import rules_of
from tests.support.story import Story
from verification.domain import dispatch, fieldwork
from verification.errors import KeyLocked, Refused
from verification.models import DocumentKind, RecordKind


def test_unit_knows_nothing_until_the_card_is_shown(story: Story, desk: Desk) -> None:
    story.planned(unannounced=True).dispatched()
    unit = story.office.unit_id("transport")
    with pytest.raises(Refused) as embargo:
        story.make(DocumentKind.NOTICE, unit)
    assert rules_of(embargo) == {"doc-embargo"}
    with story.acting("lian") as acting, pytest.raises(KeyLocked):
        acting.open(story.case.brief_id)
    lian = desk.person("lian")
    assert str(story.case_id) not in lian.get("/unit").get_data(as_text=True)
    story.on_task("du", dispatch.sign_task)
    story.logged(kind=RecordKind.VISIT)
    story.make(DocumentKind.NOTICE, unit)
    story.found()
    story.on_task("du", fieldwork.begin_follow)
    story.on_task("du", fieldwork.begin_fix)
    story.concluded().told().closed()
    story.is_lawful(desk)
