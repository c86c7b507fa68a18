"""A unit applies for review on its own page; what follows, page by page, until it reads the decision."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.clock import FixedClock
from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.verification.web.test_tips import text_of
from verification.models import Finding, ItemState, Review, ReviewState

REASONS = "第二处路面由镇政府管养，有移交清单为证。"


@pytest.fixture
def walk(desk: Desk) -> Journey:
    """A conclusion that the unit received today, with an item."""
    return Journey(desk.office).delivered().with_item()


def _conclusion(desk: Desk) -> str:
    page = text_of(desk.person("lian").get("/unit"))
    found = re.search(r"/unit/conclusions/[0-9a-f-]{36}", page)
    assert found is not None
    return found[0]


def _review(desk: Desk) -> Review:
    with desk.office.database.read() as session:
        return session.scalars(select(Review)).one()


def _apply(desk: Desk, *, text: str = REASONS) -> str:
    address = _conclusion(desk)
    answer = desk.person("lian").post(f"{address}/review", {"text": text})
    text_of(answer, 303)
    return address


def _do(desk: Desk, login: str, decision: str, /, *, status: int = 303, **fields: Any) -> str:
    review = _review(desk)
    sent = {"version": review.version, **fields}
    return text_of(desk.person(login).post(f"/reviews/{review.id}/{decision}", sent), status)


def test_unit_applies_and_reads_the_changed_conclusion_with_the_decision(desk: Desk, walk: Journey) -> None:
    address = _apply(desk)
    page = text_of(desk.person("lian").get(address))
    assert REASONS in page
    assert "within 30 days of your application" in page
    assert "Apply for review" not in page
    director = desk.person("director")
    assert f"/reviews/{_review(desk).id}" in text_of(director.get("/approvals"))
    assert REASONS in text_of(director.get(f"/reviews/{_review(desk).id}"))
    _do(desk, "director", "name", reviewers=[str(desk.office.staff_id("reviewer"))])
    assert f"/reviews/{_review(desk).id}" in text_of(desk.person("reviewer").get("/"))
    _do(desk, "reviewer", "admit")
    fields: dict[str, Any] = {
        "outcome": "change",
        "decision": "第二处路面不归该局管养，予以变更。",
        "file_text": "第一项属实，第二项不属实。",
        "unit_text": "请修复卫生院门前路面。",
        "withdrawn": [str(walk.item_id)],
        **{
            f"finding-{row.id}": value
            for row, value in zip(walk.allegations(), ("true", "untrue"), strict=True)
        },
    }
    _do(desk, "reviewer", "propose", **fields)
    head = text_of(desk.person("head").get(f"/reviews/{_review(desk).id}"))
    assert "请修复卫生院门前路面。" in head
    assert "Untrue" in head
    _do(desk, "head", "decide")
    assert [row.finding for row in walk.allegations()] == [Finding.TRUE, Finding.UNTRUE]
    assert walk.item.state is ItemState.WITHDRAWN
    assert "予以变更" not in text_of(desk.person("lian").get(address))
    _do(desk, "fan", "deliver", delivered_on=walk.today.isoformat())
    assert "第二处路面不归该局管养，予以变更。" in text_of(desk.person("lian").get(address))
    newest = text_of(desk.person("lian").get(_conclusion(desk)))
    assert "请修复卫生院门前路面。" in newest
    assert "第一项属实，第二项不属实。" not in newest
    assert _review(desk).state is ReviewState.DELIVERED


def test_what_was_typed_stays_where_it_was_wrong(desk: Desk, walk: Journey) -> None:
    address = _conclusion(desk)
    page = text_of(desk.person("lian").post(f"{address}/review", {"text": "", "note": "移交清单"}), 422)
    assert "移交清单" in page
    assert "Please write something here." in page
    _apply(desk)
    _do(desk, "director", "name", reviewers=[str(desk.office.staff_id("reviewer"))])
    _do(desk, "reviewer", "admit")
    wrong = _do(desk, "reviewer", "propose", status=422, outcome="change", decision="", file_text="甲版全文")
    assert "甲版全文" in wrong
    assert wrong.count("Please write something here.") >= 2


def test_refusal_to_name_whoever_concluded_says_the_law(desk: Desk, walk: Journey) -> None:
    _apply(desk)
    page = _do(desk, "director", "name", status=409, reviewers=[str(desk.office.staff_id("du"))])
    assert "Art. 17" in page
    assert "must stay out of its review" in page


def test_unit_no_longer_applies_after_thirty_days(desk: Desk, walk: Journey, clock: FixedClock) -> None:
    address = _conclusion(desk)
    clock.advance(timedelta(days=31))
    page = text_of(desk.person("lian").get(address))
    assert "The time to apply for review ended" in page
    answer = desk.person("lian").post(f"{address}/review", {"text": REASONS})
    assert "The time to apply for review is over." in text_of(answer, 409)


def test_nobody_sees_a_review_of_a_case_that_is_not_theirs(desk: Desk, walk: Journey) -> None:
    address = _apply(desk)
    review = f"/reviews/{_review(desk).id}"
    for login in ("wei", "reviewer", "insider"):
        text_of(desk.person(login).get(review), 404)
    text_of(desk.person("other").get(address), 404)
    text_of(desk.person("lian").get(review), 404)
    text_of(desk.person("director").get(f"/reviews/{uuid.uuid4()}"), 404)
