"""The same form again: one tip, the same receipt; nothing lost, nothing twice, whatever goes wrong."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from portal.clock import FixedClock
from portal.crypto.kdf import derive
from portal.crypto.recipients import PublicKey
from portal.db import Database
from portal.domain.drafts import DraftSecrets
from portal.domain.errors import FormSpent
from portal.domain.intake import Intake
from portal.domain.submit import Outcome
from portal.models import (
    Attachment,
    Desk,
    Draft,
    DraftFile,
    Message,
    MessageKind,
    ObjectGrant,
    OutboxRow,
    OutboxTopic,
    Rng,
    SealedObject,
    StoredFile,
    Tip,
)
from portal.models.records import Identity
from portal.storage.errors import Busy, RetryLater
from portal.turns import WriteTurns
from tests.support.files import put_files
from tests.support.intake import SigningDesk, a_statement
from tests.support.submitting import SOMEBODY, messages, rows_of, submit, the_tip, topics


def test_same_form_twice_gives_one_tip_and_the_same_receipt(intake: Intake, draft: DraftSecrets) -> None:
    [file] = put_files(intake, draft, [("a", b"1")])
    first = submit(intake, draft, identity=SOMEBODY, files=[file.object_id])
    again = submit(intake, draft, identity=SOMEBODY, files=[file.object_id])
    assert (first.outcome, again.outcome) == (Outcome.NEW, Outcome.SAME)
    assert first.receipt == again.receipt
    assert rows_of(intake, Tip, Message, Attachment) == {"tip": 1, "message": 0, "attachment": 1}


def test_same_form_with_the_files_uploaded_once_more_is_the_same(
    intake: Intake, draft: DraftSecrets, rng: Rng
) -> None:
    content = rng(200_000)
    first = put_files(intake, draft, [("a.jpg", content), ("b.jpg", b"2")])
    submit(intake, draft, files=[file.object_id for file in first])
    second = put_files(intake, draft, [("a.jpg", content), ("b.jpg", b"2")])
    again = submit(intake, draft, files=[file.object_id for file in second])
    assert again.outcome is Outcome.SAME
    assert rows_of(intake, Tip, Message, Attachment) == {"tip": 1, "message": 0, "attachment": 2}


def test_same_name_and_length_with_one_other_byte_is_added(
    intake: Intake, signing: SigningDesk, draft: DraftSecrets, rng: Rng
) -> None:
    content = rng(200_000)
    other = content[:-1] + bytes([content[-1] ^ 1])
    [first] = put_files(intake, draft, [("a.jpg", content)])
    submit(intake, draft, files=[first.object_id])
    [second] = put_files(intake, draft, [("a.jpg", other)])
    assert submit(intake, draft, files=[second.object_id]).outcome is Outcome.ADDED
    [message] = messages(intake)
    assert [entry.object_id for entry in signing.said(message).attachments] == [second.object_id]
    assert signing.original(second.object_id, intake=intake) == other


def test_same_form_with_other_words_is_added_to_its_tip_as_material(
    intake: Intake, signing: SigningDesk, draft: DraftSecrets
) -> None:
    first = submit(intake, draft)
    changed = a_statement(account="补充:昨天又去了一次,还是没有人受理。")
    again = submit(intake, draft, statement=changed)
    assert (again.outcome, again.receipt) == (Outcome.ADDED, first.receipt)
    [message] = messages(intake)
    said = signing.said(message)
    assert (message.kind, message.ordinal, message.sent_on) == (MessageKind.MATERIAL, 1, intake.today)
    assert (said.statement, said.identity_id, said.attachments) == (changed, None, ())
    assert signing.statement(the_tip(intake)).account == a_statement().account
    assert (OutboxTopic.INFORMANT_EVENT, message.id) in topics(intake)


def test_changed_form_sent_twice_is_added_once(intake: Intake, draft: DraftSecrets) -> None:
    submit(intake, draft)
    changed = a_statement(account="补充:昨天又去了一次,还是没有人受理。")
    outcomes = [submit(intake, draft, statement=changed).outcome for _ in range(2)]
    assert outcomes == [Outcome.ADDED, Outcome.SAME]
    assert rows_of(intake, Message) == {"message": 1}


def test_file_added_after_sending_is_the_only_one_added(
    intake: Intake, signing: SigningDesk, draft: DraftSecrets
) -> None:
    [first] = put_files(intake, draft, [("a", b"1")])
    submit(intake, draft, files=[first.object_id])
    [second] = put_files(intake, draft, [("b", b"2")])
    again = submit(intake, draft, files=[first.object_id, second.object_id])
    assert again.outcome is Outcome.ADDED
    [message] = messages(intake)
    with intake.reading() as session:
        attached = {row.object_id: row.message_id for row in session.scalars(select(Attachment))}
    assert attached == {first.object_id: None, second.object_id: message.id}
    assert [entry.name for entry in signing.said(message).attachments] == ["b"]


def test_identity_left_at_the_second_sending_takes_two_to_open(
    intake: Intake, signing: SigningDesk, draft: DraftSecrets
) -> None:
    submit(intake, draft)
    submit(intake, draft, identity=SOMEBODY)
    [message] = messages(intake)
    said = signing.said(message)
    assert said.identity_id is not None
    assert signing.identity(said.identity_id) == SOMEBODY
    assert signing.identity(the_tip(intake).identity_id) == Identity()
    assert SOMEBODY.name not in str(said.to_record())


def test_form_sent_before_under_a_cookie_that_changed_is_spent(intake: Intake, rng: Rng) -> None:
    form = rng(32)
    submit(intake, DraftSecrets(form, rng(32)))
    with pytest.raises(FormSpent):
        submit(intake, DraftSecrets(form, rng(32)))
    assert rows_of(intake, Tip) == {"tip": 1}


def test_form_field_alone_leads_to_no_tip_and_no_file(intake: Intake, rng: Rng) -> None:
    form, cookie = rng(32), rng(32)
    mine = DraftSecrets(form, cookie)
    [file] = put_files(intake, mine, [("a", b"1")])
    submit(intake, mine, files=[file.object_id])
    known_from_the_page = [derive(form, label=label) for label in ("draft/id", "draft/spent")]
    with intake.reading() as session:
        assert session.get_one(Draft, mine.id).tip_id is not None
        rows = session.scalars(select(Draft).where(Draft.id.in_(known_from_the_page))).all()
        files = session.scalars(select(DraftFile).where(DraftFile.draft_id.in_(known_from_the_page))).all()
    assert [(row.tip_id, row.content_mac, row.desk) for row in rows] == [(None, None, Desk.DESK)]
    assert files == []


def test_form_whose_draft_was_swept_still_adds_to_its_tip(intake: Intake, draft: DraftSecrets) -> None:
    first = submit(intake, draft)
    with intake.writing() as session:
        session.delete(session.get_one(Draft, draft.id))
    again = submit(intake, draft)
    assert (again.outcome, again.receipt) == (Outcome.ADDED, first.receipt)
    assert submit(intake, draft).outcome is Outcome.SAME
    assert rows_of(intake, Tip, Message) == {"tip": 1, "message": 1}


def test_double_click_of_many_at_once_gives_one_tip(intake: Intake, draft: DraftSecrets) -> None:
    [file] = put_files(intake, draft, [("a", b"1")])
    start, outcomes = threading.Barrier(6), []

    def click() -> None:
        start.wait()
        outcomes.append(submit(intake, draft, files=[file.object_id]).outcome)

    threads = [threading.Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [Outcome.NEW, *[Outcome.SAME] * 5]
    assert rows_of(intake, Tip, Message, Attachment) == {"tip": 1, "message": 0, "attachment": 1}


def test_two_changed_versions_at_once_are_both_added(intake: Intake, draft: DraftSecrets) -> None:
    submit(intake, draft)
    start, outcomes = threading.Barrier(2), []

    def click(account: str) -> None:
        start.wait()
        outcomes.append(submit(intake, draft, statement=a_statement(account=account)).outcome)

    threads = [
        threading.Thread(target=click, args=(f"第{number}个版本的内容,写得更清楚一些。",))
        for number in (1, 2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [Outcome.ADDED, Outcome.ADDED]
    assert [message.ordinal for message in messages(intake)] == [1, 2]


def test_failure_at_any_statement_leaves_nothing_and_the_next_try_succeeds(
    intake: Intake, database: Database, draft: DraftSecrets
) -> None:
    [file] = put_files(intake, draft, [("a", b"1")])
    before_of = (Tip, ObjectGrant, StoredFile, OutboxRow, SealedObject)
    before = rows_of(intake, *before_of)
    seen, fail_at = 0, 0

    @event.listens_for(database.engine, "before_cursor_execute")
    def fail(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        nonlocal seen
        if statement.startswith(("INSERT", "UPDATE")):
            seen += 1
            if seen == fail_at:
                raise OperationalError("x", None, Exception("database or disk is full"))

    reasons = []
    while True:
        seen, fail_at = 0, fail_at + 1
        try:
            outcome = submit(intake, draft, files=[file.object_id]).outcome
        except RetryLater as error:
            reasons.append(error.why)
            assert rows_of(intake, *before_of) == before
        else:
            break
    assert outcome is Outcome.NEW
    assert set(reasons) == {Busy.DATABASE}
    assert len(reasons) >= 7


@pytest.mark.databases("sqlite")
def test_locked_database_is_told_and_nothing_is_lost(
    intake: Intake, draft: DraftSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake.recipients.for_tip(Desk.DESK)
    monkeypatch.setattr("portal.db.BUSY_TIMEOUT_MS", 50)
    with intake.database.write(), pytest.raises(RetryLater) as caught:
        submit(intake, draft)
    assert caught.value.why is Busy.DATABASE
    assert submit(intake, draft).outcome is Outcome.NEW


@pytest.mark.databases("sqlite")
def test_keys_are_computed_before_the_write_lock_is_taken(
    intake: Intake, draft: DraftSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    real_seal, real_turn = PublicKey.seal, WriteTurns.turn

    def seal(self: PublicKey, plaintext: bytes, *, info: bytes) -> bytes:
        steps.append("seal")
        return real_seal(self, plaintext, info=info)

    def turn(self: WriteTurns, **given: Any) -> object:
        steps.append("write")
        return real_turn(self, **given)

    monkeypatch.setattr(PublicKey, "seal", seal)
    monkeypatch.setattr(WriteTurns, "turn", turn)
    submit(intake, draft)
    assert steps == ["seal", "seal", "seal", "write"]


def test_urgent_hour_is_that_of_the_office(intake: Intake, draft: DraftSecrets, clock: FixedClock) -> None:
    clock.set(clock.now().replace(hour=17, minute=30))  # UTC: half past one in the night at the office
    submit(intake, draft, statement=a_statement(urgent=True))
    tip = the_tip(intake)
    assert (tip.received_hour, tip.received_on.day) == (1, 3)


def test_statement_record_survives_a_round_trip_of_everything(
    signing: SigningDesk, intake: Intake, draft: DraftSecrets
) -> None:
    statement = replace(
        a_statement(), in_attachment=True, urgent=True, other_channels="12345热线", when="去年冬天"
    )
    submit(intake, draft, statement=statement)
    opened = signing.statement(the_tip(intake))
    assert replace(opened, informant_fingerprint=b"", identity_id=None) == statement
