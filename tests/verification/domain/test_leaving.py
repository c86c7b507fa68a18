"""Who leaves takes nothing along; who comes later reads what came before."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import func, select

from portal.domain.mailbox import open_mailbox
from portal.models import KeyPurpose, ObjectGrant, RecipientKey, Tip
from portal.models.records import Identity
from tests.support.coordinating import GOAL, WORK, Coordinating
from tests.support.journey import Journey
from tests.support.office import TestOffice
from tests.support.sealed_files import read_original
from verification.audit.verify import verify_chain
from verification.domain import (
    coordinating,
    coordination_parts,
    identity,
    items,
    messages,
    rectification,
    triage,
)
from verification.domain.catching_up import catch_up
from verification.domain.exhibits import read_exhibits
from verification.domain.founding import NewStaff
from verification.domain.joining import SharesNeeded, join_office
from verification.domain.leaving import LastHolder, RootNeeded, leave_office
from verification.errors import KeyLocked
from verification.models import Case, KeyWrap, Role, Staff, StaffSession, Unit
from verification.policy.roles import desk_of
from verification.queries.coordination_unit import view_own_part


def _leaves(office: TestOffice, login: str, *, key: str = "", with_root: bool = True) -> None:
    with office.database.write() as session:
        shares = office.keys.shares[key][:2] if key else []
        root = office.keys.root if with_root else None
        staff = session.get_one(Staff, office.staff_id(login))
        leave_office(session, staff, root=root, shares=shares, clock=office.clock)


def _joins(office: TestOffice, login: str, role: Role, *, key: str = "", unit: str = "office") -> None:
    new = NewStaff(login=login, name=f"Person {login}", roles=(role,), unit_id=office.unit_id(unit))
    with office.database.write() as session:
        office.staff[login] = join_office(
            session, new, root=office.keys.root, own=office.secrets_of(login),
            shares=office.keys.shares[key][1:] if key else [], clock=office.clock,
        )  # fmt: skip


def _tip(office: TestOffice, tip_id: uuid.UUID) -> Tip:
    with office.database.read() as session:
        return session.get_one(Tip, tip_id)


def _account(office: TestOffice, login: str, tip_id: uuid.UUID) -> str:
    with office.acting(login) as acting:
        return messages.read_statement(acting, acting.session.get_one(Tip, tip_id)).account


def _is_left(walk: Journey) -> bool:
    return walk.case.key_left


def _granted_to(office: TestOffice, key_id: uuid.UUID) -> int:
    with office.database.read() as session:
        return session.scalar(select(func.count()).where(ObjectGrant.recipient_key_id == key_id)) or 0


def test_nothing_sent_after_a_supervisor_left_is_sealed_to_the_key_they_had(office: TestOffice) -> None:
    before, _receipt = office.send_tip("之前的来件：清溪镇卫生院门前的路坏了半年没人修。")
    _leaves(office, "shen", key="desk")
    after, _receipt = office.send_tip("之后的来件：清溪镇卫生院门前的路坏了半年没人修。")
    old, new = _tip(office, before).desk_key_id, _tip(office, after).desk_key_id
    assert old == office.keys.desk.id
    assert new != old
    with office.database.read() as session:
        generations = {key: session.get_one(RecipientKey, key).generation for key in (old, new)}
        left = select(KeyWrap).where(KeyWrap.holder_key_id == office.secrets_of("shen").key_id)
        sealed = select(ObjectGrant).where(
            ObjectGrant.object_id == _tip(office, after).statement_id, ObjectGrant.recipient_key_id == old
        )
        assert list(session.scalars(left)) == []
        assert list(session.scalars(sealed)) == []
    assert (generations[old], generations[new]) == (1, 2)
    assert _account(office, "fan", before).startswith("之前")
    assert _account(office, "fan", after).startswith("之后")


def test_case_of_an_older_tip_goes_to_the_new_generation(office: TestOffice) -> None:
    walk = Journey(office).proposed()
    old = office.keys.desk.id
    _leaves(office, "shen", key="desk")
    assert _is_left(walk)
    count = _granted_to(office, old)
    with office.acting("fan") as acting:
        catch_up(acting)
    assert not _is_left(walk)
    with office.database.read() as session:
        holders = set(
            session.scalars(select(KeyWrap.holder_key_id).where(KeyWrap.key_id == walk.case.key_id))
        )
        assert old not in holders
    assert _granted_to(office, old) == count


def test_answer_to_an_older_tip_is_signed_and_sealed_by_the_new_generation(office: TestOffice) -> None:
    tip_id, receipt = office.send_tip()
    _leaves(office, "shen", key="desk")
    count = _granted_to(office, office.keys.desk.id)
    with office.acting("fan") as acting:
        triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
    with office.acting("fan") as acting:
        triage.ask_informant(acting, tip_id=tip_id, version=2, question="哪一段路？")
    assert [message.text for message in open_mailbox(office.intake, receipt=receipt).messages] == [
        "哪一段路？"
    ]
    assert _granted_to(office, office.keys.desk.id) == count


def test_supervisor_who_comes_after_a_change_of_keys_reads_everything(office: TestOffice) -> None:
    walk = Journey(office).proposed()
    with office.database.read() as session:
        tip_id = session.scalars(select(Tip.id)).one()
    _leaves(office, "shen", key="desk")
    _joins(office, "xin", Role.SUPERVISOR, key="desk")
    _leaves(office, "fan", key="desk")
    assert _account(office, "xin", tip_id)
    with office.acting("xin") as acting:
        catch_up(acting)
        case = acting.session.get_one(Case, walk.case_id)
        assert acting.open(case.brief_id)["title"] == "道路修复情况"
        assert desk_of(acting.session, office.keys.desk.id) == {office.staff_id("xin")}
    with office.database.read() as session:
        assert verify_chain(session, trust=office.trust).broken_at is None


def test_identities_of_before_and_after_open_with_a_director_who_came_later(office: TestOffice) -> None:
    named = Identity(name="王某", contact="13800000000")
    before, _receipt = office.send_tip(identity=named)
    _joins(office, "dong", Role.DIRECTOR, key="director")
    _leaves(office, "director", key="director")
    after, _receipt = office.send_tip(identity=named)
    for tip_id in (before, after):
        with office.acting("fan") as acting:
            tip = acting.session.get_one(Tip, tip_id)
            opening = identity.ask_identity(acting, tip=tip, reason="需要核对现场。")
        with office.acting("dong") as acting:
            identity.agree_identity(acting, opening_id=opening.id)
        with office.acting("fan") as acting:
            assert identity.read_identity(acting, opening_id=opening.id).name == "王某"


def test_whoever_leaves_loses_login_sessions_and_case_keys_at_once(office: TestOffice) -> None:
    walk = Journey(office).signed()
    key_id = office.secrets_of("du").key_id
    with office.database.read() as session:
        assert session.scalars(select(KeyWrap).where(KeyWrap.holder_key_id == key_id)).all()
    _leaves(office, "du", with_root=False)
    with office.database.read() as session:
        assert session.scalars(select(KeyWrap).where(KeyWrap.holder_key_id == key_id)).all() == []
        assert not session.get_one(Staff, office.staff_id("du")).active
        sessions = select(StaffSession).where(StaffSession.staff_id == office.staff_id("du"))
        assert session.scalars(sessions).all() == []
    assert walk.case.key_left


def test_last_holder_stays_until_somebody_comes_after_them(office: TestOffice) -> None:
    for login, key, wrong in (("director", "director", LastHolder), ("shen", "", SharesNeeded)):
        with pytest.raises(wrong):
            _leaves(office, login, key=key)
    with pytest.raises(RootNeeded):
        _leaves(office, "shen", with_root=False)
    with pytest.raises(SharesNeeded):
        _leaves(office, "shen", key="director")
    with office.database.read() as session:
        assert session.get_one(Staff, office.staff_id("shen")).active
        assert session.get_one(Staff, office.staff_id("director")).active


def test_liaison_who_comes_later_reads_the_units_papers_once_the_desk_was_there(office: TestOffice) -> None:
    walk = Journey(office).ordered().reported()
    _joins(office, "lai", Role.LIAISON, unit="transport")
    with pytest.raises(KeyLocked), office.acting("lai") as acting:
        items.read_items(acting, [walk.item])
    with office.acting("du") as acting:
        catch_up(acting)  # no desk: nothing is granted
    with pytest.raises(KeyLocked), office.acting("lai") as acting:
        items.read_items(acting, [walk.item])
    with office.acting("fan") as acting:
        catch_up(acting)
    with office.acting("lai") as acting:
        assert items.read_items(acting, [walk.item])[walk.item_id].standard == "坑洼填平，验收合格"
        (delivered, _case) = items.deliveries_for_unit(acting, office.unit_id("transport"))[0]
        assert acting.open(delivered.unit_version_id)["for"] == "unit"
        (report,) = items.read_reports(acting, walk.item)
        assert read_exhibits(acting, report.proofs)
        with pytest.raises(KeyLocked):
            read_original(acting, report.proofs[0].object_id, office=office)
        with pytest.raises(KeyLocked):
            acting.open(delivered.file_version_id)
    _leaves(office, "lian")
    with office.acting("fan") as acting:
        catch_up(acting)
    with office.acting("lai") as acting:
        assert items.read_items(acting, [walk.item])


def test_later_liaison_reads_the_departments_part_of_a_coordination_item(office: TestOffice) -> None:
    walk = Coordinating(office).agreed().taken_on("housing").part_reported("housing").declined("transport")
    walk.on_part("du", "housing", coordination_parts.return_part, note="照片不清。")
    walk.on_part("director", "transport", coordination_parts.rule_part, note="须承担。")
    walk.on_help("director", coordinating.carry_on, mechanism="管线联席会议", note="周期长。")
    for login, unit in (("lai", "housing"), ("xin", "transport")):
        _joins(office, login, Role.LIAISON, unit=unit)
        with pytest.raises(KeyLocked), office.acting(login) as acting:
            view_own_part(acting, walk.part(unit))
    with office.acting("fan") as acting:
        catch_up(acting)
    with office.acting("lai") as acting:
        own = view_own_part(acting, walk.part("housing"))
        assert (own.goal, own.work, own.mechanism) == (GOAL, WORK["housing"], "管线联席会议")
        assert own.reports[0].returned == "照片不清。"
        assert read_exhibits(acting, own.reports[0].proofs)
    ruling_id = walk.part("transport").ruling_id
    assert ruling_id is not None
    with office.acting("xin") as acting:
        own = view_own_part(acting, walk.part("transport"))
        assert (own.reason, own.ruling) == ("管线不归我局管理。", "")
        with pytest.raises(KeyLocked):
            acting.open(ruling_id)


def test_liaison_who_was_there_hands_the_proofs_on_to_a_colleague(office: TestOffice) -> None:
    walk = Journey(office).ordered().reported()
    _joins(office, "lai", Role.LIAISON, unit="transport")
    with office.acting("lian") as acting:
        catch_up(acting)
    with office.acting("lai") as acting:
        (report,) = items.read_reports(acting, walk.item)
        assert read_original(acting, report.proofs[0].object_id, office=office)


def test_row_made_to_point_at_a_statement_gives_it_to_no_unit(office: TestOffice) -> None:
    walk = Journey(office).ordered()
    with office.database.write() as session:
        tip = session.scalars(select(Tip)).one()
        item = session.get_one(type(walk.item), walk.item_id)
        item.body_id = tip.statement_id
        statement_id = tip.statement_id
    _joins(office, "lai", Role.LIAISON, unit="transport")
    with office.acting("fan") as acting:
        catch_up(acting)
    with office.database.read() as session:
        unit = session.get_one(Unit, office.unit_id("transport"))
        assert unit.key_id is not None
        assert session.get_one(RecipientKey, unit.key_id).purpose is KeyPurpose.UNIT
        assert session.get(ObjectGrant, (statement_id, unit.key_id)) is None
        assert _granted_to(office, unit.key_id) == 1  # the conclusion


def test_order_gives_a_unit_its_items_after_the_unit_changed_its_key(office: TestOffice) -> None:
    walk = Journey(office).delivered().with_item()
    _joins(office, "lai", Role.LIAISON, unit="transport")
    walk.on_case("fan", rectification.order_rectification)
    for login in ("lian", "lai"):
        with office.acting(login) as acting:
            assert items.read_items(acting, [walk.item])
