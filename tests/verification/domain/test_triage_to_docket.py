"""The first half of the journey: a tip is opened, decided on, becomes a case, and is docketed."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.domain.mailbox import open_mailbox
from portal.models import Desk, MessageKind, Priority, Tip, TipState
from portal.models.records import Identity
from tests.support.office import TestOffice
from verification.audit.verify import verify_chain
from verification.domain import casework, identity, messages, triage
from verification.domain.casework import Brief, CaseFrame
from verification.domain.informant_events import apply_informant_event
from verification.domain.notices import announce_tips
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused, StaleSubject
from verification.models import (
    AuditEntry,
    Case,
    CaseState,
    CaseType,
    ContentBasis,
    Deadline,
    StaffNotice,
)
from verification.policy.rulebook import shipped_rules

BRIEF = Brief(
    title="清溪镇道路修复情况",
    text="核查该路段是否破损、主管单位接报后的处理过程。",
    allegations=("道路长期破损", "多次反映未处理"),
)


def _open(office: TestOffice, tip_id: uuid.UUID, login: str = "fan") -> int:
    with office.acting(login) as acting:
        triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
    return _version(office, tip_id)


def _version(office: TestOffice, tip_id: uuid.UUID) -> int:
    with office.database.read() as session:
        return session.get_one(Tip, tip_id).version


def _accept(office: TestOffice, tip_id: uuid.UUID) -> int:
    version = _open(office, tip_id)
    with office.acting("fan") as acting:
        triage.accept_tip(
            acting, tip_id=tip_id, version=version, category="405", priority=Priority.P3, town_id=None
        )
    return version + 1


def _frame(office: TestOffice, *codes: str) -> CaseFrame:
    return CaseFrame(
        case_type=CaseType.VERIFICATION, content_basis=ContentBasis.DUTIES, category="405",
        priority=Priority.P3, town_id=None, unit_ids=tuple(office.unit_id(code) for code in codes),
    )  # fmt: skip


def _draft_case(office: TestOffice, *codes: str, brief: Brief = BRIEF) -> uuid.UUID:
    tip_id, _receipt = office.send_tip()
    version = _accept(office, tip_id)
    with office.acting("fan") as acting:
        case = casework.open_case(
            acting, tips=[(tip_id, version)], brief=brief, frame=_frame(office, *(codes or ("transport",)))
        )
        return case.id


def _propose(office: TestOffice, case_id: uuid.UUID, *, reason: str = "") -> None:
    with office.acting("fan") as acting:
        version = acting.session.get_one(Case, case_id).version
        casework.propose_docketing(acting, case_id=case_id, version=version, overlap_reason=reason)


def test_open_tip_first_time_writes_digest_and_moves_to_triage(office: TestOffice) -> None:
    tip_id, _receipt = office.send_tip("河边的垃圾堆了三个月。" * 3)
    with office.acting("fan") as acting:
        tip = acting.session.get_one(Tip, tip_id)
        assert tip.digest is None
        assert triage.open_tip(acting, tip).account.startswith("河边的垃圾")
        assert tip.state is TipState.TRIAGE
        assert triage.read_digest(acting, tip).summary.startswith("河边的垃圾")


def test_open_tip_without_the_desk_key_is_refused(office: TestOffice) -> None:
    tip_id, _receipt = office.send_tip()
    for login in ("director", "head", "du", "alternate", "auditor"):
        with pytest.raises(KeyLocked), office.acting(login) as acting:
            triage.open_tip(acting, acting.session.get_one(Tip, tip_id))


def test_tip_for_the_alternate_desk_opens_there_and_not_at_the_desk(office: TestOffice) -> None:
    tip_id, _receipt = office.send_tip(desk=Desk.ALTERNATE)
    with pytest.raises(KeyLocked):
        _open(office, tip_id, "fan")
    assert _open(office, tip_id, "alternate") == 2


@pytest.mark.rule("tip-category")
def test_accept_without_category_is_refused_by_its_rule(office: TestOffice) -> None:
    tip_id, _receipt = office.send_tip()
    version = _open(office, tip_id)
    with pytest.raises(Refused) as refused, office.acting("fan") as acting:
        triage.accept_tip(
            acting, tip_id=tip_id, version=version, category="", priority=Priority.P3, town_id=None
        )
    assert [refusal.rule_id for refusal in refused.value.refusals] == ["tip-category"]


def test_accept_on_an_old_version_is_stale_and_changes_nothing(office: TestOffice) -> None:
    tip_id, _receipt = office.send_tip()
    version = _accept(office, tip_id)
    with pytest.raises(StaleSubject), office.acting("shen") as acting:
        triage.decline_tip(
            acting, tip_id=tip_id, version=version - 1, reason="court", channel="court", note=""
        )
    with office.database.read() as session:
        assert session.get_one(Tip, tip_id).state is TipState.ACCEPTED


def test_decline_needs_reason_and_channel_and_the_informant_reads_the_note(office: TestOffice) -> None:
    tip_id, receipt = office.send_tip()
    version = _open(office, tip_id)
    with pytest.raises(Refused) as refused, office.acting("fan") as acting:
        triage.decline_tip(acting, tip_id=tip_id, version=version, reason="", channel="", note="")
    assert {refusal.field for refusal in refused.value.refusals} == {"closing_code", "channel_code"}
    with office.acting("fan") as acting:
        triage.decline_tip(
            acting, tip_id=tip_id, version=version, reason="court", channel="court", note="法院已在审理。"
        )
    mailbox = open_mailbox(office.intake, receipt=receipt)
    assert [message.text for message in mailbox.messages] == ["法院已在审理。"]


def test_question_then_reply_brings_the_tip_back_to_triage(office: TestOffice) -> None:
    tip_id, receipt = office.send_tip()
    version = _open(office, tip_id)
    with office.acting("fan") as acting:
        triage.ask_informant(acting, tip_id=tip_id, version=version, question="具体在哪一段路？")
    with pytest.raises(Refused), office.acting("fan") as acting:
        triage.ask_informant(acting, tip_id=tip_id, version=version + 1, question="再问一次？")
    mailbox = open_mailbox(office.intake, receipt=receipt)
    assert [message.kind for message in mailbox.messages] == [MessageKind.QUESTION]
    _reply(office, tip_id)
    with office.database.read() as session:
        assert session.get_one(Tip, tip_id).state is TipState.TRIAGE
        entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "tip.replied")).one()
        assert (entry.at, entry.actor_id) == (None, None)


def _reply(office: TestOffice, tip_id: uuid.UUID) -> None:
    """Apply a reply row as the worker does; its text does not matter here."""
    from portal.models import Message, SealedObject, new_id

    with office.database.write() as session:
        body = SealedObject(
            id=new_id(office.rng), kind=4, body=b"sealed", sealed_bytes=6, stored_on=office.intake.today
        )
        session.add(body)
        session.flush()
        question = session.scalars(select(Message.id).where(Message.tip_id == tip_id)).one()
        reply = Message(
            id=new_id(office.rng), tip_id=tip_id, ordinal=99, kind=MessageKind.REPLY, object_id=body.id,
            sent_on=office.intake.today, reply_to=question,
        )  # fmt: skip
        session.add(reply)
        session.flush()
        apply_informant_event(session, reply.id, clock=office.clock, rng=office.rng, rules=shipped_rules())


def test_answer_is_not_sealed_to_a_key_that_was_swapped_in_the_database(office: TestOffice) -> None:
    from portal.crypto.recipients import PrivateKey
    from portal.errors import UnsignedKey

    tip_id, _receipt = office.send_tip()
    version = _open(office, tip_id)
    with office.database.write() as session:
        session.get_one(Tip, tip_id).informant_public = PrivateKey.generate().public().to_bytes()
    with pytest.raises(UnsignedKey), office.acting("fan") as acting:
        triage.ask_informant(acting, tip_id=tip_id, version=version, question="具体在哪里？")


def test_brief_with_copied_wording_or_a_phone_number_is_stopped(office: TestOffice) -> None:
    account = "清溪镇卫生院门前的路坏了半年没人修，报了三次都说在研究。"
    copied = Brief(title="道路", text=f"核查：{account}", allegations=("道路破损",))
    with pytest.raises(InvalidInput) as copied_error:
        _draft_case(office, brief=copied)
    assert set(copied_error.value.errors) == {"brief", "copied"}
    phone = Brief(title="道路", text="联系来件人 138 1234 5678 核查道路。", allegations=("道路破损",))
    with pytest.raises(InvalidInput) as phone_error:
        _draft_case(office, brief=phone)
    assert set(phone_error.value.errors) == {"brief"}


@pytest.mark.rule("reg-5")
def test_case_on_a_body_the_county_cannot_inspect_is_refused(office: TestOffice) -> None:
    case_id = _draft_case(office, "tax")
    with pytest.raises(Refused) as refused:
        _propose(office, case_id)
    assert [refusal.rule_id for refusal in refused.value.refusals] == ["reg-5"]


def test_docketing_needs_the_head_and_nobody_else(office: TestOffice) -> None:
    case_id = _draft_case(office)
    _propose(office, case_id)
    for login in ("fan", "deputy", "director", "du", "admin"):
        with pytest.raises(Refused) as refused, office.acting(login) as acting:
            casework.approve_docketing(acting, case_id=case_id, version=2)
        assert "permission" in {refusal.rule_id for refusal in refused.value.refusals}
    with office.acting("deputy") as acting:
        casework.endorse_docketing(acting, case_id=case_id, version=2, note="同意，请县长审定。")
    with office.acting("head") as acting:
        case = casework.approve_docketing(acting, case_id=case_id, version=3)
        assert (case.state, case.number) == (CaseState.DOCKETED, "2026-0001")
        assert casework.read_brief(acting, case) == BRIEF


def test_brief_opens_for_its_readers_only(office: TestOffice) -> None:
    case_id = _draft_case(office)
    with pytest.raises(KeyLocked), office.acting("head") as acting:
        casework.read_brief(acting, acting.session.get_one(Case, case_id))
    _propose(office, case_id)
    for login in ("head", "deputy", "director", "shen"):
        with office.acting(login) as acting:
            assert casework.read_brief(acting, acting.session.get_one(Case, case_id)) == BRIEF
    for login in ("du", "lian", "alternate", "auditor", "reviewer", "admin"):
        with pytest.raises(KeyLocked), office.acting(login) as acting:
            casework.read_brief(acting, acting.session.get_one(Case, case_id))


@pytest.mark.rule("overlap-reason")
def test_second_inspection_of_the_same_unit_needs_a_written_reason(office: TestOffice) -> None:
    first, second = _draft_case(office), _draft_case(office)
    _propose(office, first)
    with office.acting("head") as acting:
        casework.approve_docketing(acting, case_id=first, version=2)
    with pytest.raises(Refused) as refused:
        _propose(office, second)
    assert [refusal.rule_id for refusal in refused.value.refusals] == ["overlap-reason"]
    _propose(office, second, reason="反映的是另一路段，且前次督查未涉及。")


def test_identity_opens_for_two_and_shows_in_the_mailbox(office: TestOffice) -> None:
    tip_id, receipt = office.send_tip(identity=Identity(name="某人", contact="留言"))
    _open(office, tip_id)
    with office.acting("fan") as acting:
        opening = identity.ask_identity(
            acting, tip=acting.session.get_one(Tip, tip_id), reason="需当面确认来件人意愿。"
        )
        opening_id = opening.id
    with pytest.raises(NotHere), office.acting("fan") as acting:
        identity.read_identity(acting, opening_id=opening_id)
    with pytest.raises(Refused), office.acting("fan") as acting:
        identity.agree_identity(acting, opening_id=opening_id)
    with office.acting("director") as acting:
        identity.agree_identity(acting, opening_id=opening_id)
    with pytest.raises(NotHere), office.acting("shen") as acting:
        identity.read_identity(acting, opening_id=opening_id)
    with office.acting("fan") as acting:
        assert identity.read_identity(acting, opening_id=opening_id).name == "某人"
    assert open_mailbox(office.intake, receipt=receipt).identity_opened


@pytest.mark.rule("clock-triage-p1", "clock-notice")
def test_announce_starts_clocks_and_tells_the_desk_once(office: TestOffice) -> None:
    tip_id, _receipt = office.send_tip(urgent=True)
    for _ in range(2):
        with office.database.write() as session:
            announce_tips(session, [tip_id], clock=office.clock, rng=office.rng, rules=shipped_rules())
    with office.database.read() as session:
        clocks = {row.rule_id for row in session.scalars(select(Deadline))}
        assert clocks == {"clock-triage-p1", "clock-notice"}
        told = set(session.scalars(select(StaffNotice.staff_id)))
        assert told == {office.staff_id("fan"), office.staff_id("shen")}
        assert session.scalar(select(func.count()).select_from(StaffNotice)) == 2


def test_audit_chain_verifies_and_breaks_where_an_entry_is_changed(office: TestOffice) -> None:
    case_id = _draft_case(office)
    _propose(office, case_id)
    office.clock.advance(timedelta(hours=1))
    with office.database.read() as session:
        report = verify_chain(session, trust=office.trust)
        assert report.broken_at is None
        assert report.entries > 20
    with office.database.write() as session:
        session.get_one(AuditEntry, 7).facts = {"roles": []}
    with office.database.read() as session:
        assert verify_chain(session, trust=office.trust).broken_at == 7


def test_mailbox_of_the_desk_reads_both_sides(office: TestOffice) -> None:
    tip_id, _receipt = office.send_tip()
    version = _open(office, tip_id)
    with office.acting("fan") as acting:
        triage.ask_informant(acting, tip_id=tip_id, version=version, question="具体在哪一段路？")
    with office.acting("shen") as acting:
        read = messages.read_mailbox(acting, acting.session.get_one(Tip, tip_id))
        assert [message.text for message in read] == ["具体在哪一段路？"]
