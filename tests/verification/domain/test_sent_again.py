"""A form that comes again with other content: all of it counts, and no identity stands in another's place."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.domain.drafts import DraftSecrets
from portal.domain.mailbox import open_mailbox
from portal.errors import Tampered
from portal.models import Priority, Tip
from portal.models.records import Identity
from tests.support.office import TestOffice
from verification.domain import casework, identity, triage
from verification.domain.casework import Brief, CaseFrame
from verification.errors import KeyLocked, NotHere
from verification.models import Case, CaseType, ContentBasis, Deadline, IdentityOpening
from verification.queries.tips import read_tip

FIRST, SECOND = Identity(name="", contact=""), Identity(name="李某", contact="138")


def _form() -> DraftSecrets:
    return DraftSecrets(secrets.token_bytes(32), secrets.token_bytes(32))


def _tip(office: TestOffice) -> uuid.UUID:
    with office.database.read() as session:
        return session.scalars(select(Tip.id)).one()


def _open(office: TestOffice, tip_id: uuid.UUID, *, by: str = "fan") -> None:
    with office.acting(by) as acting:
        triage.open_tip(acting, acting.session.get_one(Tip, tip_id))


def _sent_twice(office: TestOffice, **again: object) -> uuid.UUID:
    form = _form()
    office.send_tip(draft=form)
    office.send_tip(draft=form, **again)  # type: ignore[arg-type]  # each is of its parameter's type
    return _tip(office)


def test_whoever_the_second_sending_names_gets_no_key(office: TestOffice) -> None:
    director = office.staff["director"].name
    tip_id = _sent_twice(office, keep_away=f"不要让{director}看到")
    _open(office, tip_id)
    with office.acting("fan") as acting:
        tip = triage.accept_tip(
            acting, tip_id=tip_id, version=2, category="405", priority=Priority.P3, town_id=None
        )
        frame = CaseFrame(
            CaseType.VERIFICATION, ContentBasis.DUTIES, "405", Priority.P3, None,
            (office.unit_id("transport"),),
        )  # fmt: skip
        brief = Brief(
            title="道路修复情况", text="核查路段破损与处理过程。", allegations=("路面破损半年未修。",)
        )
        case_id = casework.open_case(acting, tips=[(tip_id, tip.version)], brief=brief, frame=frame).id
    with office.acting("fan") as acting:
        case = acting.session.get_one(Case, case_id)
        casework.propose_docketing(acting, case_id=case_id, version=case.version, overlap_reason="")
    with pytest.raises(KeyLocked), office.acting("director") as acting:
        casework.read_brief(acting, acting.session.get_one(Case, case_id))


def test_every_sending_is_read_and_what_it_says_otherwise_is_told(office: TestOffice) -> None:
    tip_id = _sent_twice(office, place="云岭镇", keep_away="张主任")
    _open(office, tip_id)
    with office.acting("fan") as acting:
        view = read_tip(acting, acting.session.get_one(Tip, tip_id))
        assert [sending.place for sending in view.sendings] == ["清溪镇", "云岭镇"]
        assert (view.keep_away, view.is_urgent) == (["张主任"], False)


def test_urgent_second_sending_makes_the_tip_urgent_when_the_desk_opens_it(office: TestOffice) -> None:
    tip_id = _sent_twice(office, urgent=True)
    _open(office, tip_id)
    _open(office, tip_id)
    with office.database.read() as session:
        assert session.get_one(Tip, tip_id).urgent
        clocks = session.scalars(select(Deadline.rule_id).where(Deadline.subject_id == tip_id)).all()
    assert list(clocks).count("clock-triage-p1") == 1


def test_identity_left_later_is_opened_by_the_same_two(office: TestOffice) -> None:
    form = _form()
    _tip_id, receipt = office.send_tip(draft=form)
    office.send_tip(draft=form, identity=SECOND)
    tip_id = _tip(office)
    _open(office, tip_id)
    with office.acting("fan") as acting:
        tip = acting.session.get_one(Tip, tip_id)
        first, second = identity.identities_of(acting, tip)
        newest = identity.ask_identity(acting, tip=tip, reason="须当面核实").id
        empty = identity.ask_identity(acting, tip=tip, reason="核对", identity_id=first.object_id).id
        with pytest.raises(NotHere):
            identity.ask_identity(acting, tip=tip, reason="核对", identity_id=tip.statement_id)
    assert first.object_id != second.object_id
    with office.acting("director") as acting:
        for opening_id in (newest, empty):
            identity.agree_identity(acting, opening_id=opening_id)
    with office.acting("fan") as acting:
        assert identity.read_identity(acting, opening_id=newest) == SECOND
        assert identity.read_identity(acting, opening_id=empty) == FIRST
    assert open_mailbox(office.intake, receipt=receipt).identity_opened


def _asked_and_agreed(office: TestOffice) -> uuid.UUID:
    tip_id, _receipt = office.send_tip(identity=SECOND)
    _open(office, tip_id)
    with office.acting("fan") as acting:
        tip = acting.session.get_one(Tip, tip_id)
        opening_id = identity.ask_identity(acting, tip=tip, reason="须当面核实").id
    with office.acting("director") as acting:
        identity.agree_identity(acting, opening_id=opening_id)
    return opening_id


def test_identity_of_another_tip_is_not_opened_in_this_ones_place(office: TestOffice) -> None:
    opening_id = _asked_and_agreed(office)
    other_id, _receipt = office.send_tip(identity=Identity(name="王某"))
    with office.database.write() as session:
        tip_id = session.get_one(IdentityOpening, opening_id).tip_id
        own, other = (session.get_one(Tip, one).identity_id for one in (tip_id, other_id))
        session.execute(update(Tip).where(Tip.id == other_id).values(identity_id=own))
        session.execute(update(Tip).where(Tip.id == tip_id).values(identity_id=other))
    with pytest.raises(Tampered), office.acting("fan") as acting:
        identity.read_identity(acting, opening_id=opening_id)
    with pytest.raises(Tampered), office.acting("fan") as acting:
        identity.ask_identity(acting, tip=acting.session.get_one(Tip, tip_id), reason="须当面核实")


def test_opening_that_was_pointed_at_another_identity_is_refused(office: TestOffice) -> None:
    tip_id, _receipt = office.send_tip(identity=SECOND)
    other_id, _receipt = office.send_tip(identity=Identity(name="王某"))
    _open(office, tip_id)
    with office.acting("fan") as acting:
        tip = acting.session.get_one(Tip, tip_id)
        opening_id = identity.ask_identity(acting, tip=tip, reason="须当面核实").id
    with office.database.write() as session:
        session.get_one(IdentityOpening, opening_id).identity_id = session.get_one(Tip, other_id).identity_id
    with office.acting("director") as acting:
        identity.agree_identity(acting, opening_id=opening_id)
    with pytest.raises(Tampered), office.acting("fan") as acting:
        identity.read_identity(acting, opening_id=opening_id)


def test_agreement_ends_after_its_days(office: TestOffice) -> None:
    opening_id = _asked_and_agreed(office)
    for step, is_there in ((timedelta(), True), (timedelta(days=2), True), (timedelta(days=12), False)):
        office.clock.advance(step)
        with office.acting("fan") as acting:
            identity.forget_agreements(acting.session, clock=office.clock, rules=acting.rules)
        with office.database.read() as session:
            assert (session.get_one(IdentityOpening, opening_id).sealed_share is not None) is is_there
    with pytest.raises(NotHere), office.acting("fan") as acting:
        identity.read_identity(acting, opening_id=opening_id)
