"""Obstruction and retaliation: records of their own, each with an urgent case that nobody concerned reads."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.crypto.receipt import Receipt
from portal.domain.drafts import DraftSecrets
from portal.domain.mailbox import open_mailbox, send
from portal.models import Desk, Message, MessageKind, Priority, Tip
from portal.web import words
from tests.support.journey import Journey
from tests.support.law import acts_resting_on, rules_of
from tests.support.office import TestOffice
from verification.domain import interfering, triage
from verification.domain.casework import read_brief
from verification.domain.catching_up import catch_up
from verification.domain.informant_events import apply_informant_event
from verification.errors import KeyLocked, NotHere, Refused
from verification.models import (
    Case,
    CaseSource,
    CaseState,
    CaseUnit,
    Deadline,
    Interference,
    InterferenceKind,
    RecordKind,
    StaffNotice,
)
from verification.policy.recusal import recused_from
from verification.policy.rulebook import shipped_rules
from verification.queries.interference import list_interference
from verification.workflow.states import Action

SAID = "单位领导知道我反映问题后，把我调离岗位。"


def _draft() -> DraftSecrets:
    return DraftSecrets(secrets.token_bytes(32), secrets.token_bytes(32))


def _reported(office: TestOffice, tip_id: uuid.UUID, receipt: Receipt, *, times: int = 1) -> None:
    """The informant writes it in the mailbox, and the worker takes it in."""
    for _ in range(times):
        send(office.intake, receipt=receipt, draft=_draft(), kind=MessageKind.RETALIATION, text=SAID)
    with office.database.write() as session:
        written = select(Message.id).where(Message.tip_id == tip_id, Message.kind == MessageKind.RETALIATION)
        for message_id in session.scalars(written).all():
            apply_informant_event(
                session, message_id, clock=office.clock, rng=office.rng, rules=shipped_rules()
            )


def _rows(office: TestOffice) -> list[Interference]:
    with office.database.read() as session:
        return list(session.scalars(select(Interference)))


@pytest.mark.rule("clock-retaliation")
def test_report_makes_the_tip_urgent_tells_the_desk_and_runs_two_hours(office: TestOffice) -> None:
    tip_id, receipt = office.send_tip()
    with office.acting("fan") as acting:
        triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
    _reported(office, tip_id, receipt)
    with office.database.read() as session:
        tip = session.get_one(Tip, tip_id)
        assert (tip.urgent, tip.priority) == (True, Priority.P1)
        query = select(Deadline).where(Deadline.rule_id == "clock-retaliation")
        due = [clock.due_at - office.clock.now() for clock in session.scalars(query)]
        assert [timedelta(hours=1) < left <= timedelta(hours=2) for left in due] == [True]
        told = select(StaffNotice.staff_id).where(StaffNotice.code == "tip.retaliation-reported")
        assert set(session.scalars(told)) >= {office.staff_id("fan"), office.staff_id("shen")}
    (row,) = _rows(office)
    assert (row.kind, row.tip_id, row.case_id) == (InterferenceKind.RETALIATION, tip_id, None)


def test_desks_look_opens_a_case_that_says_nothing_of_what_was_written(office: TestOffice) -> None:
    walk = Journey(office)
    walk.delivered()
    with office.database.write() as session:
        tip_id = session.scalars(select(Tip.id)).one()
        session.add(
            Interference(
                id=uuid.uuid4(),
                kind=InterferenceKind.RETALIATION,
                noted_on=walk.today,
                tip_id=tip_id,
            )
        )
    with walk.acting("fan") as acting:
        (case,) = interfering.open_for_tip(acting, acting.session.get_one(Tip, tip_id))
        assert interfering.open_for_tip(acting, acting.session.get_one(Tip, tip_id)) == []
        case_id, brief = case.id, read_brief(acting, case)
    assert SAID not in brief.text
    with walk.acting("director") as acting:
        case = acting.session.get_one(Case, case_id)
        assert (case.state, case.source, case.priority) == (
            CaseState.DRAFT,
            CaseSource.RETALIATION,
            Priority.P1,
        )
        assert read_brief(acting, case).title == brief.title
        units = set(acting.session.scalars(select(CaseUnit.unit_id).where(CaseUnit.case_id == case_id)))
        assert units == {office.unit_id("transport")}
        assert office.staff_id("lian") in recused_from(acting.session, case_id=case_id)
        (seen,) = list_interference(acting)
        assert (seen.case_id, seen.tip_id) == (case_id, None)
    for login in ("lian", "du", "wei"):
        with walk.acting(login) as acting, pytest.raises(KeyLocked):
            read_brief(acting, acting.session.get_one(Case, case_id))


def test_supervisors_login_opens_what_waits(office: TestOffice) -> None:
    tip_id, receipt = office.send_tip()
    with office.acting("fan") as acting:
        triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
    _reported(office, tip_id, receipt, times=2)
    assert [row.case_id for row in _rows(office)] == [None]
    with office.acting("director") as acting:
        catch_up(acting)
    assert [row.case_id for row in _rows(office)] == [None]
    with office.acting("shen") as acting:
        catch_up(acting)
    (row,) = _rows(office)
    assert row.opened_by == office.staff_id("shen")
    with office.database.read() as session:
        query = select(Deadline).where(Deadline.rule_id == "clock-retaliation")
        assert {clock.met_on for clock in session.scalars(query)} == {office.intake.today}


def test_alternate_desk_keeps_it_and_opens_no_case(office: TestOffice) -> None:
    tip_id, receipt = office.send_tip(desk=Desk.ALTERNATE)
    _reported(office, tip_id, receipt)
    assert _rows(office) == []
    with office.database.read() as session:
        assert session.get_one(Tip, tip_id).urgent


def test_mailbox_in_wrong_hands_does_not_show_that_it_was_reported(office: TestOffice) -> None:
    tip_id, receipt = office.send_tip()
    _reported(office, tip_id, receipt)
    (sent,) = open_mailbox(office.intake, receipt=receipt).sent
    assert sent[0] is MessageKind.RETALIATION
    assert words.YOU_WROTE[sent[0]] == words.YOU_WROTE[MessageKind.MATERIAL]


def test_logged_obstruction_is_a_record_of_its_own_and_becomes_an_urgent_case(office: TestOffice) -> None:
    walk = Journey(office)
    walk.signed()
    walk.logged(kind=RecordKind.OBSTRUCTION, words={"who": "值班人员", "happened": "锁门，拒绝提供台账。"})
    (row,) = _rows(office)
    assert (row.kind, row.record_id) == (InterferenceKind.OBSTRUCTION, walk.records()[0].id)
    with office.database.read() as session:
        told = select(StaffNotice.staff_id).where(StaffNotice.code == "case.obstruction-noted")
        assert set(session.scalars(told)) == {office.staff_id("fan"), office.staff_id("shen")}
    assert row.record_id is not None
    with walk.acting("du") as acting, pytest.raises(Refused) as inspector:
        interfering.open_for_record(acting, record_id=row.record_id)
    assert rules_of(inspector) == {"permission"}
    with walk.acting("fan") as acting:
        case = interfering.open_for_record(acting, record_id=row.record_id)
        assert "拒绝提供台账" in read_brief(acting, case).text
        assert (case.priority, case.source) == (Priority.P1, CaseSource.OBSTRUCTION)
    with walk.acting("fan") as acting, pytest.raises(Refused) as again:
        interfering.open_for_record(acting, record_id=row.record_id)
    assert rules_of(again) == {"state"}
    with walk.acting("fan") as acting, pytest.raises(NotHere):
        interfering.open_for_record(acting, record_id=uuid.uuid4())


@pytest.mark.rule("reg-26", "retaliation-own-case")
def test_report_of_retaliation_rests_on_the_law() -> None:
    for rule in ("reg-26", "retaliation-own-case"):
        assert acts_resting_on(rule) == {Action.REPORT_RETALIATION}
