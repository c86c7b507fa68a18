"""小县办: ten people do all of it, review and sign-off included, and every separation that is law stays."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from tests.support.asking import heard
from tests.support.desk import Desk
from tests.support.story import Story
from verification.domain import fieldwork, rectification, reviewing
from verification.errors import Refused
from verification.models import Role, Staff, StaffRole

TEN = (
    "head", "director", "fan", "shen", "du", "chen", "reviewer", "admin", "security", "auditor",
)  # fmt: skip


def _only_ten(story: Story) -> None:
    """Whoever else there is has left; units keep their liaisons, who are no staff of the office."""
    with story.office.database.write() as session:
        liaisons = select(StaffRole.staff_id).where(StaffRole.role == Role.LIAISON)
        others = update(Staff).where(Staff.login.not_in(TEN), Staff.id.not_in(liaisons))
        session.execute(others.values(active=False))
        active = select(Staff.login).where(Staff.active.is_(True), Staff.id.not_in(liaisons))
        assert set(session.scalars(active)) == set(TEN)


def test_ten_people_take_a_case_from_tip_to_review_and_close_it(story: Story, desk: Desk) -> None:
    _only_ten(story)
    story.went_through().with_item()
    story.on_case("fan", rectification.order_rectification)
    story.applied()
    for involved in ("du", "fan"):
        with pytest.raises(Refused):
            story.named(involved)
    story.named("reviewer")
    story.on_review("reviewer", reviewing.admit_review)
    story.on_review("reviewer", reviewing.propose_decision, proposal=story.changing())
    story.on_review("head", reviewing.decide_review)
    story.on_review("reviewer", reviewing.deliver_decision, delivered_on=story.today)
    with pytest.raises(Refused):
        story.mended(signer="reviewer")
    story.on_item("du", rectification.verify_item, note="现场平整。", signer=story.office.staff_id("shen"))
    story.told()
    heard(story)
    story.on_item("shen", rectification.sign_off_item)
    story.on_task("chen", fieldwork.finish_task)
    story.told().closed()
    story.is_lawful(desk)
