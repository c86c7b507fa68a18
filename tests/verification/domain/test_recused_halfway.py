"""Somebody turns out to be in conflict halfway: access, key, team, findings, proposals."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from portal.models import RecipientKey
from tests.support.journey import Journey
from tests.support.office import TestOffice
from tests.support.recusing import Recusing, notices_of, rules_of
from verification.audit.events import Event
from verification.domain import (
    casework,
    conclusions,
    dispatch,
    fieldwork,
    findings,
    planning,
    rechecks,
    weighing,
)
from verification.domain.catching_up import catch_up
from verification.domain.founding import declare_interest
from verification.domain.weighing import Mark
from verification.errors import InvalidInput, Refused
from verification.models import (
    Allegation,
    CaseState,
    Finding,
    Interest,
    InterestKind,
    Stance,
    Unit,
)
from verification.queries.tasks import NextStep, my_tasks, team_of


@pytest.fixture
def walk(office: TestOffice) -> Recusing:
    """A team of du and chen has signed for its task."""
    journey = Recusing(office)
    journey.signed()
    return journey


# --- discovered halfway ------------------------------------------------------------------------------------


def test_granted_takes_access_and_key_at_once_and_the_desk_renews_the_case_key(walk: Recusing) -> None:
    assert walk.can_read("du")
    before = walk.case.key_id
    walk.asked_oneself("du").granted()
    assert not walk.can_read("du")
    assert not walk.is_open_to("du")
    assert walk.case.key_left
    with walk.acting("fan") as acting:
        catch_up(acting)
    assert walk.case.key_id != before
    with walk.office.database.read() as session:
        assert session.get_one(RecipientKey, walk.case.key_id).generation == 2
    assert not walk.can_read("du")
    assert walk.can_read("chen")


def test_team_that_lost_somebody_stands_still_until_a_replacement_is_named(walk: Recusing) -> None:
    walk.logged()
    walk.asked("du").granted()
    with walk.acting("chen") as acting:
        assert [card.next_step for card in my_tasks(acting)] == [NextStep.AWAIT_MEMBER]
    for attempt in (
        lambda: walk.on_task("chen", fieldwork.begin_follow),
        lambda: _logs(walk, "chen"),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert rules_of(refused) == ["team-two"]
    walk.replaced("wei", leader="chen")
    assert walk.can_read("wei")
    assert notices_of(walk.office, "wei", Event.TASK_DISPATCHED) == 1
    with walk.acting("chen") as acting:
        team = {one.name: (one.is_leader, one.kept_away) for one in team_of(acting, walk.task_id)}
        assert [card.next_step for card in my_tasks(acting)] == [NextStep.FOLLOW]
    assert team == {
        "Person du": (False, True), "Person chen": (True, False), "Person wei": (False, False),
    }  # fmt: skip
    _logs(walk, "wei")
    walk.on_task("chen", fieldwork.begin_follow)


def _logs(walk: Recusing, login: str) -> None:
    there = ("chen",) if login == "chen" else ("chen", "wei")
    people = tuple(walk.office.staff_id(one) for one in there)
    with walk.acting(login) as acting:
        fieldwork.log_record(acting, task_id=walk.task_id, entry=walk.entry(people=people))


def test_replacement_is_free_trained_new_and_led(walk: Recusing) -> None:
    walk.asked("du").granted()
    for newcomers, leader, rules in (
        (("insider",), "chen", ["csl-76"]),
        (("novice",), "chen", ["reg-9", "reg-9-undertaking"]),
        (("wei",), "du", ["reg-8"]),
    ):
        with pytest.raises(Refused) as refused:
            walk.replaced(*newcomers, leader=leader)
        assert rules_of(refused) == rules
    for wanted in ([], ["chen"], ["du"]):
        with pytest.raises(InvalidInput) as wrong:
            walk.replaced(*wanted, leader="chen")
        assert set(wrong.value.errors) == {"team"}
    people = [walk.office.staff_id("wei")]
    with pytest.raises(Refused) as refused:
        walk.on_task("chen", dispatch.replace_members, newcomers=people, leader=people[0])
    assert rules_of(refused) == ["permission"]


def test_finding_on_their_exhibits_alone_is_checked_by_another_before_it_is_concluded(
    office: TestOffice,
) -> None:
    walk = Recusing(office)
    walk.fixing()
    first, second = walk.allegations()
    with walk.acting("chen") as acting:  # found by another, but on du's photograph
        findings.record_finding(
            acting, allegation_id=second.id, version=second.version, finding=Finding.PARTLY,
            reasons="现场复看。",
        )  # fmt: skip
    walk.asked("du").granted()
    walk.replaced("wei", leader="chen")
    walk.on_case("fan", conclusions.begin_conclusion)
    walk.drafted().read_over()
    with pytest.raises(Refused) as refused:
        walk.on_case("fan", conclusions.propose_conclusion)
    assert rules_of(refused) == ["recusal-work"]
    with pytest.raises(Refused) as refused:
        _checks(walk, "insider", first.id)
    assert rules_of(refused) == ["team-two"]
    with pytest.raises(InvalidInput):
        _checks(walk, "wei", first.id, note="")
    for allegation in (first, second):
        _checks(walk, "wei", allegation.id)
    with walk.acting("chen") as acting:
        assert rechecks.to_check(acting, walk.case) == frozenset()
        (read,) = rechecks.read_checks(acting, [first.id])
        assert (read.row.checked_by, read.text) == (office.staff_id("wei"), "重新到现场量过。")
    with pytest.raises(Refused) as refused:
        _checks(walk, "wei", first.id)
    assert rules_of(refused) == ["state"]
    walk.on_case("fan", conclusions.propose_conclusion)
    assert walk.case.state is CaseState.CONCLUSION_PROPOSED


def _checks(walk: Recusing, login: str, allegation_id: uuid.UUID, note: str = "重新到现场量过。") -> None:
    with walk.acting(login) as acting:
        rechecks.check_finding(acting, allegation_id=allegation_id, note=note)


def test_a_new_finding_needs_a_check_of_its_own_and_another_exhibit_needs_none(office: TestOffice) -> None:
    walk = Recusing(office)
    walk.fixing()
    walk.asked("du").granted()
    walk.replaced("wei", leader="chen")
    first, second = walk.allegations()
    for allegation in (first, second):
        _checks(walk, "wei", allegation.id)
    office.clock.advance(timedelta(minutes=5))
    with walk.acting("chen") as acting:
        new = fieldwork.add_exhibit(acting, task_id=walk.task_id, new=walk.photo(b"chen's own"))
        weighing.weigh_evidence(
            acting, allegation_id=second.id, version=second.version,
            marks={new.object_id: Mark(Stance.SUPPORTS, 0)},
        )  # fmt: skip
    for allegation in (first, second):
        with walk.acting("chen") as acting:
            version = acting.session.get_one(Allegation, allegation.id).version
            findings.record_finding(
                acting, allegation_id=allegation.id, version=version, finding=Finding.TRUE,
                reasons="再次核对。",
            )  # fmt: skip
    with walk.acting("chen") as acting:
        assert rechecks.to_check(acting, walk.case) == {first.id}


def test_what_they_recorded_stays(walk: Recusing) -> None:
    walk.logged()
    walk.asked("du").granted()
    assert [row.written_by for row in walk.records()] == [walk.office.staff_id("du")]
    with walk.acting("chen") as acting:
        (record,) = fieldwork.read_records(acting, task_id=walk.task_id)
        assert record.words["seen"] == "路面有三处坑，最深约十厘米。"


def test_recused_member_changes_no_finding(walk: Recusing) -> None:
    walk.logged()
    (first, _second) = walk.allegations()
    walk.asked("du").granted()
    with pytest.raises(Refused), walk.acting("du") as acting:
        findings.record_finding(
            acting, allegation_id=first.id, version=first.version, finding=Finding.UNTRUE, reasons="不属实。",
        )  # fmt: skip


def test_conclusion_is_not_approved_by_a_recused_head_nor_from_a_recused_drafter(office: TestOffice) -> None:
    walk = Recusing(office)
    walk.concluding()
    walk.on_case("fan", conclusions.propose_conclusion)
    walk.asked("fan", by="shen").granted()
    with pytest.raises(Refused) as refused:
        walk.on_case("head", conclusions.approve_conclusion)
    assert rules_of(refused) == ["recusal-work"]
    walk.on_case("head", conclusions.return_conclusion, note="请另行起草。")
    assert notices_of(office, "shen", Event.CONCLUSION_RETURNED) == 1
    walk.drafted("shen").read_over()
    walk.on_case("shen", conclusions.propose_conclusion)
    walk.asked("head", by="shen").granted(note="市政府督〔2026〕12号决定。")
    with pytest.raises(Refused) as refused:
        walk.on_case("head", conclusions.approve_conclusion)
    assert rules_of(refused) == ["recusal-decided"]


@pytest.mark.rule("recusal-decided")
def test_plan_of_a_recused_planner_is_returned_and_written_by_another(office: TestOffice) -> None:
    walk = Recusing(office)
    walk.docketed()
    walk.plan_proposed()
    walk.asked("fan", by="shen").granted()
    with pytest.raises(Refused) as refused:
        walk.on_case("director", planning.approve_plan)
    assert rules_of(refused) == ["recusal-work"]
    walk.on_case("director", planning.return_plan, note="请由他人重新拟订。")
    with pytest.raises(Refused) as refused:
        walk.plan_proposed()
    assert rules_of(refused) == ["recusal-decided", "unannounced-embargo"]


@pytest.mark.rule("recusal-work")
def test_proposal_of_a_recused_proposer_is_not_docketed(office: TestOffice) -> None:
    walk = Recusing(office)
    walk.proposed()
    walk.asked("fan", by="shen").granted()
    with pytest.raises(Refused) as refused:
        walk.on_case("head", casework.approve_docketing)
    assert rules_of(refused) == ["recusal-work"]


@pytest.mark.parametrize("kind", [InterestKind.KINSHIP, InterestKind.FORMER_POST])
def test_interest_declared_halfway_takes_the_key_and_stops_the_team(
    walk: Recusing, kind: InterestKind
) -> None:
    office = walk.office
    with office.database.write() as session:
        declare_interest(
            session, staff=office.staff["du"], unit_id=office.unit_id("transport"), kind=kind, rng=office.rng
        )
    assert walk.case.key_left
    assert not walk.can_read("du")
    assert walk.can_read("chen")
    with pytest.raises(Refused) as refused:
        _logs(walk, "chen")
    assert rules_of(refused) == ["team-two"]


def test_refusal_names_the_very_tie(office: TestOffice) -> None:
    walk = Journey(office).proposed()
    said: dict[InterestKind, str] = {}
    for kind in InterestKind:
        if kind is InterestKind.IN_CHARGE:
            continue
        with office.database.write() as session:
            declare_interest(
                session, staff=office.staff["deputy"], unit_id=office.unit_id("transport"), kind=kind,
                rng=office.rng,
            )  # fmt: skip
            session.flush()
        with pytest.raises(Refused) as refused:
            walk.on_case("deputy", casework.endorse_docketing, note="同意。")
        (refusal,) = refused.value.refusals
        said[kind] = str(refusal.text)
        with office.database.write() as session:
            session.execute(update(Unit).values(in_charge_id=None))
            session.execute(delete(Interest))
    with office.database.write() as session:
        session.execute(update(Unit).values(in_charge_id=office.staff_id("deputy")))
    with pytest.raises(Refused) as refused:
        walk.on_case("deputy", casework.endorse_docketing, note="同意。")
    said[InterestKind.IN_CHARGE] = str(refused.value.refusals[0].text)
    assert len(set(said.values())) == len(InterestKind)
