"""A department's part: taken on or declined and ruled on, reported with proof, its own clock."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.support.coordinating import WORK, Coordinating
from tests.support.law import roles_that_may
from tests.support.office import TestOffice
from tests.verification.domain.test_paper_of_anything import on_paper
from verification.domain import coordinating, coordination_parts
from verification.domain.coordination_texts import read_part_reports
from verification.errors import InvalidInput, KeyLocked, Refused
from verification.models import AuditEntry, CoordinationState, Exhibit, PartState, Role
from verification.queries.coordination import open_parts
from verification.queries.coordination_unit import view_own_part
from verification.workflow.facts import Facts
from verification.workflow.states import Action

P = PartState


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


@pytest.mark.rule("coordination-own-part")
def test_department_answers_for_its_own_part_alone(office: TestOffice) -> None:
    walk = Coordinating(office).agreed()
    with pytest.raises(Refused) as take:
        walk.on_part("other", "water", coordination_parts.take_on_part)
    assert _rules(take) == ["coordination-own-part"]
    with pytest.raises(Refused) as decline:
        walk.on_part("other", "water", coordination_parts.decline_part, note="不归。")
    assert _rules(decline) == ["coordination-own-part"]
    walk.taken_on("water")
    with pytest.raises(Refused) as report:
        walk.on_part("lian", "water", coordination_parts.report_part, done="已完。", proofs=[walk.photo()])
    assert _rules(report) == ["coordination-own-part"]
    assert walk.part("water").state is P.TAKEN_ON


@pytest.mark.rule("coordination-decline")
def test_refusal_has_a_reason_the_director_rules_and_the_head_endorses(office: TestOffice) -> None:
    walk = Coordinating(office).agreed()
    with pytest.raises(Refused) as silent:
        walk.on_part("shui", "water", coordination_parts.decline_part, note=" ")
    assert _rules(silent) == ["coordination-decline"]
    walk.declined()
    with pytest.raises(Refused) as unfounded:
        walk.on_part("director", "water", coordination_parts.rule_part, note="")
    assert _rules(unfounded) == ["coordination-decline"]
    later = walk.in_days(25)
    walk.on_part(
        "director", "water", coordination_parts.rule_part, note="产权档案登记在水利局。", due_on=later
    )
    assert walk.part("water").state is P.RULED
    ruling_id = walk.part("water").ruling_id
    assert ruling_id is not None
    with office.acting("shui") as acting:
        assert view_own_part(acting, walk.part("water")).ruling == ""
        with pytest.raises(KeyLocked):
            acting.open(ruling_id)
    with pytest.raises(Refused) as director:
        walk.on_part("director", "water", coordination_parts.endorse_ruling)
    assert _rules(director) == ["permission"]
    assert roles_that_may(Action.ENDORSE_RULING) == {Role.HEAD}
    walk.on_part("head", "water", coordination_parts.endorse_ruling)
    part = walk.part("water")
    assert (part.state, part.due_on, walk.clocks_of("water")) == (
        P.TAKEN_ON, later, {"clock-coordinate": later},
    )  # fmt: skip
    with office.acting("shui") as acting:
        own = view_own_part(acting, part)
        assert (own.reason, own.ruling) == ("管线不归我局管理。", "产权档案登记在水利局。")
    with pytest.raises(Refused) as twice:
        walk.declined()
    assert _rules(twice) == ["state"]


def test_head_returns_a_ruling_and_the_director_releases_the_department(office: TestOffice) -> None:
    walk = Coordinating(office).agreed().declined()
    walk.on_part("director", "water", coordination_parts.rule_part, note="须承担。")
    with pytest.raises(Refused) as silent:
        walk.on_part("head", "water", coordination_parts.return_ruling, note="")
    assert _rules(silent) == ["return-reason"]
    walk.on_part("head", "water", coordination_parts.return_ruling, note="由城投承担。")
    assert walk.part("water").state is P.DECLINED
    ruling_id = walk.part("water").ruling_id
    assert ruling_id is not None
    with office.acting("shui") as acting:
        assert view_own_part(acting, walk.part("water")).ruling == ""
    walk.on_part("director", "water", coordination_parts.release_part, note="改由城投公司实施。")
    assert (walk.part("water").state, walk.clocks_of("water")) == (P.RELEASED, {})
    with office.acting("shui") as acting:
        assert view_own_part(acting, walk.part("water")).ruling == "改由城投公司实施。"
    walk.taken_on("transport", "housing").part_reported("transport", "housing")
    walk.confirmed("transport", "housing")
    walk.on_help("fan", coordinating.finish_coordination, note="已完成。")
    assert walk.help.state is CoordinationState.DONE


def test_lead_department_is_not_released(office: TestOffice) -> None:
    walk = Coordinating(office).agreed().declined("transport")
    with pytest.raises(Refused) as lead:
        walk.on_part("director", "transport", coordination_parts.release_part, note="不必。")
    assert _rules(lead) == ["coordination-departments"]


@pytest.mark.rule("coordination-proof")
def test_report_comes_with_proof_that_department_and_team_can_open(office: TestOffice) -> None:
    walk = Coordinating(office).agreed().taken_on("water")
    with pytest.raises(Refused) as bare:
        walk.on_part("shui", "water", coordination_parts.report_part, done="已迁改。", proofs=[])
    assert _rules(bare) == ["coordination-proof"]
    with pytest.raises(InvalidInput) as silent:
        walk.on_part("shui", "water", coordination_parts.report_part, done=" ", proofs=[walk.photo()])
    assert set(silent.value.errors) == {"done"}
    walk.part_reported("water")
    for login in ("shui", "du"):
        with office.acting(login) as acting:
            (report,) = read_part_reports(acting, [walk.part("water").id])[walk.part("water").id]
            assert (report.done, len(report.proofs)) == ("已完成。", 1)
            assert acting.keyring.file_key(acting.session, report.proofs[0].object_id)
    with pytest.raises(KeyLocked), office.acting("other") as acting:
        read_part_reports(acting, [walk.part("water").id])
    with office.acting("du") as acting:
        facts = Facts(acting.session, walk.case, acting.actor, acting.clock, acting.rules, {})
        sources = {held.source.id for row in facts.evidence().values() for held in row}
        proofs = acting.session.scalars(select(Exhibit.object_id).where(Exhibit.part_report_id.is_not(None)))
        assert not sources & set(proofs.all()), "proof of help proves nothing of the claims"


@pytest.mark.rule("coordination-checked")
def test_report_is_checked_by_team_or_desk(office: TestOffice) -> None:
    walk = Coordinating(office).agreed().taken_on("water").part_reported("water")
    with pytest.raises(Refused) as stranger:
        walk.confirmed("water", login="wei")
    assert _rules(stranger) == ["coordination-checked"]
    with pytest.raises(Refused) as silent:
        walk.on_part("chen", "water", coordination_parts.return_part, note=" ")
    assert _rules(silent) == ["return-reason"]
    walk.on_part(
        "chen", "water", coordination_parts.return_part, note="照片看不清接口。", due_on=walk.in_days(18)
    )
    part = walk.part("water")
    assert (part.state, walk.clocks_of("water")) == (P.RETURNED, {"clock-coordinate": walk.in_days(18)})
    with office.acting("shui") as acting:
        assert view_own_part(acting, part).reports[0].returned == "照片看不清接口。"
    walk.part_reported("water").confirmed("water", login="shen")
    assert walk.part("water").confirmed_by == office.staff_id("shen")


def test_words_for_a_department_hint_at_nobody(office: TestOffice) -> None:
    walk = Coordinating(office).agreed().taken_on("water").part_reported("water").declined("housing")
    number = "请联系反映人 13812345678。"
    for login, code, verb in (
        ("chen", "water", coordination_parts.return_part),
        ("director", "housing", coordination_parts.rule_part),
        ("director", "housing", coordination_parts.release_part),
    ):
        with pytest.raises(InvalidInput) as told:
            walk.on_part(login, code, verb, note=number, wording_accepted=True)
        assert set(told.value.errors) == {"note"}
    with pytest.raises(InvalidInput) as mechanism:
        walk.on_help("director", coordinating.carry_on, mechanism=number, note="继续。")
    assert set(mechanism.value.errors) == {"mechanism"}


@pytest.mark.rule("clock-coordinate", "clock-coordinate-check", "clock-coordinate-ruling")
def test_each_part_has_its_own_clock(office: TestOffice) -> None:
    walk = Coordinating(office)
    walk.ordered()
    with office.acting("fan") as acting:
        assert coordinating.due_on_for(acting) == date(2026, 4, 1)
    walk.helped()
    assert [walk.clocks_of(code) for code in WORK] == [{}, {}, {}]
    walk.on_help("director", coordinating.agree_coordination)
    assert [walk.clocks_of(code) for code in WORK] == [
        {"clock-coordinate": date(2026, 3, 12)}, {"clock-coordinate": date(2026, 3, 22)},
        {"clock-coordinate": date(2026, 3, 17)},
    ]  # fmt: skip
    walk.taken_on("transport").part_reported("transport")
    assert walk.clocks_of("transport") == {"clock-coordinate-check": date(2026, 3, 9)}
    walk.confirmed("transport")
    assert walk.clocks_of("transport") == {}
    walk.declined()
    assert walk.clocks_of("water") == {"clock-coordinate-ruling": date(2026, 3, 5)}


def test_whoever_had_a_hand_in_it_had_a_part_in_the_case(office: TestOffice) -> None:
    walk = (
        Coordinating(office)
        .agreed()
        .declined()
        .taken_on("housing")
        .part_reported(
            "housing",
        )
    )
    walk.on_part("director", "water", coordination_parts.rule_part, note="须承担。")
    walk.on_part("head", "water", coordination_parts.endorse_ruling)
    with office.acting("fan") as acting:
        facts = Facts(acting.session, walk.case, acting.actor, acting.clock, acting.rules, {})
        assert {office.staff_id(login) for login in ("fan", "director", "head")} <= facts.participants()


# --- on paper ----------------------------------------------------------------------------------------------


def test_departments_director_and_head_act_on_paper_too(office: TestOffice) -> None:
    walk = Coordinating(office)
    walk.ordered()
    walk.helped()
    on_paper(walk, Action.AGREE_COORDINATION, "director", subject=walk.help_id)
    water, housing = walk.part("water").id, walk.part("housing").id
    on_paper(walk, Action.DECLINE_PART, "shui", subject=water, note="管线不归我局管理。")
    on_paper(walk, Action.RULE_PART, "director", subject=water, note="登记在水利局。")
    on_paper(walk, Action.RETURN_RULING, "head", subject=water, note="写明依据。")
    on_paper(walk, Action.RULE_PART, "director", subject=water, note="产权档案登记在水利局。")
    on_paper(walk, Action.ENDORSE_RULING, "head", subject=water)
    with office.acting("shui") as acting:
        assert view_own_part(acting, walk.part("water")).ruling == "产权档案登记在水利局。"
    on_paper(walk, Action.TAKE_ON_PART, "other", subject=housing)
    on_paper(
        walk, Action.REPORT_PART, "shui", subject=water, note="已迁改。", enclosures=[walk.photo(b"pipes")]
    )
    with office.acting("shui") as acting:
        (report,) = read_part_reports(acting, [water])[water]
        assert (report.done, len(report.proofs)) == ("已迁改。", 1)
        assert acting.keyring.file_key(acting.session, report.proofs[0].object_id)
    with pytest.raises(InvalidInput) as nameless:
        on_paper(walk, Action.CARRY_ON_COORDINATION, "director", subject=walk.help_id, note="周期长。")
    assert set(nameless.value.errors) == {"mechanism"}
    on_paper(
        walk, Action.CARRY_ON_COORDINATION, "director", subject=walk.help_id, note="周期长。",
        fields={"mechanism": "管线联席会议"},
    )  # fmt: skip
    assert walk.help.state is CoordinationState.CARRIED_ON
    with office.database.read() as session:
        signed = session.scalars(select(AuditEntry).where(AuditEntry.event == "part.ruling-endorsed")).one()
        assert signed.facts["signed_by"] == office.staff_id("head").hex


def test_director_returns_a_proposal_and_releases_on_paper(office: TestOffice) -> None:
    walk = Coordinating(office)
    walk.ordered()
    walk.helped()
    on_paper(walk, Action.RETURN_COORDINATION, "director", subject=walk.help_id, note="时限太紧。")
    assert walk.help.state is CoordinationState.RETURNED
    walk.on_help("fan", coordinating.revise_coordination, new=walk.new_item())
    walk.on_help("director", coordinating.agree_coordination)
    walk.declined()
    on_paper(walk, Action.RELEASE_PART, "director", subject=walk.part("water").id, note="改由城投承担。")
    assert walk.part("water").state is P.RELEASED


def test_late_part_shows_as_late(office: TestOffice) -> None:
    Coordinating(office).agreed()
    office.clock.advance(timedelta(days=12))
    with office.acting("fan") as acting:
        lights = {card.unit.code: str(card.light) for card in open_parts(acting)}
    assert lights["transport"] == "red"
    assert lights["housing"] != "red"
