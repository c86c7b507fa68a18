"""回避 discovered halfway: an interest comes to light on site, and the case goes on without the inspector."""

from __future__ import annotations

import pytest

from tests.support.desk import Desk
from tests.support.law import rules_of
from tests.support.story import Story
from verification.domain import fieldwork
from verification.domain.catching_up import catch_up
from verification.errors import Refused


def test_inspector_in_conflict_leaves_and_a_colleague_takes_over(story: Story, desk: Desk) -> None:
    story.signed().logged()
    assert story.can_read("chen")
    story.asked("chen").granted()
    with story.acting("fan") as acting:
        catch_up(acting)
    assert not story.can_read("chen")
    assert desk.person("chen").get(f"/cases/{story.case_id}").status_code == 404
    with pytest.raises(Refused) as still:
        story.on_task("du", fieldwork.begin_follow)
    assert rules_of(still) == {"team-two"}
    story.replaced("wei", leader="du")
    story.found()
    story.on_task("du", fieldwork.begin_follow)
    story.on_task("du", fieldwork.begin_fix)
    story.concluded(reader="wei").told().closed()
    assert not story.can_read("chen")
    story.is_lawful(desk)
