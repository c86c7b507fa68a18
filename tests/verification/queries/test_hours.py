"""Two thirds of time and of people, counted by hand beside the query."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from tests.support.journey import Journey
from tests.support.office import TestOffice
from verification.domain import dispatch, fieldwork
from verification.models import Case, CaseType, RecordKind
from verification.queries.hours import Balance, Share, balance_of


def _balance(office: TestOffice) -> Balance:
    with office.acting("director") as acting:
        return balance_of(acting)


def _walk(office: TestOffice, *, case_type: CaseType, unannounced: bool, team: tuple[str, ...]) -> Journey:
    walk = Journey(office)
    walk.planned(unannounced=unannounced).dispatched(*team)
    walk.on_task(team[0], dispatch.sign_task)
    with office.database.write() as session:
        session.execute(update(Case).where(Case.id == walk.case_id).values(case_type=case_type))
    return walk


def _log(walk: Journey, *team: str, **changes: Any) -> None:
    people = tuple(walk.office.staff_id(login) for login in team)
    with walk.acting(team[0]) as acting:
        fieldwork.log_record(acting, task_id=walk.task_id, entry=walk.entry(people=people, **changes))


@pytest.mark.rule("two-thirds")
def test_two_thirds_of_time_and_of_people_are_counted_as_the_default_says(office: TestOffice) -> None:
    clue = _walk(office, case_type=CaseType.VERIFICATION, unannounced=False, team=("du", "chen"))
    _log(clue, "du", "chen", minutes=60, travel_minutes=30)  # 180 focused
    other = _walk(office, case_type=CaseType.SPECIAL, unannounced=False, team=("du", "wei"))
    _log(other, "du", "wei", minutes=100, travel_minutes=20)  # 240 not
    _log(other, "wei", kind=RecordKind.DESK, words={"what": "整理"}, unit_id=None, minutes=60)  # 60 not
    balance = _balance(office)
    assert balance.least_percent == 67
    whole = balance.whole
    assert (whole.on_site, whole.travel, whole.desk) == (2 * 60 + 2 * 100, 2 * 30 + 2 * 20, 60)
    assert (whole.time, whole.time.percent) == (Share(180, 480), 37)
    # chen wholly, du 90 of 210, wei nothing
    assert (whole.people, whole.people.percent) == (Share(1, 3), 33)


def test_unannounced_visit_counts_whatever_the_type_and_half_is_enough(office: TestOffice) -> None:
    secret = _walk(office, case_type=CaseType.SPECIAL, unannounced=True, team=("du", "chen"))
    _log(secret, "du", "chen", minutes=60)
    open_ = _walk(office, case_type=CaseType.ROUTINE, unannounced=False, team=("du", "chen"))
    _log(open_, "du", "chen", minutes=60)
    whole = _balance(office).whole
    assert whole.time == Share(120, 240)
    assert whole.people == Share(2, 2)


def test_weeks_are_apart_and_old_ones_fall_out(office: TestOffice) -> None:
    walk = _walk(office, case_type=CaseType.VERIFICATION, unannounced=False, team=("du", "chen"))
    _log(walk, "du", "chen", minutes=60)
    first = _balance(office).weeks
    office.clock.advance(timedelta(days=7))
    _log(walk, "du", "chen", minutes=30)
    weeks = _balance(office).weeks
    assert [week.hours.time.whole for week in weeks] == [60, 120]
    assert weeks[1].monday == first[0].monday == weeks[0].monday - timedelta(days=7)
    assert all(week.monday.weekday() == 0 for week in weeks)
    office.clock.advance(timedelta(weeks=8))
    assert _balance(office).weeks == ()


def test_nothing_recorded_is_no_share(office: TestOffice) -> None:
    whole = _balance(office).whole
    assert (whole.time.percent, whole.people.percent) == (None, None)
