"""A new tip: what it consists of, who opens it, and what no row of it tells."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from portal.crypto.recipients import open_file_key
from portal.crypto.stream import ObjectKind
from portal.domain.drafts import DraftSecrets, list_files
from portal.domain.errors import DeskClosed, FilesGone
from portal.domain.intake import Intake
from portal.domain.rows import table_of
from portal.domain.submit import Outcome
from portal.errors import Tampered, TooLong
from portal.models import (
    Attachment,
    CleanState,
    Desk,
    Draft,
    KeyPurpose,
    Message,
    ObjectGrant,
    OutboxRow,
    OutboxTopic,
    Rng,
    SealedObject,
    StoredFile,
    Tip,
    TipState,
)
from portal.models.records import Identity
from tests.support.files import put_files
from tests.support.intake import SigningDesk, a_statement
from tests.support.submitting import SOMEBODY, rows_of, submit, the_tip, topics


def test_new_tip_opens_for_desk_and_director_and_says_what_was_written(
    intake: Intake, signing: SigningDesk, draft: DraftSecrets
) -> None:
    submitted = submit(intake, draft, identity=SOMEBODY)
    assert submitted.outcome is Outcome.NEW
    tip = the_tip(intake)
    informant = submitted.receipt.private_key().public()
    assert signing.statement(tip) == a_statement(
        informant_fingerprint=informant.fingerprint(), identity_id=tip.identity_id
    )
    assert signing.identity(tip.identity_id) == SOMEBODY
    assert tip.receipt_lookup == submitted.receipt.lookup_id
    assert tip.informant_public == informant.to_bytes()
    assert (tip.desk_key_id, tip.director_key_id) == (signing.desk.key_id, signing.director.key_id)
    assert (tip.state, tip.version, tip.desk) == (TipState.RECEIVED, 1, Desk.DESK)
    assert topics(intake) == [(OutboxTopic.STAFF_NOTICE, tip.id)]


def test_neither_desk_nor_director_alone_opens_an_identity(
    intake: Intake, signing: SigningDesk, draft: DraftSecrets
) -> None:
    submit(intake, draft, identity=SOMEBODY)
    identity_id = the_tip(intake).identity_id
    assert signing.identity(identity_id) == SOMEBODY
    with intake.reading() as session:
        grants = session.scalars(select(ObjectGrant).where(ObjectGrant.object_id == identity_id)).all()
    holders = {signing.desk.key_id: signing.desk, signing.director.key_id: signing.director}
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


def test_no_row_of_a_tip_holds_a_time(intake: Intake, signing: SigningDesk, draft: DraftSecrets) -> None:
    signing.open_cleaner()
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
    intake: Intake, signing: SigningDesk, draft: DraftSecrets
) -> None:
    alternate = signing.found(KeyPurpose.ALTERNATE)
    submit(intake, draft, desk=Desk.ALTERNATE)
    tip = the_tip(intake)
    assert (tip.desk, tip.desk_key_id) == (Desk.ALTERNATE, alternate.key_id)
    assert signing.statement(tip, holder=alternate).account == a_statement().account
    with intake.reading() as session:
        granted = set(session.scalars(select(ObjectGrant.recipient_key_id)))
    assert granted == {alternate.key_id, signing.second.key_id}


def test_closed_desk_takes_nothing(intake: Intake, draft: DraftSecrets) -> None:
    with pytest.raises(DeskClosed):
        submit(intake, draft, desk=Desk.ALTERNATE)
    assert rows_of(intake, Tip, Draft, SealedObject) == {"tip": 0, "draft": 0, "sealed_object": 0}


def test_identity_too_long_for_its_compartment_is_refused(intake: Intake, draft: DraftSecrets) -> None:
    submit(intake, draft, identity=Identity(name="x" * 4000))
    with pytest.raises(TooLong):
        submit(intake, DraftSecrets(bytes(32), bytes(32)), identity=Identity(name="x" * 4100))
    assert rows_of(intake, Tip) == {"tip": 1}


def test_files_are_granted_to_desk_and_cleaner_and_listed_in_the_statement(
    intake: Intake, signing: SigningDesk, draft: DraftSecrets
) -> None:
    cleaner = signing.open_cleaner()
    one, two = put_files(intake, draft, [("一.jpg", b"photo"), ("二.pdf", b"letter")])
    submit(intake, draft, files=[two.object_id, one.object_id])
    tip = the_tip(intake)
    listed = signing.statement(tip).attachments
    assert [(entry.object_id, entry.name, entry.true_bytes) for entry in listed] == [
        (two.object_id, "二.pdf", 6),
        (one.object_id, "一.jpg", 5),
    ]
    for file, content in ((one, b"photo"), (two, b"letter")):
        for holder in (signing.desk, cleaner):
            assert signing.original(file.object_id, intake=intake, holder=holder) == content
    with intake.reading() as session:
        stored = {row.object_id: row for row in session.scalars(select(StoredFile))}
        attached = {row.object_id: row for row in session.scalars(select(Attachment))}
    assert {row.clean_state for row in stored.values()} == {CleanState.WAITING}
    assert {row.clean_for for row in stored.values()} == {signing.desk.key_id}
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
    intake: Intake, signing: SigningDesk, draft: DraftSecrets
) -> None:
    [file] = put_files(intake, draft, [("a", b"1")])
    submit(intake, draft, files=[file.object_id])
    with intake.reading() as session:
        [stored] = session.scalars(select(StoredFile)).all()
        granted = session.scalars(
            select(ObjectGrant.recipient_key_id).where(ObjectGrant.object_id == file.object_id)
        ).all()
    assert stored.clean_state is CleanState.AWAITING_GRANT
    assert granted == [signing.desk.key_id]
    assert [topic for topic, _ in topics(intake)] == [OutboxTopic.STAFF_NOTICE]


def test_file_left_out_stays_in_the_draft_unsent(
    intake: Intake, signing: SigningDesk, draft: DraftSecrets
) -> None:
    kept, left_out = put_files(intake, draft, [("kept", b"1"), ("left out", b"2")])
    submit(intake, draft, files=[kept.object_id])
    assert [entry.name for entry in signing.statement(the_tip(intake)).attachments] == ["kept"]
    assert {info.name: info.submitted for info in list_files(intake, draft=draft)} == {
        "kept": True,
        "left out": False,
    }
    assert left_out.object_id not in {
        file.object_id for file in signing.statement(the_tip(intake)).attachments
    }


def test_desk_changed_after_an_error_retargets_the_files_too(
    intake: Intake, signing: SigningDesk, draft: DraftSecrets
) -> None:
    alternate = signing.found(KeyPurpose.ALTERNATE)
    [file] = put_files(intake, draft, [("a", b"photo")])
    submit(intake, draft, desk=Desk.ALTERNATE, files=[file.object_id])
    assert signing.original(file.object_id, intake=intake, holder=alternate) == b"photo"
    with intake.reading() as session:
        granted = session.scalars(
            select(ObjectGrant.recipient_key_id).where(ObjectGrant.object_id == file.object_id)
        ).all()
        assert session.get_one(Draft, draft.id).desk is Desk.ALTERNATE
    assert granted == [alternate.key_id]


def test_file_that_is_gone_is_named_and_nothing_is_sent(
    intake: Intake, draft: DraftSecrets, rng: Rng
) -> None:
    [theirs] = put_files(intake, DraftSecrets(rng(32), rng(32)), [("theirs", b"1")])
    with pytest.raises(FilesGone):
        submit(intake, draft, files=[theirs.object_id])
    assert rows_of(intake, Tip) == {"tip": 0}
