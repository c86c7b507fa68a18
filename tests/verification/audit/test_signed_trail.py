"""The trail names nobody who did not act: a chain written anew in the database is found out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models import Tip
from tests.support.journey import Journey
from tests.support.office import TestOffice
from tests.support.sealed_files import seal_upload
from verification.audit.events import (
    FIRST_HASH,
    SIGNATURE_PURPOSE,
    WHY_UNSIGNED,
    Event,
    Unsigned,
    append,
    entry_digest,
    entry_hash,
)
from verification.audit.verify import ChainReport, Fault, holds, read_head, verify_chain
from verification.domain import conclusions, paper, triage
from verification.models import AuditEntry, AuditHead, Case, Staff
from verification.policy.permissions import Permission
from verification.workflow.states import Action
from verification.workflow.table import TRANSITIONS


@pytest.fixture
def office_at_work(office: TestOffice) -> TestOffice:
    """An office where a tip was opened and a question asked: the last two entries are one person's."""
    tip_id, _ = office.send_tip()
    with office.acting("fan") as acting:
        triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
    with office.acting("fan") as acting:
        triage.ask_informant(acting, tip_id=tip_id, version=2, question="具体在哪一段路？")
    return office


def _check(office: TestOffice) -> ChainReport:
    with office.database.read() as session:
        return verify_chain(session, trust=office.trust)


def _entries(session: Session) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).order_by(AuditEntry.number)))


def _written_anew(office: TestOffice, change: Callable[[list[AuditEntry]], None]) -> int:
    """Change entries, then compute every hash and the head again; returns the number of the last entry."""
    with office.database.write() as session:
        entries, previous = _entries(session), FIRST_HASH
        change(entries)
        for entry in entries:
            entry.previous_hash, entry.entry_hash = previous, b""
            entry.entry_hash = previous = entry_hash(entry)
        session.get_one(AuditHead, 1).entry_hash = previous
        return len(entries)


def test_trail_of_an_office_at_work_is_whole_and_says_what_nobody_signed(office_at_work: TestOffice) -> None:
    report = _check(office_at_work)
    assert (report.broken_at, report.fault, report.loose) == (None, None, 0)
    assert set(report.unsigned) == {Unsigned.CEREMONY}
    assert report.entries == sum(report.unsigned.values()) + 2


def test_act_given_to_somebody_else_is_found_though_every_hash_is_right(office_at_work: TestOffice) -> None:
    office = office_at_work

    def blame(entries: list[AuditEntry]) -> None:
        entries[-1].actor_id = office.staff_id("shen")

    last = _written_anew(office, blame)
    report = _check(office)
    assert (report.broken_at, report.fault) == (last, Fault.SIGNATURE)


def test_act_given_to_somebody_else_with_their_key_named_is_found(office_at_work: TestOffice) -> None:
    office = office_at_work

    def blame(entries: list[AuditEntry]) -> None:
        entries[-1].actor_id = office.staff_id("shen")
        entries[-1].signed_by = office.secrets_of("shen").key_id

    last = _written_anew(office, blame)
    assert _check(office).broken_at == last


def test_colleague_who_signs_in_another_s_name_is_found_whatever_the_staff_table_says(
    office_at_work: TestOffice,
) -> None:
    office, own = office_at_work, office_at_work.secrets_of("du")
    with office.database.write() as session:
        session.get_one(Staff, office.staff_id("shen")).key_id = own.key_id
        entry = _entries(session)[-1]
        entry.actor_id, entry.signed_by = office.staff_id("shen"), own.key_id
        entry.signature = own.keys.signing.sign(entry_digest(entry), purpose=SIGNATURE_PURPOSE)
        entry.entry_hash = session.get_one(AuditHead, 1).entry_hash = entry_hash(entry)
        last = entry.number
    report = _check(office)
    assert (report.broken_at, report.fault) == (last, Fault.SIGNATURE)


def test_act_of_a_person_without_signature_is_found(office_at_work: TestOffice) -> None:
    def strip(entries: list[AuditEntry]) -> None:
        entries[-1].signature = entries[-1].signed_by = entries[-1].actor_id = None

    last = _written_anew(office_at_work, strip)
    report = _check(office_at_work)
    assert (report.broken_at, report.fault) == (last, Fault.NOBODY)


def test_unsigned_event_that_names_a_person_is_found(office_at_work: TestOffice) -> None:
    office = office_at_work

    def name(entries: list[AuditEntry]) -> None:
        entries[1].actor_id = office.staff_id("fan")

    _written_anew(office, name)
    report = _check(office)
    assert (report.broken_at, report.fault) == (2, Fault.NOBODY)


def test_entry_of_the_software_changed_before_a_signed_one_breaks_that_signature(
    office_at_work: TestOffice,
) -> None:
    def change(entries: list[AuditEntry]) -> None:
        entries[1].facts = {"roles": []}

    last = _written_anew(office_at_work, change)
    report = _check(office_at_work)
    assert (report.broken_at, report.fault) == (last - 1, Fault.SIGNATURE)


def test_end_cut_off_shows_only_against_a_head_copied_out_before(office_at_work: TestOffice) -> None:
    office = office_at_work
    with office.database.read() as session:
        copied = read_head(session)
        assert holds(session, copied)
    with office.database.write() as session:
        *kept, last = _entries(session)
        session.delete(last)
        head = session.get_one(AuditHead, 1)
        head.number, head.entry_hash = kept[-1].number, kept[-1].entry_hash
    assert _check(office).broken_at is None, "the chain alone cannot show it, as its page says"
    with office.database.read() as session:
        assert not holds(session, copied)
        assert holds(session, read_head(session))


def test_head_that_is_not_the_last_entry_is_found(office_at_work: TestOffice) -> None:
    with office_at_work.database.write() as session:
        head = session.get_one(AuditHead, 1)
        head.number += 1
    report = _check(office_at_work)
    assert (report.broken_at, report.fault) == (report.entries + 1, Fault.HEAD)


def test_entries_of_the_software_after_the_last_signed_one_are_counted(office_at_work: TestOffice) -> None:
    office = office_at_work
    with office.database.write() as session:
        for _ in range(3):
            append(
                session, event=Event.CLOCK_PASSED, subject_kind="tip", subject_id=office.unit_id("office"),
                clock=office.clock, day_only=True,
            )  # fmt: skip
    report = _check(office)
    assert (report.broken_at, report.loose, report.unsigned[Unsigned.SOFTWARE]) == (None, 3, 3)


def test_act_of_a_person_cannot_be_appended_without_one(office: TestOffice) -> None:
    with office.database.write() as session, pytest.raises(ValueError, match="nobody signs"):
        append(
            session, event=Event.CASE_DOCKETED, subject_kind="case", subject_id=office.unit_id("office"),
            clock=office.clock,
        )  # fmt: skip


def test_every_event_that_the_workflow_applies_by_itself_may_stand_unsigned_and_no_other() -> None:
    by_itself = {row.audit for row in TRANSITIONS if row.permission is Permission.SYSTEM}
    by_people = {row.audit for row in TRANSITIONS if row.permission is not Permission.SYSTEM}
    assert by_itself == {event for event, why in WHY_UNSIGNED.items() if why is Unsigned.INFORMANT}
    assert by_people & set(WHY_UNSIGNED) == set()


def test_act_signed_on_paper_is_the_entry_of_who_confirmed_it_and_names_the_leader(
    office: TestOffice,
) -> None:
    walk = Journey(office).concluding()
    walk.on_case("fan", conclusions.propose_conclusion)
    with office.acting("fan") as acting:
        act = paper.record_paper(
            acting, case=acting.session.get_one(Case, walk.case_id), action=Action.APPROVE_CONCLUSION,
            signed_by=office.staff_id("head"), signed_on=walk.today, scan=seal_upload(office, b"scan"),
            note="",
        )  # fmt: skip
    with office.acting("shen") as acting:
        paper.confirm_paper(acting, paper_id=act.id)
    assert _check(office).broken_at is None
    with office.database.read() as session:
        entry = _entries(session)[-1]
    assert (entry.event, entry.actor_id) == (Event.CONCLUSION_APPROVED, office.staff_id("shen"))
    assert entry.facts["signed_by"] == office.staff_id("head").hex
