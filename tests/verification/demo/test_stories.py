"""The demo's data as data: enough of it, of every kind, and a story for every day it may be seeded on."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest

from portal.clock import CIVIL_ZONE, FixedClock
from portal.db import Database
from portal.models.records import Reporter, Subject
from portal.storage.filesystem import FileBlobs
from verification.demo.county import PROFILES, read_county
from verification.demo.diary import Diary, Step
from verification.demo.journey import STEPS, steps_of
from verification.demo.pictures import Album
from verification.demo.seed import Place, enter_stories, set_stage
from verification.demo.stories import read_stories
from verification.keys.ceremony import RootKey
from verification.keys.offline import make_root
from verification.models import InterestKind, Role, UnitKind
from verification.policy.codes import CATEGORIES, CHANNELS, DECLINE_REASONS
from verification.policy.workdays import is_shipped_workday

TIPS, CASES = read_stories(small=False)
COUNTY = read_county("county")


def test_there_are_as_many_stories_as_every_screen_needs() -> None:
    assert len(TIPS) >= 120
    assert len(CASES) >= 40
    assert max(story.day for story in TIPS) <= 90
    assert {story.reporter for story in TIPS} == set(Reporter)
    assert {story.subject for story in TIPS} == set(Subject)
    assert {story.language for story in TIPS} == {"zh-Hans", "en"}


def test_every_category_reason_and_organ_occurs() -> None:
    acts = [act for story in TIPS for act in story.acts]
    categories = {act.words[0] for act in acts if act.verb == "accept"} | {story.category for story in CASES}
    categories |= {act.words[-2] for act in acts if act.verb in ("decline", "refer", "hand-on")}
    assert categories == set(CATEGORIES)
    assert {act.words[0] for act in acts if act.verb == "decline"} == set(DECLINE_REASONS)
    channels = {
        act.words[1 if act.verb == "decline" else 0] for act in acts if act.verb in ("decline", "refer")
    }
    assert channels <= set(CHANNELS)
    assert {"supervision-commission", "judicial-organs"} <= channels


def test_no_two_accounts_are_alike_but_some_are_nearly() -> None:
    texts = Counter(story.account for story in TIPS if story.account)
    assert max(texts.values()) == 1
    pairs = {story.key: _pairs(story.account) for story in TIPS if story.account}
    near = {
        (one, other)
        for one, other in combinations(sorted(pairs), 2)
        if len(pairs[one] & pairs[other]) > 0.34 * min(len(pairs[one]), len(pairs[other]))
    }
    assert near == {
        ("road-1", "road-copy"), ("same-shop-1", "same-shop-2"), ("wage-3", "wage-4"),
        ("lift-1", "lift-copy"), ("lift-2", "lift-copy"), ("river-2", "river-3"),
    }  # fmt: skip


def _pairs(text: str) -> set[str]:
    squeezed = "".join(text.split())
    return {squeezed[start : start + 2] for start in range(len(squeezed) - 1)}


def test_cases_end_at_every_step_that_a_state_hangs_on() -> None:
    ends = {story.last for story in CASES}
    assert ends >= {
        "open", "propose", "endorse", "paper-recorded", "return-docketing", "approve", "plan", "approve-plan",
        "dispatch", "hand-back", "records", "findings", "fix", "draft", "propose-conclusion",
        "approve-conclusion", "deliver", "order", "close",
    }  # fmt: skip
    for story in CASES:
        assert set(steps_of(story)) <= set(STEPS)


def test_county_has_the_offices_people_and_reasons_to_keep_away() -> None:
    roles = Counter(role for person in COUNTY.people for role in person.roles)
    assert roles[Role.HEAD] == roles[Role.DIRECTOR] == 1
    assert roles[Role.SUPERVISOR] >= 4
    assert roles[Role.INSPECTOR] >= 14
    assert set(roles) == set(Role)
    inspectors = [person for person in COUNTY.people if Role.INSPECTOR in person.roles]
    assert sum(person.trained is None for person in inspectors) == 2
    assert sum(person.unit != "duchashi" for person in inspectors) >= 5
    kinds = {kind for person in inspectors for _unit, kind in person.interests}
    assert {InterestKind.KINSHIP, InterestKind.FORMER_POST} <= kinds
    inspectable = [body for body in COUNTY.bodies if body.kind not in (UnitKind.OFFICE, UnitKind.VERTICAL)]
    assert [body.code for body in inspectable if body.in_charge is None] == []
    liaisons = {person.login for person in COUNTY.people if Role.LIAISON in person.roles}
    assert liaisons == {body.code for body in inspectable}


def test_every_category_is_some_units_duty() -> None:
    duties = {duty for body in COUNTY.bodies for duty in body.duties}
    assert duties == set(CATEGORIES) - {"9", "10"}


def test_small_county_has_the_same_units_and_no_story_it_cannot_tell() -> None:
    small, (tips, cases) = read_county("small"), read_stories(small=True)
    assert small.bodies != ()
    assert {body.code for body in small.bodies} == {body.code for body in COUNTY.bodies}
    assert not any(story.alternate for story in tips)
    logins = {person.login for person in small.people}
    assert {item.unit for story in cases for item in story.items if item.reports} <= logins


def test_unknown_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="no such profile"):
        read_county("province")


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_stories_fit_before_any_day_of_two_years(profile: str, tmp_path: Path) -> None:
    """Long holidays push steps back; none may be pushed past the day on which the demo is seeded."""
    county = read_county(profile)
    tips, cases = read_stories(small=county.is_small)
    moment = datetime(2025, 6, 1, 0, 1, tzinfo=CIVIL_ZONE)
    database = Database(f"sqlite:///{tmp_path / 'untouched.sqlite3'}")
    root = RootKey(signing=make_root(tmp_path / "root"), day=moment.date(), rng=bytes)
    place = Place(database, FileBlobs(tmp_path / "blobs"), root, bytes(32), tmp_path / "cleaner")
    stage = set_stage(place, county, FixedClock(moment))
    for days in range(0, 730, 11):
        now = moment + timedelta(days=days, hours=days % 24)
        diary, album = Diary(now=now, free_days=lambda day: not is_shipped_workday(day)), Album()
        enter_stories(stage, diary, album, tips, cases)
        assert diary.days()[-1] == now.astimezone(CIVIL_ZONE).date()
        assert len(album) > 100
    database.dispose()


def test_diary_plays_in_order_on_working_days_and_never_after_now() -> None:
    now = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, nine o'clock in the office
    diary = Diary(now=now, free_days=lambda day: day.weekday() >= 5)
    clock, played = FixedClock(now - timedelta(days=9)), list[tuple[str, datetime]]()

    def note(name: str) -> Step:
        return lambda: played.append((name, clock.now()))

    saturday = diary.ago(2)
    assert (saturday.weekday(), diary.working_day(saturday)) == (5, diary.today)
    diary.enter(diary.ago(4), note("b"), order=5)
    diary.enter(diary.ago(4), note("a"), order=1)
    diary.enter(diary.today, note("c"), order=0)
    with pytest.raises(ValueError, match="1 days too late"):
        diary.enter(diary.ago(-1), lambda: None, order=0)
    assert sum(diary.play(day, clock=clock) for day in diary.days()) == 3
    assert [name for name, _moment in played] == ["a", "b", "c"]
    assert played[-1][1] < now
    assert [moment for _name, moment in played] == sorted(moment for _name, moment in played)
