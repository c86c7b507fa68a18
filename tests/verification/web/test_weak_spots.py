"""The office's own weak spots: what lags is counted and listed, what is in order is not, and for whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.verification.web.test_tips import text_of
from verification.models import Staff
from verification.policy.rulebook import shipped_rules
from verification.queries.weak_spots import WAITS_FOR, Waits, waits_for, weak_spots
from verification.web.weak_spots import WAITS


def test_passed_clock_is_called_up_with_its_case_its_step_and_whom_it_waits_for(desk: Desk) -> None:
    walk = Journey(desk.office).ordered()
    page = text_of(desk.person("director").get("/weak-spots"))
    assert "No case that you read is overdue." in page
    desk.office.clock.advance(timedelta(days=40))
    page = text_of(desk.person("director").get("/weak-spots"))
    assert f"/cases/{walk.case_id}" in page
    with walk.acting("director") as acting:
        spots = weak_spots(acting)
    assert {one.rule_id for one in spots.lagging} >= {"clock-rectify", "clock-answer"}
    assert spots.by_waiting[Waits.UNIT] == 1
    assert [(unit.code, count) for unit, count in spots.units_late] == [("transport", 1)]
    assert "reg-17-objection" not in spots.by_rule
    late = next(one for one in spots.lagging if one.rule_id == "clock-rectify")
    assert (late.case_id, late.waits, late.days) == (walk.case_id, Waits.UNIT, 9)


@pytest.mark.databases("sqlite")
def test_case_that_one_must_not_read_is_counted_and_not_listed(desk: Desk) -> None:
    walk = Journey(desk.office).signed()
    desk.office.clock.advance(timedelta(days=40))
    with walk.acting("director") as acting:
        assert weak_spots(acting).lagging
    with walk.acting("wei") as acting:
        spots = weak_spots(acting)
    assert spots.lagging == []
    assert spots.by_rule


@pytest.mark.rule("training-yearly")
@pytest.mark.databases("sqlite")
def test_people_without_training_or_undertaking_are_named(desk: Desk) -> None:
    office = desk.office
    long_ago, lately = office.intake.today - timedelta(days=366), office.intake.today - timedelta(days=10)
    with office.database.write() as session:
        session.execute(update(Staff).values(trained_on=lately, undertaking_on=lately))
        session.execute(update(Staff).where(Staff.login == "du").values(trained_on=None))
        session.execute(update(Staff).where(Staff.login == "chen").values(trained_on=long_ago))
        session.execute(update(Staff).where(Staff.login == "wei").values(undertaking_on=None))
    names = {login: office.staff[login].name for login in ("du", "chen", "wei")}
    with office.acting("director") as acting:
        people = weak_spots(acting).people
    assert (people.untrained, people.due, people.unsworn) == (
        [names["du"]],
        [names["chen"]],
        [names["wei"]],
    )
    assert people.ready == people.count - 2
    page = text_of(desk.person("director").get("/weak-spots"))
    assert names["du"] in page


def test_every_clock_says_whom_it_waits_for() -> None:
    rules = shipped_rules()
    assert all(rule_id in rules for rule_id in WAITS_FOR)
    assert waits_for("clock-answer") is Waits.DESK
    assert set(WAITS) == set(Waits)
