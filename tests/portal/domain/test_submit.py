"""Submitting: one tip a form, durable, readable by its recipients alone; nothing lost, nothing twice."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from portal.clock import FixedClock
from portal.crypto.recipients import PublicKey, open_file_key
from portal.crypto.stream import ObjectKind
from portal.db import Database
from portal.domain.drafts import DraftSecrets, list_files
from portal.domain.errors import DeskClosed, FilesGone, FormSpent
from portal.domain.intake import Intake
from portal.domain.rows import table_of
from portal.domain.submit import Outcome, Submitted, submit_tip
from portal.errors import Tampered, TooLong
from portal.models import (
    Attachment,
    Base,
    CleanState,
    Desk,
    Draft,
    KeyPurpose,
    Message,
    MessageKind,
    ObjectGrant,
    OutboxRow,
    OutboxTopic,
    Rng,
    SealedObject,
    StoredFile,
    Tip,
    TipState,
)
from portal.models.records import Identity, Statement
from portal.storage.errors import Busy, RetryLater
from tests.support.files import put_files
from tests.support.intake import SigningDesk, a_statement

SOMEBODY = Identity(name="王小明", contact="13800000000")


def submit(
    intake: Intake,
    draft: DraftSecrets,
    *,
    statement: Statement | None = None,
    identity: Identity | None = None,
    desk: Desk = Desk.DESK,
    files: Sequence[uuid.UUID] = (),
) -> Submitted:
    return submit_tip(
        intake,
        draft=draft,
        statement=statement or a_statement(),
        identity=identity or Identity(),
        desk=desk,
        files=files,
    )


def the_tip(intake: Intake) -> Tip:
    with intake.reading() as session:
        return session.scalars(select(Tip)).one()


def messages(intake: Intake) -> list[Message]:
    with intake.reading() as session:
        return list(session.scalars(select(Message).order_by(Message.ordinal)))


def rows_of(intake: Intake, *models: type[Base]) -> dict[str, int]:
    with intake.reading() as session:
        counts = {}
        for model in models:
            counts[model.__tablename__] = session.scalars(select(func.count()).select_from(model)).one()
        return counts


def topics(intake: Intake) -> list[tuple[OutboxTopic, uuid.UUID]]:
    with intake.reading() as session:
        return [(row.topic, row.subject_id) for row in session.scalars(select(OutboxRow))]


# --- a new tip ---------------------------------------------------------------------------------------------


def test_new_tip_opens_for_desk_and_director_and_says_what_was_written(
    intake: Intake, office: SigningDesk, draft: DraftSecrets
) -> None:
    submitted = submit(intake, draft, identity=SOMEBODY)
    assert submitted.outcome is Outcome.NEW
    tip = the_tip(intake)
    informant = submitted.receipt.private_key().public()
    assert office.statement(tip) == a_statement(informant_fingerprint=informant.fingerprint())
    assert office.identity(tip.identity_id) == SOMEBODY
    assert tip.receipt_lookup == submitted.receipt.lookup_id
    assert tip.informant_public == informant.to_bytes()
    assert (tip.desk_key_id, tip.director_key_id) == (office.desk.key_id, office.director.key_id)
    assert (tip.state, tip.version, tip.desk) == (TipState.RECEIVED, 1, Desk.DESK)
    assert topics(intake) == [(OutboxTopic.STAFF_NOTICE, tip.id)]


def test_neither_desk_nor_director_alone_opens_an_identity(
    intake: Intake, office: SigningDesk, draft: DraftSecrets
) -> None:
    submit(intake, draft, identity=SOMEBODY)
    identity_id = the_tip(intake).identity_id
    assert office.identity(identity_id) == SOMEBODY
    with intake.reading() as session:
        grants = session.scalars(select(ObjectGrant).where(ObjectGrant.object_id == identity_id)).all()
    holders = {office.desk.key_id: office.desk, office.director.key_id: office.director}
    assert {grant.recipient_key_id for grant in grants} == set(holders)
    for grant in grants:
        holder = holders[grant.recipient_key_id]
        with pytest.raises(Tampered):
            open_file_key(
                grant.sealed_file_key,
                private=holder.private,
                recipient_key_id=holder.key_id,
                object_id=identity_id,
            )


def test_tips_with_and_without_identity_or_with_a_longer_text_look_alike(intake: Intake, rng: Rng) -> None:
    submit(intake, DraftSecrets(rng(32), rng(32)))
    submit(intake, DraftSecrets(rng(32), rng(32)), identity=SOMEBODY)
    submit(intake, DraftSecrets(rng(32), rng(32)), statement=a_statement(account="很长" * 1500))
    with intake.reading() as session:
        sizes = {(row.kind, row.sealed_bytes) for row in session.scalars(select(SealedObject))}
    assert sizes == {(ObjectKind.STATEMENT, 16480), (ObjectKind.IDENTITY, 4192)}


@pytest.mark.parametrize(("urgent", "hour"), [(False, None), (True, 9)])
def test_only_an_urgent_tip_keeps_its_hour(
    intake: Intake, draft: DraftSecrets, urgent: bool, hour: int | None
) -> None:
    submit(intake, draft, statement=a_statement(urgent=urgent))
    tip = the_tip(intake)
    assert (tip.urgent, tip.received_hour, tip.received_on) == (urgent, hour, intake.today)


def test_no_row_of_a_tip_holds_a_time(intake: Intake, office: SigningDesk, draft: DraftSecrets) -> None:
    office.open_cleaner()
    [file] = put_files(intake, draft, [("a", b"1")])
    submit(intake, draft, files=[file.object_id])
    submit(intake, draft, statement=a_statement(account="改过的内容,另一次发送。"), files=[file.object_id])
    seen = 0
    with intake.reading() as session:
        for model in (Tip, Draft, SealedObject, StoredFile, Attachment, Message, OutboxRow, ObjectGrant):
            columns = [c for c in table_of(model).columns if c.type.python_type is datetime]
            for row in session.scalars(select(model)):
                seen += 1
                assert [getattr(row, column.name) for column in columns] == [None] * len(columns)
    assert seen > 8


def test_alternate_desk_alone_opens_a_tip_about_the_office(
    intake: Intake, office: SigningDesk, draft: DraftSecrets
) -> None:
    alternate = office.found(KeyPurpose.ALTERNATE)
    submit(intake, draft, desk=Desk.ALTERNATE)
    tip = the_tip(intake)
    assert (tip.desk, tip.desk_key_id) == (Desk.ALTERNATE, alternate.key_id)
    assert office.statement(tip, holder=alternate).account == a_statement().account
    with intake.reading() as session:
        granted = set(session.scalars(select(ObjectGrant.recipient_key_id)))
    assert granted == {alternate.key_id, office.director.key_id}


def test_closed_desk_takes_nothing(intake: Intake, draft: DraftSecrets) -> None:
    with pytest.raises(DeskClosed):
        submit(intake, draft, desk=Desk.ALTERNATE)
    assert rows_of(intake, Tip, Draft, SealedObject) == {"tip": 0, "draft": 0, "sealed_object": 0}


def test_identity_too_long_for_its_compartment_is_refused(intake: Intake, draft: DraftSecrets) -> None:
    submit(intake, draft, identity=Identity(name="x" * 4000))
    with pytest.raises(TooLong):
        submit(intake, DraftSecrets(bytes(32), bytes(32)), identity=Identity(name="x" * 4100))
    assert rows_of(intake, Tip) == {"tip": 1}


# --- files -------------------------------------------------------------------------------------------------


def test_files_are_granted_to_desk_and_cleaner_and_listed_in_the_statement(
    intake: Intake, office: SigningDesk, draft: DraftSecrets
) -> None:
    cleaner = office.open_cleaner()
    one, two = put_files(intake, draft, [("一.jpg", b"photo"), ("二.pdf", b"letter")])
    submit(intake, draft, files=[two.object_id, one.object_id])
    tip = the_tip(intake)
    listed = office.statement(tip).attachments
    assert [(entry.object_id, entry.name, entry.true_bytes) for entry in listed] == [
        (two.object_id, "二.pdf", 6),
        (one.object_id, "一.jpg", 5),
    ]
    for file, content in ((one, b"photo"), (two, b"letter")):
        for holder in (office.desk, cleaner):
            assert office.original(file.object_id, intake=intake, holder=holder) == content
    with intake.reading() as session:
        stored = {row.object_id: row for row in session.scalars(select(StoredFile))}
        attached = {row.object_id: row for row in session.scalars(select(Attachment))}
    assert {row.clean_state for row in stored.values()} == {CleanState.WAITING}
    assert {row.clean_for for row in stored.values()} == {office.desk.key_id}
    assert {object_id: row.ordinal for object_id, row in attached.items()} == {
        two.object_id: 1,
        one.object_id: 2,
    }
    assert sorted(topics(intake), key=str) == sorted(
        [
            (OutboxTopic.STAFF_NOTICE, tip.id),
            (OutboxTopic.CLEAN_FILE, one.object_id),
            (OutboxTopic.CLEAN_FILE, two.object_id),
        ],
        key=str,
    )


def test_files_without_a_cleaner_of_the_day_wait_for_a_grant(
    intake: Intake, office: SigningDesk, draft: DraftSecrets
) -> None:
    [file] = put_files(intake, draft, [("a", b"1")])
    submit(intake, draft, files=[file.object_id])
    with intake.reading() as session:
        [stored] = session.scalars(select(StoredFile)).all()
        granted = session.scalars(
            select(ObjectGrant.recipient_key_id).where(ObjectGrant.object_id == file.object_id)
        ).all()
    assert stored.clean_state is CleanState.AWAITING_GRANT
    assert granted == [office.desk.key_id]
    assert [topic for topic, _ in topics(intake)] == [OutboxTopic.STAFF_NOTICE]


def test_file_left_out_stays_in_the_draft_unsent(
    intake: Intake, office: SigningDesk, draft: DraftSecrets
) -> None:
    kept, left_out = put_files(intake, draft, [("kept", b"1"), ("left out", b"2")])
    submit(intake, draft, files=[kept.object_id])
    assert [entry.name for entry in office.statement(the_tip(intake)).attachments] == ["kept"]
    assert {info.name: info.submitted for info in list_files(intake, draft=draft)} == {
        "kept": True,
        "left out": False,
    }
    assert left_out.object_id not in {
        file.object_id for file in office.statement(the_tip(intake)).attachments
    }


def test_desk_changed_after_an_error_retargets_the_files_too(
    intake: Intake, office: SigningDesk, draft: DraftSecrets
) -> None:
    alternate = office.found(KeyPurpose.ALTERNATE)
    [file] = put_files(intake, draft, [("a", b"photo")])
    submit(intake, draft, desk=Desk.ALTERNATE, files=[file.object_id])
    assert office.original(file.object_id, intake=intake, holder=alternate) == b"photo"
    with intake.reading() as session:
        granted = session.scalars(
            select(ObjectGrant.recipient_key_id).where(ObjectGrant.object_id == file.object_id)
        ).all()
        assert session.scalars(select(Draft.desk)).one() is Desk.ALTERNATE
    assert granted == [alternate.key_id]


def test_file_that_is_gone_is_named_and_nothing_is_sent(
    intake: Intake, draft: DraftSecrets, rng: Rng
) -> None:
    [theirs] = put_files(intake, DraftSecrets(rng(32), rng(32)), [("theirs", b"1")])
    with pytest.raises(FilesGone):
        submit(intake, draft, files=[theirs.object_id])
    assert rows_of(intake, Tip) == {"tip": 0}


# --- the same form again -----------------------------------------------------------------------------------


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
    intake: Intake, office: SigningDesk, draft: DraftSecrets, rng: Rng
) -> None:
    content = rng(200_000)
    other = content[:-1] + bytes([content[-1] ^ 1])
    [first] = put_files(intake, draft, [("a.jpg", content)])
    submit(intake, draft, files=[first.object_id])
    [second] = put_files(intake, draft, [("a.jpg", other)])
    assert submit(intake, draft, files=[second.object_id]).outcome is Outcome.ADDED
    [message] = messages(intake)
    assert [entry.object_id for entry in office.said(message).attachments] == [second.object_id]
    assert office.original(second.object_id, intake=intake) == other


def test_same_form_with_other_words_is_added_to_its_tip_as_material(
    intake: Intake, office: SigningDesk, draft: DraftSecrets
) -> None:
    first = submit(intake, draft)
    changed = a_statement(account="补充:昨天又去了一次,还是没有人受理。")
    again = submit(intake, draft, statement=changed)
    assert (again.outcome, again.receipt) == (Outcome.ADDED, first.receipt)
    [message] = messages(intake)
    said = office.said(message)
    assert (message.kind, message.ordinal, message.sent_on) == (MessageKind.MATERIAL, 1, intake.today)
    assert (said.statement, said.identity_id, said.attachments) == (changed, None, ())
    assert office.statement(the_tip(intake)).account == a_statement().account
    assert (OutboxTopic.INFORMANT_EVENT, message.id) in topics(intake)


def test_changed_form_sent_twice_is_added_once(intake: Intake, draft: DraftSecrets) -> None:
    submit(intake, draft)
    changed = a_statement(account="补充:昨天又去了一次,还是没有人受理。")
    outcomes = [submit(intake, draft, statement=changed).outcome for _ in range(2)]
    assert outcomes == [Outcome.ADDED, Outcome.SAME]
    assert rows_of(intake, Message) == {"message": 1}


def test_file_added_after_sending_is_the_only_one_added(
    intake: Intake, office: SigningDesk, draft: DraftSecrets
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
    assert [entry.name for entry in office.said(message).attachments] == ["b"]


def test_identity_left_at_the_second_sending_takes_two_to_open(
    intake: Intake, office: SigningDesk, draft: DraftSecrets
) -> None:
    submit(intake, draft)
    submit(intake, draft, identity=SOMEBODY)
    [message] = messages(intake)
    said = office.said(message)
    assert said.identity_id is not None
    assert office.identity(said.identity_id) == SOMEBODY
    assert office.identity(the_tip(intake).identity_id) == Identity()
    assert SOMEBODY.name not in str(said.to_record())


def test_form_sent_before_under_a_cookie_that_changed_is_spent(intake: Intake, rng: Rng) -> None:
    form = rng(32)
    submit(intake, DraftSecrets(form, rng(32)))
    with pytest.raises(FormSpent):
        submit(intake, DraftSecrets(form, rng(32)))
    assert rows_of(intake, Tip) == {"tip": 1}


def test_form_whose_draft_was_swept_still_adds_to_its_tip(intake: Intake, draft: DraftSecrets) -> None:
    first = submit(intake, draft)
    with intake.writing() as session:
        session.delete(session.scalars(select(Draft)).one())
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


# --- trouble -----------------------------------------------------------------------------------------------


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


def test_keys_are_computed_before_the_write_lock_is_taken(
    intake: Intake, draft: DraftSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    real_seal, real_write = PublicKey.seal, Database.write

    def seal(self: PublicKey, plaintext: bytes, *, info: bytes) -> bytes:
        steps.append("seal")
        return real_seal(self, plaintext, info=info)

    def write(self: Database) -> object:
        steps.append("write")
        return real_write(self)

    monkeypatch.setattr(PublicKey, "seal", seal)
    monkeypatch.setattr(Database, "write", write)
    submit(intake, draft)
    assert steps == ["seal", "seal", "seal", "write"]


def test_urgent_hour_is_that_of_the_office(intake: Intake, draft: DraftSecrets, clock: FixedClock) -> None:
    clock.set(clock.now().replace(hour=17, minute=30))  # UTC: half past one in the night at the office
    submit(intake, draft, statement=a_statement(urgent=True))
    tip = the_tip(intake)
    assert (tip.received_hour, tip.received_on.day) == (1, 3)


def test_statement_record_survives_a_round_trip_of_everything(
    office: SigningDesk, intake: Intake, draft: DraftSecrets
) -> None:
    statement = replace(
        a_statement(), in_attachment=True, urgent=True, other_channels="12345热线", when="去年冬天"
    )
    submit(intake, draft, statement=statement)
    opened = office.statement(the_tip(intake))
    assert replace(opened, informant_fingerprint=b"") == statement
