"""督查码: signed by the desk at dispatch, unknown to the public side under embargo, withdrawn for good."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from portal.crypto.inspection import InspectionCode, SignedInspection
from portal.crypto.signing import SigningKey
from portal.domain.errors import UnknownCode
from portal.domain.inspections import CheckedCode, check_code
from portal.models import PublishedInspection
from portal.models.inspection import ShownMember
from tests.support.journey import PLAN_TEXT, Journey
from tests.support.office import TestOffice
from verification.domain import codes, dispatch, planning
from verification.domain.codes import ReadCode
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused
from verification.models import Interest, InterestKind, IssuedCode


def _code(office: TestOffice, walk: Journey, login: str = "du") -> ReadCode:
    with office.acting(login) as acting:
        (row,) = [row for row in codes.codes_of(acting, walk.task_id) if row.revoked_at is None]
        return codes.read_code(acting, row)


def _checked(office: TestOffice, text: str) -> CheckedCode:
    return check_code(office.intake, code=InspectionCode.parse(text))


def test_code_of_an_announced_inspection_shows_what_was_approved(office: TestOffice) -> None:
    walk = Journey(office).docketed()
    text = replace(PLAN_TEXT, card_scope="卫生院门前路段")
    walk.on_case("fan", planning.write_and_propose_plan, text=text, frame=walk.plan_frame(unannounced=False))
    walk.on_case("director", planning.approve_plan)
    walk.dispatched(outside=("guest",))
    code = _code(office, walk)
    checked = _checked(office, code.text.lower())
    assert checked == CheckedCode(code.shown, None)
    shown = checked.inspection
    assert (shown.number, shown.plan, shown.kind) == (walk.case.number, 1, "verification")
    assert shown.units == (("交通运输局", "Transport Bureau"),)
    assert (shown.scope, shown.methods) == ("卫生院门前路段", ("inspection", "reading"))
    assert (shown.starts_on, shown.issued_on) == (walk.today, walk.today)
    assert shown.members == (
        ShownMember("Person du", "leader"),
        ShownMember("Person chen", "member"),
        ShownMember("Person guest", "outside"),
    )
    with office.database.read() as session:
        (row,) = session.scalars(select(PublishedInspection))
        for said in ("Person du", "卫生院", code.text, code.text.replace("-", "")):
            assert said.encode() not in row.box + row.lookup, "a copy of the database tells nothing"


def test_code_of_an_unannounced_visit_is_unknown_until_the_card_is_shown(office: TestOffice) -> None:
    walk = Journey(office).signed()
    code = _code(office, walk)
    with pytest.raises(UnknownCode):
        _checked(office, code.text)
    with office.database.read() as session:
        assert session.scalars(select(PublishedInspection)).all() == []
    for login in ("head", "shen"):
        with pytest.raises(KeyLocked):
            _code(office, walk, login)
    walk.logged(photos=0, words={"card_shown": False, "seen": "在外围查看。"})
    with pytest.raises(UnknownCode):
        _checked(office, code.text)
    walk.logged(photos=0)
    assert _checked(office, code.text).inspection == code.shown
    assert _code(office, walk, "head").shown == code.shown


def test_withdrawn_code_says_so_and_stays_withdrawn(office: TestOffice) -> None:
    walk = Journey(office).planned(unannounced=False).dispatched()
    code = _code(office, walk)
    for login in ("du", "head", "lian"):
        with pytest.raises(Refused), office.acting(login) as acting:
            codes.revoke_code(acting, code_id=code.row.id)
    with office.acting("director") as acting:
        codes.revoke_code(acting, code_id=code.row.id)
    assert _checked(office, code.text).revoked_on == walk.today
    with pytest.raises(Refused) as again, office.acting("director") as acting:
        codes.revoke_code(acting, code_id=code.row.id)
    assert [refusal.rule_id for refusal in again.value.refusals] == ["state"]
    with pytest.raises(NotHere), office.acting("director") as acting:
        codes.revoke_code(acting, code_id=walk.task_id)


def test_code_withdrawn_under_embargo_is_never_shown(office: TestOffice) -> None:
    walk = Journey(office).signed()
    code = _code(office, walk)
    with office.acting("fan") as acting:
        codes.revoke_code(acting, code_id=code.row.id)
    walk.logged(photos=0)
    with pytest.raises(UnknownCode):
        _checked(office, code.text)


def test_code_goes_with_a_task_that_is_withdrawn(office: TestOffice) -> None:
    walk = Journey(office).planned(unannounced=False).dispatched()
    code = _code(office, walk)
    walk.on_task("du", dispatch.hand_back_task, note="与组员在办案件时间冲突。")
    walk.on_task("fan", dispatch.rule_on_hand_back, uphold=True, note="同意，另行派发。")
    assert _checked(office, code.text).revoked_on == walk.today
    with pytest.raises(Refused), office.acting("fan") as acting:
        codes.issue_code(acting, task_id=walk.task_id)


def test_code_is_issued_anew_under_a_changed_plan_and_the_old_one_withdrawn(office: TestOffice) -> None:
    walk = Journey(office).planned(unannounced=False).dispatched()
    old = _code(office, walk)
    walk.plan_proposed(unannounced=False, ends_on=walk.today)
    walk.on_case("director", planning.approve_plan)
    for login in ("du", "director"):
        with pytest.raises(Refused), office.acting(login) as acting:
            codes.issue_code(acting, task_id=walk.task_id)
    with office.acting("fan") as acting:
        codes.issue_code(acting, task_id=walk.task_id)
    new = _code(office, walk)
    assert (new.shown.plan, new.shown.ends_on) == (2, walk.today)
    assert _checked(office, old.text).revoked_on == walk.today
    assert _checked(office, new.text).revoked_on is None
    with office.database.read() as session:
        assert len(session.scalars(select(IssuedCode)).all()) == 2


def test_row_that_the_desk_did_not_sign_shows_nothing(office: TestOffice) -> None:
    walk = Journey(office).planned(unannounced=False).dispatched()
    code = _code(office, walk)
    parsed = InspectionCode.parse(code.text)
    with office.database.read() as session:
        signed = SignedInspection.open(session.scalars(select(PublishedInspection.box)).one(), code=parsed)
    said = code.shown.to_record()
    forged = SignedInspection.sign(
        {**said, "number": "2026-9999"},
        code=parsed,
        voice_key_id=signed.voice_key_id,
        voice=SigningKey.generate(),
    )
    changed = replace(signed, said={**said, "ends": "2030-01-01"})
    other_key = replace(signed, voice_key_id=office.staff["fan"].key_id)
    assert _checked(office, code.text).revoked_on is None
    for box in (
        forged.seal(parsed),
        changed.seal(parsed),
        other_key.seal(parsed),
        b"",
        signed.seal(parsed)[:-1],
    ):
        with office.database.write() as session:
            session.execute(update(PublishedInspection).values(box=box))
        with pytest.raises(UnknownCode):
            _checked(office, code.text)


def test_codes_are_never_the_same(office: TestOffice) -> None:
    walk = Journey(office).planned(unannounced=False).dispatched()
    seen = {_code(office, walk).text}
    for _ in range(3):
        with office.acting("fan") as acting:
            codes.issue_code(acting, task_id=walk.task_id)
        seen.add(_code(office, walk).text)
    assert len(seen) == 4


def test_scope_on_the_code_holds_no_number_of_a_person(office: TestOffice) -> None:
    walk = Journey(office).docketed()
    with pytest.raises(InvalidInput) as invalid:
        walk.on_case(
            "fan",
            planning.write_and_propose_plan,
            text=replace(PLAN_TEXT, card_scope="请联系 13812345678"),
            frame=walk.plan_frame(),
        )
    assert set(invalid.value.errors) == {"card_scope"}


def test_team_that_changes_gets_the_plan_and_a_code_with_its_own_names(office: TestOffice) -> None:
    walk = Journey(office).planned().dispatched()
    walk.on_task("du", dispatch.sign_task)
    old = _code(office, walk)
    with office.database.write() as session:
        kin = {"staff_id": office.staff_id("chen"), "unit_id": office.unit_id("transport")}
        session.add(Interest(id=uuid.uuid4(), kind=InterestKind.KINSHIP, **kin))
    walk.on_task(
        "fan",
        dispatch.replace_members,
        newcomers=[office.staff_id("wei")],
        leader=office.staff_id("du"),
    )
    new = _code(office, walk, "wei")
    assert [member.name for member in new.shown.members] == ["Person du", "Person wei"]
    with office.acting("wei") as acting:
        plan = planning.latest_plan(acting, walk.case_id)
        assert plan is not None
        assert planning.read_plan(acting, plan)[0] == PLAN_TEXT, "sealed to who came, too"
    walk.logged(photos=0, people=(office.staff_id("du"), office.staff_id("wei")))
    assert _checked(office, new.text).inspection == new.shown
    with pytest.raises(UnknownCode):
        _checked(office, old.text)
