"""督帮一体 across three departments: own dates, one declines and is ruled on, one is late, all is done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.coordinating import GOAL, WORK, Coordinating
from tests.support.desk import Desk
from tests.support.law import rules_of
from tests.support.office import TestOffice
from tests.support.story import Story
from tests.verification.domain.test_paper_of_anything import on_paper
from tests.verification.web.test_tips import text_of
from verification.domain import answering, coordinating, coordination_parts, fieldwork, rectification
from verification.errors import Refused
from verification.models import CaseState, CoordinationState, PartState
from verification.workflow.states import Action


class _Together(Coordinating, Story):
    """A whole story with a coordination item in it."""


def _under_rectification(story: _Together) -> None:
    story.went_through()
    story.with_item().on_case("fan", rectification.order_rectification)


def _asked(story: _Together, desk: Desk) -> None:
    """The leader proposes, the desk compares, the director agrees; each department reads its own part."""
    story.helped("du")
    story.on_help("fan", coordinating.check_coordination)
    story.on_help("director", coordinating.agree_coordination)
    assert [story.clocks_of(code) for code in WORK] == [
        {"clock-coordinate": story.in_days(days)} for days in (10, 20, 15)
    ]
    page = text_of(desk.person("other").get(f"/unit/coordination/{story.part('housing').id}"))
    assert GOAL in page
    assert WORK["housing"] in page
    assert [text for text in (WORK["water"], "道路修复情况", story.case.number or "") if text in page] == []


def test_three_departments_reach_together_what_none_could_alone(office: TestOffice, desk: Desk) -> None:
    story = _Together(office)
    _under_rectification(story)
    _asked(story, desk)
    story.taken_on("transport", "housing")
    # One says that it is not its duty; the director rules, the head signs the paper.
    story.declined("water")
    story.on_part("director", "water", coordination_parts.rule_part, note="产权档案登记在水利局，须承担。")
    on_paper(story, Action.ENDORSE_RULING, "head", subject=story.part("water").id)
    assert story.part("water").state is PartState.TAKEN_ON
    story.on_help(
        "fan", coordinating.record_meeting, held_on=story.today, people="三局分管负责人", agreed="先迁管线。"
    )  # fmt: skip
    # The lead department is late, and everybody who reads the case sees it.
    office.clock.advance(timedelta(days=12))
    late = text_of(desk.person("director").get("/weak-spots"))
    assert "done by its own date" in late
    assert "table-row-late" in text_of(desk.person("fan").get("/coordination"))
    story.part_reported(*WORK)
    story.on_part("du", "water", coordination_parts.return_part, note="接口处照片不清。")
    story.part_reported("water").confirmed("transport", "housing", "water")
    # Everything else is in order; the open item alone keeps the case.
    story.mended()
    story.on_task("du", fieldwork.finish_task)
    with pytest.raises(Refused) as still_open:
        story.on_case("fan", answering.close_case)
    assert rules_of(still_open) == {"close-coordination"}
    story.on_help("du", coordinating.finish_coordination, note="管线迁改与路面修复同步完成。")
    story.told().closed()
    assert (story.help.state, story.case.state) == (CoordinationState.DONE, CaseState.CLOSED)
    sheet = text_of(desk.person("fan").get(f"/cases/{story.case_id}/compliance"))
    assert "Coordination items agreed to by the director" in sheet
    story.is_lawful(desk)
